// SPDX-License-Identifier: Apache-2.0
// Stage 2, once per element: a channel, or the four channels of a quaternion.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/common/numbers.h"
#include "kernels/resample/locate.h"

namespace rc {

// Positions begin to end - 1, none of which holds a finite sample of an element.
struct Blank {
  int64_t begin, end;
};

// What was last found blank of each of some elements, for the targets of one row in turn.
class Blanks {
 public:
  RC_HD Blank* of(int64_t channel) {
    Entry& entry = entries_[channel % kCount];
    if (entry.channel != channel) entry = {channel, {0, 0}};
    return &entry.blank;
  }

 private:
  static constexpr int kCount = 64;
  struct Entry {
    int64_t channel;
    Blank blank;
  };
  Entry entries_[kCount] = {};
};

}  // namespace rc

RC_KERNELS_BEGIN

// Channels that are made together.
RC_HD inline int channels_of_element(int32_t mode) { return mode == RC_MODE_SLERP ? 4 : 1; }

// Reads an element of the samples of one sequence.
template <class Raw>
struct Reader {
  const ResamplePlan& plan;
  const Sequence<Raw>& sequence;
  int64_t channel;
  int channels;

  RC_HD int64_t index(int64_t position, int i) const {
    const Array& v = plan.values;
    return sequence.id * v.row + (sequence.begin + sequence.sample(position)) * v.step +
           (channel + i) * v.channel;
  }
  RC_HD double value(int64_t position, int i = 0) const {
    return load(plan.values.type, plan.values.data, index(position, i));
  }
  // Whether a sample counts.
  RC_HD bool counts(int64_t position) const {
    if (!plan.skip_nan) return true;
    for (int i = 0; i < channels; ++i) {
      if (!is_finite(value(position, i))) return false;
    }
    return true;
  }
  RC_HD bool counts(const Knot& knot) const {
    if (!plan.skip_nan) return true;
    for (int64_t k = knot.first; k <= knot.last; ++k) {
      if (counts(k)) return true;
    }
    return false;
  }
  // The position that stands for a knot that counts, by the rule for duplicates; -1 where that is a
  // mean of several.
  RC_HD int64_t representative(const Knot& knot) const {
    int64_t first = knot.first, last = knot.last;
    while (first < last && !counts(first)) ++first;
    while (last > first && !counts(last)) --last;
    if (plan.duplicates == RC_DUPLICATES_FIRST) return first;
    return plan.duplicates == RC_DUPLICATES_LAST || first == last ? last : -1;
  }
  // The element of a knot.
  RC_HD void read(const Knot& knot, double* out) const {
    const int64_t position = representative(knot);
    if (position >= 0) {
      for (int i = 0; i < channels; ++i) out[i] = value(position, i);
      return;
    }
    read_mean(knot, out);
  }
  RC_HD double read(const Knot& knot) const {
    double value;
    read(knot, &value);
    return value;
  }

 private:
  RC_HD void read_mean(const Knot& knot, double* out) const {
    double sum[4] = {0, 0, 0, 0}, q[4];
    int64_t count = 0;
    for (int64_t k = knot.first; k <= knot.last; ++k) {
      if (!counts(k)) continue;
      double dot = 0;
      for (int i = 0; i < channels; ++i) {
        q[i] = value(k, i);
        dot = fma(q[i], sum[i], dot);
      }
      const bool flip = channels == 4 && dot < 0;
      for (int i = 0; i < channels; ++i) sum[i] += flip ? -q[i] : q[i];
      ++count;
    }
    const double divisor = channels == 4 ? length4(sum) : static_cast<double>(count);
    for (int i = 0; i < channels; ++i) out[i] = sum[i] / divisor;
  }
};

// The knots that hold a finite sample of one element. `blank`, which may be empty at first, is kept
// from target to target so that a long run of others is crossed once.
template <class Raw>
struct FiniteWalk {
  const Reader<Raw>& reader;
  int64_t not_later;
  Blank* blank;

