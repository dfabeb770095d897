// SPDX-License-Identifier: Apache-2.0
// The plans that need no more than one or two samples of a channel, served by warps that wait for
// nobody: each lane finds a target and notes where its samples lie, then all lanes share the
// channels of all of these targets, as many neighbouring ones at a time as one access can take.
//
// The same launch checks the data (cuda_check.h): a block looks at its part of the times while it
// serves its part of the targets, which are about the same times.
#pragma once

#include <algorithm>

#include "kernels/resample/cuda_check.h"
#include "kernels/resample/cuda_locate.h"
#include "kernels/resample/quality.h"
#include "kernels/resample/row_loops.h"

namespace rc {

constexpr int kWarpsOfBlock = 4;
constexpr int kRowThreads = kWarp * kWarpsOfBlock;

}  // namespace rc

RC_KERNELS_BEGIN

// ---- The host's part: which plans, and in what pieces.

inline bool is_row_mode(int32_t mode) {
  return mode == RC_MODE_LINEAR || mode == RC_MODE_PREVIOUS || mode == RC_MODE_NEXT ||
         mode == RC_MODE_NEAREST;
}

// Whether warps can serve a plan.
inline bool is_for_rows(const ResamplePlan& plan) {
  constexpr int64_t kMostChannels = 1 << 26;
  if (plan.skip_nan || plan.has_aggregates || plan.duplicates == RC_DUPLICATES_MEAN) return false;
  if (!plan.has_values) return true;
  if (plan.width > kMostChannels) return false;
  for (int g = 0; g < plan.num_groups; ++g) {
    if (!is_row_mode(plan.groups[g].mode)) return false;
  }
  const bool in_line = plan.output.channel == 1 && (!plan.values || plan.values.channel == 1);
  return plan.width == 1 || in_line;
}

// Accesses of a lane: as many as a search serves at most, and as few as leave work to other warps.
struct LaneShare {
  int64_t least, most;
};
constexpr LaneShare kUsualShare = {2, 16};

// How many targets a warp takes: enough to find them side by side, but no more than gives each lane
// its share of the `accesses` of each, and few where warps would be idle else.
inline int targets_of_warp(const ResamplePlan& plan, int64_t accesses, LaneShare share) {
  constexpr int64_t kFewWarps = 132 * 16;
  const int64_t total = plan.total_targets();
  int targets = kWarp;
  while (targets > 1 &&
         (targets * accesses > share.most * kWarp ||
          (targets * accesses > share.least * kWarp && total < targets * kFewWarps))) {
    targets /= 2;
  }
  return targets;
}

// How many blocks a plan gets.
inline int64_t blocks_of(const ResamplePlan& plan, int warp_targets) {
  // Enough to read times as fast as memory gives them.
  constexpr int64_t kMostForChecks = 1024, kChecksOfThread = 8;
  const int64_t each = int64_t{kWarpsOfBlock} * warp_targets;
  int64_t blocks = (plan.total_targets() + each - 1) / each;
  if (plan.validate) {
    const int64_t checks = most_checked(plan) / (kChecksOfThread * kRowThreads) + 1;
    blocks = std::max(blocks, std::min(checks, kMostForChecks));
  }
  return blocks;
}

// ---- The device's part.

// The row that holds packed target `number`, by all lanes together, which have successive ones. A search of
// its own: by one for any border, as cuda_gather.h has it, all kernels of lines took 2 to 3 % longer.
__device__ inline int64_t row_of_lane(const ResamplePlan& plan, int64_t number, int64_t first) {
  const Integers& offsets = plan.target_offsets;
  const int lane = threadIdx.x % kWarp;
  int64_t low = 0, high = plan.rows;
  while (high - low > 1) {
    const int64_t width = (high - low + kWarp - 1) / kWarp, probe = low + lane * width;
    const bool holds = lane == 0 || (probe < high && offsets[probe] <= first);
    const unsigned ballot = __ballot_sync(~0u, holds);
    // Of wrong offsets any will do.
    const int last = 31 - __clz(ballot);
    low += last * width;
    high = min(high, low + width);
  }
  return border_near(low + 1, low + 1, max(plan.rows, low + 1),
                     [&](int64_t k) { return offsets[k] <= number; }) -
         1;
}

// What one lane knows of its target.
struct Found {
  const char *a, *b;
  char* output;
  double weight;  // of b
  // What each mode does: a FoundStep in kFoundBits bits. Zero: the target is left alone.
  uint32_t steps;
  // Reasons of all modes together, and kFilled.
  unsigned outcome;
};
enum FoundStep : uint32_t { kLeave, kFillIn, kTakeA, kTakeB, kBetween };
constexpr int kFoundBits = 3;

