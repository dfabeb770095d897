// SPDX-License-Identifier: Apache-2.0
// Which calls are usual, and what a launch takes for them beside its plan: lines of one floating type of up to 32 bits,
// and copies, at ticks of int64, with outputs one behind the other.
#pragma once

#include "kernels/resample/cuda_lines.h"
#include "kernels/resample/near.h"

namespace rc {

// What a launch of usual lines takes beside its plan. Accesses and times are counted one by one.
struct UsualLine {
  const int64_t *times, *targets;
  uint32_t times_row, targets_row;
  uint32_t samples, total_targets;
  // Bytes of an access, of the samples of a row, and of a target's outputs.
  uint32_t access_bytes, row_bytes, target_bytes;
  // Accesses from one sample to the next, and from the samples of one row to those of the next.
  uint32_t values_step, values_row;
  NearRules rules;
  // The bits of what is filled, as often as 64 have room for them.
  uint2 fill;
};

}  // namespace rc

RC_KERNELS_BEGIN

// Of a channel the elements that the loops of a family count.
inline int64_t elements_of_channel(const ResamplePlan& plan, int family) {
  return family == kBytes ? item_size(plan.values.type) : 1;
}

// Whether a plan for lines is a usual one.
inline bool is_usual(const ResamplePlan& plan, const LineStream& s) {
  const Array &v = plan.values, &o = plan.output;
  const int family = family_of(plan, whole_of(plan));
  if (family == kDouble || family == kMixed || family == kWide) return false;
  if (plan.target_times.type != Type::i64 || s.warp_rows > 1) return false;
  if (!s.has_samples_in_line || !has_targets_in_line(plan)) return false;
  if (stored_samples(plan) >= kMostCounted || plan.samples < kNearTimes) return false;
  if (o.step != plan.width) return false;
  if (!plan.packed_targets() && plan.rows > 1 && o.row != plan.targets * plan.width) return false;
  // Lanes count up to 128 accesses beyond the last of a warp, of 32 other targets at most, by an inverse that has to
  // be exact for them.
  constexpr int64_t kBeyond = 128;
  const int64_t item = item_size(v.type), elements = elements_of_channel(plan, family);
  const int64_t accesses = s.accesses;
  if (accesses == 1 && plan.width * item <= 4) return false;
  if ((s.warp_targets * accesses + kBeyond) * accesses > UINT32_MAX) return false;
  // Samples are behind one another, and those that a warp needs within 31 bits, with what its accesses take.
  if (v.step < 0 || v.row < 0 || v.row * item >= kMostCounted) return false;
  const int64_t rows = most_of_arrays(plan) != 0
                           ? plan.sequences
                           : (kWarp - 1) / std::max<int64_t>(plan.targets, 1) + 1;
  const int64_t most = rows * v.row + plan.samples * v.step + 2 * kWarp * plan.width;
  return most * elements >> s.log2_width < kMostCounted;
}

inline UsualLine usual_line_of(const ResamplePlan& plan, const LineStream& s) {
  uint64_t fill = 0;
  const int64_t item = item_size(plan.output.type);
  const int64_t elements = elements_of_channel(plan, family_of(plan, whole_of(plan)));
  const auto accesses = [&](int64_t channels) {
    return static_cast<uint32_t>(channels * elements >> s.log2_width);
  };
  for (int64_t k = 0; k < 8 / item; ++k) {
    store(plan.output.type, reinterpret_cast<char*>(&fill), k, plan.fill_value);
  }
  return {reinterpret_cast<const int64_t*>(plan.source_times.data),
          reinterpret_cast<const int64_t*>(plan.target_times.data),
          static_cast<uint32_t>(plan.source_times.row),
          static_cast<uint32_t>(plan.target_times.row),
          static_cast<uint32_t>(plan.samples),
          static_cast<uint32_t>(plan.total_targets()),
          static_cast<uint32_t>(item / elements << s.log2_width),
          static_cast<uint32_t>(plan.values.row * item),
          static_cast<uint32_t>(plan.width * item),
          accesses(plan.values.step),
          accesses(plan.values.row),
          {static_cast<uint32_t>(std::min<uint64_t>(plan.max_gap.ticks, UINT32_MAX)), s.mode,
           s.outside},
          {static_cast<uint32_t>(fill), static_cast<uint32_t>(fill >> 32)}};
}

RC_KERNELS_END