  RC_HD Knot lower() const { return down(reader.sequence.ending_at(not_later - 1)); }
  RC_HD Knot upper() const { return up(reader.sequence.beginning_at(not_later)); }
  RC_HD Knot before(const Knot& knot) const { return down(reader.sequence.before(knot)); }
  RC_HD Knot after(const Knot& knot) const { return up(reader.sequence.after(knot)); }

 private:
  RC_HD Knot down(const Knot& knot) const {
    return !knot || counts(knot) ? knot : reader.sequence.ending_at(blank->begin - 1);
  }
  RC_HD Knot up(const Knot& knot) const {
    return !knot || counts(knot) ? knot : reader.sequence.beginning_at(blank->end);
  }
  // Whether a knot holds a finite sample; if not, `blank` is the whole run around it.
  RC_HD bool counts(const Knot& knot) const {
    if (blank->begin <= knot.first && knot.last < blank->end) return false;
    if (reader.counts(knot)) return true;
    *blank = {knot.first, knot.last + 1};
    for (Knot k = reader.sequence.before(knot); k && !reader.counts(k);
         k = reader.sequence.before(k)) {
      blank->begin = k.first;
    }
    for (Knot k = reader.sequence.after(knot); k && !reader.counts(k);
         k = reader.sequence.after(k)) {
      blank->end = k.last + 1;
    }
    return false;
  }
};

template <class Raw>
RC_HD inline Stencil read_stencil(const Reader<Raw>& reader, const Bracket& bracket) {
  Stencil s = {};
  s.has_first = static_cast<bool>(bracket.outer_a);
  s.has_last = static_cast<bool>(bracket.outer_b);
  if (s.has_first) s.y[0] = reader.read(bracket.outer_a);
  s.y[1] = reader.read(bracket.a);
  s.y[2] = reader.read(bracket.b);
  if (s.has_last) s.y[3] = reader.read(bracket.outer_b);
  for (int i = 0; i < 3; ++i) s.h[i] = bracket.distance[i];
  return s;
}

// A point on the curve between a and b.
template <class Raw>
RC_HD inline void evaluate_curve(const Reader<Raw>& reader, const Bracket& bracket, int32_t mode,
                                 double* out) {
  if (mode == RC_MODE_PCHIP) {
    *out = pchip(read_stencil(reader, bracket), bracket.weight);
    return;
  }
  double v0[4], v1[4];
  reader.read(bracket.a, v0);
  reader.read(bracket.b, v1);
  if (mode == RC_MODE_SLERP) {
    slerp(v0, v1, bracket.weight, out);
  } else if (mode == RC_MODE_ANGLE) {
    *out = angle(v0[0], v1[0], bracket.weight);
  } else if (reader.plan.values.type == Type::f64) {
    *out = linear(v0[0], v1[0], bracket.weight);
  } else {
    *out = linear(static_cast<float>(v0[0]), static_cast<float>(v1[0]),
                  static_cast<float>(bracket.weight));
  }
}

// Calls f(knot) for the knots of the window that count, in the order of time.
template <class Raw, class F>
RC_HD inline void for_each_knot(const Reader<Raw>& reader, const Bracket& bracket, F f) {
  for (Knot knot = reader.sequence.beginning_at(bracket.window_begin);
       knot && knot.first < bracket.window_end; knot = reader.sequence.after(knot)) {
    if (reader.counts(knot)) f(knot);
  }
}

// The newest knot of the window that counts, or none.
template <class Raw>
RC_HD inline Knot newest_knot(const Reader<Raw>& reader, const Bracket& bracket) {
  Knot knot = reader.sequence.ending_at(bracket.window_end - 1);
  while (knot && knot.first >= bracket.window_begin) {
    if (reader.counts(knot)) return knot;
    knot = reader.sequence.before(knot);
  }
  return kNoKnot;
}

