/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of tensors that break a rule: the message names row and index, nothing is written. */
#include <math.h>

#include "refused.h"

/* Six packed samples, and what the offsets are in a test. */
#define PACKED(...)                                 \
  call.values = TENSOR(call.samples, f32, 6, 4);    \
  call.source_times = TENSOR(call.sampled, i64, 6); \
  call.options.offsets = &TENSOR(NUMBERS(__VA_ARGS__), i64, 3)

static void times_that_step_backward(void) {
  REFUSED_DATA(
      call.sampled[1][2] = 9, RC_ERROR_INVALID_DATA,
      "source_times: expected non-decreasing times, got a step backward at row 1, index 2");
  REFUSED_DATA(
      call.sampled[1][1] = -1;
      call.sampled[0][2] = 5, RC_ERROR_INVALID_DATA,
      "source_times: expected non-decreasing times, got a step backward at row 0, index 2");
  REFUSED_DATA(call.source_times = TENSOR(call.sampled, i64, 3);
               call.sampled[0][1] = 21, RC_ERROR_INVALID_DATA,
               "source_times: expected non-decreasing times, got a step backward at index 2");
  start_over();
  call.sampled[0][1] = 0;
  SUCCEEDS(resample());
  call.sampled[0][1] = -1;
  call.options.flags = RC_RESAMPLE_SKIP_VALIDATION;
  SUCCEEDS(resample());
}

static void times_that_are_not_finite(void) {
  static double seconds[2][3], asked[2][2];
  static float seconds32[2][3], asked32[2][2];
#define SECONDS                                                       \
  memset(seconds, 0, sizeof seconds), memset(asked, 0, sizeof asked); \
  call.source_times = TENSOR(seconds, f64, 2, 3);                     \
  call.target_times = TENSOR(asked, f64, 2, 2)
  REFUSED_DATA(SECONDS;
               seconds[1][2] = NAN, RC_ERROR_INVALID_DATA,
               "source_times: expected finite times, got NaN or infinity at row 1, index 2");
  REFUSED_DATA(SECONDS;
               seconds[0][0] = -INFINITY, RC_ERROR_INVALID_DATA,
               "source_times: expected finite times, got NaN or infinity at row 0, index 0");
  REFUSED_DATA(SECONDS;
               asked[1][0] = NAN, RC_ERROR_INVALID_DATA,
               "target_times: expected finite times, got NaN or infinity at row 1, index 0");
  REFUSED_DATA(SECONDS; call.target_times = TENSOR(asked, f64, 2);
               asked[0][1] = INFINITY, RC_ERROR_INVALID_DATA,
               "target_times: expected finite times, got NaN or infinity at index 1");
  REFUSED_DATA(call.source_times = TENSOR(seconds32, f32, 2, 3);
               call.target_times = TENSOR(asked32, f32, 2, 2);
               seconds32[0][1] = NAN, RC_ERROR_INVALID_DATA,
               "source_times: expected finite times, got NaN or infinity at row 0, index 1");
#undef SECONDS
}

static void offsets_lengths_and_ids(void) {
  REFUSED_DATA(PACKED(0, 4, 3), RC_ERROR_INVALID_DATA,
               "offsets: expected no less than 4 before it, got 3 at index 2");
  REFUSED_DATA(PACKED(0, 3, 7), RC_ERROR_INVALID_DATA,
               "offsets: expected 0 to 6, got 7 at index 2");
  REFUSED_DATA(PACKED(-1, 3, 6), RC_ERROR_INVALID_DATA,
               "offsets: expected 0 to 6, got -1 at index 0");
  REFUSED_DATA(call.options.lengths = &TENSOR(NUMBERS(3, 4), i64, 2), RC_ERROR_INVALID_DATA,
               "lengths: expected 0 to 3, got 4 at index 1");
  REFUSED_DATA(call.options.lengths = &TENSOR(NUMBERS(-1, 3), i64, 2), RC_ERROR_INVALID_DATA,
               "lengths: expected 0 to 3, got -1 at index 0");
  REFUSED_DATA(call.options.sequence_ids = &TENSOR(NUMBERS(1, 2), i64, 2), RC_ERROR_INVALID_DATA,
               "sequence_ids: expected 0 to 1, got 2 at index 1");
  REFUSED_DATA(call.options.sequence_ids = &TENSOR(NUMBERS(-1, 0), i64, 2), RC_ERROR_INVALID_DATA,
               "sequence_ids: expected 0 to 1, got -1 at index 0");
}

static void target_offsets(void) {
#define PACKED_TARGETS(...)                       \
  call.target_times = TENSOR(call.asked, i64, 4); \
  call.output = TENSOR(call.result, f32, 4, 4);   \
  call.options.target_offsets = &TENSOR(NUMBERS(__VA_ARGS__), i64, 3)
  REFUSED_DATA(PACKED_TARGETS(0, 3, 2), RC_ERROR_INVALID_DATA,
               "target_offsets: expected no less than 3 before it, got 2 at index 2");
  REFUSED_DATA(PACKED_TARGETS(1, 2, 4), RC_ERROR_INVALID_DATA,
               "target_offsets: expected 0, got 1 at index 0");
  REFUSED_DATA(PACKED_TARGETS(0, 2, 3), RC_ERROR_INVALID_DATA,
               "target_offsets: expected 4, got 3 at index 2");
  REFUSED_DATA(PACKED_TARGETS(0, 2, 5), RC_ERROR_INVALID_DATA,
               "target_offsets: expected 0 to 4, got 5 at index 2");
#undef PACKED_TARGETS
}

static void zero_quaternions(void) {
  REFUSED_DATA(call.options.mode = RC_MODE_SLERP;
               memset(call.samples[1][2], 0, 16), RC_ERROR_INVALID_DATA,
               "values: expected unit quaternions, got one of length zero at row 1, index 2");
  start_over();
  call.options.mode = RC_MODE_SLERP;
  call.options.lengths = &TENSOR(NUMBERS(3, 2), i64, 2);
  memset(call.samples[1][2], 0, 16);
  SUCCEEDS(resample());
}

int main(void) {
  times_that_step_backward();
  times_that_are_not_finite();
  offsets_lengths_and_ids();
  target_offsets();
  zero_quaternions();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
