// SPDX-License-Identifier: Apache-2.0
// What targets do in the modes that need no more than one or two samples, found for many targets in
// one loop. The rules are those of locate.h.
#pragma once

#include "kernels/resample/reader.h"

namespace rc {

// What one target does with each channel of a group.
struct Step {
  Action action;   // kAggregate: not known here, the target is one for evaluate()
  uint8_t reason;  // bits of rc_reason
  int64_t a, b;    // samples of the sequence; kCopy: a
  double weight;   // kCurve: of b
};

// Modes that steps tell all about, unless samples are passed over.
RC_SHARED bool takes_steps(const ResamplePlan& plan, int32_t mode) {
  return !plan.skip_nan && (mode == RC_MODE_LINEAR || mode == RC_MODE_PREVIOUS ||
                            mode == RC_MODE_NEXT || mode == RC_MODE_NEAREST);
}

}  // namespace rc

RC_KERNELS_BEGIN

// Some targets of one row, in any order.
template <class Raw>
struct TargetTimes {
  const Raw* data;
  int64_t stride;

  typename TimeOf<Raw>::Value operator[](int64_t i) const {
    return static_cast<typename TimeOf<Raw>::Value>(data[i * stride]);
  }
};

// By the rules.
template <class Raw>
__attribute__((noinline)) Step step_by_rules(const ResamplePlan& plan,
                                             const Sequence<Raw>& sequence,
                                             typename Sequence<Raw>::Time t, int64_t not_later,
                                             int32_t mode) {
  const Bracket bracket = locate(plan, sequence, t, not_later);
  const Choice choice = choose(plan, bracket, mode);
  if (choice.action == Action::kFill) return {Action::kFill, choice.reason, 0, 0, 0};
  const bool copies = choice.action == Action::kCopy;
  const Reader<Raw> reader{plan, sequence, 0, 1};
  const int64_t a = reader.representative(copies ? choice.knot : bracket.a);
  const int64_t b = copies ? a : reader.representative(bracket.b);
  // The mean of several samples of one time.
  if (a < 0 || b < 0) return {Action::kAggregate, 0, 0, 0, 0};
  return {choice.action, choice.reason, sequence.sample(a), sequence.sample(b), bracket.weight};
}

// Samples as they lie in memory: in order, on the target's clock, without gaps. What Sequence says of
// them, in fewer words.
template <class Raw>
struct PlainSamples {
  using Time = typename TimeOf<Raw>::Value;

  const Raw* times;
  int64_t count;

  Time time(int64_t position) const { return static_cast<Time>(times[position]); }
  int64_t sample(int64_t position) const { return position; }
  int64_t not_later(Time t, int64_t hint) const {
    return border_near(hint, 0, count, [&](int64_t k) { return !(t < time(k)); });
  }
};

// Most targets lie between two samples that are one of their time each and no farther apart than
// max_gap, or on the last sample of a time: where the last of several counts, a few comparisons then
// tell what the rules say. False where it takes the rules.
template <class Samples, class Limit>
inline bool step_at_once(const Samples& samples, typename Samples::Time t, int64_t not_later,
                         int32_t mode, Limit max_gap, Step* step) {
  if (not_later == 0) return false;
  const int64_t a = not_later - 1, b = not_later;
  const auto ta = samples.time(a);
  if (ta == t) {
    const int64_t sample = samples.sample(a);
    *step = {Action::kCopy, 0, sample, sample, 0};
    return true;
  }
  if (b == samples.count) return false;
  const auto tb = samples.time(b);
  if (b + 1 < samples.count && !(tb < samples.time(b + 1))) return false;
  if (span(ta, tb) > max_gap) return false;
  if (mode == RC_MODE_LINEAR) {
    *step = {Action::kCurve, 0, samples.sample(a), samples.sample(b),
             quotient(span(ta, t), span(ta, tb))};
    return true;
  }
  const bool later = mode == RC_MODE_NEXT || (mode == RC_MODE_NEAREST && span(t, tb) < span(ta, t));
  const int64_t sample = samples.sample(later ? b : a);
  *step = {Action::kCopy, 0, sample, sample, 0};
  return true;
}

