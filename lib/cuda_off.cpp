/* SPDX-License-Identifier: Apache-2.0 */
// cuda.h of a build without CUDA: there is no device, and this is why.
#include <cstring>

#include "lib/cuda.h"
#include "lib/error.h"

namespace rc {

static const char* const kReason = "this librobocache was built without CUDA";

int32_t cuda_device_count() { return 0; }

void describe_cuda_device(int32_t device_id, rc_device_properties& properties) {
  const uint32_t struct_size = properties.struct_size;
  properties = {};
  properties.struct_size = struct_size;
  properties.device = {RC_DEVICE_CUDA, device_id};
  std::strncpy(properties.reason, kReason, sizeof properties.reason - 1);
}

rc_status open_cuda_device(const char* function, int32_t device_id, void*,
                           std::unique_ptr<CudaDevice>&) {
  return fail(RC_ERROR_BACKEND_UNAVAILABLE, "%s: CUDA device %d: %s", function, device_id, kReason);
}

const char* cuda_build_info() { return "cuda: off"; }

}  // namespace rc
