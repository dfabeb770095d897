// SPDX-License-Identifier: Apache-2.0
// rc_voxelize on a CUDA device by tiles of the grid: both write
// every voxel, and count in cleared stats what is left out. Without `launch` only the memory is
// taken.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/voxelize/plan.h"

namespace rc {

// Reductions of features but for float64.
cudaError_t voxelize_tiled_cuda(const DensePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream);

// RC_REDUCE_COUNT.
cudaError_t count_tiled_cuda(const DensePlan& plan, Carver& carver, bool launch,
                             cudaStream_t stream);

}  // namespace rc
