/* SPDX-License-Identifier: Apache-2.0 */
/* rc_pointcloud_bounds: results, and what it refuses. */
#include "voxels.h"

static rc_status find(rc_tensor points, const rc_tensor* offsets, const rc_tensor* lengths,
                      rc_tensor bounds) {
  return rc_pointcloud_bounds(call.context, &points, offsets, lengths, &bounds);
}

static void points_that_are_not_finite_do_not_count(void) {
  float points[5][3] = {{1, 2, 3}, {-1, 5, 0}, {9, NAN, 9}, {INFINITY, 0, 0}, {0, 0, -INFINITY}};
  float bounds[2][3];
  const float expected[2][3] = {{-1, 2, 0}, {1, 5, 3}};
  SUCCEEDS(find(TENSOR(points, f32, 5, 3), NULL, NULL, TENSOR(bounds, f32, 2, 3)));
  CHECK(memcmp(bounds, expected, sizeof bounds) == 0);
}

/* -0 is less than +0, whichever comes first. */
static void zeros_have_an_order(void) {
  float points[2][3] = {{0.0f, -0.0f, 0.0f}, {-0.0f, 0.0f, 0.0f}}, bounds[2][3];
  SUCCEEDS(find(TENSOR(points, f32, 2, 3), NULL, NULL, TENSOR(bounds, f32, 2, 3)));
  CHECK(signbit(bounds[0][0]) && signbit(bounds[0][1]) && !signbit(bounds[0][2]));
  CHECK(!signbit(bounds[1][0]) && !signbit(bounds[1][1]) && !signbit(bounds[1][2]));
}

static void every_type_is_kept_as_it_is(void) {
  /* 0.1 and -65504 of float16. */
  const uint16_t half[1][3] = {{0x2e66, 0xfbff, 1}};
  uint16_t half_bounds[2][3];
  const double wide[1][3] = {{0.1, -1e300, 5e-324}};
  double wide_bounds[2][3];
  SUCCEEDS(find(TENSOR((void*)half, f16, 1, 3), NULL, NULL, TENSOR(half_bounds, f16, 2, 3)));
  SUCCEEDS(find(TENSOR((void*)wide, f64, 1, 3), NULL, NULL, TENSOR(wide_bounds, f64, 2, 3)));
  for (int i = 0; i < 2; ++i) {
    CHECK(memcmp(half_bounds[i], half[0], sizeof half[0]) == 0);
    CHECK(memcmp(wide_bounds[i], wide[0], sizeof wide[0]) == 0);
  }
}

static void check_empty(int line, const float (*bounds)[3]) {
  for (int i = 0; i < 6; ++i) {
    if (!isnan(bounds[i / 3][i % 3])) report(__FILE__, line, "expected NaN of an empty cloud");
  }
}

static void clouds_padded_and_packed(void) {
  float points[2][3][3] = {{{1, 1, 1}, {2, 0, 2}, {-9, -9, -9}}, {{7, 7, 7}, {8, 8, 8}, {9, 9, 9}}};
  float bounds[4][2][3];
  const float first[2][3] = {{1, 0, 1}, {2, 1, 2}};
  SUCCEEDS(find(TENSOR(points, f32, 2, 3, 3), NULL, &TENSOR(NUMBERS(2, 0), i64, 2),
                TENSOR(bounds, f32, 2, 2, 3)));
  CHECK(memcmp(bounds[0], first, sizeof first) == 0);
  check_empty(__LINE__, (const float (*)[3])bounds[1]);

  const float last[2][3] = {{-9, -9, -9}, {8, 8, 8}};
  SUCCEEDS(find(TENSOR(points, f32, 6, 3), &TENSOR(NUMBERS(0, 2, 2, 5), i64, 4), NULL,
                TENSOR(bounds, f32, 3, 2, 3)));
  CHECK(memcmp(bounds[0], first, sizeof first) == 0);
  check_empty(__LINE__, (const float (*)[3])bounds[1]);
  CHECK(memcmp(bounds[2], last, sizeof last) == 0);
}

static void nothing_to_bound(void) {
  float bounds[2][3];
  SUCCEEDS(find(TENSOR(NULL, f32, 0, 3), NULL, NULL, TENSOR(bounds, f32, 2, 3)));
  check_empty(__LINE__, (const float (*)[3])bounds);
  SUCCEEDS(find(TENSOR(NULL, f32, 0, 5, 3), NULL, NULL, TENSOR(NULL, f32, 0, 2, 3)));
  SUCCEEDS(
      find(TENSOR(NULL, f32, 0, 3), &TENSOR(NUMBERS(0), i64, 1), NULL, TENSOR(NULL, f32, 0, 2, 3)));
}

