// SPDX-License-Identifier: Apache-2.0
// What voxels of a slab add up to, four channels at once, and how it becomes their values.
#pragma once

#include "kernels/voxelize/voxels.h"

RC_KERNELS_BEGIN

// Sums of features in 64 bits: see uses_slabs() for why these are enough.
class SumTally {
 public:
  SumTally(const VoxelPlan& plan, const int32_t* exponents) : scales_(plan, exponents) {}

  void turn_to(int64_t cloud, int64_t channel, int64_t channels) {
    now_ = &scales_.of(cloud, channel, channels);
  }
  // Adds a point. Whether all of its features are finite; one that is not is left out.
  RC_INLINE bool add(const Doubles& x, Words& record) const {
    const Longs finite = (x < HUGE_VAL) & (x > -HUGE_VAL);
    Words q;
    fixed_point(x, *now_, q);
    record += q & reinterpret_cast<Words>(finite);
    return all_of(finite);
  }
  static uint32_t special(double x) { return is_finite(x) ? 0 : special_of(x); }
  RC_INLINE void read(const Words& record, Doubles& values) const {
    from_fixed_point(record, *now_, values);
  }
  static double special_value(uint32_t seen) { return value_of(ExactSum{0, 0, seen}, Scale{}); }

 private:
  LaneScales scales_;
  const LaneScales::Lanes* now_ = nullptr;
};

// Greatest or least features, as integers of the same order that are greater than 0.
class ExtremeTally {
 public:
  ExtremeTally(const VoxelPlan& plan, const int32_t*)
      : flip_(plan.reduce == RC_REDUCE_MAX ? 0 : -1) {}

  void turn_to(int64_t, int64_t, int64_t) {}
  RC_INLINE bool add(const Doubles& x, Words& record) const {
    const Longs best = reinterpret_cast<Longs>(record) ^ INT64_MIN;
    Longs order = reinterpret_cast<Longs>(x);
    toggle_order(order);
    order ^= flip_;
    record = reinterpret_cast<Words>((order > best ? order : best) ^ INT64_MIN);
    return all_of(x == x);
  }
  static uint32_t special(double x) { return is_nan(x) ? kNaNSeen : 0; }
  RC_INLINE void read(const Words& record, Doubles& values) const {
    Longs best = reinterpret_cast<Longs>(record) ^ INT64_MIN ^ flip_;
    toggle_order(best);
    values = reinterpret_cast<Doubles>(best);
  }
  static double special_value(uint32_t) { return bit_cast<double>(kNaNBits); }

 private:
  int64_t flip_;
};

// Notes of the channels from `channel` on of a point which of them are special.
template <class Tally>
RC_RARE void note_specials(const Doubles& x, int64_t channel, int64_t channels, uint64_t* record) {
  for (int64_t k = 0; k < channels; ++k) {
    *record |= uint64_t{Tally::special(x[k])} << (32 + (channel + k) * kSpecialBits);
  }
}

// Puts the values of special channels in their places.
template <class Tally>
RC_RARE void read_specials(uint64_t specials, int64_t channels, Doubles& values) {
  for (int64_t k = 0; k < channels; ++k) {
    const auto seen =
        static_cast<uint32_t>(specials >> k * kSpecialBits & ((1 << kSpecialBits) - 1));
    if (seen != 0) values[k] = Tally::special_value(seen);
  }
}

// Calls f(tally) with that of a plan.
template <class F>
void with_tally(const VoxelPlan& plan, const int32_t* exponents, F f) {
  if (plan.reduce == RC_REDUCE_SUM || plan.reduce == RC_REDUCE_MEAN) {
    SumTally tally(plan, exponents);
    return f(tally);
  }
  ExtremeTally tally(plan, exponents);
  f(tally);
}

RC_KERNELS_END
