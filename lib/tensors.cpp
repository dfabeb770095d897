// SPDX-License-Identifier: Apache-2.0
#include "lib/tensors.h"

#include <algorithm>
#include <cstring>

namespace rc {
namespace {

Scratch& begin_call(Scratch& scratch) {
  scratch.begin_call();
  return scratch;
}

}  // namespace

Tensors::Tensors(rc_context& context)
    : context_(context), views_(begin_call(context.scratch)), accesses_(context.scratch) {
  accesses_.reserve(16);
}

const View& Tensors::add(const rc_tensor* tensor, const char* argument, rc_device device,
                         bool written) {
  views_.push_back(view(tensor, argument, device));
  accesses_.push_back({&views_.back(), argument, written});
  return views_.back();
}

const View& Tensors::read(const rc_tensor* tensor, const char* argument) {
  return add(tensor, argument, context_.device, false);
}

const View& Tensors::read_host(const rc_tensor* tensor, const char* argument) {
  return add(tensor, argument, {RC_DEVICE_CPU, 0}, false);
}

const View& Tensors::write(const rc_tensor* tensor, const char* argument) {
  const View& v = add(tensor, argument, context_.device, true);
  check_output_layout(v, argument);
  return v;
}

void Tensors::check_device(const rc_tensor* tensor, const char* argument) const {
  if (tensor != nullptr) rc::check_device(*tensor, argument, context_.device);
}

const View& Tensors::find(const char* argument) const {
  return *std::find_if(accesses_.rbegin(), accesses_.rend(), [&](const Access& access) {
            return std::strcmp(access.argument, argument) == 0;
          })->view;
}

void Tensors::check_disjoint() { rc::check_disjoint(accesses_.data(), accesses_.size()); }

int64_t Tensors::bytes() const {
  int64_t sum = 0;
  for (const View& v : views_) sum += v.count * v.item_size;
  return sum;
}

}  // namespace rc
