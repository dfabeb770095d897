// SPDX-License-Identifier: Apache-2.0
// A target looked for among the six samples about where it probably is, in 32 bits: what locate() and choose()
// have for it, in far fewer instructions. Whatever is not found here is left to them.
#pragma once

#include <algorithm>

#include "kernels/resample/rounded_quotient.h"
#include "kernels/resample/row_step.h"

RC_KERNELS_BEGIN

// Times that are looked at.
constexpr int kNearTimes = 6;

// later - earlier, as a number that wraps.
RC_HD inline int64_t behind(int64_t earlier, int64_t later) {
  return static_cast<int64_t>(span(earlier, later));
}

// What becomes of a target: its samples, counted in its sequence, and how it is made.
struct NearTarget {
  unsigned a, b;
  RowStep step;
  float part;
  // Reasons and kFilled.
  unsigned outcome;
};

// Of the times about a target those less its own, in 32 bits.
struct NearWindow {
  // The number of the first of them in the sequence.
  unsigned first;
  int d[kNearTimes];
};

// A line between samples a and a + 1, from the target to which `to_a` and `to_b` are.
RC_HD inline NearTarget line_between(unsigned a, int to_a, int to_b) {
  const auto whole = static_cast<unsigned>(to_b) - static_cast<unsigned>(to_a);
  const float weight = rounded_quotient(-static_cast<double>(to_a), static_cast<double>(whole));
  const LineStep line = step_of(Action::kCurve, weight);
  return {a, a + 1, line.step, line.part, 0};
}
RC_HD inline NearTarget copy_of(unsigned a, unsigned reason) {
  return {a, a, kCopy, -0.0f, reason};
}
RC_HD inline NearTarget filled(unsigned a, unsigned reason) {
  return {a, a, kFill, 0, reason | kFilled};
}

// LINEAR, PREVIOUS, NEXT or NEAREST, and what is beside them. The greatest gap is no limit.
struct NearRules {
  uint32_t max_gap;
  int32_t mode, outside;
};

// A target between samples a and a + 1, or at a, as choose() has it.
RC_HD inline NearTarget found_between(const NearRules& rules, unsigned a, int to_a, int to_b) {
  const auto back = -static_cast<unsigned>(to_a), ahead = static_cast<unsigned>(to_b);
  if (rules.mode == RC_MODE_LINEAR) {
    NearTarget found = line_between(a, to_a, to_b);
    if (to_a == 0) {
      found = copy_of(a, 0);
    } else if (back + ahead > rules.max_gap) {
      found = filled(a, RC_REASON_GAP);
    }
    return found;
  }
  const bool is_b_nearer = rules.mode == RC_MODE_NEAREST && ahead < back;
  const bool takes_b = to_a != 0 && (rules.mode == RC_MODE_NEXT || is_b_nearer);
  if ((takes_b ? ahead : back) > rules.max_gap) return filled(a, RC_REASON_STALE);
  return copy_of(takes_b ? a + 1 : a, 0);
}

// A target at the ends of `count` samples, where nothing lies beyond the first or the last of them, or outside;
// false where it is neither.
RC_HD inline bool find_at_end(const NearWindow& w, unsigned count, const NearRules& rules,
                              NearTarget* found) {
  const int* const d = w.d;
  const bool is_first = w.first == 0 && d[1] > 0;
  const bool is_last = w.first == count - kNearTimes && d[4] <= 0;
  if (!is_first && !is_last) return false;
  const unsigned a = is_first ? 0 : count - 2;
  const int to_a = is_first ? d[0] : d[4], to_b = is_first ? d[1] : d[5];
  const bool is_alone = to_a < to_b && (is_first ? d[1] < d[2] : d[3] < d[4]);
  if (!is_alone) return false;
  if (to_a <= 0 && to_b > 0) {
    *found = found_between(rules, a, to_a, to_b);
    return true;
  }
  const unsigned end = is_first ? 0 : count - 1;
  const auto distance = is_first ? static_cast<unsigned>(to_a) : -static_cast<unsigned>(to_b);
  const unsigned reason = is_first ? RC_REASON_BEFORE_FIRST : RC_REASON_AFTER_LAST;
  if (distance == 0) {
    *found = copy_of(end, 0);
  } else if (rules.outside == RC_OUTSIDE_FILL) {
    *found = filled(end, reason);
  } else if (distance > rules.max_gap) {
    *found = filled(end, reason | RC_REASON_STALE);
  } else if (rules.outside == RC_OUTSIDE_EXTRAPOLATE && rules.mode == RC_MODE_LINEAR) {
    *found = line_between(a, to_a, to_b);
    found->outcome = reason;
  } else {
    *found = copy_of(end, reason);
  }
  return true;
}

RC_HD inline int64_t near_time(const int64_t* time) {
#if defined(__CUDA_ARCH__)
  return __ldg(time);
#else
  return *time;
#endif
}

// The number of the first of the times about number `guess` of `count`.
RC_HD inline unsigned first_about(unsigned guess, unsigned count) {
#if !defined(__CUDA_ARCH__)
  using std::max, std::min;
#endif
  return min(max(guess, 2u) - 2, count - kNearTimes);
}

// Finds target t among the samples about number `guess` of `count`, which are kNearTimes at least. If it is not
// there, or next to samples that share their times, it is what otherwise() returns. What times in no order
// tell does not matter, since a check tells of them.
template <class Otherwise>
RC_HD inline NearTarget find_near(const int64_t* times, unsigned count, unsigned guess, int64_t t,
                                  const NearRules& rules, Otherwise otherwise) {
  NearWindow w;
  w.first = first_about(guess, count);
  // Of those between the first and the last 32 bits tell all, if they do of these.
  const int64_t* const about = times + w.first;
  const int64_t low_time = near_time(about), high_time = near_time(about + kNearTimes - 1);
  const int64_t low = behind(t, low_time), high = behind(t, high_time);
  w.d[0] = static_cast<int>(low);
  w.d[kNearTimes - 1] = static_cast<int>(high);
  for (int k = 1; k < kNearTimes - 1; ++k) {
    w.d[k] = static_cast<int>(behind(t, near_time(about + k)));
  }
  const int* const d = w.d;
  const bool second = d[2] <= 0, third = d[3] <= 0;
  const unsigned a = w.first + (third ? 3 : second ? 2 : 1);
  const int to_a = third ? d[3] : second ? d[2] : d[1];
  const int to_b = third ? d[4] : second ? d[3] : d[2];
  const int before = third ? d[2] : second ? d[1] : d[0];
  const int after = third ? d[5] : second ? d[4] : d[3];
  const bool fits = (d[0] == low) & (d[kNearTimes - 1] == high);
  // What wraps has the other sign.
  const bool is_between = (d[0] <= 0) & (d[1] <= 0) & (d[4] > 0) & (d[kNearTimes - 1] > 0) &
                          (before < to_a) & (to_b < after);
  if (fits & is_between) return found_between(rules, a, to_a, to_b);
  NearTarget found;
  const bool wraps = (low_time <= t) != (low <= 0) || (high_time <= t) != (high <= 0);
  if (!fits || wraps || !find_at_end(w, count, rules, &found)) found = otherwise();
  return found;
}

RC_KERNELS_END