// Where the next target may lie: as far behind the last one as that was behind the one before.
struct Guess {
  int64_t not_later, advance;

  int64_t next(int64_t count) const {
    const int64_t guess = not_later + advance;
    return guess < 0 ? 0 : guess > count ? count : guess;
  }
  void found(int64_t where) {
    advance = where - not_later;
    not_later = where;
  }
};

// For the first target of some: where it would lie if samples were evenly spaced.
template <class Raw>
inline Guess first_guess(const Sequence<Raw>& sequence, typename Sequence<Raw>::Time t) {
  if (sequence.count < 2) return {0, 0};
  const auto first = sequence.time(0), last = sequence.time(sequence.count - 1);
  if (!(first < t)) return {0, 0};
  if (!(t < last)) return {sequence.count, 0};
  const double part = quotient(span(first, t), span(first, last));
  // No number where the span of float times is infinite.
  if (is_nan(part)) return {0, 0};
  return {1 + static_cast<int64_t>(part * static_cast<double>(sequence.count - 1)), 0};
}

template <class Samples>
inline int64_t not_later(const Samples& samples, typename Samples::Time t, int64_t guess) {
  const bool right = guess > 0 && guess < samples.count && !(t < samples.time(guess - 1)) &&
                     t < samples.time(guess);
  return right ? guess : samples.not_later(t, guess);
}

// Asks memory for samples early: by the time their targets are served they are in the first cache.
struct Fetch {
  const char* values;  // of sample 0 of the sequence
  int64_t sample;      // bytes from one sample to the next
  int64_t bytes;       // of a sample; 0 where it is not worth it

  void operator()(const Step& step) const {
    constexpr int64_t kLine = 64;
    for (int64_t i = 0; i < bytes; i += kLine) __builtin_prefetch(values + step.a * sample + i);
    if (step.action != Action::kCurve) return;
    for (int64_t i = 0; i < bytes; i += kLine) __builtin_prefetch(values + step.b * sample + i);
  }
};

// Some targets of a row, and what their modes have in common.
template <class Raw>
struct Targets {
  TargetTimes<Raw> times;
  int64_t count;
  Fetch fetch;
};

// Flattened: a search calls little functions often. `samples` are those of the sequence.
template <class Raw, class Samples>
__attribute__((flatten)) inline void find_steps(const ResamplePlan& plan,
                                                const Sequence<Raw>& sequence, Samples samples,
                                                const Targets<Raw>& targets, int32_t mode,
                                                Guess& guess, Step* steps) {
  const bool at_once = plan.duplicates == RC_DUPLICATES_LAST;
  const auto max_gap = limit_of(plan.max_gap, typename Samples::Time());
  const Targets<Raw> all = targets;
  Guess g = guess;
  for (int64_t i = 0; i < all.count; ++i) {
    const auto t = all.times[i];
    g.found(not_later(samples, t, g.next(samples.count)));
    if (!at_once || !step_at_once(samples, t, g.not_later, mode, max_gap, &steps[i])) {
      steps[i] = step_by_rules(plan, sequence, t, g.not_later, mode);
    }
    all.fetch(steps[i]);
  }
  guess = g;
}

template <class Raw>
inline void find_steps(const ResamplePlan& plan, const Sequence<Raw>& sequence,
                       const Targets<Raw>& targets, int32_t mode, Guess& guess, Step* steps) {
  if (sequence.step == 1 && sequence.sorted == nullptr && sequence.clock.identity) {
    const PlainSamples<Raw> samples{sequence.times, sequence.count};
    return find_steps(plan, sequence, samples, targets, mode, guess, steps);
  }
  find_steps(plan, sequence, sequence, targets, mode, guess, steps);
}

RC_KERNELS_END
