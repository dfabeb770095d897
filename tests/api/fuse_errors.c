/* SPDX-License-Identifier: Apache-2.0 */
/* What rc_fuse and rc_fuse_backward refuse: of streams, and in a stream, which the message names. */
#include "check.h"
#include "tensors.h"

/* Three streams at two targets; the second is absent. */
static struct {
  rc_context* context;
  float pose[3][2], force[4][1], result[2][5], gradient[3][2];
  int64_t pose_times[3], force_times[4], asked[2];
  uint8_t valid[2][3];
  int64_t pose_shape[2], force_shape[2], pose_count[1], force_count[1], target_shape[1];
  int64_t output_shape[2], valid_shape[2];
  rc_tensor pose_values, pose_stamps, force_values, force_stamps, target_times, output,
      valid_tensor;
  rc_resample_options rules;
  rc_stream streams[3];
  const rc_stream* list[3];
  int64_t count;
  rc_fuse_options options;
  rc_tensor* whole;
} call;

static void start_over(void) {
  rc_context* const context = call.context != NULL ? call.context : new_cpu_context();
  memset(&call, 0, sizeof call);
  call.context = context;
  memset(call.result, 0x5a, sizeof call.result);
  memset(call.valid, 0x5a, sizeof call.valid);
  for (int i = 0; i < 4; ++i) call.force_times[i] = 5 * i;
  for (int i = 0; i < 3; ++i) call.pose_times[i] = 10 * i;
  call.asked[1] = 15;
  memcpy(call.pose_shape, NUMBERS(3, 2), sizeof call.pose_shape);
  memcpy(call.force_shape, NUMBERS(4, 1), sizeof call.force_shape);
  memcpy(call.output_shape, NUMBERS(2, 5), sizeof call.output_shape);
  memcpy(call.valid_shape, NUMBERS(2, 3), sizeof call.valid_shape);
  call.pose_count[0] = 3, call.force_count[0] = 4, call.target_shape[0] = 2;
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  call.pose_values = (rc_tensor){call.pose, cpu, 2, f32, call.pose_shape, NULL, 0};
  call.pose_stamps = (rc_tensor){call.pose_times, cpu, 1, i64, call.pose_count, NULL, 0};
  call.force_values = (rc_tensor){call.force, cpu, 2, f32, call.force_shape, NULL, 0};
  call.force_stamps = (rc_tensor){call.force_times, cpu, 1, i64, call.force_count, NULL, 0};
  call.target_times = (rc_tensor){call.asked, cpu, 1, i64, call.target_shape, NULL, 0};
  call.output = (rc_tensor){call.result, cpu, 2, f32, call.output_shape, NULL, 0};
  call.valid_tensor = (rc_tensor){call.valid, cpu, 2, u8, call.valid_shape, NULL, 0};
  SUCCEEDS(rc_resample_options_init(&call.rules, sizeof call.rules));
  SUCCEEDS(rc_fuse_options_init(&call.options, sizeof call.options));
  for (int i = 0; i < 3; ++i) {
    SUCCEEDS(rc_stream_init(&call.streams[i], sizeof call.streams[i]));
    call.list[i] = &call.streams[i];
  }
  call.count = 3;
  call.streams[0].values = &call.pose_values;
  call.streams[0].source_times = &call.pose_stamps;
  call.streams[0].options = &call.rules;
  call.streams[1].width = 2;
  call.streams[2].values = &call.force_values;
  call.streams[2].source_times = &call.force_stamps;
  call.options.valid = &call.valid_tensor;
  call.whole = &call.output;
}

static rc_status fuse(void) {
  return rc_fuse(call.context, call.list, call.count, &call.target_times, &call.options,
                 call.whole);
}

