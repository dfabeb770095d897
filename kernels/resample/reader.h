// SPDX-License-Identifier: Apache-2.0
// Reads the samples of one element, and looks for those that count.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/common/numbers.h"
#include "kernels/resample/locate.h"

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
    return !plan.skip_nan || is_finite_at(plan, sequence, channel, channels, position);
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
    const Mean mean = mean_of(plan, sequence, channel, channels, knot);
    for (int i = 0; i < channels; ++i) out[i] = mean.of[i];
  }
  RC_HD double read(const Knot& knot) const {
    double value;
    read(knot, &value);
    return value;
  }

 private:
  // A sequence goes to these by value: what has an address does not stay in registers.
  static RC_RARE bool is_finite_at(const ResamplePlan& plan, const Sequence<Raw> sequence,
                                   int64_t channel, int channels, int64_t position) {
    const Reader reader = {plan, sequence, channel, channels};
    for (int i = 0; i < channels; ++i) {
      if (!is_finite(reader.value(position, i))) return false;
    }
    return true;
  }

  struct Mean {
    double of[4];
  };
  static RC_RARE Mean mean_of(const ResamplePlan& plan, const Sequence<Raw> sequence,
                              int64_t channel, int channels, const Knot knot) {
    const Reader reader = {plan, sequence, channel, channels};
    double sum[4] = {0, 0, 0, 0}, q[4];
    int64_t count = 0;
    for (int64_t k = knot.first; k <= knot.last; ++k) {
      if (!reader.counts(k)) continue;
      double dot = 0;
      for (int i = 0; i < channels; ++i) {
        q[i] = reader.value(k, i);
        dot = fma(q[i], sum[i], dot);
      }
      const bool flip = channels == 4 && dot < 0;
      for (int i = 0; i < channels; ++i) sum[i] += flip ? -q[i] : q[i];
      ++count;
    }
    const double divisor = channels == 4 ? length4(sum) : static_cast<double>(count);
    Mean mean = {};
    for (int i = 0; i < channels; ++i) mean.of[i] = sum[i] / divisor;
    return mean;
  }
};

// Positions begin to end - 1, none of which holds a finite sample of an element.
struct Blank {
  int64_t begin, end;
};

// What was last found blank of one element: as many runs as one target looks into, which are before,
// between and behind the two samples next to it.
struct Blanks {
  static constexpr int kCount = 3;

  Blank runs[kCount];
  int oldest;
};

// The knots that hold a finite sample of one element. `blanks`, which may be empty at first, is kept
// from target to target so that a long run of others is crossed once.
template <class Raw>
struct FiniteWalk {
  const Reader<Raw>& reader;
  int64_t not_later;
  Blanks* blanks;

  RC_HD Knot lower() const { return down(reader.sequence.ending_at(not_later - 1)); }
  RC_HD Knot upper() const { return up(reader.sequence.beginning_at(not_later)); }
  RC_HD Knot before(const Knot& knot) const { return down(reader.sequence.before(knot)); }
  RC_HD Knot after(const Knot& knot) const { return up(reader.sequence.after(knot)); }

 private:
  RC_HD Knot down(const Knot& knot) const {
    const Blank* const blank = knot ? blank_around(knot) : nullptr;
    return blank == nullptr ? knot : reader.sequence.ending_at(blank->begin - 1);
  }
  RC_HD Knot up(const Knot& knot) const {
    const Blank* const blank = knot ? blank_around(knot) : nullptr;
    return blank == nullptr ? knot : reader.sequence.beginning_at(blank->end);
  }
  // The whole run around a knot; null if that holds a finite sample.
  RC_HD const Blank* blank_around(const Knot& knot) const {
    for (const Blank& known : blanks->runs) {
      if (known.begin <= knot.first && knot.last < known.end) return &known;
    }
    if (reader.counts(knot)) return nullptr;
    Blank& blank = blanks->runs[blanks->oldest];
    blanks->oldest = (blanks->oldest + 1) % Blanks::kCount;
    blank = {knot.first, knot.last + 1};
    for (Knot k = reader.sequence.before(knot); k && !reader.counts(k);
         k = reader.sequence.before(k)) {
      blank.begin = k.first;
    }
    for (Knot k = reader.sequence.after(knot); k && !reader.counts(k);
         k = reader.sequence.after(k)) {
      blank.end = k.last + 1;
    }
    return &blank;
  }
};

// Makes the walks of evaluate() for the targets of one row in turn, with what is remembered of some
// elements.
class Memory {
 public:
  template <class Raw>
  FiniteWalk<Raw> operator()(const Reader<Raw>& reader, int64_t not_later) {
    if (!begun_) begin();
    Entry& entry = entries_[reader.channel % kCount];
    if (entry.channel != reader.channel) entry = {reader.channel, {}};
    return {reader, not_later, &entry.blanks};
  }

 private:
  static constexpr int kCount = 64;
  struct Entry {
    int64_t channel;
    Blanks blanks;
  };

  // Only now, since most calls look for nothing.
  void begin() {
    begun_ = true;
    for (Entry& entry : entries_) entry = {};
  }

  bool begun_ = false;
  Entry entries_[kCount];
};

RC_KERNELS_END
