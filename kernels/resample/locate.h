// SPDX-License-Identifier: Apache-2.0
// Stage 1, once per target: where the target lies among the samples, and what each rule then does.
#pragma once

#include "kernels/resample/sequence.h"

namespace rc {

enum class Where : uint8_t { kEmpty, kBefore, kExact, kInside, kAfter };

// The two knots that matter for a target: those around it (kInside), the first two (kBefore), the
// last two (kAfter), the one it equals, twice (kExact). With a single knot a and b are the same.
struct Bracket {
  Where where;
  bool wide;      // a and b are farther apart than max_gap
  bool a_stale;   // a is farther from the target than max_gap
  bool b_stale;   // b is
  bool b_nearer;  // b is closer to the target than a
  Knot a, b;
  double weight;  // of b
  // For pchip: the knots before a and after b, and the three distances.
  Knot outer_a, outer_b;
  double distance[3];
  // For aggregates: the positions in the window, end excluded.
  int64_t window_begin, window_end;
  // Positions that are not later than the target.
  int64_t not_later;

  RC_SHARED bool has_curve() const { return a.first != b.first; }
};

enum class Action : uint8_t { kFill, kCopy, kCurve, kAggregate };

// What one mode does with a target.
struct Choice {
  Action action;
  uint8_t reason;
  Knot knot;  // kCopy: the knot
};

}  // namespace rc

RC_KERNELS_BEGIN

template <class Span>
RC_HD inline double quotient(Span part, Span whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// The knots of a sequence next to a target before which `not_later` positions lie.
template <class Raw>
struct Walk {
  const Sequence<Raw>& sequence;
  int64_t not_later;

  RC_HD Knot lower() const { return sequence.ending_at(not_later - 1); }
  RC_HD Knot upper() const { return sequence.beginning_at(not_later); }
  RC_HD Knot before(const Knot& knot) const { return sequence.before(knot); }
  RC_HD Knot after(const Knot& knot) const { return sequence.after(knot); }
};

// Builds the bracket from a walk: `Walk`, or one that sees only some of the knots.
template <class Raw, class AnyWalk>
RC_HD inline Bracket make_bracket(const ResamplePlan& plan, const Sequence<Raw>& sequence,
                                  typename Sequence<Raw>::Time t, const AnyWalk& walk) {
  Bracket r = {};
  r.not_later = walk.not_later;
  r.outer_a = r.outer_b = kNoKnot;
  const Knot lower = walk.lower();
  if (lower && sequence.time(lower) == t) {
    r.where = Where::kExact;
    r.a = r.b = lower;
    return r;
  }
  const Knot upper = walk.upper();
  if (lower && upper) {
    r.where = Where::kInside;
    r.a = lower;
    r.b = upper;
  } else if (upper) {
    r.where = Where::kBefore;
    r.a = upper;
    r.b = walk.after(upper);
    if (!r.b) r.b = upper;
  } else if (lower) {
    r.where = Where::kAfter;
    r.a = walk.before(lower);
    if (!r.a) r.a = lower;
    r.b = lower;
  } else {
    r.where = Where::kEmpty;
    return r;
  }
  const auto ta = sequence.time(r.a), tb = sequence.time(r.b);
  const auto limit = limit_of(plan.max_gap, t);
  const auto to_a = r.where == Where::kBefore ? span(t, ta) : span(ta, t);
  const auto to_b = r.where == Where::kAfter ? span(tb, t) : span(t, tb);
  r.wide = span(ta, tb) > limit;
  r.a_stale = to_a > limit;
  r.b_stale = to_b > limit;
  r.b_nearer = to_b < to_a;
  if (!r.has_curve()) return r;
  r.weight = quotient(to_a, span(ta, tb));
  if (r.where == Where::kBefore) r.weight = -r.weight;
  if (plan.has_pchip) {
    r.outer_a = walk.before(r.a);
    r.outer_b = walk.after(r.b);
    r.distance[1] = static_cast<double>(span(ta, tb));
    if (r.outer_a) r.distance[0] = static_cast<double>(span(sequence.time(r.outer_a), ta));
    if (r.outer_b) r.distance[2] = static_cast<double>(span(tb, sequence.time(r.outer_b)));
  }
  return r;
}

// `hint`: a guess of `Bracket::not_later`, from 0 to the number of samples.
template <class Raw>
RC_HD inline Bracket locate(const ResamplePlan& plan, const Sequence<Raw>& sequence,
                            typename Sequence<Raw>::Time t, int64_t hint) {
  Bracket r = make_bracket(plan, sequence, t, Walk<Raw>{sequence, sequence.not_later(t, hint)});
  if (plan.has_aggregates) {
    // A window that begins before the first int64 holds all samples up to its end.
    if (reaches_back(t, plan.window_before)) {
      r.window_begin = sequence.not_later(back(t, plan.window_before), r.not_later);
    }
    r.window_end = sequence.not_later(ahead(t, plan.window_after), r.not_later);
  }
  return r;
}

// Applies the rules for the ends and for gaps.
RC_HD inline Choice choose(const ResamplePlan& plan, const Bracket& bracket, int32_t mode) {
  const uint8_t outside = bracket.where == Where::kBefore  ? RC_REASON_BEFORE_FIRST
                          : bracket.where == Where::kAfter ? RC_REASON_AFTER_LAST
                                                           : 0;
  const auto fill = [&](int reason) {
    return Choice{Action::kFill, static_cast<uint8_t>(outside | reason), kNoKnot};
  };
  const auto copy = [&](const Knot& knot, bool stale) {
    return stale ? fill(RC_REASON_STALE) : Choice{Action::kCopy, outside, knot};
  };
  if (bracket.where == Where::kEmpty) return fill(RC_REASON_EMPTY);
  if (is_aggregate(mode)) {
    if (bracket.window_begin >= bracket.window_end) return fill(RC_REASON_EMPTY);
    return {Action::kAggregate, outside, kNoKnot};
  }
  const bool is_curve = mode != RC_MODE_PREVIOUS && mode != RC_MODE_NEXT && mode != RC_MODE_NEAREST;
  switch (bracket.where) {
    case Where::kExact:
      return copy(bracket.a, false);
    case Where::kInside:
      if (mode == RC_MODE_PREVIOUS || (mode == RC_MODE_NEAREST && !bracket.b_nearer)) {
        return copy(bracket.a, bracket.a_stale);
      }
      if (!is_curve) return copy(bracket.b, bracket.b_stale);
      return bracket.wide ? fill(RC_REASON_GAP) : Choice{Action::kCurve, 0, kNoKnot};
    default:
      const bool is_before = bracket.where == Where::kBefore;
      if (plan.outside == RC_OUTSIDE_FILL) return fill(0);
      const Choice held =
          is_before ? copy(bracket.a, bracket.a_stale) : copy(bracket.b, bracket.b_stale);
      if (plan.outside == RC_OUTSIDE_EXTRAPOLATE && is_curve && bracket.has_curve() &&
          held.action == Action::kCopy) {
        return {Action::kCurve, outside, kNoKnot};
      }
      return held;
  }
}

RC_KERNELS_END
