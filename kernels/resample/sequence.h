// SPDX-License-Identifier: Apache-2.0
// The samples of one sequence as a row sees them: in time order, on the target's clock, samples of
// equal time taken together as one knot.
#pragma once

#include <cstdint>

#include "kernels/common/search.h"
#include "kernels/common/time.h"
#include "kernels/resample/plan.h"

namespace rc {

// Positions first to last, all of one time. first < 0: no knot.
struct Knot {
  int64_t first, last;

  RC_SHARED explicit operator bool() const { return first >= 0; }
};

}  // namespace rc

RC_KERNELS_BEGIN

constexpr Knot kNoKnot = {-1, -1};

// Where the samples of sequence e begin along the sample axis, and how many there are.
RC_HD inline int64_t sequence_begin(const ResamplePlan& plan, int64_t e) {
  return plan.offsets ? plan.offsets[e] : 0;
}
RC_HD inline int64_t sequence_length(const ResamplePlan& plan, int64_t e) {
  if (plan.offsets) return plan.offsets[e + 1] - plan.offsets[e];
  return plan.lengths ? plan.lengths[e] : plan.samples;
}

// Where sequence e begins among the samples of the sequences from plan.first_sequence on.
RC_HD inline int64_t begin_in_part(const ResamplePlan& plan, int64_t e) {
  if (plan.offsets) return plan.offsets[e] - plan.offsets[plan.first_sequence];
  return (e - plan.first_sequence) * plan.samples;
}

// The last k in [0, count) with offsets[k] <= position: the sequence or row that holds it. Wrong
// offsets give a wrong k, but one in that range.
RC_HD inline int64_t holder(const Integers& offsets, int64_t count, int64_t position) {
  return border(1, count, [&](int64_t k) { return offsets[k] <= position; }) - 1;
}

// Whether a sequence lies within the arrays. Where offsets, lengths or ids are wrong it may not:
// the checks report that, and the rows concerned are left alone.
RC_HD inline bool is_readable(const ResamplePlan& plan, int64_t sequence) {
  if (sequence < 0 || sequence >= plan.sequences) return false;
  const int64_t begin = sequence_begin(plan, sequence), length = sequence_length(plan, sequence);
  return begin >= 0 && length >= 0 && begin <= plan.samples && length <= plan.samples - begin;
}

// Samples in the arrays, whether a sequence has them or not.
RC_HD inline int64_t stored_samples(const ResamplePlan& plan) {
  return plan.offsets ? plan.samples : plan.sequences * plan.samples;
}

template <class Raw>
struct Sequence {
  using Time = typename TimeOf<Raw>::Value;
  using Span = typename TimeOf<Raw>::Span;

  const Raw* times;
  int64_t step;
  const int64_t* sorted;  // null: already in order
  int64_t count;
  int64_t id;     // of the sequence
  int64_t begin;  // of its samples along the sample axis
  Clock clock;

  RC_HD Sequence(const ResamplePlan& plan, int64_t e)
      : times(reinterpret_cast<const Raw*>(plan.source_times.data) + e * plan.source_times.row +
              sequence_begin(plan, e) * plan.source_times.step),
        step(plan.source_times.step),
        sorted(plan.sorted ? plan.sorted + begin_in_part(plan, e) : nullptr),
        count(plan.sorted ? plan.sorted_count[e - plan.first_sequence] : sequence_length(plan, e)),
        id(e),
        begin(sequence_begin(plan, e)),
        clock(plan.clock) {}

  // Index within the sequence of the sample at a position in time order.
  RC_HD int64_t sample(int64_t position) const { return sorted ? sorted[position] : position; }
  RC_HD Time time_of_sample(int64_t index) const {
    return apply(clock, static_cast<Time>(times[index * step]));
  }
  RC_HD Time time(int64_t position) const { return time_of_sample(sample(position)); }
  RC_HD Time time(const Knot& knot) const { return time(knot.first); }

  // The knot that ends or begins at a position, kNoKnot past the ends; the one that holds a position.
  RC_HD Knot ending_at(int64_t last) const {
    if (last < 0) return kNoKnot;
    const Time t = time(last);
    if (last == 0 || time(last - 1) < t) return {last, last};
    return {border(0, last, [&](int64_t k) { return time(k) < t; }), last};
  }
  RC_HD Knot beginning_at(int64_t first) const {
    if (first >= count) return kNoKnot;
    const Time t = time(first);
    if (first + 1 == count || t < time(first + 1)) return {first, first};
    return {first, border(first + 1, count, [&](int64_t k) { return !(t < time(k)); }) - 1};
  }
  RC_HD Knot around(int64_t position) const {
    return {ending_at(position).first, beginning_at(position).last};
  }
  RC_HD Knot before(const Knot& knot) const { return ending_at(knot.first - 1); }
  RC_HD Knot after(const Knot& knot) const { return beginning_at(knot.last + 1); }

  // Number of positions that are not later than t.
  RC_HD int64_t not_later(Time t, int64_t hint) const {
    return border_near(hint, 0, count, [&](int64_t k) { return !(t < time(k)); });
  }
};

RC_KERNELS_END
