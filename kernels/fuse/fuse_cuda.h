// SPDX-License-Identifier: Apache-2.0
// rc_fuse on a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/resample/plan.h"

namespace rc {

// Serves all targets of streams that rows_cuda cannot serve, checked and ordered before: in one
// launch, unless they are more than a launch takes (PackedPlans).
cudaError_t fuse_cuda(const ResamplePlan* plans, int64_t count, cudaStream_t stream);

}  // namespace rc
