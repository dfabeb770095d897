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
template <class Before>
__device__ unsigned border_of_threads(unsigned count, Before before) {
  unsigned low = 0;
  while (count >= 4) {
    const unsigned quarter = count / 4;
    const unsigned looks[3] = {low + quarter, low + 2 * quarter, low + 3 * quarter};
    const bool first = before(looks[0]), second = before(looks[1]), third = before(looks[2]);
    if (first) low = looks[0] + 1;
    if (second) low = looks[1] + 1;
    if (third) low = looks[2] + 1;
    count = third ? count - 3 * quarter - 1 : first ? quarter - 1 : quarter;
  }
  const unsigned last = low + count;
#pragma unroll
  for (int k = 0; k < 3; ++k) {
    if (low < last && before(low)) ++low;
  }
  return low;
}

// locate() among `count` times that lie one behind the other, for a plan without PCHIP and
// aggregates and a clock that changes nothing. False where it takes locate() itself: without
// samples, or where one near the target shares its time with another.
template <class Raw>
__device__ bool locate_alone(const ResamplePlan& plan, const Raw* times, unsigned count,
                             typename TimeOf<Raw>::Value t, Bracket* r) {
  using Time = typename TimeOf<Raw>::Value;
  const auto time_at = [&](unsigned k) { return static_cast<Time>(__ldg(times + k)); };
  if (count == 0) return false;
  const unsigned not_later =
      border_of_threads(count, [&](unsigned k) { return !(t < time_at(k)); });
  // The two samples around the target, or the first or last two.
  const unsigned a = min(max(not_later, 1u), max(count, 2u) - 1) - 1, b = min(a + 1, count - 1);
  const auto ta = time_at(a), tb = time_at(b);
  const auto before_a = time_at(a - (a > 0)), behind_b = time_at(min(b + 1, count - 1));
  const bool alone =
      (a == b || ta < tb) && (a == 0 || before_a < ta) && (b + 1 == count || tb < behind_b);
  if (!alone) return false;
  r->not_later = not_later;
  r->a = {a, a};
  r->b = {b, b};
  if (ta == t || tb == t) {
    r->where = Where::kExact;
    if (ta == t) {
      r->b = r->a;
    } else {
      r->a = r->b;
    }
    return true;
  }
  r->where = not_later == 0 ? Where::kBefore : not_later == count ? Where::kAfter : Where::kInside;
  const auto limit = limit_of(plan.max_gap, t);
  const auto to_a = r->where == Where::kBefore ? span(t, ta) : span(ta, t);
  const auto to_b = r->where == Where::kAfter ? span(tb, t) : span(t, tb);
  r->wide = span(ta, tb) > limit;
  r->a_stale = to_a > limit;
  r->b_stale = to_b > limit;
  r->b_nearer = to_b < to_a;
  if (a == b) return true;
  const double weight = quotient(to_a, span(ta, tb));
  r->weight = r->where == Where::kBefore ? -weight : weight;
  return true;
}

RC_KERNELS_END