/* Columns of a wider array, into a transposed output. */
static void views_without_a_copy(void) {
  float table[3][4] = {{1, 2, 3, 99}, {4, 0, 6, 99}, {0, 1, 9, 99}}, bounds[3][2];
  const float expected[3][2] = {{0, 4}, {0, 2}, {3, 9}};
  rc_tensor points = TENSOR(table, f32, 3, 3), output = TENSOR(bounds, f32, 2, 3);
  points.strides = NUMBERS(4, 1);
  output.strides = NUMBERS(1, 2);
  SUCCEEDS(find(points, NULL, NULL, output));
  CHECK(memcmp(bounds, expected, sizeof bounds) == 0);
}

/* More points than one task takes, the extremes in the middle, on several threads. */
static void large_clouds_are_shared_among_threads(void) {
  enum { n = 300000 };
  static float points[n][3];
  float bounds[2][3];
  const float expected[2][3] = {{-1, -2, -3}, {4, 5, 6}};
  memcpy(points[n / 2], expected[0], sizeof expected[0]);
  memcpy(points[n / 2 + 1], expected[1], sizeof expected[1]);
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.threads = 3;
  rc_context* const alone = call.context;
  SUCCEEDS(rc_context_create(&options, &call.context));
  SUCCEEDS(find(TENSOR(points, f32, n, 3), NULL, NULL, TENSOR(bounds, f32, 2, 3)));
  CHECK(memcmp(bounds, expected, sizeof bounds) == 0);
  SUCCEEDS(rc_context_destroy(call.context));
  call.context = alone;
}

static void refusals(void) {
  float points[6][3] = {{0}}, bounds[2][2][3] = {{{0}}};
  rc_tensor six = TENSOR(points, f32, 6, 3), box = TENSOR(bounds, f32, 2, 3);
#define REFUSED(call, status, text) FAILS(call, status, "rc_pointcloud_bounds: " text)
  REFUSED(rc_pointcloud_bounds(NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
          "context: expected a context of rc_context_create, got NULL");
  REFUSED(rc_pointcloud_bounds(call.context, NULL, NULL, NULL, &box), RC_ERROR_INVALID_ARGUMENT,
          "points: expected a tensor, got NULL");
  REFUSED(rc_pointcloud_bounds(call.context, &six, NULL, NULL, NULL), RC_ERROR_INVALID_ARGUMENT,
          "bounds: expected a tensor, got NULL");
  REFUSED(find(TENSOR(points, i32, 6, 3), NULL, NULL, box), RC_ERROR_UNSUPPORTED_DTYPE,
          "points: expected float16, float32 or float64, got int32 [6,3]");
  REFUSED(find(TENSOR(points, f32, 9, 2), NULL, NULL, box), RC_ERROR_INVALID_ARGUMENT,
          "points: expected [N,3] or [B,N,3], got float32 [9,2]");
  REFUSED(find(six, NULL, NULL, TENSOR(bounds, f64, 1, 3)), RC_ERROR_UNSUPPORTED_DTYPE,
          "bounds: expected float32, as the points have, got float64 [1,3]");
  REFUSED(find(six, NULL, NULL, TENSOR(bounds, f32, 1, 2, 3)), RC_ERROR_INVALID_ARGUMENT,
          "bounds: expected [2,3], got float32 [1,2,3]");
  REFUSED(find(TENSOR(points, f32, 2, 3, 3), NULL, NULL, box), RC_ERROR_INVALID_ARGUMENT,
          "bounds: expected [2,2,3], got float32 [2,3]");
  REFUSED(find(six, NULL, NULL, TENSOR(points, f32, 2, 3)), RC_ERROR_INVALID_ARGUMENT,
          "bounds: expected memory of its own, got some of points");
  REFUSED(find(six, &TENSOR(NUMBERS(0, 6), i64, 2), &TENSOR(NUMBERS(6), i64, 1),
               TENSOR(bounds, f32, 1, 2, 3)),
          RC_ERROR_INVALID_ARGUMENT, "lengths: expected NULL beside offsets, got a tensor");
  REFUSED(find(six, &TENSOR(NUMBERS(0, 7), i64, 2), NULL, TENSOR(bounds, f32, 1, 2, 3)),
          RC_ERROR_INVALID_DATA, "offsets: expected 0 to 6, got 7 at index 1");
  REFUSED(find(six, NULL, &TENSOR(NUMBERS(-2), i64, 1), box), RC_ERROR_INVALID_DATA,
          "lengths: expected 0 to 6, got -2 at index 0");
  CHECK_EQUAL(bounds[0][0][0], 0);
#undef REFUSED
}

int main(void) {
  start_over();
  points_that_are_not_finite_do_not_count();
  zeros_have_an_order();
  every_type_is_kept_as_it_is();
  clouds_padded_and_packed();
  nothing_to_bound();
  views_without_a_copy();
  large_clouds_are_shared_among_threads();
  refusals();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
