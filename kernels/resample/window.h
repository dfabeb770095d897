// SPDX-License-Identifier: Apache-2.0
// Aggregates of the samples in a window.
#pragma once

#include "kernels/resample/reader.h"

RC_KERNELS_BEGIN

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

RC_KERNELS_END