// MEAN, SUM, MIN or MAX of the window; the number of knots that counted.
template <class Raw>
RC_HD inline int64_t aggregate(const Reader<Raw>& reader, const Bracket& bracket, int32_t mode,
                               double* out) {
  int64_t count = 0;
  double result = 0;
  for_each_knot(reader, bracket, [&](const Knot& knot) {
    const double v = reader.read(knot);
    if (count++ == 0) {
      result = v;
    } else if (mode == RC_MODE_MIN) {
      result = v < result || is_nan(v) ? v : result;
    } else if (mode == RC_MODE_MAX) {
      result = v > result || is_nan(v) ? v : result;
    } else {
      result += v;
    }
  });
  *out = mode == RC_MODE_MEAN ? result / static_cast<double>(count) : result;
  return count;
}

// What became of an element: bits of rc_reason, and whether it was filled.
struct Outcome {
  uint8_t reason;
  bool filled;
};

// Makes one element of one target. `index` is that of its first channel in `plan.output`; `blank` as
// FiniteWalk keeps it.
template <class Raw>
RC_HD inline Outcome evaluate(const ResamplePlan& plan, const Sequence<Raw>& sequence,
                              typename Sequence<Raw>::Time t, const Bracket& bracket,
                              const Choice& choice, int32_t mode, int64_t channel, int64_t index,
                              Blank* blank) {
  const Reader<Raw> reader{plan, sequence, channel, channels_of_element(mode)};
  const Array& output = plan.output;
  const auto put = [&](const double* values) {
    bool nan = false;
    for (int i = 0; i < reader.channels; ++i) {
      store(output.type, output.data, index + i * output.channel, values[i]);
      nan = nan || is_nan(values[i]);
    }
    return nan ? static_cast<uint8_t>(RC_REASON_NAN) : uint8_t{0};
  };
  const auto fill = [&](int reason) {
    for (int i = 0; i < reader.channels; ++i) {
      store(output.type, output.data, index + i * output.channel, plan.fill_value);
    }
    return Outcome{static_cast<uint8_t>(reason), true};
  };
  const auto copy_knot = [&](const Knot& knot, uint8_t reason) {
    const int64_t position = reader.representative(knot);
    double values[4];
    reader.read(knot, values);
    if (position < 0) return Outcome{static_cast<uint8_t>(reason | put(values)), false};
    bool nan = false;
    for (int i = 0; i < reader.channels; ++i) {
      copy(plan.values.type, plan.values.data, reader.index(position, i), output.type, output.data,
           index + i * output.channel);
      nan = nan || is_nan(values[i]);
    }
    return Outcome{static_cast<uint8_t>(nan ? reason | RC_REASON_NAN : reason), false};
  };

  Bracket b = bracket;
  Choice c = choice;
  if (plan.skip_nan && b.where != Where::kEmpty && !is_aggregate(mode)) {
    b = make_bracket(plan, sequence, t, FiniteWalk<Raw>{reader, bracket.not_later, blank});
    c = choose(plan, b, mode);
    if (b.where == Where::kEmpty) return fill(RC_REASON_NAN);
  }
  double values[4];
  switch (c.action) {
    case Action::kFill:
      return fill(c.reason);
    case Action::kCopy:
      return copy_knot(c.knot, c.reason);
    case Action::kCurve:
      evaluate_curve(reader, b, mode, values);
      return {static_cast<uint8_t>(c.reason | put(values)), false};
    case Action::kAggregate:
      break;
  }
  if (mode == RC_MODE_LAST) {
    const Knot newest = newest_knot(reader, b);
    return newest ? copy_knot(newest, c.reason) : fill(c.reason | RC_REASON_NAN);
  }
  const int64_t count = aggregate(reader, b, mode, values);
  if (count == 0) return fill(c.reason | RC_REASON_NAN);
  return {static_cast<uint8_t>(c.reason | put(values)), false};
}

RC_KERNELS_END
