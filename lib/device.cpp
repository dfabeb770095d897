// SPDX-License-Identifier: Apache-2.0
#include "robocache/device.h"

#include <cstdio>

#include "lib/cpu.h"
#include "lib/cuda_device.h"
#include "lib/error.h"
#include "lib/options.h"

namespace {

void check_type(int32_t device_type) {
  if (device_type != RC_DEVICE_CPU && device_type != RC_DEVICE_CUDA) {
    rc::fail(RC_ERROR_INVALID_ARGUMENT,
             "device_type: expected RC_DEVICE_CPU or RC_DEVICE_CUDA, got %d", device_type);
  }
}

rc_device_properties describe_cpu() {
  rc_device_properties properties = {};
  properties.available = 1;
  properties.device = {RC_DEVICE_CPU, 0};
  properties.processors = rc::cpu::cores();
  properties.total_memory = rc::cpu::memory();
  std::snprintf(properties.name, sizeof properties.name, "%s", rc::cpu::brand().c_str());
  std::snprintf(properties.instruction_set, sizeof properties.instruction_set, "%s",
                rc::cpu::name(rc::cpu::best_simd_level()));
  return properties;
}

/** Devices that a context can be made on. */
int32_t count_cuda() {
  int32_t count = 0;
  for (int32_t id = 0; id < rc::cuda_device_count(); ++id) {
    count += rc::describe_cuda_device(id).available;
  }
  return count;
}

}  // namespace

rc_status rc_device_count(int32_t device_type, int32_t* count) {
  return rc::entry("rc_device_count", [&] {
    if (count == nullptr) {
      rc::fail(RC_ERROR_INVALID_ARGUMENT, "count: expected a place for the number, got NULL");
    }
    *count = 0;
    check_type(device_type);
    *count = device_type == RC_DEVICE_CPU ? 1 : count_cuda();
  });
}

rc_status rc_device_info(int32_t device_type, int32_t device_id, rc_device_properties* properties) {
  return rc::entry("rc_device_info", [&] {
    check_type(device_type);
    const bool cpu = device_type == RC_DEVICE_CPU;
    if (device_id < 0 || (cpu && device_id > 0)) {
      rc::fail(RC_ERROR_INVALID_ARGUMENT, "device_id: expected %s, got %d",
               cpu ? "0 for the CPU" : "0 or more", device_id);
    }
    rc::write_struct(properties, cpu ? describe_cpu() : rc::describe_cuda_device(device_id),
                     "properties");
  });
}
