/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of rc_resample_options, broken one by one, and contents of tensors that break a rule. */
#include <math.h>

#include "refused.h"

static void choices(void) {
  REFUSED(call.options.flags = 8, RC_ERROR_UNSUPPORTED_OPTION,
          "flags: expected bits of 0x3, got 0x8");
  REFUSED(call.options.mode = 12, RC_ERROR_UNSUPPORTED_OPTION, "mode: expected 0 to 11, got 12");
  REFUSED(call.options.mode = -1, RC_ERROR_UNSUPPORTED_OPTION, "mode: expected 0 to 11, got -1");
  REFUSED(call.options.outside = 3, RC_ERROR_UNSUPPORTED_OPTION, "outside: expected 0 to 2, got 3");
  REFUSED(call.options.order = 3, RC_ERROR_UNSUPPORTED_OPTION, "order: expected 0 to 2, got 3");
  REFUSED(call.options.duplicates = 3, RC_ERROR_UNSUPPORTED_OPTION,
          "duplicates: expected 0 to 2, got 3");
  REFUSED(call.options.struct_size = 231, RC_ERROR_INVALID_ARGUMENT,
          "options: expected struct_size of at least 232, got 231");
}

static void durations(void) {
  REFUSED(call.options.max_gap.ticks = -1, RC_ERROR_INVALID_ARGUMENT,
          "max_gap: expected no less than 0, got -1 ticks, 0 seconds");
  REFUSED(call.options.max_gap.seconds = 0.5, RC_ERROR_INVALID_ARGUMENT,
          "max_gap: expected ticks for int64 times, got 0.5 seconds");
  REFUSED(call.options.clock.offset.seconds = NAN, RC_ERROR_INVALID_ARGUMENT,
          "clock.offset: expected ticks for int64 times, got nan seconds");
  REFUSED(call.source_times.dtype = call.target_times.dtype = f64;
          call.options.max_gap.ticks = 1, RC_ERROR_INVALID_ARGUMENT,
          "max_gap: expected seconds for float times, got 1 ticks");
  REFUSED(call.source_times.dtype = call.target_times.dtype = f64;
          call.options.max_gap.seconds = INFINITY, RC_ERROR_INVALID_ARGUMENT,
          "max_gap: expected a finite number of seconds, got inf");
  REFUSED(call.options.clock.drift = -1, RC_ERROR_INVALID_ARGUMENT,
          "clock.drift: expected a finite number above -1, got -1");
  REFUSED(call.options.clock.drift = NAN, RC_ERROR_INVALID_ARGUMENT,
          "clock.drift: expected a finite number above -1, got nan");
  REFUSED(call.options.mode = RC_MODE_MEAN, RC_ERROR_INVALID_ARGUMENT,
          "window: expected one, for an aggregate mode, got none");
  REFUSED(call.options.window.before.ticks = 5, RC_ERROR_INVALID_ARGUMENT,
          "window: expected none without an aggregate mode, got one");
  REFUSED(call.options.mode = RC_MODE_MEAN;
          call.options.window.after.ticks = -5, RC_ERROR_INVALID_ARGUMENT,
          "window.after: expected no less than 0, got -5 ticks, 0 seconds");
}

#define GROUPS(...)                                     \
  call.options.channels = (rc_channels[]){__VA_ARGS__}; \
  call.options.num_channels = sizeof((rc_channels[]){__VA_ARGS__}) / sizeof(rc_channels)

static void channel_groups(void) {
  REFUSED(call.options.num_channels = 2, RC_ERROR_INVALID_ARGUMENT,
          "channels: expected 2 groups, got NULL");
  REFUSED(call.options.num_channels = 65, RC_ERROR_INVALID_ARGUMENT,
          "num_channels: expected 0 to 64, got 65");
  REFUSED(call.options.num_channels = -1, RC_ERROR_INVALID_ARGUMENT,
          "num_channels: expected 0 to 64, got -1");
  REFUSED(GROUPS({0, 2, RC_MODE_LINEAR, 0}, {1, 2, RC_MODE_PREVIOUS, 0}), RC_ERROR_INVALID_ARGUMENT,
          "channels: expected groups that do not overlap, got two that hold channel 1");
  REFUSED(GROUPS({3, 2, RC_MODE_LINEAR, 0}), RC_ERROR_INVALID_ARGUMENT,
          "channels[0]: expected 1 or more of the 4 channels, got begin 3, count 2");
  REFUSED(GROUPS({0, 1, RC_MODE_LINEAR, 0}, {-1, 1, RC_MODE_LINEAR, 0}), RC_ERROR_INVALID_ARGUMENT,
          "channels[1]: expected 1 or more of the 4 channels, got begin -1, count 1");
  REFUSED(GROUPS({0, 0, RC_MODE_LINEAR, 0}), RC_ERROR_INVALID_ARGUMENT,
          "channels[0]: expected 1 or more of the 4 channels, got begin 0, count 0");
  REFUSED(GROUPS({1, INT64_MAX, RC_MODE_LINEAR, 0}), RC_ERROR_INVALID_ARGUMENT,
          "channels[0]: expected 1 or more of the 4 channels, got begin 1, count "
          "9223372036854775807");
  REFUSED(GROUPS({0, 4, 12, 0}), RC_ERROR_UNSUPPORTED_OPTION,
          "channels[0].mode: expected 0 to 11, got 12");
  REFUSED(GROUPS({0, 4, RC_MODE_LINEAR, 1}), RC_ERROR_UNSUPPORTED_OPTION,
          "channels[0].reserved: expected 0, got 1");
  REFUSED(GROUPS({0, 3, RC_MODE_SLERP, 0}), RC_ERROR_INVALID_ARGUMENT,
          "channels: expected a multiple of 4 channels for RC_MODE_SLERP, got 3 from channel 0");
}

