// SPDX-License-Identifier: Apache-2.0
// rc_fuse on a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/resample/plan.h"

namespace rc {

// Serves all targets of all streams, checked and ordered before: in one launch, unless the streams
// have more groups of channels together than a launch takes (FusedPlans::kMaxGroups).
cudaError_t fuse_cuda(const ResamplePlan* plans, int64_t count, cudaStream_t stream);

}  // namespace rc
