// SPDX-License-Identifier: Apache-2.0
// The launches of cuda_gather.h.
#define RC_LEVEL cuda
#include <algorithm>

#include "kernels/resample/check.h"
#include "kernels/resample/cuda_gather.h"

RC_KERNELS_BEGIN
namespace {

// How much of one group a block takes: as much as lets several blocks of every multiprocessor have
// something to do, and no more than has room for what it needs.
Gathering gathering_of(const GradientPlan& plan, const Group& group) {
  constexpr int64_t kMostChannels = 128, kMostPairs = 8192, kBlocks = 2048;
  // Of the room for targets, on an even clock.
  constexpr double kShare = 0.75;
  const int64_t stored = stored_samples(plan.forward), targets = plan.forward.total_targets();
  Gathering all = {plan, group, 0, 0, 0, 0};
  all.channel_parts = (group.count - 1) / kMostChannels + 1;
  all.channels = (group.count - 1) / all.channel_parts + 1;
  const int64_t pairs =
      std::clamp(stored / kBlocks * group.count, int64_t{kGatherThreads}, kMostPairs);
  const double with_room = kShare * kGatherTargets * static_cast<double>(stored) /
                           static_cast<double>(std::max(targets, int64_t{1}));
  const auto most = static_cast<int64_t>(std::min(with_room, double{kGatherSamples}));
  all.samples = std::clamp(pairs / all.channels, int64_t{1}, std::max(most, int64_t{1}));
  all.parts = ((stored - 1) / all.samples + 1) * all.channel_parts;
  return all;
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool is_for_gathering_cuda(const GradientPlan& plan) {
  const ResamplePlan& forward = plan.forward;
  if (forward.sequence_ids || forward.skip_nan) return false;
  if (forward.order != RC_ORDER_CHECK || forward.duplicates == RC_DUPLICATES_MEAN) return false;
  // On a clock that runs slower, times that are near each other may round to another order.
  if (!forward.clock.identity) return false;
  return std::all_of(forward.groups, forward.groups + forward.num_groups, [](const Group& group) {
    return !is_aggregate(group.mode) && group.mode != RC_MODE_PCHIP && group.mode != RC_MODE_SLERP;
  });
}

cudaError_t gather_gradient_cuda(const GradientPlan& plan, cudaStream_t stream) {
  const ResamplePlan& forward = plan.forward;
  const cudaError_t error = cudaMemsetAsync(plan.unordered, 0, count_of_flags(forward), stream);
  if (error != cudaSuccess) return error;
  const int64_t targets = distinct_targets(forward);
  if (targets > 1) note_order<<<few_blocks(targets), kTile, 0, stream>>>(plan, targets);
  constexpr int64_t kMostBlocks = INT32_MAX;
  for (int g = 0; g < forward.num_groups; ++g) {
    if (forward.groups[g].count == 0) continue;
    const Gathering all = gathering_of(plan, forward.groups[g]);
    const auto blocks = static_cast<unsigned>(std::min(all.parts, kMostBlocks));
    gather_gradient<<<blocks, kGatherThreads, 0, stream>>>(all);
  }
  return cudaGetLastError();
}

}  // namespace rc