static void layout_tensors(void) {
  static int64_t numbers[8];
  static float packed_result[4][4];
#define INTEGERS(...) &TENSOR(numbers, i64, __VA_ARGS__)
  REFUSED(call.options.offsets = INTEGERS(3), RC_ERROR_INVALID_ARGUMENT,
          "values: expected [N,D] with offsets, got float32 [2,3,4]");
  REFUSED(call.options.offsets = INTEGERS(0), RC_ERROR_INVALID_ARGUMENT,
          "offsets: expected at least 1 entry, got int64 [0]");
  REFUSED(call.options.offsets = INTEGERS(2, 2), RC_ERROR_INVALID_ARGUMENT,
          "offsets: expected [E+1], got int64 [2,2]");
  REFUSED(call.options.offsets = &TENSOR(numbers, i32, 3), RC_ERROR_UNSUPPORTED_DTYPE,
          "offsets: expected int64 [E+1], got int32 [3]");
  REFUSED(call.options.lengths = INTEGERS(3), RC_ERROR_INVALID_ARGUMENT,
          "lengths: expected int64 [2], got int64 [3]");
  REFUSED(call.values = TENSOR(call.samples, f32, 6, 4);
          call.source_times = TENSOR(call.sampled, i64, 6); call.options.offsets = INTEGERS(3);
          call.options.lengths = INTEGERS(2), RC_ERROR_INVALID_ARGUMENT,
          "lengths: expected NULL beside offsets, got a tensor");
  REFUSED(call.options.sequence_ids = &TENSOR(numbers, f32, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "sequence_ids: expected int64 [B], got float32 [2]");
  REFUSED(call.options.sequence_ids = INTEGERS(3), RC_ERROR_INVALID_ARGUMENT,
          "target_times: expected [3,T] or [T], got int64 [2,2]");
  REFUSED(call.options.target_offsets = INTEGERS(3), RC_ERROR_INVALID_ARGUMENT,
          "target_times: expected [M] with target_offsets, got int64 [2,2]");
  REFUSED(call.target_times = TENSOR(call.asked, i64, 4);
          call.output = TENSOR(packed_result, f32, 4, 4);
          call.options.target_offsets = INTEGERS(4), RC_ERROR_INVALID_ARGUMENT,
          "target_offsets: expected int64 [3], got int64 [4]");
#undef INTEGERS
}

static void quality_outputs(void) {
  static char bytes[64];
  REFUSED(call.options.valid = &TENSOR(bytes, i8, 2, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "valid: expected uint8 or bool, got int8 [2,2]");
  REFUSED(call.options.valid = &TENSOR(bytes, u8, 2, 3), RC_ERROR_INVALID_ARGUMENT,
          "valid: expected [2,2], got uint8 [2,3]");
  REFUSED(call.options.reason = &TENSOR(bytes, boolean, 2, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "reason: expected uint8, got bool [2,2]");
  REFUSED(call.options.source_index = &TENSOR(bytes, i32, 2, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "source_index: expected int64, got int32 [2,2]");
  REFUSED(call.options.next_index = &TENSOR(bytes, i32, 2, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "next_index: expected int64, got int32 [2,2]");
  REFUSED(call.options.weight = &TENSOR(bytes, f16, 2, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "weight: expected float64 or float32, got float16 [2,2]");
  REFUSED(call.options.age = &TENSOR(bytes, f64, 2, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "age: expected int64, got float64 [2,2]");
  start_over();
  FAILS(
      rc_resample(call.context, NULL, &call.source_times, &call.target_times, NULL, NULL),
      RC_ERROR_INVALID_ARGUMENT,
      "rc_resample: values: expected a tensor, or one of valid, reason, source_index, next_index, "
      "weight and age to write, got neither");
  FAILS(rc_resample(call.context, NULL, &call.source_times, &call.target_times, NULL, &call.output),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_resample: output: expected NULL without values, got a tensor");
}

static void fill_values(void) {
  static uint8_t samples[24], result[16];
#define BYTES                                                                    \
  call.values.data = samples, call.values.dtype = u8, call.output.data = result; \
  call.output.dtype = u8, call.options.mode = RC_MODE_PREVIOUS
  REFUSED(BYTES; call.options.fill_value = 256, RC_ERROR_INVALID_ARGUMENT,
                 "fill_value: expected an integer of the range of uint8, got 256");
  REFUSED(BYTES; call.options.fill_value = -0.5, RC_ERROR_INVALID_ARGUMENT,
                 "fill_value: expected an integer of the range of uint8, got -0.5");
  REFUSED(BYTES; call.options.fill_value = NAN, RC_ERROR_INVALID_ARGUMENT,
                 "fill_value: expected an integer of the range of uint8, got nan");
#undef BYTES
}

int main(void) {
  choices();
  durations();
  channel_groups();
  layout_tensors();
  quality_outputs();
  fill_values();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
