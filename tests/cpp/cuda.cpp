// SPDX-License-Identifier: Apache-2.0
// Views of device memory, the caller's stream, and faults that the device finds. Skipped where
// there is no GPU.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "device_memory.h"

using robocache::Code;
using robocache::ConstTensor;
using robocache::Context;
using robocache::cuda;

namespace {

template <class T>
std::vector<unsigned char> bytes_of(const std::vector<T>& values) {
  std::vector<unsigned char> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/** Six samples of three channels in rows of four, at six times; seven targets. */
struct Call {
  std::vector<float> values = std::vector<float>(24);
  std::vector<int64_t> times = {0, 10, 20, 30, 50, 80}, targets = {-5, 0, 13, 27, 50, 61, 90};
  DeviceMemory device_values, device_times, device_targets, device_result{21 * sizeof(float)};

  Call() {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * i) / 7;
    device_values.write(bytes_of(values));
    upload_times();
    device_targets.write(bytes_of(targets));
  }
  void upload_times() { device_times.write(bytes_of(times)); }

  auto on_device(Context& context) const {
    const robocache::TensorView rows(static_cast<const float*>(device_values.data()), {6, 4}, {},
                                     cuda());
    return robocache::resample(
        context, rows.slice(1, 0, 3),
        {device_times.data(), robocache::dtype_of<int64_t>, {6}, {}, cuda()},
        {static_cast<const int64_t*>(device_targets.data()), {7}, {}, cuda()},
        {static_cast<float*>(device_result.data()), {7, 3}, {}, cuda()});
  }
};

}  // namespace

int main() {
  if (VALUE_OF(robocache::device_count(robocache::DeviceType::cuda)) == 0) {
    std::printf("skipped: %s\n",
                VALUE_OF(robocache::device_info(robocache::DeviceType::cuda)).reason);
    return 77;
  }
  Call call;
  const Stream first, second;
  robocache::ContextOptions options;
  options.device_type = robocache::DeviceType::cuda;
  options.stream = first.get();
  Context context = VALUE_OF(Context::create(options));
  CHECK_EQUAL(VALUE_OF(context.device()).device_type, int32_t{RC_DEVICE_CUDA});

  // The bits of the CPU, on a stream of the caller's and then on another.
  std::vector<float> expected(21);
  Context cpu = new_context();
  VALUE_OF(robocache::resample(cpu, {call.values, {6, 3}, {4, 1}}, call.times, call.targets,
                               {expected, {7, 3}}));
  VALUE_OF(call.on_device(context));
  first.wait();
  CHECK(call.device_result.read() == bytes_of(expected));
  VALUE_OF(context.set_stream(second.get()));
  call.device_result.write(std::vector<unsigned char>(21 * sizeof(float)));
  VALUE_OF(call.on_device(context));
  VALUE_OF(context.synchronize());
  CHECK(call.device_result.read() == bytes_of(expected));

  // A fault in data is told by synchronize(), until it is cleared.
  call.times[3] = 15;
  call.upload_times();
  VALUE_OF(call.on_device(context));
  FAILS(context.synchronize(), invalid_data, "rc_resample: source_times");
  FAILS(context.synchronize(), invalid_data, "index 3");
  VALUE_OF(context.clear_error());
  VALUE_OF(context.synchronize());

  // Memory of the other side is refused.
  FAILS(robocache::resample(context, {call.values, {6, 4}}, call.times, call.targets,
                            {expected, {7, 3}}),
        device_mismatch, "values: expected memory of cuda:0, got cpu");
  return failed_checks != 0;
}
