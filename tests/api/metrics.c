/* SPDX-License-Identifier: Apache-2.0 */
/* What a context measures. */
#include "check.h"
#include "tensors.h"

static rc_context* context;

static rc_op_metrics metrics_of(int32_t op) {
  rc_op_metrics metrics = RC_OP_METRICS_INIT;
  SUCCEEDS(rc_context_metrics(context, op, &metrics));
  CHECK_EQUAL(metrics.op, op);
  return metrics;
}

/* 5 targets of 2 channels out of 3 samples; with times that step backward it fails. */
static rc_status resample(int backward) {
  float samples[3][2] = {{0, 0}, {1, 1}, {2, 2}}, result[5][2];
  int64_t sampled[3] = {0, 10, backward ? 5 : 20}, asked[5] = {0, 5, 10, 15, 20};
  return rc_resample(context, &TENSOR(samples, f32, 3, 2), &TENSOR(sampled, i64, 3),
                     &TENSOR(asked, i64, 5), NULL, &TENSOR(result, f32, 5, 2));
}

enum { bytes_of_a_call = 3 * 2 * 4 + 3 * 8 + 5 * 8 + 5 * 2 * 4 };

static void off_until_enabled(void) {
  SUCCEEDS(resample(0));
  CHECK_EQUAL(metrics_of(RC_OP_RESAMPLE).calls, 0);
}

static void calls_items_bytes_and_times(void) {
  SUCCEEDS(rc_context_enable_metrics(context, 1));
  for (int call = 0; call < 3; ++call) SUCCEEDS(resample(0));
  const rc_op_metrics metrics = metrics_of(RC_OP_RESAMPLE);
  CHECK_EQUAL(metrics.calls, 3);
  CHECK_EQUAL(metrics.items, 15);
  CHECK_EQUAL(metrics.bytes, 3 * bytes_of_a_call);
  CHECK(metrics.min_ns > 0 && metrics.min_ns <= metrics.max_ns);
  CHECK(metrics.total_ns >= metrics.min_ns + metrics.max_ns);
  CHECK_EQUAL(metrics_of(RC_OP_FUSE).calls, 0);
}

static void failures_count_nowhere(void) {
  CHECK_EQUAL(resample(1), RC_ERROR_INVALID_DATA);
  CHECK_EQUAL(metrics_of(RC_OP_RESAMPLE).calls, 3);
}

static void reset_and_disable(void) {
  SUCCEEDS(rc_context_reset_metrics(context));
  const rc_op_metrics none = metrics_of(RC_OP_RESAMPLE);
  CHECK(none.calls == 0 && none.items == 0 && none.bytes == 0 && none.total_ns == 0 &&
        none.min_ns == 0 && none.max_ns == 0);
  SUCCEEDS(resample(0));
  SUCCEEDS(rc_context_enable_metrics(context, 0));
  SUCCEEDS(resample(0));
  CHECK_EQUAL(metrics_of(RC_OP_RESAMPLE).calls, 1);
  SUCCEEDS(rc_context_enable_metrics(context, 1));
  CHECK_EQUAL(metrics_of(RC_OP_RESAMPLE).calls, 0);
}

static void on_from_the_start(void) {
  SUCCEEDS(rc_context_destroy(context));
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.flags = RC_CONTEXT_METRICS;
  SUCCEEDS(rc_context_create(&options, &context));
  SUCCEEDS(resample(0));
  CHECK_EQUAL(metrics_of(RC_OP_RESAMPLE).calls, 1);
}

static void bad_arguments_are_refused(void) {
  rc_op_metrics metrics = RC_OP_METRICS_INIT;
  FAILS(rc_context_enable_metrics(context, 2), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_enable_metrics: enabled: expected 0 or 1, got 2");
  FAILS(rc_context_metrics(context, RC_OP_DEPTH_TO_POINTS + 1, &metrics), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_metrics: op: expected one of rc_op, got 12");
  FAILS(rc_context_metrics(context, -1, &metrics), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_metrics: op: expected one of rc_op, got -1");
  FAILS(rc_context_metrics(context, RC_OP_FUSE, NULL), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_metrics: metrics: expected a struct, got NULL");
  metrics.struct_size = 55;
  FAILS(rc_context_metrics(context, RC_OP_FUSE, &metrics), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_metrics: metrics: expected struct_size of at least 56, got 55");
}

int main(void) {
  context = new_cpu_context();
  off_until_enabled();
  calls_items_bytes_and_times();
  failures_count_nowhere();
  reset_and_disable();
  on_from_the_start();
  bad_arguments_are_refused();
  SUCCEEDS(rc_context_destroy(context));
  return failed_checks != 0;
}