// Samples `a` and `b` are counted along the sample axis of sequence e.
__device__ inline Found found_at(const ResamplePlan& plan, unsigned modes, const Place& place,
                                 int64_t e, const Bracket& bracket, int64_t a, int64_t b) {
  Found found = {};
  const Array &v = plan.values, &o = plan.output;
  const int size = item_size(v.type);
  const char* const sequence = v.data + e * v.row * size;
  found.a = sequence + a * v.step * size;
  found.b = sequence + b * v.step * size;
  found.output = o.data + (place.row * o.row + place.target * o.step) * item_size(o.type);
  found.weight = bracket.weight;
#pragma unroll
  for (int32_t mode = RC_MODE_LINEAR; mode <= RC_MODE_NEAREST; ++mode) {
    if (!(modes >> mode & 1)) continue;
    const Choice choice = choose(plan, bracket, mode);
    const FoundStep step = choice.action == Action::kFill         ? kFillIn
                           : choice.action == Action::kCurve      ? kBetween
                           : choice.knot.first == bracket.a.first ? kTakeA
                                                                  : kTakeB;
    found.steps |= step << (mode * kFoundBits);
    found.outcome |= choice.reason | (step == kFillIn ? kFilled : 0);
  }
  return found;
}

// Finds a target, whatever the plan, and writes what follows from its time alone. Apart, since few
// calls come here.
template <class Raw>
__device__ __noinline__ Found find_any(const ResamplePlan& plan, unsigned modes, Place place,
                                       int64_t e) {
  const auto [row, target] = place;
  const Sequence<Raw> sequence(plan, e);
  const Array& times = plan.target_times;
  const auto t = static_cast<typename Sequence<Raw>::Time>(
      reinterpret_cast<const Raw*>(times.data)[row * times.row + target * times.step]);
  const Bracket bracket = locate(plan, sequence, t, guess(sequence, t));
  const Choice own = choose(plan, bracket, plan.mode);
  if (plan.source_index || plan.next_index || plan.weight) {
    put_indices(plan, row, target, sequence, bracket, own);
  }
  put_age(plan, row, target, sequence, bracket, t);
  if (!plan.has_values) {
    Found found = {};
    found.outcome = own.reason | (own.action == Action::kFill ? kFilled : 0);
    return found;
  }
  const bool is_empty = bracket.where == Where::kEmpty;
  return found_at(plan, modes, place, e, bracket,
                  is_empty ? 0 : index_of(plan, sequence, bracket.a),
                  is_empty ? 0 : index_of(plan, sequence, bracket.b));
}

// Whether find_target has a short way for a plan.
inline bool is_plain(const ResamplePlan& plan) {
  return plan.has_values && !plan.sorted && plan.clock.identity && plan.source_times.step == 1 &&
         plan.samples < kMostPositions && !plan.source_index && !plan.next_index && !plan.weight &&
         !plan.age;
}

// Finds a target, or leaves it alone. A function of its own, as all that takes many registers: the
// rest of the kernel then has few to keep.
template <class Raw>
__device__ __noinline__ Found find_target(const ResamplePlan& plan, bool is_plain, unsigned modes,
                                          Place place) {
  // Wrong target offsets may tell of targets where there is no row.
  if (place.row >= plan.rows) return {};
  const int64_t e = plan.sequence_ids ? plan.sequence_ids[place.row] : place.row;
  if (!is_readable(plan, e)) return {};
  if (is_plain) {
    const Array &source = plan.source_times, &targets = plan.target_times;
    const auto t = static_cast<typename TimeOf<Raw>::Value>(
        __ldg(reinterpret_cast<const Raw*>(targets.data) + place.row * targets.row +
              place.target * targets.step));
    const int64_t begin = sequence_begin(plan, e);
    const Raw* const times = reinterpret_cast<const Raw*>(source.data) + e * source.row + begin;
    Bracket r = {};
    const auto count = static_cast<unsigned>(sequence_length(plan, e));
    const auto at = [&](unsigned k) { return time_at(times, k); };
    if (locate_alone(plan, count, t, at, &r)) {
      return found_at(plan, modes, place, e, r, begin + r.a.first, begin + r.b.first);
    }
  }
  return find_any<Raw>(plan, modes, place, e);
}

