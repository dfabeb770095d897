// SPDX-License-Identifier: Apache-2.0
// One channel of one voxel: from features to the value that is stored.
#pragma once

#include "kernels/voxelize/exact_sum.h"

RC_KERNELS_BEGIN

// Exponent of a channel in which no feature was measured.
constexpr int32_t kNoExponent = INT32_MIN;

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

// SUM and MEAN.
struct SumReducer {
  ExactSum sum;
  Scale scale;
  bool mean;

  RC_HD SumReducer(int32_t reduce, const Scale& s)
      : sum{}, scale(s), mean(reduce == RC_REDUCE_MEAN) {}
  RC_HD void add(double feature) { rc::add(sum, feature, scale); }
  RC_HD void merge(const SumReducer& other) { rc::add(sum, other.sum); }
  RC_HD double finish(const VoxelState& state) const {
    const double value = value_of(sum, scale);
    if (!mean) return state.old_count > 0 ? state.old_value + value : value;
    const double old = static_cast<double>(state.old_count);
    const double total = state.old_count > 0 ? state.old_value * old + value : value;
    return total / (old + static_cast<double>(state.count));
  }
};

// MAX and MIN.
struct ExtremeReducer {
  double value;
  bool max;

  RC_HD ExtremeReducer(int32_t reduce, const Scale&)
      : value(reduce == RC_REDUCE_MAX ? -HUGE_VAL : HUGE_VAL), max(reduce == RC_REDUCE_MAX) {}
  RC_HD double better(double a, double b) const { return max ? greater_of(a, b) : lesser_of(a, b); }
  RC_HD void add(double feature) { value = better(value, feature); }
  RC_HD void merge(const ExtremeReducer& other) { add(other.value); }
  RC_HD double finish(const VoxelState& state) const {
    return state.old_count > 0 ? better(state.old_value, value) : value;
  }
};

// Whether feature b replaces a as the one that MAX or MIN passes its gradient to: it is better, not
// as good. The first NaN stays.
RC_HD inline bool wins(int32_t reduce, double b, double a) {
  if (is_nan(a)) return false;
  const double best = reduce == RC_REDUCE_MAX ? greater_of(a, b) : lesser_of(a, b);
  return bit_cast<uint64_t>(best) != bit_cast<uint64_t>(a);
}

RC_KERNELS_END
