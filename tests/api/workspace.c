/* SPDX-License-Identifier: Apache-2.0 */
/* Workspace: exact sizes, the caller's memory, the caller's allocator, limits, running out. */
#include <stdlib.h>

#include "check.h"
#include "counter.h"
#include "tensors.h"

enum { E = 8, S = 50, T = 20, D = 3 };

static rc_context* new_counted_context(struct counter* counter, uint64_t limit) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.threads = 2;
  options.allocate = allocate;
  options.deallocate = deallocate;
  options.allocator_cookie = counter;
  options.workspace_limit = limit;
  rc_context* context = NULL;
  SUCCEEDS(rc_context_create(&options, &context));
  return context;
}

/* Sequences out of order, so that sorting needs memory. */
static float samples[E][S][D], gradient[E][S][D];
static int64_t sampled[E][S], asked[T];
static rc_tensor values, source_times, target_times;

static void fill(void) {
  for (int e = 0; e < E; ++e) {
    for (int s = 0; s < S; ++s) {
      sampled[e][s] = (s * 37 + e) % 101;
      for (int d = 0; d < D; ++d) samples[e][s][d] = (float)(s * s % 17 + d);
    }
  }
  for (int t = 0; t < T; ++t) asked[t] = 5 * t + 1;
  static int64_t values_shape[] = {E, S, D}, source_shape[] = {E, S}, target_shape[] = {T};
  values = (rc_tensor){samples, {RC_DEVICE_CPU, 0}, 3, f32, values_shape, NULL, 0};
  source_times = (rc_tensor){sampled, {RC_DEVICE_CPU, 0}, 2, i64, source_shape, NULL, 0};
  target_times = (rc_tensor){asked, {RC_DEVICE_CPU, 0}, 1, i64, target_shape, NULL, 0};
}

static rc_status sort(rc_context* context, void* workspace, uint64_t size, float* result) {
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.order = RC_ORDER_SORT;
  options.workspace = workspace;
  options.workspace_size = size;
  return rc_resample(context, &values, &source_times, &target_times, &options,
                     &TENSOR(result, f32, E, T, D));
}

static float result[E][T][D], reference[E][T][D];

static uint64_t needed_to_sort(rc_context* context) {
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  uint64_t size = 0;
  options.order = RC_ORDER_SORT;
  SUCCEEDS(rc_resample_workspace_size(context, &values, &source_times, &target_times, &options,
                                      &TENSOR(result, f32, E, T, D), &size));
  return size;
}

static void no_work_no_memory(void) {
  struct counter counter = {0, 0, 0, 0};
  rc_context* context = new_counted_context(&counter, 0);
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  rc_tensor sorted_times = TENSOR(asked, i64, T);
  rc_tensor first_values = TENSOR(samples, f32, T, D);
  uint64_t size = 99;
  SUCCEEDS(rc_resample_workspace_size(context, &first_values, &sorted_times, &target_times,
                                      &options, &TENSOR(result, f32, T, D), &size));
  CHECK_EQUAL(size, 0);
  SUCCEEDS(rc_resample(context, &first_values, &sorted_times, &target_times, &options,
                       &TENSOR(result, f32, T, D)));
  CHECK_EQUAL(counter.calls, 0);
  SUCCEEDS(rc_context_destroy(context));
}

static void the_callbacks_give_the_exact_size(void) {
  struct counter counter = {0, 0, 0, 0};
  rc_context* context = new_counted_context(&counter, 0);
  const uint64_t size = needed_to_sort(context);
  CHECK(size > 0);
  CHECK_EQUAL(counter.calls, 0);
  SUCCEEDS(sort(context, NULL, 0, &reference[0][0][0]));
  CHECK_EQUAL(counter.calls, 1);
  CHECK_EQUAL(counter.most, size);
  CHECK_EQUAL(counter.held, 0);
  SUCCEEDS(rc_context_destroy(context));
}

