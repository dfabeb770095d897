// SPDX-License-Identifier: Apache-2.0
// finite.h on a CUDA device: a word by a thread, level by level.
#define RC_LEVEL cuda
#include <algorithm>

#include "kernels/resample/cuda_grid.h"
#include "kernels/resample/finite.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Channels of the element that begins with `channel`; 0 where none does that looks for finite samples.
__device__ int channels_to_mark(const ResamplePlan& plan, int64_t channel) {
  int g = 0;
  while (plan.groups[g].begin + plan.groups[g].count <= channel) ++g;
  const Group& group = plan.groups[g];
  const int channels = channels_of_element(group.mode);
  return is_aggregate(group.mode) || (channel - group.begin) % channels != 0 ? 0 : channels;
}

// Neighbouring threads take neighbouring channels.
template <class Raw>
__global__ void __launch_bounds__(kTile) mark_finite(const __grid_constant__ ResamplePlan plan) {
  const int64_t words = words_for(stored_samples(plan));
  for_each_number(words * plan.width, [&](int64_t i) {
    const int64_t channel = i % plan.width, number = i / plan.width;
    const int channels = channels_to_mark(plan, channel);
    level_of(finite_bits(plan, channel), 0).words[number] =
        channels == 0 ? 0 : finite_word<Raw>(plan, channel, channels, number);
  });
}

__global__ void __launch_bounds__(kTile)
    summarize(const __grid_constant__ ResamplePlan plan, int level) {
  const int64_t words = level_of(finite_bits(plan, 0), level).size;
  for_each_number(words * plan.width, [&](int64_t i) {
    const BitTree tree = finite_bits(plan, i / words);
    const int64_t number = i % words;
    level_of(tree, level).words[number] = summary_word(level_of(tree, level - 1), number);
  });
}

bool looks_for_finite(const ResamplePlan& plan) {
  return plan.skip_nan && plan.has_values &&
         std::any_of(plan.groups, plan.groups + plan.num_groups,
                     [](const Group& group) { return !is_aggregate(group.mode); });
}

}  // namespace
RC_KERNELS_END

namespace rc {

void take_finite(ResamplePlan& plan, Carver& carver) {
  if (!looks_for_finite(plan)) return;
  plan.finite = carver.take<uint64_t>(plan.width * words_of_tree(stored_samples(plan)));
}

cudaError_t finite_cuda(const ResamplePlan& plan, cudaStream_t stream) {
  const int64_t stored = stored_samples(plan);
  if (!looks_for_finite(plan) || stored == 0) return cudaSuccess;
  with_time_type(plan.source_times.type, [&](auto* raw) {
    using Raw = std::remove_pointer_t<decltype(raw)>;
    mark_finite<Raw><<<blocks_for(words_for(stored) * plan.width), kTile, 0, stream>>>(plan);
  });
  for (int level = 1; level < BitTree::kLevels; ++level) {
    const int64_t words = level_of(finite_bits(plan, 0), level).size;
    summarize<<<blocks_for(words * plan.width), kTile, 0, stream>>>(plan, level);
  }
  return cudaGetLastError();
}

}  // namespace rc
