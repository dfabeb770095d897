// SPDX-License-Identifier: Apache-2.0
// The CUDA path of rc_tsdf_from_points.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/tsdf/points_plan.h"

namespace rc {

// Without `launch` it enqueues nothing: it only takes its memory from `carver`.
cudaError_t tsdf_from_points_cuda(const TsdfPointsPlan& plan, Carver& carver, bool launch,
                                  cudaStream_t stream);

}  // namespace rc