// Notes for all lanes what a group takes of the target of this one; whether it takes samples.
__device__ inline bool note_target(const Found& found, int32_t mode, WarpTargets& warp) {
  const int lane = threadIdx.x % kWarp;
  const uint32_t step = found.steps >> (mode * kFoundBits) & ((1 << kFoundBits) - 1);
  // Copies are lines with a part of -0, which leaves every number as it is.
  const double weight_of_b = step == kBetween ? found.weight : -0.0;
  // Rounded once, to the type that it is computed in.
  const auto weight = static_cast<float>(weight_of_b);
  const bool is_late = !(weight < 0.5f);
  warp.samples[lane] = {step == kTakeB ? found.b : found.a, step == kTakeA ? found.a : found.b};
  warp.targets[lane] = {found.output, is_late ? weight - 1 : weight,
                        step == kLeave     ? kSkip
                        : step == kFillIn  ? kFill
                        : step != kBetween ? kCopy
                        : is_late          ? kLateCurve
                                           : kEarlyCurve};
  warp.weights[lane] = weight_of_b;
  return step > kFillIn;
}

// Serves the targets of one warp, the first of which is number `first`. `each_group(f)` calls f
// with each group.
template <class EachGroup>
__device__ void serve_targets(const ResamplePlan& plan, EachGroup each_group,
                              const RowLaunch& launch, int64_t first, WarpTargets& warp) {
  const int lane = threadIdx.x % kWarp;
  const int count =
      static_cast<int>(min(int64_t{launch.warp_targets}, plan.total_targets() - first));
  const int64_t number = first + min(lane, count - 1);
  const Place place = plan.packed_targets() ? Place{row_of_lane(plan, number, first), number}
                                            : place_of(plan, number);
  Found found = {};
  if (lane < count) {
    on_time_type(plan.target_times.type, [&](auto* raw) {
      using Raw = std::remove_pointer_t<decltype(raw)>;
      found = find_target<Raw>(plan, launch.is_plain, launch.modes, place);
    });
  }
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  if (wants_validity) warp.nan[lane] = 0;
  if (plan.has_values) {
    each_group([&](const LoopGroup& group) {
      __syncwarp();
      const bool made = note_target(found, group.mode, warp);
      const bool all_made = __all_sync(~0u, made || lane >= count);
      __syncwarp();
      run_loop(group.loop,
               {static_cast<unsigned>(group.begin), static_cast<unsigned>(group.count),
                static_cast<unsigned>(count), 0, plan.fill_value, plan.values.type,
                plan.output.type, all_made, wants_validity},
               warp);
    });
  }
  if (!wants_validity) return;
  __syncwarp();
  if (lane < count && place.row < plan.rows) {
    const unsigned nan = warp.nan[lane] != 0 ? RC_REASON_NAN : 0;
    put_validity(plan, place.row, place.target, (found.outcome & kFilled) != 0,
                 static_cast<uint8_t>(found.outcome | nan));
  }
}

// Apart, since almost no call comes here.
static __device__ __noinline__ void report_faults(const ResamplePlan& plan, const Part part,
                                                  FaultRecord* record, uint64_t call) {
  on_time_type(plan.target_times.type, [&](auto* raw) {
    using Raw = std::remove_pointer_t<decltype(raw)>;
    report_first(first_fault<ByBlock, Raw>(plan, part), record, call);
  });
}

// Serves a plan by a part of the blocks that it has.
template <class EachGroup>
__device__ void serve_rows(const ResamplePlan& plan, EachGroup each_group, const RowLaunch& launch,
                           FaultRecord* record, uint64_t call) {
  __shared__ WarpTargets warps[kWarpsOfBlock];
  const Part part = {blockIdx.x - launch.first_block, launch.blocks};
  bool at_fault = false;
  if (plan.validate) {
    on_time_type(plan.target_times.type, [&](auto* raw) {
      at_fault = sees_fault<std::remove_pointer_t<decltype(raw)>>(plan, part);
    });
  }
  const int number = threadIdx.x / kWarp;
  const int64_t each = int64_t{kWarpsOfBlock} * launch.warp_targets, total = plan.total_targets();
  for (int64_t first = part.index * each + number * launch.warp_targets; first < total;
       first += part.count * each) {
    serve_targets(plan, each_group, launch, first, warps[number]);
    __syncwarp();
  }
  if (__any_sync(~0u, at_fault)) report_faults(plan, part, record, call);
}

inline RowLaunch launch_of(const ResamplePlan& plan, uint32_t first_block) {
  int64_t accesses = 0;
  uint32_t modes = 0;
  for (int g = 0; plan.has_values && g < plan.num_groups; ++g) {
    accesses += accesses_of(plan, plan.groups[g]);
    modes |= 1u << plan.groups[g].mode;
  }
  // Blocks take more in turns.
  constexpr int64_t kMostBlocks = 1 << 26;
  const int32_t targets = targets_of_warp(plan, accesses, kUsualShare);
  const int64_t blocks = std::min(blocks_of(plan, targets), kMostBlocks);
  return {first_block, static_cast<uint32_t>(blocks), targets, modes, is_plain(plan)};
}

RC_KERNELS_END
