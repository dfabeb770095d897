/* SPDX-License-Identifier: Apache-2.0 */
/* rc_target_clock: exact ticks, and what it refuses. */
#include "check.h"

static const int64_t second = 1000000000;

static void a_rational_rate_does_not_drift(void) {
  int64_t ticks[31], count = 0;
  /* 29.97 Hz for 1.001 s: 30 frames, the last of which a rounded period would miss. */
  SUCCEEDS(rc_target_clock(0, 1001000001, second, 30000, 1001, 31, ticks, &count));
  CHECK_EQUAL(count, 31);
  CHECK_EQUAL(ticks[1], 33366666);
  CHECK_EQUAL(ticks[2], 66733333);
  CHECK_EQUAL(ticks[30], 1001000000);
}

static void a_year_of_ticks_is_counted_not_written(void) {
  int64_t count = 0;
  const int64_t year = 365 * 86400 * second;
  SUCCEEDS(rc_target_clock(0, year, second, 1000, 1, 0, NULL, &count));
  CHECK_EQUAL(count, INT64_C(365) * 86400 * 1000);
  SUCCEEDS(rc_target_clock(5, 5, second, 1000, 1, 0, NULL, &count));
  CHECK_EQUAL(count, 0);
  SUCCEEDS(rc_target_clock(INT64_MIN, INT64_MAX, 1, 1, INT64_MAX, 0, NULL, &count));
  CHECK_EQUAL(count, 3);
}

static void too_small_a_buffer_gets_the_first(void) {
  int64_t ticks[3] = {-1, -1, -1}, count = 0;
  FAILS(rc_target_clock(10, 15, 1, 1, 1, 2, ticks, &count), RC_ERROR_CAPACITY_EXCEEDED,
        "rc_target_clock: ticks: expected room for 5 ticks, got 2");
  CHECK_EQUAL(count, 5);
  CHECK_EQUAL(ticks[0], 10);
  CHECK_EQUAL(ticks[1], 11);
  CHECK_EQUAL(ticks[2], -1);
}

static void bad_arguments_are_refused(void) {
  int64_t ticks[2], count = 7;
#define REFUSED(start, stop, per_second, numerator, denominator, capacity, ticks, text)            \
  do {                                                                                             \
    count = 7;                                                                                     \
    FAILS(                                                                                         \
        rc_target_clock(start, stop, per_second, numerator, denominator, capacity, ticks, &count), \
        RC_ERROR_INVALID_ARGUMENT, "rc_target_clock: " text);                                      \
    CHECK_EQUAL(count, 0);                                                                         \
  } while (0)
  REFUSED(1, 0, 1, 1, 1, 0, NULL, "stop: expected no less than start (1), got 0");
  REFUSED(0, 1, 0, 1, 1, 0, NULL, "ticks_per_second: expected at least 1, got 0");
  REFUSED(0, 1, 1, -1, 1, 0, NULL, "numerator: expected at least 1, got -1");
  REFUSED(0, 1, 1, 1, 0, 0, NULL, "denominator: expected at least 1, got 0");
  REFUSED(0, 1, 1, 1, 1, 2, NULL, "ticks: expected room for capacity (2) ticks, got NULL");
  REFUSED(0, 1, 1, 1, 1, -1, ticks, "ticks: expected room for capacity (-1) ticks, got a pointer");
  REFUSED(0, 1, 1, 1, 1, 0, ticks, "ticks: expected room for capacity (0) ticks, got a pointer");
#undef REFUSED
  FAILS(rc_target_clock(0, 1, 1, 1, 1, 0, NULL, NULL), RC_ERROR_INVALID_ARGUMENT,
        "rc_target_clock: count: expected a pointer, got NULL");
}

int main(void) {
  a_rational_rate_does_not_drift();
  a_year_of_ticks_is_counted_not_written();
  too_small_a_buffer_gets_the_first();
  bad_arguments_are_refused();
  return failed_checks != 0;
}
