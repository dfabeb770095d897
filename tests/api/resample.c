/* SPDX-License-Identifier: Apache-2.0 */
/* rc_resample in its layouts, on numbers that can be checked by hand. */
#include <math.h>

#include "check.h"
#include "tensors.h"

static rc_context* context;

/* v = 10 t + d at t = 0, 1, 2, 4. */
static float samples[4][2] = {{0, 1}, {10, 11}, {20, 21}, {40, 41}};
static int64_t sampled[4] = {0, 1, 2, 4};
static int64_t asked[3] = {3, 1, 5};
static const float expected[3][2] = {{30, 31}, {10, 11}, {40, 41}};

static void check_floats(const float* actual, const float* wanted, int count) {
  for (int i = 0; i < count; ++i) CHECK(actual[i] == wanted[i]);
}

static void linear_without_a_batch(void) {
  float result[3][2];
  SUCCEEDS(rc_resample(context, &TENSOR(samples, f32, 4, 2), &TENSOR(sampled, i64, 4),
                       &TENSOR(asked, i64, 3), NULL, &TENSOR(result, f32, 3, 2)));
  check_floats(&result[0][0], &expected[0][0], 6);
}

static void linear_is_the_documented_formula(void) {
  float two[2] = {1, 4};
  int64_t times[2] = {0, 3}, at[2] = {1, 2};
  float result[2];
  SUCCEEDS(rc_resample(context, &TENSOR(two, f32, 2, 1), &TENSOR(times, i64, 2),
                       &TENSOR(at, i64, 2), NULL, &TENSOR(result, f32, 2, 1)));
  const float w1 = (float)(1.0 / 3.0), w2 = (float)(2.0 / 3.0);
  CHECK(result[0] == fmaf(w1, 3, 1));
  CHECK(result[1] == fmaf(w2 - 1, 3, 4));
}

static void a_batch_with_shared_times(void) {
  float result[2][3][2];
  rc_tensor values = TENSOR(samples, f32, 2, 4, 2);
  values.strides = NUMBERS(0, 2, 1);
  SUCCEEDS(rc_resample(context, &values, &TENSOR(sampled, i64, 4), &TENSOR(asked, i64, 3), NULL,
                       &TENSOR(result, f32, 2, 3, 2)));
  check_floats(&result[0][0][0], &expected[0][0], 6);
  check_floats(&result[1][0][0], &expected[0][0], 6);
}

static void slices_of_wider_arrays(void) {
  float wide[4][5], result[3][4];
  int64_t every_other[8];
  for (int s = 0; s < 4; ++s) {
    for (int d = 0; d < 5; ++d) wide[s][d] = d == 2 || d == 3 ? samples[s][d - 2] : NAN;
    every_other[2 * s] = sampled[s];
    every_other[2 * s + 1] = -1;
  }
  for (int i = 0; i < 12; ++i) result[i / 4][i % 4] = -1;
  rc_tensor values = TENSOR(wide, f32, 4, 2);
  values.strides = NUMBERS(5, 1);
  values.byte_offset = 2 * sizeof(float);
  rc_tensor times = TENSOR(every_other, i64, 4);
  times.strides = NUMBERS(2);
  rc_tensor output = TENSOR(result, f32, 3, 2);
  output.strides = NUMBERS(4, 1);
  output.byte_offset = sizeof(float);
  SUCCEEDS(rc_resample(context, &values, &times, &TENSOR(asked, i64, 3), NULL, &output));
  for (int t = 0; t < 3; ++t) {
    CHECK(result[t][0] == -1 && result[t][3] == -1);
    check_floats(&result[t][1], expected[t], 2);
  }
}

static void a_transposed_output(void) {
  float result[2][3];
  rc_tensor output = TENSOR(result, f32, 3, 2);
  output.strides = NUMBERS(1, 3);
  SUCCEEDS(rc_resample(context, &TENSOR(samples, f32, 4, 2), &TENSOR(sampled, i64, 4),
                       &TENSOR(asked, i64, 3), NULL, &output));
  for (int t = 0; t < 3; ++t) {
    for (int d = 0; d < 2; ++d) CHECK(result[d][t] == expected[t][d]);
  }
}

