// SPDX-License-Identifier: Apache-2.0
// What targets do in the modes that need a few samples, found for many targets in one loop. The rules
// are those of locate.h.
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

// What pchip needs beside the step of a curve: the samples around a and b, and the three distances.
struct Outer {
  int64_t first, last;
  double distance[3];
  bool has_first, has_last;
};

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

// By the rules. `outer` is for pchip alone.
template <class Raw>
__attribute__((noinline)) Step step_by_rules(const ResamplePlan& plan,
                                             const Sequence<Raw>& sequence,
                                             typename Sequence<Raw>::Time t, int64_t not_later,
                                             int32_t mode, Outer* outer) {
  const Bracket bracket = locate(plan, sequence, t, not_later);
  const Choice choice = choose(plan, bracket, mode);
  if (choice.action == Action::kFill) return {Action::kFill, choice.reason, 0, 0, 0};
  const bool copies = choice.action == Action::kCopy;
  const Reader<Raw> reader{plan, sequence, 0, 1};
  bool has_mean = false;
  const auto sample = [&](const Knot& knot) {
    const int64_t position = reader.representative(knot);
    has_mean = has_mean || position < 0;
    return position < 0 ? 0 : sequence.sample(position);
  };
  const int64_t a = sample(copies ? choice.knot : bracket.a);
  const int64_t b = copies ? a : sample(bracket.b);
  if (mode == RC_MODE_PCHIP && !copies) {
    outer->has_first = static_cast<bool>(bracket.outer_a);
    outer->has_last = static_cast<bool>(bracket.outer_b);
    if (outer->has_first) outer->first = sample(bracket.outer_a);
    if (outer->has_last) outer->last = sample(bracket.outer_b);
    for (int i = 0; i < 3; ++i) outer->distance[i] = bracket.distance[i];
  }
  // The mean of several samples of one time.
  if (has_mean) return {Action::kAggregate, 0, 0, 0, 0};
  return {choice.action, choice.reason, a, b, bracket.weight};
}

// Samples as they lie in memory: in order, without gaps, on the target's clock or a number of ticks
// beside it. What Sequence says of them, in fewer words.
template <class Raw>
struct PlainSamples {
  using Time = typename TimeOf<Raw>::Value;

  const Raw* times;
  int64_t count;
  int64_t shift;  // 0 where times are seconds

  Time time(int64_t position) const {
    if constexpr (std::is_same_v<Raw, int64_t>) return times[position] + shift;
    return static_cast<Time>(times[position]);
  }
  int64_t sample(int64_t position) const { return position; }
  int64_t not_later(Time t, int64_t hint) const {
    return border_near(hint, 0, count, [&](int64_t k) { return !(t < time(k)); });
  }
};

// Whether the samples of a sequence are like that.
template <class Raw>
inline bool are_plain(const Sequence<Raw>& sequence, PlainSamples<Raw>* samples) {
  *samples = {sequence.times, sequence.count, 0};
  if (sequence.sorted != nullptr || sequence.step != 1) return false;
  if (sequence.clock.identity || sequence.count == 0) return true;
  if constexpr (std::is_same_v<Raw, int64_t>) {
    const int64_t shift = samples->shift = sequence.clock.offset_ticks;
    // Where the first and the last time do not saturate none does.
    int64_t sum;
    return sequence.clock.drift == 0 && !__builtin_add_overflow(sequence.times[0], shift, &sum) &&
           !__builtin_add_overflow(sequence.times[sequence.count - 1], shift, &sum);
  }
  return false;
}

// Where the next target may lie: as far behind the last one as targets lay behind each other lately.
struct Guess {
  static constexpr int kBits = 16;  // of `advance` behind the point

  int64_t not_later, advance;
  int64_t next;

  // Samples from one target to the one so many behind it.
  int64_t ahead(int64_t targets) const { return (advance * targets) >> kBits; }
  int64_t within(int64_t count) const { return next < 0 ? 0 : next > count ? count : next; }
  void found(int64_t where) {
    // By the advance before this one: the next target need not wait for it to be worked out.
    next = where + ((advance + (1 << (kBits - 1))) >> kBits);
    // An eighth of what is new: samples with jitter lead it astray by less than one.
    advance += ((where - not_later) * (1 << kBits) - advance) >> 3;
    not_later = where;
  }
};

// For the first target of some: where it would lie if samples were evenly spaced.
template <class Raw>
inline Guess first_guess(const Sequence<Raw>& sequence, typename Sequence<Raw>::Time t) {
  if (sequence.count < 2) return {0, 0, 0};
  const auto first = sequence.time(0), last = sequence.time(sequence.count - 1);
  if (!(first < t)) return {0, 0, 0};
  if (!(t < last)) return {sequence.count, 0, sequence.count};
  const double part = quotient(span(first, t), span(first, last));
  // No number where the span of float times is infinite.
  if (is_nan(part)) return {0, 0, 0};
  const int64_t where = 1 + static_cast<int64_t>(part * static_cast<double>(sequence.count - 1));
  return {where, 0, where};
}

