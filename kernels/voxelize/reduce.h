// SPDX-License-Identifier: Apache-2.0
// One channel of one voxel: from features to the value that is stored.
#pragma once

#include "kernels/voxelize/exact_sum.h"

RC_KERNELS_BEGIN

// Exponent of a channel in which no feature was measured.
constexpr int32_t kNoExponent = INT32_MIN;

// How many integers that stand for features are summed up in 64 bits; those of float64 are larger.
constexpr int64_t kMostIn64Bits = 1 << 22;

// Scale of channel `channel` of `cloud`. `exponents` [clouds, width] is read where the range is
// measured.
RC_HD inline Scale scale_of(const VoxelPlan& plan, const int32_t* exponents, int64_t cloud,
                            int64_t channel) {
  const Type type = plan.features.type;
  if (!has_range(type)) return scale_of(places_of(type, 0), HUGE_VAL);
  if (plan.feature_bound != 0) {
    return scale_of(places_of(type, exponent_of(plan.feature_bound)), plan.feature_bound);
  }
  const int32_t exponent = exponents[cloud * plan.width + channel];
  return scale_of(places_of(type, exponent == kNoExponent ? 0 : exponent), HUGE_VAL);
}

// What is known of a voxel before and beside its features.
struct VoxelState {
  // Its value and its points before this call, when accumulating; else no points.
  double old_value;
  int64_t old_count;
  // Its points of this call: at least 1.
  int64_t count;
};

// The sum of the features of a voxel, old ones too, of which those of this call sum up to `sum`.
RC_HD inline double total_of(bool mean, double sum, const VoxelState& state) {
  if (state.old_count == 0) return sum;
  return state.old_value * (mean ? static_cast<double>(state.old_count) : 1) + sum;
}

// The value of such a voxel.
RC_HD inline double finish_sum(bool mean, double sum, const VoxelState& state) {
  const double total = total_of(mean, sum, state);
  if (!mean) return total;
  return total / (static_cast<double>(state.old_count) + static_cast<double>(state.count));
}

// The one of two features that MAX or MIN keeps.
RC_HD inline double better_of(bool max, double a, double b) {
  return max ? greater_of(a, b) : lesser_of(a, b);
}

// The value of a voxel of whose features of this call `value` is the best.
RC_HD inline double finish_extreme(bool max, double value, const VoxelState& state) {
  return state.old_count != 0 ? better_of(max, state.old_value, value) : value;
}

// Whether feature b replaces a as the one that MAX or MIN passes its gradient to: it is better, not
// as good. The first NaN stays.
RC_HD inline bool wins(int32_t reduce, double b, double a) {
  if (is_nan(a)) return false;
  const double best = better_of(reduce == RC_REDUCE_MAX, a, b);
  return bit_cast<uint64_t>(best) != bit_cast<uint64_t>(a);
}

RC_KERNELS_END