static void check_refused(const char* file, int line, const char* spoil, rc_status status,
                          const char* text) {
  char expected[512];
  uint64_t size = 99;
  float before[2][5];
  memset(before, 0x5a, sizeof before);
  check_status(file, line, spoil, fuse(), status);
  snprintf(expected, sizeof expected, "rc_fuse: %s", text);
  check_text(file, line, spoil, rc_last_error_message(), expected);
  check_integer(file, line, "bytes written", memcmp(call.result, before, sizeof before), 0);
  check_integer(file, line, "valid written", call.valid[0][0], 0x5a);
  if (status == RC_ERROR_INVALID_DATA) return;
  check_status(file, line, spoil,
               rc_fuse_workspace_size(call.context, call.list, call.count, &call.target_times,
                                      &call.options, call.whole, &size),
               status);
  snprintf(expected, sizeof expected, "rc_fuse_workspace_size: %s", text);
  check_text(file, line, spoil, rc_last_error_message(), expected);
  check_integer(file, line, spoil, (int64_t)size, 0);
}

#define REFUSED(spoil, status, text)                         \
  do {                                                       \
    start_over();                                            \
    spoil;                                                   \
    check_refused(__FILE__, __LINE__, #spoil, status, text); \
  } while (0)

static void the_list(void) {
  FAILS(rc_fuse(NULL, NULL, 0, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_fuse: context: expected a context of rc_context_create, got NULL");
  start_over();
  SUCCEEDS(fuse());
  REFUSED(call.count = 0, RC_ERROR_INVALID_ARGUMENT, "num_streams: expected 1 to 64, got 0");
  REFUSED(call.count = 65, RC_ERROR_INVALID_ARGUMENT, "num_streams: expected 1 to 64, got 65");
  REFUSED(call.list[2] = NULL, RC_ERROR_INVALID_ARGUMENT,
          "streams[2]: expected a stream, got NULL");
  REFUSED(call.streams[0].values = call.streams[2].values = NULL, RC_ERROR_INVALID_ARGUMENT,
          "streams: expected at least one with values, got none");
  start_over();
  FAILS(rc_fuse(call.context, NULL, 3, &call.target_times, NULL, &call.output),
        RC_ERROR_INVALID_ARGUMENT, "rc_fuse: streams: expected 3 streams, got NULL");
  FAILS(rc_fuse(call.context, call.list, 3, NULL, NULL, &call.output), RC_ERROR_INVALID_ARGUMENT,
        "rc_fuse: target_times: expected a tensor, got NULL");
}

static void a_stream(void) {
  REFUSED(call.streams[1].struct_size = 55, RC_ERROR_INVALID_ARGUMENT,
          "streams[1]: stream: expected struct_size of at least 56, got 55");
  REFUSED(call.streams[1].reserved = 1, RC_ERROR_UNSUPPORTED_OPTION,
          "streams[1]: reserved: expected 0, got 1");
  REFUSED(call.streams[1].width = -1, RC_ERROR_INVALID_ARGUMENT,
          "streams[1]: width: expected 0 or more, got -1");
  REFUSED(call.streams[2].width = 2, RC_ERROR_INVALID_ARGUMENT,
          "streams[2]: width: expected 0 or 1, the width of the values, got 2");
  REFUSED(call.rules.workspace_size = 8, RC_ERROR_INVALID_ARGUMENT,
          "streams[0]: options: expected target_offsets and workspace to be those of the call, got "
          "some here");
  REFUSED(call.streams[0].source_times = NULL, RC_ERROR_INVALID_ARGUMENT,
          "streams[0]: source_times: expected a tensor, got NULL");
  REFUSED(call.force_stamps.device = call.target_times.device = ((rc_device){RC_DEVICE_CUDA, 1}),
          RC_ERROR_DEVICE_MISMATCH, "streams[2]: source_times: expected memory of cpu, got cuda:1");
  REFUSED(call.streams[2].grad_values = &call.force_values, RC_ERROR_INVALID_ARGUMENT,
          "streams[2]: grad_values: expected NULL, got a tensor");
  REFUSED(call.rules.mode = RC_MODE_SLERP, RC_ERROR_INVALID_ARGUMENT,
          "streams[0]: channels: expected a multiple of 4 channels for RC_MODE_SLERP, got 2 from "
          "channel 0");
  REFUSED(call.force_stamps.dtype = f64, RC_ERROR_UNSUPPORTED_DTYPE,
          "streams[2]: target_times: expected float64, as source_times have, got int64 [2]");
  REFUSED(call.force_values = TENSOR(call.force, f32, 2, 2, 1);
          call.force_stamps = TENSOR(call.force_times, i64, 2), RC_ERROR_INVALID_ARGUMENT,
          "streams[2]: values: expected 1 rows, as streams before have, got 2");
  REFUSED(
      call.force_times[2] = 1, RC_ERROR_INVALID_DATA,
      "streams[2]: source_times: expected non-decreasing times, got a step backward at index 2");
}

static void the_outputs(void) {
  REFUSED(call.options.flags = 1, RC_ERROR_UNSUPPORTED_OPTION, "flags: expected 0, got 0x1");
  REFUSED(call.output_shape[1] = 4, RC_ERROR_INVALID_ARGUMENT,
          "output: expected [2,5], got float32 [2,4]");
  REFUSED(call.valid_shape[1] = 2, RC_ERROR_INVALID_ARGUMENT,
          "valid: expected [2,3], got uint8 [2,2]");
  REFUSED(call.valid_tensor.dtype = i8, RC_ERROR_UNSUPPORTED_DTYPE,
          "valid: expected uint8 or bool, got int8 [2,3]");
  REFUSED(call.streams[1].output = &call.output, RC_ERROR_INVALID_ARGUMENT,
          "streams[1]: output: expected NULL, got a tensor");
  REFUSED(call.whole = NULL, RC_ERROR_INVALID_ARGUMENT,
          "streams[0]: output: expected a tensor, got NULL");
  REFUSED(call.output.data = call.force, RC_ERROR_INVALID_ARGUMENT,
          "output: expected memory of its own, got some of values");
}

static void backward(void) {
  start_over();
  FAILS(
      rc_fuse_backward(call.context, &call.output, call.list, 3, &call.target_times, &call.options),
      RC_ERROR_INVALID_ARGUMENT, "rc_fuse_backward: valid: expected NULL, got a tensor");
  call.options.valid = NULL;
  rc_tensor gradient = TENSOR(call.gradient, f32, 3, 2);
  call.streams[0].grad_values = &gradient;
  SUCCEEDS(rc_fuse_backward(call.context, &call.output, call.list, 3, &call.target_times,
                            &call.options));
  call.rules.mode = RC_MODE_PCHIP;
  call.streams[0].values = &call.pose_values;
  gradient.dtype = i32;
  FAILS(
      rc_fuse_backward(call.context, &call.output, call.list, 3, &call.target_times, &call.options),
      RC_ERROR_UNSUPPORTED_DTYPE,
      "rc_fuse_backward: streams[0]: grad_values: expected float16, bfloat16, float32 or float64, "
      "got int32 [3,2]");
  FAILS(
      rc_fuse_backward(call.context, NULL, call.list, 3, &call.target_times, &call.options),
      RC_ERROR_UNSUPPORTED_DTYPE,
      "rc_fuse_backward: streams[0]: grad_values: expected float16, bfloat16, float32 or float64, "
      "got int32 [3,2]");
  gradient.dtype = f32;
  FAILS(rc_fuse_backward(call.context, NULL, call.list, 3, &call.target_times, &call.options),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_fuse_backward: streams[0]: output: expected a tensor, got NULL");
  FAILS(rc_fuse_backward_workspace_size(call.context, &call.output, call.list, 3,
                                        &call.target_times, &call.options, NULL),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_fuse_backward_workspace_size: size: expected a pointer, got NULL");
}

int main(void) {
  the_list();
  a_stream();
  the_outputs();
  backward();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
