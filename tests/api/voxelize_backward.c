/* SPDX-License-Identifier: Apache-2.0 */
/* rc_voxelize_backward: where each reduction passes its gradient, and what is refused. */
#include "voxels.h"

/* Gradients of the voxels (0,0,0), (1,0,0) and (1,1,1), which have points, and of all others. */
static float gradient[2][2][2][num_features];
static rc_tensor grad_output, grad_features;
static rc_voxelize_options options;

static void start(int32_t reduce) {
  start_over();
  static int64_t grid_shape[4], features_shape[2];
  memcpy(grid_shape, NUMBERS(2, 2, 2, num_features), sizeof grid_shape);
  memcpy(features_shape, NUMBERS(num_points, num_features), sizeof features_shape);
  for (size_t i = 0; i < sizeof gradient / sizeof(float); ++i) (&gradient[0][0][0][0])[i] = 99;
  memcpy(gradient[0][0][0], (float[]){1, 2}, sizeof(float[num_features]));
  memcpy(gradient[1][0][0], (float[]){4, 8}, sizeof(float[num_features]));
  memcpy(gradient[1][1][1], (float[]){16, 32}, sizeof(float[num_features]));
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  grad_output = (rc_tensor){gradient, cpu, 4, f32, grid_shape, NULL, 0};
  grad_features = (rc_tensor){call.written.grad_features, cpu, 2, f32, features_shape, NULL, 0};
  SUCCEEDS(rc_voxelize_options_init(&options, sizeof options));
  options.reduce = reduce;
  options.features = &call.features_tensor;
}

static rc_status backward(void) {
  return rc_voxelize_backward(call.context, &grad_output, &call.points_tensor, &call.grid, &options,
                              &grad_features);
}