static void packed_sequences_and_targets(void) {
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  float result[3][2];
  uint8_t valid[3];
  /* The first sequence is empty, the second has one sample, the third two. */
  options.offsets = &TENSOR(NUMBERS(1, 1, 2, 4), i64, 4);
  options.target_offsets = &TENSOR(NUMBERS(0, 1, 2, 3), i64, 4);
  options.fill_value = -9;
  options.valid = &TENSOR(valid, u8, 3);
  SUCCEEDS(rc_resample(context, &TENSOR(samples, f32, 4, 2), &TENSOR(sampled, i64, 4),
                       &TENSOR(NUMBERS(1, 100, 3), i64, 3), &options, &TENSOR(result, f32, 3, 2)));
  check_floats(&result[0][0], (float[]){-9, -9, 10, 11, 30, 31}, 6);
  CHECK_EQUAL(valid[0], 0);
  CHECK_EQUAL(valid[1], 1);
  CHECK_EQUAL(valid[2], 1);
}

static void nothing_in_nothing_out(void) {
  float result[3][2];
  const rc_tensor times = TENSOR(sampled, i64, 4), targets = TENSOR(asked, i64, 3);
  SUCCEEDS(rc_resample(context, &TENSOR(NULL, f32, 0, 4, 2), &times, &targets, NULL,
                       &TENSOR(NULL, f32, 0, 3, 2)));
  SUCCEEDS(rc_resample(context, &TENSOR(samples, f32, 4, 2), &times, &TENSOR(NULL, i64, 0), NULL,
                       &TENSOR(NULL, f32, 0, 2)));
  SUCCEEDS(rc_resample(context, &TENSOR(NULL, f32, 4, 0), &times, &targets, NULL,
                       &TENSOR(NULL, f32, 3, 0)));
  SUCCEEDS(rc_resample(context, &TENSOR(NULL, f32, 0, 2), &TENSOR(NULL, i64, 0), &targets, NULL,
                       &TENSOR(result, f32, 3, 2)));
  check_floats(&result[0][0], (float[]){0, 0, 0, 0, 0, 0}, 6);
}

static void indices_alone(void) {
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  int64_t index[3], next[3], age[3];
  double weight[3];
  uint8_t reason[3];
  options.source_index = &TENSOR(index, i64, 3);
  options.next_index = &TENSOR(next, i64, 3);
  options.weight = &TENSOR(weight, f64, 3);
  options.age = &TENSOR(age, i64, 3);
  options.reason = &TENSOR(reason, u8, 3);
  SUCCEEDS(
      rc_resample(context, NULL, &TENSOR(sampled, i64, 4), &TENSOR(asked, i64, 3), &options, NULL));
  const int64_t indices[3] = {2, 1, 3}, nexts[3] = {3, 1, 3}, ages[3] = {1, 0, 1};
  const double weights[3] = {0.5, 0, 0};
  const uint8_t reasons[3] = {0, 0, RC_REASON_AFTER_LAST};
  for (int t = 0; t < 3; ++t) {
    CHECK_EQUAL(index[t], indices[t]);
    CHECK_EQUAL(next[t], nexts[t]);
    CHECK_EQUAL(age[t], ages[t]);
    CHECK_EQUAL(reason[t], reasons[t]);
    CHECK(weight[t] == weights[t]);
  }
}

static void bytes_are_held(void) {
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  uint8_t flags[4][1] = {{1}, {0}, {7}, {255}}, result[3][1];
  options.mode = RC_MODE_PREVIOUS;
  SUCCEEDS(rc_resample(context, &TENSOR(flags, u8, 4, 1), &TENSOR(sampled, i64, 4),
                       &TENSOR(asked, i64, 3), &options, &TENSOR(result, u8, 3, 1)));
  CHECK_EQUAL(result[0][0], 7);
  CHECK_EQUAL(result[1][0], 0);
  CHECK_EQUAL(result[2][0], 255);
}

static void the_gradient_of_linear(void) {
  float gradient[4][2], ones[3][2] = {{1, 2}, {1, 2}, {1, 2}};
  SUCCEEDS(rc_resample_backward(context, &TENSOR(ones, f32, 3, 2), NULL, &TENSOR(sampled, i64, 4),
                                &TENSOR(asked, i64, 3), NULL, &TENSOR(gradient, f32, 4, 2)));
  check_floats(&gradient[0][0], (float[]){0, 0, 1, 2, 0.5f, 1, 1.5f, 3}, 8);
}

int main(void) {
  context = new_cpu_context();
  linear_without_a_batch();
  linear_is_the_documented_formula();
  a_batch_with_shared_times();
  slices_of_wider_arrays();
  a_transposed_output();
  packed_sequences_and_targets();
  nothing_in_nothing_out();
  indices_alone();
  bytes_are_held();
  the_gradient_of_linear();
  SUCCEEDS(rc_context_destroy(context));
  return failed_checks != 0;
}
