// SPDX-License-Identifier: Apache-2.0
// Time: int64 ticks are compared and subtracted as integers, float times as float64.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/common/hd.h"
#include "kernels/common/numbers.h"

namespace rc {

// Source clock to target clock. Of each pair only the half of the times' own type is used.
struct Clock {
  int64_t reference_ticks, offset_ticks;
  double reference_seconds, offset_seconds;
  double drift;
  bool identity;
};

// A length of time, held as ticks or as seconds.
struct Duration {
  uint64_t ticks;
  double seconds;
};

}  // namespace rc

RC_KERNELS_BEGIN

// How times of each type are handled: `Value` is what they are compared as, `Span` what their
// differences are.
template <class Raw>
struct TimeOf {
  using Value = double;
  using Span = double;
};
template <>
struct TimeOf<int64_t> {
  using Value = int64_t;
  using Span = uint64_t;
};

// later - earlier; exact for ticks, because the difference of two int64 fits a uint64.
RC_HD inline uint64_t span(int64_t earlier, int64_t later) {
  return static_cast<uint64_t>(later) - static_cast<uint64_t>(earlier);
}
RC_HD inline double span(double earlier, double later) { return later - earlier; }

RC_HD inline uint64_t limit_of(const Duration& d, int64_t) { return d.ticks; }
RC_HD inline double limit_of(const Duration& d, double) { return d.seconds; }

RC_HD inline bool is_time(int64_t) { return true; }
RC_HD inline bool is_time(float t) { return is_finite(t); }
RC_HD inline bool is_time(double t) { return is_finite(t); }

RC_HD inline int64_t add_saturating(int64_t a, int64_t b) {
  if (b > 0 && a > INT64_MAX - b) return INT64_MAX;
  if (b < 0 && a < INT64_MIN - b) return INT64_MIN;
  return a + b;
}

RC_HD inline int64_t round_saturating(double x) {
  const double r = rint(x);
  if (r >= 9223372036854775808.0) return INT64_MAX;
  if (r < -9223372036854775808.0) return INT64_MIN;
  return static_cast<int64_t>(r);
}

RC_HD inline int64_t apply(const Clock& clock, int64_t t) {
  if (clock.identity) return t;
  const int64_t r = clock.reference_ticks, offset = clock.offset_ticks;
  const double since = t >= r ? static_cast<double>(span(r, t)) : -static_cast<double>(span(t, r));
  const int64_t gained = round_saturating(clock.drift * since);
  // The sum of all three saturates, not the sum of two: opposite signs cancel first.
  if ((offset < 0) != (gained < 0)) return add_saturating(t, offset + gained);
  return add_saturating(add_saturating(t, offset), gained);
}
RC_HD inline double apply(const Clock& clock, double t) {
  if (clock.identity) return t;
  return (t + clock.offset_seconds) + clock.drift * (t - clock.reference_seconds);
}

// t moved back, where `reaches_back` says that this is a time, and ahead, saturating.
RC_HD inline bool reaches_back(int64_t t, const Duration& d) {
  return d.ticks <= span(INT64_MIN, t);
}
RC_HD inline bool reaches_back(double, const Duration&) { return true; }
RC_HD inline int64_t back(int64_t t, const Duration& d) {
  return static_cast<int64_t>(static_cast<uint64_t>(t) - d.ticks);
}
RC_HD inline int64_t ahead(int64_t t, const Duration& d) {
  return span(t, INT64_MAX) < d.ticks ? INT64_MAX
                                      : static_cast<int64_t>(static_cast<uint64_t>(t) + d.ticks);
}
RC_HD inline double back(double t, const Duration& d) { return t - d.seconds; }
RC_HD inline double ahead(double t, const Duration& d) { return t + d.seconds; }

RC_KERNELS_END
