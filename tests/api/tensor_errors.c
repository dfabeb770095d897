/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of tensor.h, broken one by one in a call of rc_resample. */
#include "refused.h"

static void missing(void) {
  FAILS(rc_resample(NULL, NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_resample: context: expected a context of rc_context_create, got NULL");
  start_over();
  SUCCEEDS(resample());
  FAILS(rc_resample(call.context, &call.values, NULL, &call.target_times, NULL, &call.output),
        RC_ERROR_INVALID_ARGUMENT, "rc_resample: source_times: expected a tensor, got NULL");
  FAILS(rc_resample(call.context, &call.values, &call.source_times, NULL, NULL, &call.output),
        RC_ERROR_INVALID_ARGUMENT, "rc_resample: target_times: expected a tensor, got NULL");
  FAILS(rc_resample(call.context, &call.values, &call.source_times, &call.target_times, NULL, NULL),
        RC_ERROR_INVALID_ARGUMENT, "rc_resample: output: expected a tensor, got NULL");
  FAILS(rc_resample_workspace_size(call.context, &call.values, &call.source_times,
                                   &call.target_times, NULL, &call.output, NULL),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_resample_workspace_size: size: expected a pointer, got NULL");
  REFUSED(call.values.data = NULL, RC_ERROR_INVALID_ARGUMENT,
          "values: expected data for float32 [2,3,4], got NULL");
  REFUSED(call.values.shape = NULL, RC_ERROR_INVALID_ARGUMENT,
          "values: expected a shape of 3 entries, got NULL");
}

static void types(void) {
  REFUSED(call.values.dtype.lanes = 4, RC_ERROR_UNSUPPORTED_DTYPE,
          "values: expected a type of 1 lane, got 4 lanes");
  REFUSED(call.values.dtype.lanes = 0, RC_ERROR_UNSUPPORTED_DTYPE,
          "values: expected a type of 1 lane, got 0 lanes");
  REFUSED(call.values.dtype = ((rc_dtype){5, 64, 1}), RC_ERROR_UNSUPPORTED_DTYPE,
          "values: expected an integer, float, bfloat or bool type, got type code 5 of 64 bits");
  REFUSED(call.values.dtype = i64, RC_ERROR_UNSUPPORTED_DTYPE,
          "values: expected float16, bfloat16, float32, float64, uint8, int8, int16 or int32, got "
          "int64 [2,3,4]");
  REFUSED(call.values.dtype = boolean, RC_ERROR_UNSUPPORTED_DTYPE,
          "values: expected float16, bfloat16, float32, float64, uint8, int8, int16 or int32, got "
          "bool [2,3,4]");
  REFUSED(call.source_times.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
          "source_times: expected int64, float64 or float32, got int32 [2,3]");
  REFUSED(call.target_times.dtype = u8, RC_ERROR_UNSUPPORTED_DTYPE,
          "target_times: expected int64, float64 or float32, got uint8 [2,2]");
  REFUSED(call.target_times.dtype = f64, RC_ERROR_UNSUPPORTED_DTYPE,
          "target_times: expected int64, as source_times have, got float64 [2,2]");
  REFUSED(call.values.dtype = i32;
          call.output.dtype = u16, RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected float16, bfloat16, float32, float64 or int32, the type of the values, "
          "got uint16");
  REFUSED(call.values.dtype = i32;
          call.output.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected a float type, because a mode other than previous, next, nearest and "
          "last, or the mean of duplicates, makes new values, got int32");
}

static void shapes(void) {
  REFUSED(call.values.ndim = -1, RC_ERROR_INVALID_ARGUMENT,
          "values: expected ndim of at least 0, got -1");
  REFUSED(call.values.ndim = 9, RC_ERROR_UNSUPPORTED_LAYOUT,
          "values: expected at most 8 dimensions, got 9");
  REFUSED(call.values_shape[1] = -3, RC_ERROR_INVALID_ARGUMENT,
          "values: expected a shape without negative entries, got [2,-3,4]");
  REFUSED(call.values.ndim = 1, RC_ERROR_INVALID_ARGUMENT,
          "values: expected [E,S,D], or [S,D] of one sequence, got float32 [2]");
  REFUSED(call.values.ndim = 0, RC_ERROR_INVALID_ARGUMENT,
          "values: expected [E,S,D], or [S,D] of one sequence, got float32 []");
  REFUSED(call.source_times.ndim = 0, RC_ERROR_INVALID_ARGUMENT,
          "source_times: expected [E,S], or [S] shared by all sequences, got int64 []");
  REFUSED(call.source_shape[1] = 2, RC_ERROR_INVALID_ARGUMENT,
          "source_times: expected times of 2 sequences of 3 samples, or of all in one, got int64 "
          "[2,2]");
  REFUSED(call.source_shape[0] = 1, RC_ERROR_INVALID_ARGUMENT,
          "source_times: expected times of 2 sequences of 3 samples, or of all in one, got int64 "
          "[1,3]");
  REFUSED(call.target_times.ndim = 0, RC_ERROR_INVALID_ARGUMENT,
          "target_times: expected [B,T], or [T] shared by all rows, got int64 []");
  REFUSED(call.target_shape[0] = 1, RC_ERROR_INVALID_ARGUMENT,
          "target_times: expected [2,T] or [T], got int64 [1,2]");
  REFUSED(call.output_shape[2] = 3, RC_ERROR_INVALID_ARGUMENT,
          "output: expected [2,2,4], got float32 [2,2,3]");
  REFUSED(call.output.ndim = 2, RC_ERROR_INVALID_ARGUMENT,
          "output: expected [2,2,4], got float32 [2,2]");
}

static void sizes_that_overflow(void) {
  const int64_t huge = INT64_C(1) << 62;
  REFUSED(call.values_shape[1] = huge, RC_ERROR_INVALID_ARGUMENT,
          "values: expected fewer than 2^63 bytes, got float32 [2,4611686018427387904,4]");
  /* No bytes, and yet a product that overflows. */
  REFUSED(call.values_shape[0] = 0;
          call.values_shape[1] = huge, RC_ERROR_INVALID_ARGUMENT,
          "values: expected fewer than 2^63 bytes, got float32 [0,4611686018427387904,4]");
  REFUSED(
      call.values.strides = NUMBERS(huge, 4, 1), RC_ERROR_INVALID_ARGUMENT,
      "values: expected strides that span fewer than 2^63 bytes, got shape [2,3,4] with strides "
      "[4611686018427387904,4,1]");
  REFUSED(call.values.byte_offset = UINT64_MAX - 7, RC_ERROR_INVALID_ARGUMENT,
          "values: expected a byte_offset inside memory, got 18446744073709551608");
}

static void layouts(void) {
  REFUSED(call.values.strides = NUMBERS(12, -4, 1), RC_ERROR_UNSUPPORTED_LAYOUT,
          "values: expected strides of at least 0, got [12,-4,1]");
  REFUSED(call.output.strides = NUMBERS(8, 4, -1), RC_ERROR_UNSUPPORTED_LAYOUT,
          "output: expected strides of at least 0, got [8,4,-1]");
  REFUSED(call.output.strides = NUMBERS(8, 0, 1), RC_ERROR_UNSUPPORTED_LAYOUT,
          "output: expected elements that share no memory, got float32 [2,2,4] with "
          "strides [8,0,1]");
  REFUSED(call.output.strides = NUMBERS(4, 2, 1), RC_ERROR_UNSUPPORTED_LAYOUT,
          "output: expected elements that share no memory, got float32 [2,2,4] with "
          "strides [4,2,1]");
  start_over();
  call.values.byte_offset = 2;
  FAILS_WITH(resample(), RC_ERROR_UNSUPPORTED_LAYOUT,
             "rc_resample: values: expected data aligned to 4 bytes for float32 [2,3,4], got 0x");
}

static void devices(void) {
  REFUSED(call.values.device = ((rc_device){RC_DEVICE_CUDA, 1}), RC_ERROR_DEVICE_MISMATCH,
          "values: expected memory of cpu, got cuda:1");
  REFUSED(call.output.device = ((rc_device){RC_DEVICE_CUDA, 0}), RC_ERROR_DEVICE_MISMATCH,
          "output: expected memory of cpu, got cuda:0");
  REFUSED(call.target_times.device.device_type = 10, RC_ERROR_DEVICE_MISMATCH,
          "target_times: expected memory of cpu, got device type 10");
  // Of several the first one is named.
  start_over();
  call.source_times.device = call.target_times.device = (rc_device){RC_DEVICE_CUDA, 1};
  FAILS_WITH(resample(), RC_ERROR_DEVICE_MISMATCH,
             "rc_resample: source_times: expected memory of cpu, got cuda:1");
  start_over();
  call.values.device = (rc_device){RC_DEVICE_CUDA_HOST, 0};
  call.source_times.device = (rc_device){RC_DEVICE_CUDA_MANAGED, 0};
  SUCCEEDS(resample());
}

static void overlaps(void) {
  static uint8_t valid[4];
  static int64_t index[4];
  REFUSED(call.output.data = call.samples, RC_ERROR_INVALID_ARGUMENT,
          "output: expected memory of its own, got some of values");
  REFUSED(call.options.age = &TENSOR(call.asked, i64, 2, 2), RC_ERROR_INVALID_ARGUMENT,
          "age: expected memory of its own, got some of target_times");
  REFUSED(call.options.valid = &TENSOR(valid, u8, 2, 2);
          call.options.reason = &TENSOR(valid, u8, 2, 2), RC_ERROR_INVALID_ARGUMENT,
          "valid: expected memory of its own, got some of reason");
  REFUSED(call.options.source_index = &TENSOR(index, i64, 2, 2);
          call.options.next_index = &TENSOR(index, i64, 2, 2), RC_ERROR_INVALID_ARGUMENT,
          "source_index: expected memory of its own, got some of next_index");
}

int main(void) {
  missing();
  types();
  shapes();
  sizes_that_overflow();
  layouts();
  devices();
  overlaps();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
