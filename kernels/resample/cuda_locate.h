// SPDX-License-Identifier: Apache-2.0
// locate() of locate.h for threads that search side by side: the same bracket in fewer instructions
// where times lie one behind the other and the samples around the target have times of their own.
#pragma once

#include "kernels/resample/locate.h"

RC_KERNELS_BEGIN

// Fewer samples of a sequence than its positions in 32 bits can count.
constexpr int64_t kMostPositions = int64_t{1} << 30;

// The number of positions in [0, count) with before(k), which is true up to some border. Three
// looks at a time, since three wait no longer than one.
template <class Count, class Before>
__device__ Count border_of_threads(Count count, Before before) {
  Count low = 0;
  while (count >= 4) {
    const Count quarter = count / 4;
    const Count looks[3] = {low + quarter, low + 2 * quarter, low + 3 * quarter};
    const bool first = before(looks[0]), second = before(looks[1]), third = before(looks[2]);
    if (first) low = looks[0] + 1;
    if (second) low = looks[1] + 1;
    if (third) low = looks[2] + 1;
    count = third ? count - 3 * quarter - 1 : first ? quarter - 1 : quarter;
  }
  // Side by side as well.
  Count more = 0;
#pragma unroll
  for (Count k = 0; k < 3; ++k) more += k < count && before(low + k) ? 1 : 0;
  return low + more;
}

// Of `count` times in order those that are not later than t: outwards from where it would be if they
// were evenly spaced, of which guessed(k) tells, farther and farther at a time, and then between the last two
// looks. Of times in no order any number of them.
template <class Time, class TimeAt, class Guessed>
__device__ unsigned not_later_from_line(unsigned count, Time t, TimeAt time_at, Guessed guessed) {
  constexpr unsigned kFew = 16;
  const auto is_not_later = [&](unsigned k) { return !(t < time_at(k)); };
  if (count < kFew) return border_of_threads(count, is_not_later);
  const Time first = time_at(0), last = time_at(count - 1);
  // By one choice: compilers read the last time behind the first choice of two.
  const bool is_before = t < first, is_behind = !(t < last);
  if (is_before | is_behind) return is_before ? 0 : count;
  const float part =
      __fdividef(static_cast<float>(span(first, t)), static_cast<float>(span(first, last)));
  const unsigned guess =
      min(static_cast<unsigned>(part * static_cast<float>(count - 1)), count - 2);
  guessed(guess);
  unsigned low = 0, high = count - 1;
  for (unsigned radius = 1;; radius *= 8) {
    const unsigned below = guess - min(guess, radius), above = min(guess + 1 + radius, count - 1);
    const bool is_above = is_not_later(below), is_below = !is_not_later(above);
    low = max(low, is_below ? (is_above ? below : 0) : above);
    high = min(high, is_above ? (is_below ? above : count - 1) : below);
    if (is_above && is_below) break;
  }
  // Of times in no order, which the check tells of, the looks may contradict each other.
  const unsigned between = max(high, low + 1) - (low + 1);
  return low + 1 +
         border_of_threads(between, [&](unsigned k) { return is_not_later(low + 1 + k); });
}

template <class Raw>
__device__ auto time_at(const Raw* times, unsigned k) {
  return static_cast<typename TimeOf<Raw>::Value>(__ldg(times + k));
}

// Completes the bracket of target t, whose samples a and b are those around it, or the first or last
// two, and have times of their own.
template <class Time>
__device__ inline void settle_bracket(const ResamplePlan& plan, int64_t count, Time t, Time ta,
                                      Time tb, Bracket* r) {
  if (ta == t || tb == t) {
    r->where = Where::kExact;
    if (ta == t) {
      r->b = r->a;
    } else {
      r->a = r->b;
    }
    return;
  }
  r->where = r->not_later == 0       ? Where::kBefore
             : r->not_later == count ? Where::kAfter
                                     : Where::kInside;
  const auto limit = limit_of(plan.max_gap, t);
  const auto to_a = r->where == Where::kBefore ? span(t, ta) : span(ta, t);
  const auto to_b = r->where == Where::kAfter ? span(tb, t) : span(t, tb);
  r->wide = span(ta, tb) > limit;
  r->a_stale = to_a > limit;
  r->b_stale = to_b > limit;
  r->b_nearer = to_b < to_a;
  if (!r->has_curve()) return;
  const double weight = quotient(to_a, span(ta, tb));
  r->weight = r->where == Where::kBefore ? -weight : weight;
}

// Who does not ask for samples ahead.
struct AsksForNone {
  __device__ void operator()(unsigned) const {}
};

// Finds the two samples around a target among `count` times, or the first or last two, and how many are
// not later. False without samples, and where one near the target shares its time with another.
template <class Time, class TimeAt, class Guessed = AsksForNone>
__device__ bool find_alone(unsigned count, Time t, TimeAt time_at, Time* ta, Time* tb, Bracket* r,
                           Guessed guessed = {}) {
  if (count == 0) return false;
  const unsigned not_later = not_later_from_line(count, t, time_at, guessed);
  const unsigned a = min(max(not_later, 1u), max(count, 2u) - 1) - 1, b = min(a + 1, count - 1);
  *ta = time_at(a);
  *tb = time_at(b);
  const auto before_a = time_at(a - (a > 0)), behind_b = time_at(min(b + 1, count - 1));
  const bool alone = ((a == b) | (*ta < *tb)) & ((a == 0) | (before_a < *ta)) &
                     ((b + 1 == count) | (*tb < behind_b));
  if (!alone) return false;
  r->not_later = not_later;
  r->a = {a, a};
  r->b = {b, b};
  return true;
}

// locate() among `count` times, for a plan without PCHIP and aggregates and a clock that changes
// nothing. False where it takes locate() itself.
template <class Time, class TimeAt, class Guessed = AsksForNone>
__device__ bool locate_alone(const ResamplePlan& plan, unsigned count, Time t, TimeAt time_at,
                             Bracket* r, Guessed guessed = {}) {
  Time ta, tb;
  if (!find_alone(count, t, time_at, &ta, &tb, r, guessed)) return false;
  settle_bracket(plan, count, t, ta, tb, r);
  return true;
}

RC_KERNELS_END
