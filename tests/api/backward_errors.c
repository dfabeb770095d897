/* SPDX-License-Identifier: Apache-2.0 */
/* What rc_resample_backward refuses beyond the rules that it shares with rc_resample. */
#include "refused.h"

static float gradient[2][3][4];
static rc_tensor grad_values;

static void start_backward(void) {
  start_over();
  memset(gradient, 0x5a, sizeof gradient);
  grad_values = (rc_tensor){gradient, {RC_DEVICE_CPU, 0}, 3, f32, call.values_shape, NULL, 0};
}

/* The output of the good call serves as its gradient. */
static rc_status backward(const rc_tensor* values, rc_tensor* grad) {
  return rc_resample_backward(call.context, &call.output, values, &call.source_times,
                              &call.target_times, &call.options, grad);
}

static void check_backward_refused(const char* file, int line, const char* spoil,
                                   const rc_tensor* values, rc_tensor* grad, rc_status status,
                                   const char* text) {
  char expected[512];
  uint64_t size = 99;
  float before[2][3][4];
  memset(before, 0x5a, sizeof before);
  check_status(file, line, spoil, backward(values, grad), status);
  snprintf(expected, sizeof expected, "rc_resample_backward: %s", text);
  check_text(file, line, spoil, rc_last_error_message(), expected);
  check_integer(file, line, "bytes written", memcmp(gradient, before, sizeof gradient), 0);
  if (status == RC_ERROR_INVALID_DATA) return;
  check_status(
      file, line, spoil,
      rc_resample_backward_workspace_size(call.context, &call.output, values, &call.source_times,
                                          &call.target_times, &call.options, grad, &size),
      status);
  snprintf(expected, sizeof expected, "rc_resample_backward_workspace_size: %s", text);
  check_text(file, line, spoil, rc_last_error_message(), expected);
  check_integer(file, line, spoil, (int64_t)size, 0);
}

#define BACKWARD_REFUSED(spoil, values, grad, status, text)                         \
  do {                                                                              \
    start_backward();                                                               \
    spoil;                                                                          \
    check_backward_refused(__FILE__, __LINE__, #spoil, values, grad, status, text); \
  } while (0)

static void tensors(void) {
  start_backward();
  SUCCEEDS(backward(&call.values, &grad_values));
  start_backward();
  SUCCEEDS(backward(NULL, &grad_values));
  BACKWARD_REFUSED((void)0, NULL, NULL, RC_ERROR_INVALID_ARGUMENT,
                   "grad_values: expected a tensor, got NULL");
  BACKWARD_REFUSED(
      grad_values.dtype = i32, NULL, &grad_values, RC_ERROR_UNSUPPORTED_DTYPE,
      "grad_values: expected float16, bfloat16, float32 or float64, got int32 [2,3,4]");
  BACKWARD_REFUSED(
      call.output.dtype = i32, NULL, &grad_values, RC_ERROR_UNSUPPORTED_DTYPE,
      "grad_output: expected float16, bfloat16, float32 or float64, got int32 [2,2,4]");
  BACKWARD_REFUSED(call.values.dtype = i32, &call.values, &grad_values, RC_ERROR_UNSUPPORTED_DTYPE,
                   "values: expected float16, bfloat16, float32 or float64, got int32 [2,3,4]");
  BACKWARD_REFUSED(call.values.shape = NUMBERS(2, 2, 4), &call.values, &grad_values,
                   RC_ERROR_INVALID_ARGUMENT,
                   "values: expected [2,3,4], the shape of grad_values, got float32 [2,2,4]");
  BACKWARD_REFUSED(call.output.ndim = 2, NULL, &grad_values, RC_ERROR_INVALID_ARGUMENT,
                   "grad_output: expected [2,2,4], got float32 [2,2]");
  BACKWARD_REFUSED(grad_values.strides = NUMBERS(0, 4, 1), NULL, &grad_values,
                   RC_ERROR_UNSUPPORTED_LAYOUT,
                   "grad_values: expected elements that share no memory, got float32 "
                   "[2,3,4] with strides [0,4,1]");
  BACKWARD_REFUSED(call.values.data = gradient, &call.values, &grad_values,
                   RC_ERROR_INVALID_ARGUMENT,
                   "grad_values: expected memory of its own, got some of values");
  start_backward();
  FAILS(rc_resample_backward(call.context, NULL, NULL, &call.source_times, &call.target_times, NULL,
                             &grad_values),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_resample_backward: grad_output: expected a tensor, got NULL");
  FAILS(rc_resample_backward(NULL, NULL, NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_resample_backward: context: expected a context of rc_context_create, got NULL");
}

static void options(void) {
  static uint8_t bytes[4];
  BACKWARD_REFUSED(
      call.options.valid = &TENSOR(bytes, u8, 2, 2), NULL, &grad_values, RC_ERROR_INVALID_ARGUMENT,
      "options: expected valid, reason, source_index, next_index, weight and age to be "
      "NULL");
  static const char values_needed[] =
      "values: expected a tensor for the modes pchip, slerp, min and max and for skip_nan, got "
      "NULL";
  BACKWARD_REFUSED(call.options.mode = RC_MODE_PCHIP, NULL, &grad_values, RC_ERROR_INVALID_ARGUMENT,
                   values_needed);
  BACKWARD_REFUSED(call.options.mode = RC_MODE_SLERP, NULL, &grad_values, RC_ERROR_INVALID_ARGUMENT,
                   values_needed);
  BACKWARD_REFUSED(call.options.flags = RC_RESAMPLE_SKIP_NAN, NULL, &grad_values,
                   RC_ERROR_INVALID_ARGUMENT, values_needed);
  BACKWARD_REFUSED(call.options.mode = RC_MODE_MAX; call.options.window.before.ticks = 5, NULL,
                                                    &grad_values, RC_ERROR_INVALID_ARGUMENT,
                                                    values_needed);
}

static void data(void) {
  BACKWARD_REFUSED(
      call.sampled[1][0] = 11, NULL, &grad_values, RC_ERROR_INVALID_DATA,
      "source_times: expected non-decreasing times, got a step backward at row 1, index "
      "1");
  BACKWARD_REFUSED(call.options.sequence_ids = &TENSOR(NUMBERS(0, 2), i64, 2), NULL, &grad_values,
                   RC_ERROR_INVALID_DATA, "sequence_ids: expected 0 to 1, got 2 at index 1");
}

int main(void) {
  tensors();
  options();
  data();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
