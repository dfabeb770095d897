// SPDX-License-Identifier: Apache-2.0
/** cuda_device.h of a library without CUDA: there is no device, and this is why. */
#include <cstdio>

#include "lib/cuda_device.h"
#include "lib/error.h"

namespace rc {

static const char* const reason = "this librobocache was built without CUDA";

int32_t cuda_device_count() { return 0; }

rc_device_properties describe_cuda_device(int32_t device_id) {
  rc_device_properties properties = {};
  properties.device = {RC_DEVICE_CUDA, device_id};
  std::snprintf(properties.reason, sizeof properties.reason, "%s", reason);
  return properties;
}

std::unique_ptr<CudaDevice> open_cuda_device(int32_t device_id, void*) {
  fail(RC_ERROR_BACKEND_UNAVAILABLE, "device: CUDA device %d: %s", device_id, reason);
}

const char* cuda_build_info() { return "cuda: off"; }

}  // namespace rc
