// SPDX-License-Identifier: Apache-2.0
/** What tests on a CUDA device call the library with. */
#pragma once

#include <cstring>
#include <utility>
#include <vector>

#include "check.h"
#include "device_memory.h"

constexpr rc_device kCpu = {RC_DEVICE_CPU, 0}, kCuda = {RC_DEVICE_CUDA, 0};
constexpr rc_dtype kInt64 = {RC_DTYPE_INT, 64, 1}, kFloat32 = {RC_DTYPE_FLOAT, 32, 1},
                   kUint8 = {RC_DTYPE_UINT, 8, 1};

/** A compact tensor and its shape. */
struct Tensor {
  std::vector<int64_t> shape;
  rc_tensor view;

  Tensor(void* data, rc_dtype dtype, std::vector<int64_t> lengths, rc_device device = kCuda)
      : shape(std::move(lengths)),
        view{data, device, static_cast<int32_t>(shape.size()), dtype, shape.data(), nullptr, 0} {}
};

class Context {
 public:
  explicit Context(int32_t device_type = RC_DEVICE_CUDA, void* stream = nullptr,
                   uint32_t flags = 0) {
    rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
    options.device_type = device_type;
    options.stream = stream;
    options.flags = flags;
    options.threads = 1;
    SUCCEEDS(rc_context_create(&options, &context_));
  }
  explicit Context(const rc_context_options& options) {
    SUCCEEDS(rc_context_create(&options, &context_));
  }
  ~Context() { SUCCEEDS(rc_context_destroy(context_)); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  operator rc_context*() const { return context_; }

 private:
  rc_context* context_ = nullptr;
};

template <class T>
inline std::vector<unsigned char> bytes_of(const std::vector<T>& values) {
  const auto* begin = reinterpret_cast<const unsigned char*>(values.data());
  return {begin, begin + values.size() * sizeof(T)};
}
