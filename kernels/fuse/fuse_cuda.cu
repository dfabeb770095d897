// SPDX-License-Identifier: Apache-2.0
// rc_fuse on a CUDA device, streams that warps cannot serve: a row of blocks for each, each as
// rc_resample would serve it.
#define RC_LEVEL cuda
#include "kernels/fuse/fuse_cuda.h"
#include "kernels/resample/cuda_tiles.h"
#include "kernels/resample/packed_plans.h"

RC_KERNELS_BEGIN
namespace {

template <class Raw>
__global__ void __launch_bounds__(kTile) fuse_tiles(const __grid_constant__ PackedPlans all) {
  __shared__ ResamplePlan plan;
  const int i = static_cast<int>(blockIdx.y);
  unpack(all, i, plan);
  __syncthreads();
  if (threadIdx.x == 0) {
    int g = 0;
    for_each_group(all, i, plan.num_groups, [&](const LoopGroup& group) {
      plan.groups[g++] = {group.begin, group.count, group.mode};
    });
  }
  __syncthreads();
  serve_tiles<Raw>(plan);
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t fuse_cuda(const ResamplePlan* plans, int64_t count, cudaStream_t stream) {
  const int64_t total = plans[0].total_targets();
  if (total == 0) return cudaSuccess;
  PackedPlans all;
  for (int64_t i = 0; i < count;) {
    all.count = all.num_groups = 0;
    while (i < count && has_room(all, plans[i])) {
      pack(plans[i++], {}, all, [](const Group&) { return 0; });
    }
    const dim3 blocks(blocks_for(total), static_cast<unsigned>(all.count));
    with_time_type(plans[0].target_times.type, [&](auto* raw) {
      using Raw = std::remove_pointer_t<decltype(raw)>;
      fuse_tiles<Raw><<<blocks, kTile, 0, stream>>>(all);
    });
  }
  return cudaGetLastError();
}

}  // namespace rc
