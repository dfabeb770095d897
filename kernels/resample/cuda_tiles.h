// SPDX-License-Identifier: Apache-2.0
// The targets of one plan, spread over the threads of a row of blocks.
#pragma once

#include <new>

#include "kernels/resample/cuda_grid.h"
#include "kernels/resample/evaluate.h"
#include "kernels/resample/finite.h"
#include "kernels/resample/quality.h"

RC_KERNELS_BEGIN

// What stage 1 leaves for the others.
template <class Raw>
struct Located {
  Sequence<Raw> sequence;
  typename Sequence<Raw>::Time time;
  Bracket bracket;
  int64_t row, target;
};

// Finds target `number`, counted over all rows, among its samples; false if they are not there.
template <class Raw>
__device__ bool find(const ResamplePlan& plan, int64_t number, Located<Raw>* located) {
  const auto [row, target] = plan.packed_targets()
                                 ? Place{holder(plan.target_offsets, plan.rows, number), number}
                                 : place_of(plan, number);
  // Wrong target offsets may tell of targets where there is no row.
  if (row >= plan.rows) return false;
  const int64_t e = plan.sequence_ids ? plan.sequence_ids[row] : row;
  if (!is_readable(plan, e)) return false;
  const Sequence<Raw> sequence(plan, e);
  const Array& times = plan.target_times;
  const auto t = static_cast<typename Sequence<Raw>::Time>(
      reinterpret_cast<const Raw*>(times.data)[row * times.row + target * times.step]);
  new (located)
      Located<Raw>{sequence, t, locate(plan, sequence, t, guess(sequence, t)), row, target};
  return true;
}

// A block takes a tile of targets. Stage 1 finds each target once, one thread each; stage 2 covers
// the elements of the tile, neighbouring threads on neighbouring channels, `1 << log2_lanes` of
// them to a target; stage 3 writes what is told of each target.
template <class Raw>
__device__ void serve_tiles(const ResamplePlan& plan) {
  __shared__ alignas(Located<Raw>) unsigned char memory[kTile * sizeof(Located<Raw>)];
  __shared__ bool found[kTile];
  // Of all channels: bits of rc_reason, and kFilled.
  __shared__ unsigned outcomes[kTile];
  constexpr unsigned kFilled = 256;
  auto* const tile = reinterpret_cast<Located<Raw>*>(memory);
  const int thread = static_cast<int>(threadIdx.x);
  int log2_lanes = 0;
  while (1 << log2_lanes < min(plan.width, int64_t{kTile})) ++log2_lanes;
  const int lane = thread & ((1 << log2_lanes) - 1);
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  const bool wants_indices = plan.source_index || plan.next_index || plan.weight;
  const int64_t total = plan.total_targets();

  for (int64_t begin = int64_t{blockIdx.x} * kTile; begin < total;
       begin += int64_t{gridDim.x} * kTile) {
    const int count = static_cast<int>(min(total - begin, int64_t{kTile}));
    if (thread < count) {
      found[thread] = find(plan, begin + thread, &tile[thread]);
      outcomes[thread] = 0;
    }
    __syncthreads();

    for (int g = 0; plan.has_values && g < plan.num_groups; ++g) {
      const Group& group = plan.groups[g];
      const int width = channels_of_element(group.mode);
      for (int i = thread >> log2_lanes; i < count; i += kTile >> log2_lanes) {
        if (!found[i]) continue;
        const Located<Raw>& at = tile[i];
        const Choice choice = choose(plan, at.bracket, group.mode);
        const int64_t output = at.row * plan.output.row + at.target * plan.output.step;
        unsigned all = 0;
        for (int64_t c = int64_t{lane} * width; c < group.count;
             c += int64_t{width} << log2_lanes) {
          const int64_t channel = group.begin + c;
          const Outcome one = evaluate(plan, at.sequence, at.time, at.bracket, choice, group.mode,
                                       channel, output + channel * plan.output.channel, LookUp());
          all |= one.reason | (one.filled ? kFilled : 0);
        }
        if (wants_validity && all != 0) atomicOr(&outcomes[i], all);
      }
    }
    __syncthreads();

    if (thread < count && found[thread]) {
      const Located<Raw>& at = tile[thread];
      const Choice choice = choose(plan, at.bracket, plan.mode);
      unsigned all = outcomes[thread];
      if (!plan.has_values) all = choice.reason | (choice.action == Action::kFill ? kFilled : 0);
      if (wants_validity) {
        put_validity(plan, at.row, at.target, (all & kFilled) != 0, static_cast<uint8_t>(all));
      }
      if (wants_indices) put_indices(plan, at.row, at.target, at.sequence, at.bracket, choice);
      put_age(plan, at.row, at.target, at.sequence, at.bracket, at.time);
    }
    __syncthreads();
  }
}

RC_KERNELS_END
