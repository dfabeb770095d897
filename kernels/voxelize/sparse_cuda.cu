// SPDX-License-Identifier: Apache-2.0
// rc_voxelize_sparse on a CUDA device: which way a call goes.
#define RC_LEVEL cuda
#include "kernels/voxelize/fill_cuda.cuh"
#include "kernels/voxelize/sparse_cuda.h"
#include "kernels/voxelize/voxelize_cuda.h"

namespace rc {

cudaError_t voxelize_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                          cudaStream_t stream) {
  if (launch) {
    const cudaError_t error = fill(box_of_stats(plan.voxels.stats, plan.voxels.cloud), 0, stream);
    if (error != cudaSuccess) return error;
  }
  if (pays_by_tiles(plan)) return sparse_by_tiles_cuda(plan, carver, launch, stream);
  if (pays_by_sums(plan)) return sparse_by_sums_cuda(plan, carver, launch, stream);
  if (pays_by_ranks(plan)) return sparse_by_ranks_cuda(plan, carver, launch, stream);
  return sparse_by_sort_cuda(plan, carver, launch, stream);
}

}  // namespace rc