// Asks memory for samples early: by the time their targets are served they are in the first cache.
struct Fetch {
  const char* values;  // of sample 0 of the sequence
  int64_t sample;      // bytes from one sample to the next
  int64_t bytes;       // of a sample; 0 where it is not worth it

  // Always inline: a call without an effect that the compiler knows of would be left out.
  __attribute__((always_inline)) void operator()(const Step& step) const {
    constexpr int64_t kLine = 64;
    for (int64_t i = 0; i < bytes; i += kLine) __builtin_prefetch(values + step.a * sample + i);
    if (step.action != Action::kCurve) return;
    for (int64_t i = 0; i < bytes; i += kLine) __builtin_prefetch(values + step.b * sample + i);
  }
};

// Finds the steps of one mode.
template <class Raw>
struct Finder {
  using Time = typename TimeOf<Raw>::Value;
  using Span = typename TimeOf<Raw>::Span;

  const ResamplePlan& plan;
  const int32_t mode;
  const bool is_copy;
  const bool at_once;  // find_between may serve
  const Span max_gap;

  Finder(const ResamplePlan& p, int32_t m)
      : plan(p),
        mode(m),
        is_copy(rc::is_copy(m)),
        at_once(p.duplicates == RC_DUPLICATES_LAST && m != RC_MODE_PCHIP),
        max_gap(limit_of(p.max_gap, Time())) {}

  // Most targets lie between two samples that are one of their time each and no farther apart than
  // max_gap, or on a sample: where the last of several counts a few comparisons then tell what the
  // rules say. False where it takes more than that. `not_later` has to be right.
  template <class Samples>
  bool find_between(const Samples& samples, Time t, int64_t not_later, Step* step) const {
    const auto ta = samples.time(not_later - 1), tb = samples.time(not_later);
    const int64_t a = samples.sample(not_later - 1), b = samples.sample(not_later);
    if (ta == t) {
      *step = {Action::kCopy, 0, a, a, 0};
      return true;
    }
    if (!(tb < samples.time(not_later + 1)) || span(ta, tb) > max_gap) return false;
    if (!is_copy) {
      *step = {Action::kCurve, 0, a, b, quotient(span(ta, t), span(ta, tb))};
      return true;
    }
    const bool b_nearer = span(t, tb) < span(ta, t);
    const bool later = mode == RC_MODE_NEXT || (mode == RC_MODE_NEAREST && b_nearer);
    *step = {Action::kCopy, 0, later ? b : a, later ? b : a, 0};
    return true;
  }

  // Positions that are not later than t. `samples` are those of the sequence. A guess that is wrong by
  // one is put right without a branch, which samples with jitter would make a processor guess wrong.
  template <class Samples>
  int64_t find(const Sequence<Raw>& sequence, const Samples& samples, Time t, int64_t guess,
               Step* step, Outer* outer) const {
    if (at_once && guess >= 1 && guess < samples.count) {
      const int64_t k = guess + (t < samples.time(guess) ? 0 : 1) - (t < samples.time(guess - 1));
      if (k >= 1 && k < samples.count - 1 && !(t < samples.time(k - 1)) && t < samples.time(k) &&
          find_between(samples, t, k, step)) {
        return k;
      }
    }
    return find_by_rules(sequence, samples, t, guess, step, outer);
  }

  template <class Samples>
  __attribute__((noinline)) int64_t find_by_rules(const Sequence<Raw>& sequence,
                                                  const Samples& samples, Time t, int64_t guess,
                                                  Step* step, Outer* outer) const {
    const int64_t hint = guess < 0 ? 0 : guess > samples.count ? samples.count : guess;
    const int64_t k = samples.not_later(t, hint);
    const bool inside = at_once && k >= 1 && k < samples.count - 1;
    if (!inside || !find_between(samples, t, k, step)) {
      *step = step_by_rules(plan, sequence, t, k, mode, outer);
    }
    return k;
  }

  // Of the targets that `times` begins with.
  template <class Samples>
  void find_all(const Sequence<Raw>& sequence, const Samples& samples,
                const TargetTimes<Raw>& times, int64_t count, const Fetch& fetch, Guess& guess,
                Step* steps, Outer* outers) const {
    Guess g = guess;
    for (int64_t i = 0; i < count; ++i) {
      g.found(find(sequence, samples, times[i], g.next, &steps[i], &outers[i]));
      fetch(steps[i]);
    }
    guess = g;
  }
};

RC_KERNELS_END
