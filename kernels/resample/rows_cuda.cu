// SPDX-License-Identifier: Apache-2.0
// Plans that warps can serve (cuda_rows.h), in one launch.
#define RC_LEVEL cuda
#define RC_APART
#include "kernels/resample/cuda_rows.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

__global__ void __launch_bounds__(kRowThreads, 8)
    resample_rows(const __grid_constant__ PackedPlans all, FaultRecord* record, uint64_t call) {
  int i = 0;
  while (i + 1 < all.count && blockIdx.x >= all.plans[i + 1].launch.first_block) ++i;
  // In shared memory, since functions that are not inlined read it.
  __shared__ ResamplePlan plan;
  unpack(all, i, plan);
  __syncthreads();
  const auto each_group = [&](auto f) { for_each_group(all, i, plan.num_groups, f); };
  serve_rows(plan, each_group, all.plans[i].launch, record, call);
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool is_for_rows_cuda(const ResamplePlan& plan) { return is_for_rows(plan); }

cudaError_t rows_cuda(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                      cudaStream_t stream) {
  PackedPlans all;
  for (int64_t i = 0; i < count;) {
    all.count = all.num_groups = 0;
    uint32_t blocks = 0;
    for (; i < count && has_room(all, plans[i]); ++i) {
      const ResamplePlan& plan = plans[i];
      const RowLaunch launch = launch_of(plan, blocks);
      pack(plan, launch, all, [&](const Group& group) { return loop_of(plan, group); });
      blocks += launch.blocks;
    }
    if (blocks != 0) resample_rows<<<blocks, kRowThreads, 0, stream>>>(all, record, call);
  }
  return cudaGetLastError();
}

}  // namespace rc