static void each_reduction_passes_its_share(void) {
  static const struct {
    int32_t reduce;
    float expected[num_points][num_features];
  } cases[] = {
      {RC_REDUCE_SUM, {{1, 2}, {4, 8}, {4, 8}, {16, 32}, {0, 0}, {0, 0}}},
      {RC_REDUCE_MEAN, {{1, 2}, {2, 4}, {2, 4}, {16, 32}, {0, 0}, {0, 0}}},
      {RC_REDUCE_MAX, {{1, 2}, {0, 8}, {4, 0}, {16, 32}, {0, 0}, {0, 0}}},
      {RC_REDUCE_MIN, {{1, 2}, {4, 0}, {0, 8}, {16, 32}, {0, 0}, {0, 0}}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    start(cases[i].reduce);
    SUCCEEDS(backward());
    CHECK(memcmp(call.written.grad_features, cases[i].expected, sizeof cases[i].expected) == 0);
  }
  /* Sums do not ask for the features. */
  start(RC_REDUCE_MEAN);
  options.features = NULL;
  SUCCEEDS(backward());
  CHECK(memcmp(call.written.grad_features, cases[1].expected, sizeof cases[1].expected) == 0);
}

static void the_first_of_equal_features_wins(void) {
  start(RC_REDUCE_MAX);
  const float expected[2][num_features] = {{4, 0}, {0, 8}};
  memcpy(call.features[1], (float[]){4, -0.0f}, sizeof call.features[1]);
  memcpy(call.features[2], (float[]){4, 0.0f}, sizeof call.features[2]);
  SUCCEEDS(backward());
  CHECK(memcmp(call.written.grad_features[1], expected, sizeof expected) == 0);
}

static void padding_receives_zero(void) {
  start(RC_REDUCE_SUM);
  options.lengths = &TENSOR(NUMBERS(2), i64, 1);
  SUCCEEDS(backward());
  const float expected[num_points][num_features] = {{1, 2}, {4, 8}};
  CHECK(memcmp(call.written.grad_features, expected, sizeof expected) == 0);
}

static void check_refused(const char* file, int line, const char* spoil, rc_status status,
                          const char* text) {
  uint64_t size = 99;
  check_failure(file, line, spoil, "rc_voxelize_backward", backward(), status, text);
  check_untouched(file, line, spoil);
  if (status == RC_ERROR_INVALID_DATA) return;
  check_failure(file, line, spoil, "rc_voxelize_backward_workspace_size",
                rc_voxelize_backward_workspace_size(call.context, &grad_output, &call.points_tensor,
                                                    &call.grid, &options, &grad_features, &size),
                status, text);
  check_integer(file, line, spoil, (int64_t)size, 0);
}

/* As in voxelize_errors.c; the good call is of MAX. */
#define REFUSED(spoil, status, text)                         \
  do {                                                       \
    start(RC_REDUCE_MAX);                                    \
    spoil;                                                   \
    check_refused(__FILE__, __LINE__, #spoil, status, text); \
  } while (0)

static void missing(void) {
  FAILS(rc_voxelize_backward(NULL, NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_voxelize_backward: context: expected a context of rc_context_create, got NULL");
  start(RC_REDUCE_MAX);
  FAILS(rc_voxelize_backward(call.context, NULL, &call.points_tensor, &call.grid, &options,
                             &grad_features),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_voxelize_backward: grad_output: expected a tensor, got NULL");
  FAILS(rc_voxelize_backward(call.context, &grad_output, &call.points_tensor, &call.grid, &options,
                             NULL),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_voxelize_backward: grad_features: expected a tensor, got NULL");
  FAILS(rc_voxelize_backward(call.context, &grad_output, &call.points_tensor, &call.grid, NULL,
                             &grad_features),
        RC_ERROR_UNSUPPORTED_OPTION,
        "rc_voxelize_backward: reduce: expected RC_REDUCE_SUM, MEAN, MAX or MIN, got 0");
  FAILS(rc_voxelize_backward_workspace_size(call.context, &grad_output, &call.points_tensor,
                                            &call.grid, &options, &grad_features, NULL),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_voxelize_backward_workspace_size: size: expected a pointer, got NULL");
  REFUSED(options.features = NULL, RC_ERROR_INVALID_ARGUMENT,
          "features: expected a tensor, got NULL");
}

static void what_a_gradient_has_not(void) {
  REFUSED(options.reduce = RC_REDUCE_COUNT, RC_ERROR_UNSUPPORTED_OPTION,
          "reduce: expected RC_REDUCE_SUM, MEAN, MAX or MIN, got 1");
  REFUSED(options.flags = RC_VOXELIZE_ACCUMULATE, RC_ERROR_UNSUPPORTED_OPTION,
          "flags: expected bits of 0x2, got 0x1");
  REFUSED(options.reserved = -1, RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got -1");
  REFUSED(options.counts = &TENSOR(call.written.counts, i32, 2, 2, 2), RC_ERROR_INVALID_ARGUMENT,
          "counts: expected NULL for a gradient, got a tensor");
  REFUSED(options.stats = &TENSOR(call.written.stats, i64, 1, 3), RC_ERROR_INVALID_ARGUMENT,
          "stats: expected NULL for a gradient, got a tensor");
  REFUSED(options.feature_bound = 1, RC_ERROR_INVALID_ARGUMENT,
          "feature_bound: expected 0 for a gradient, got 1");
}

static void types_and_shapes(void) {
  REFUSED(call.grid.voxel_size[2] = 0, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[2]: expected a finite number greater than 0, in float32 too, got 0");
  REFUSED(grad_output.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
          "grad_output: expected float16, bfloat16, float32 or float64, got int32 [2,2,2,2]");
  REFUSED(grad_features.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
          "grad_features: expected float16, bfloat16, float32 or float64, got int32 [6,2]");
  REFUSED(call.features_tensor.dtype = u8, RC_ERROR_UNSUPPORTED_DTYPE,
          "features: expected float16, bfloat16, float32 or float64, got uint8 [6,2]");
  REFUSED(grad_output.ndim = 3, RC_ERROR_INVALID_ARGUMENT,
          "grad_output: expected [2,2,2,2], got float32 [2,2,2]");
  REFUSED(grad_features = TENSOR(call.written.grad_features, f32, num_points, 1),
          RC_ERROR_INVALID_ARGUMENT, "grad_features: expected 2 features, got float32 [6,1]");
  REFUSED(grad_features = TENSOR(call.written.grad_features, f32, 5, num_features),
          RC_ERROR_INVALID_ARGUMENT, "grad_features: expected [6,F], got float32 [5,2]");
  REFUSED(grad_features.strides = NUMBERS(0, 1), RC_ERROR_UNSUPPORTED_LAYOUT,
          "grad_features: expected elements that share no memory, got float32 [6,2] with strides "
          "[0,1]");
  REFUSED(grad_features.data = call.features, RC_ERROR_INVALID_ARGUMENT,
          "grad_features: expected memory of its own, got some of features");
}

static void data(void) {
  REFUSED(options.lengths = &TENSOR(NUMBERS(7), i64, 1), RC_ERROR_INVALID_DATA,
          "lengths: expected 0 to 6, got 7 at index 0");
}

int main(void) {
  each_reduction_passes_its_share();
  the_first_of_equal_features_wins();
  padding_receives_zero();
  missing();
  what_a_gradient_has_not();
  types_and_shapes();
  data();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