static void with_the_callers_workspace_nothing_is_allocated(void) {
  struct counter counter = {0, 0, 0, 0};
  rc_context* context = new_counted_context(&counter, 0);
  const uint64_t size = needed_to_sort(context);
  char* workspace = malloc(size + 16);
  char expected[160];
  SUCCEEDS(sort(context, workspace, size, &result[0][0][0]));
  CHECK_EQUAL(counter.calls, 0);
  CHECK(memcmp(result, reference, sizeof result) == 0);

  snprintf(expected, sizeof expected,
           "rc_resample: workspace_size: expected at least %" PRIu64 " bytes, got %" PRIu64, size,
           size - 1);
  FAILS(sort(context, workspace, size - 1, &result[0][0][0]), RC_ERROR_WORKSPACE_TOO_SMALL,
        expected);
  FAILS_WITH(sort(context, workspace + 8, size, &result[0][0][0]), RC_ERROR_INVALID_ARGUMENT,
             "rc_resample: workspace: expected memory aligned to 16 bytes, got 0x");
  snprintf(expected, sizeof expected,
           "rc_resample: workspace: expected memory of %" PRIu64 " bytes, got NULL", size);
  FAILS(sort(context, NULL, size, &result[0][0][0]), RC_ERROR_INVALID_ARGUMENT, expected);
  free(workspace);
  SUCCEEDS(rc_context_destroy(context));
}

static void within_a_limit_the_work_is_cut(void) {
  struct counter counter = {0, 0, 0, 0};
  const uint64_t size = (E * S + E) * sizeof(int64_t);
  rc_context* context = new_counted_context(&counter, size / 3);
  memset(result, 0, sizeof result);
  SUCCEEDS(sort(context, NULL, 0, &result[0][0][0]));
  CHECK(counter.calls > 1);
  CHECK(counter.most <= size / 3);
  CHECK_EQUAL(counter.held, 0);
  CHECK(memcmp(result, reference, sizeof result) == 0);
  SUCCEEDS(rc_context_destroy(context));
}

static void below_the_least_the_size_is_named(void) {
  struct counter counter = {0, 0, 0, 0};
  rc_context* context = new_counted_context(&counter, 10);
  FAILS(sort(context, NULL, 0, &result[0][0][0]), RC_ERROR_WORKSPACE_TOO_SMALL,
        "rc_resample: workspace_limit: expected at least 408 bytes, for sequence 0 alone, got 10");
  CHECK_EQUAL(counter.calls, 0);
  SUCCEEDS(rc_context_destroy(context));
}

static void out_of_memory_leaves_the_context_usable(void) {
  struct counter counter = {0, 0, 0, 1};
  rc_context* context = new_counted_context(&counter, 0);
  char expected[160];
  snprintf(expected, sizeof expected,
           "rc_resample: workspace: expected %" PRIu64 " bytes, got none from the allocator",
           needed_to_sort(context));
  FAILS(sort(context, NULL, 0, &result[0][0][0]), RC_ERROR_OUT_OF_MEMORY, expected);
  counter.dry = 0;
  memset(result, 0, sizeof result);
  SUCCEEDS(sort(context, NULL, 0, &result[0][0][0]));
  CHECK(memcmp(result, reference, sizeof result) == 0);
  CHECK_EQUAL(counter.held, 0);
  SUCCEEDS(rc_context_destroy(context));
}

static void the_gradient_in_parts(void) {
  struct counter counter = {0, 0, 0, 0};
  static float whole[E][S][D];
  rc_context* context = new_counted_context(&counter, 0);
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.order = RC_ORDER_SORT;
  uint64_t size = 0;
  rc_tensor grad_output = TENSOR(reference, f32, E, T, D);
  SUCCEEDS(rc_resample_backward_workspace_size(context, &grad_output, NULL, &source_times,
                                               &target_times, &options,
                                               &TENSOR(whole, f32, E, S, D), &size));
  SUCCEEDS(rc_resample_backward(context, &grad_output, NULL, &source_times, &target_times, &options,
                                &TENSOR(whole, f32, E, S, D)));
  CHECK_EQUAL(counter.most, size);
  SUCCEEDS(rc_context_destroy(context));

  context = new_counted_context(&counter, size / 2);
  SUCCEEDS(rc_resample_backward(context, &grad_output, NULL, &source_times, &target_times, &options,
                                &TENSOR(gradient, f32, E, S, D)));
  CHECK(memcmp(gradient, whole, sizeof whole) == 0);
  SUCCEEDS(rc_context_destroy(context));
}

int main(void) {
  fill();
  no_work_no_memory();
  the_callbacks_give_the_exact_size();
  with_the_callers_workspace_nothing_is_allocated();
  within_a_limit_the_work_is_cut();
  below_the_least_the_size_is_named();
  out_of_memory_leaves_the_context_usable();
  the_gradient_in_parts();
  return failed_checks != 0;
}
