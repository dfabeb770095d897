// SPDX-License-Identifier: Apache-2.0
// rc_voxelize on a CUDA device by tiles of the grid.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/voxelize/plan.h"

namespace rc {

// Whether a call can be done so, and has points enough for its grid to be faster so.
bool pays_by_tiles(const VoxelPlan& plan);

// Writes every voxel; stats must be cleared. Without `launch` only the memory is taken.
cudaError_t voxelize_tiled_cuda(const DensePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream);

}  // namespace rc
