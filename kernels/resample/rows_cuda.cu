// SPDX-License-Identifier: Apache-2.0
// Plans that warps can serve (cuda_rows.h): that of rc_resample, or all such of an rc_fuse in one
// launch.
#define RC_LEVEL cuda
#define RC_APART
#include <memory>

#include "kernels/resample/cuda_rows.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

struct OnePlan {
  ResamplePlan plan;
  RowLaunch launch;
  uint8_t loops[RC_MAX_CHANNEL_GROUPS];
};

__global__ void __launch_bounds__(kRowThreads, 8)
    resample_rows(const __grid_constant__ OnePlan one, FaultRecord* record, uint64_t call) {
  // In shared memory, since functions that are not inlined read it.
  __shared__ ResamplePlan plan;
  for (unsigned k = threadIdx.x; k < sizeof plan / 4; k += blockDim.x) {
    reinterpret_cast<uint32_t*>(&plan)[k] = reinterpret_cast<const uint32_t*>(&one.plan)[k];
  }
  __syncthreads();
  const auto each_group = [&](auto f) {
    for (int g = 0; g < plan.num_groups; ++g) {
      const Group& group = plan.groups[g];
      f(LoopGroup{group.begin, group.count, group.mode, one.loops[g]});
    }
  };
  serve_rows(plan, each_group, one.launch, record, call);
}

__global__ void __launch_bounds__(kRowThreads, 8)
    fuse_rows(const __grid_constant__ PackedPlans all, FaultRecord* record, uint64_t call) {
  int i = 0;
  while (i + 1 < all.count && blockIdx.x >= all.plans[i + 1].launch.first_block) ++i;
  __shared__ ResamplePlan plan;
  unpack(all, i, plan);
  __syncthreads();
  const auto each_group = [&](auto f) { for_each_group(all, i, plan.num_groups, f); };
  serve_rows(plan, each_group, all.plans[i].launch, record, call);
}

void launch_one(const ResamplePlan& plan, FaultRecord* record, uint64_t call, cudaStream_t stream) {
  OnePlan one = {plan, launch_of(plan, 0), {}};
  for (int g = 0; g < plan.num_groups; ++g) {
    one.loops[g] = static_cast<uint8_t>(loop_of(plan, plan.groups[g]));
  }
  if (one.launch.blocks == 0) return;
  resample_rows<<<one.launch.blocks, kRowThreads, 0, stream>>>(one, record, call);
}

void launch_all(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                cudaStream_t stream) {
  const auto all = std::make_unique<PackedPlans>();
  for (int64_t i = 0; i < count;) {
    all->count = all->num_groups = 0;
    uint32_t blocks = 0;
    for (; i < count && has_room(*all, plans[i]); ++i) {
      const ResamplePlan& plan = plans[i];
      const RowLaunch launch = launch_of(plan, blocks);
      pack(plan, launch, *all, [&](const Group& group) { return loop_of(plan, group); });
      blocks += launch.blocks;
    }
    if (blocks != 0) fuse_rows<<<blocks, kRowThreads, 0, stream>>>(*all, record, call);
  }
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool is_for_rows_cuda(const ResamplePlan& plan) { return is_for_rows(plan); }

cudaError_t rows_cuda(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                      cudaStream_t stream) {
  if (count == 1) {
    launch_one(plans[0], record, call, stream);
  } else {
    launch_all(plans, count, record, call, stream);
  }
  return cudaGetLastError();
}

}  // namespace rc
