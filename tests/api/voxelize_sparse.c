/* SPDX-License-Identifier: Apache-2.0 */
/* rc_voxelize_sparse on the points of voxels.h, whose voxels are (0,0,0), (1,0,0) with two points, and
 * (1,1,1): all outputs, too little room, layouts, and what is refused. */
#include "voxels.h"

static rc_tensor coords, reduced, row_counts, hard, rows, total, stats;
static rc_voxelize_sparse_options options;

/* Every output, with room for one voxel more than there are. */
static void start(void) {
  start_over();
  static int64_t coords_shape[2], hard_shape[3], rows_shape[1], one[1], stats_shape[2];
  memcpy(coords_shape, NUMBERS(capacity, 4), sizeof coords_shape);
  memcpy(hard_shape, NUMBERS(capacity, points_of_a_voxel, num_features), sizeof hard_shape);
  memcpy(stats_shape, NUMBERS(1, 3), sizeof stats_shape);
  rows_shape[0] = num_points, one[0] = 1;
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  static int64_t reduced_shape[2];
  memcpy(reduced_shape, NUMBERS(capacity, num_features), sizeof reduced_shape);
  coords = (rc_tensor){call.written.coords, cpu, 2, i64, coords_shape, NULL, 0};
  reduced = (rc_tensor){call.written.reduced, cpu, 2, f32, reduced_shape, NULL, 0};
  row_counts = (rc_tensor){call.written.row_counts, cpu, 1, i32, coords_shape, NULL, 0};
  hard = (rc_tensor){call.written.hard, cpu, 3, f32, hard_shape, NULL, 0};
  rows = (rc_tensor){call.written.rows, cpu, 1, i32, rows_shape, NULL, 0};
  total = (rc_tensor){call.written.total, cpu, 1, i64, one, NULL, 0};
  stats = (rc_tensor){call.written.stats, cpu, 2, i64, stats_shape, NULL, 0};
  SUCCEEDS(rc_voxelize_sparse_options_init(&options, sizeof options));
  options.features = &call.features_tensor;
  options.reduce = RC_REDUCE_MEAN;
  options.fill_value = -7;
  options.reduced = &reduced;
  options.counts = &row_counts;
  options.hard = &hard;
  options.point_to_voxel = &rows;
  options.total = &total;
  options.stats = &stats;
}

/* The coordinates alone. */
static void start_bare(void) {
  start();
  SUCCEEDS(rc_voxelize_sparse_options_init(&options, sizeof options));
}

static rc_status voxelize(void) {
  return rc_voxelize_sparse(call.context, &call.points_tensor, &call.grid, &options, &coords);
}

#define CHECK_WRITTEN(output, ...)                                      \
  do {                                                                  \
    __typeof__(call.written.output) expected = __VA_ARGS__;             \
    CHECK(memcmp(call.written.output, expected, sizeof expected) == 0); \
  } while (0)

static void all_outputs(void) {
  start();
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(coords, {{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 1, 1, 1}, {-1, -1, -1, -1}});
  CHECK_WRITTEN(reduced, {{1, -1}, {3, -5}, {7, 0.5f}, {-7, -7}});
  CHECK_WRITTEN(row_counts, {1, 2, 1, 0});
  CHECK_WRITTEN(hard, {{{1, -1}, {-7, -7}, {-7, -7}},
                       {{2, -2}, {4, -8}, {-7, -7}},
                       {{7, 0.5f}, {-7, -7}, {-7, -7}},
                       {{-7, -7}, {-7, -7}, {-7, -7}}});
  CHECK_WRITTEN(rows, {0, 1, 1, 2, -1, -1});
  CHECK_WRITTEN(total, {3});
  CHECK_WRITTEN(stats, {{1, 1, 0}});
}

/* Coordinates of the other width, without options. */
static void coordinates_alone(void) {
  int32_t narrow[3][4];
  const int32_t expected[3][4] = {{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 1, 1, 1}};
  start_over();
  SUCCEEDS(rc_voxelize_sparse(call.context, &call.points_tensor, &call.grid, NULL,
                              &TENSOR(narrow, i32, 3, 4)));
  CHECK(memcmp(narrow, expected, sizeof narrow) == 0);
}

/* The first voxels are kept, whatever the order of the points; the whole number is told. */
static void too_little_room(void) {
  start();
  coords.shape = NUMBERS(2, 4), reduced.shape = NUMBERS(2, num_features);
  row_counts.shape = NUMBERS(2), hard.shape = NUMBERS(2, 1, num_features);
  SUCCEEDS(voxelize());
  const int64_t places[2][4] = {{0, 0, 0, 0}, {0, 1, 0, 0}};
  const float means[2][num_features] = {{1, -1}, {3, -5}};
  const float first_points[2][1][num_features] = {{{1, -1}}, {{2, -2}}};
  const int32_t counted[2] = {1, 2};
  CHECK(memcmp(call.written.coords, places, sizeof places) == 0);
  CHECK(memcmp(call.written.coords[2], call.before.coords[2], sizeof places) == 0);
  CHECK(memcmp(call.written.reduced, means, sizeof means) == 0);
  CHECK(memcmp(call.written.hard, first_points, sizeof first_points) == 0);
  CHECK(memcmp(call.written.row_counts, counted, sizeof counted) == 0);
  CHECK_WRITTEN(rows, {0, 1, 1, -1, -1, -1});
  CHECK_WRITTEN(total, {3});
  CHECK_WRITTEN(stats, {{1, 1, 1}});
}

static void reductions(void) {
  static const struct {
    int32_t reduce;
    float expected[num_features];
  } of_two_points[] = {
      {RC_REDUCE_SUM, {6, -10}}, {RC_REDUCE_MAX, {4, -2}}, {RC_REDUCE_MIN, {2, -8}}};
  for (size_t i = 0; i < sizeof of_two_points / sizeof *of_two_points; ++i) {
    start();
    options.reduce = of_two_points[i].reduce;
    SUCCEEDS(voxelize());
    CHECK(memcmp(call.written.reduced[1], of_two_points[i].expected, sizeof(float[2])) == 0);
  }
}

static void clouds_padded_and_packed(void) {
  start();
  call.points_tensor = TENSOR(call.points, f32, 2, 3, 3);
  call.features_tensor = TENSOR(call.features, f32, 2, 3, num_features);
  rows = TENSOR(call.written.rows, i32, 2, 3);
  int64_t of_clouds[2][3];
  stats = TENSOR(of_clouds, i64, 2, 3);
  options.lengths = &TENSOR(NUMBERS(2, 3), i64, 2);
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(coords, {{0, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 1, 1}, {-1, -1, -1, -1}});
  CHECK_WRITTEN(rows, {0, 1, -1, 2, -1, -1});
  CHECK_EQUAL(of_clouds[0][RC_STAT_OUTSIDE], 0);
  CHECK_EQUAL(of_clouds[1][RC_STAT_OUTSIDE], 1);

  /* The first cloud is empty; the first point and the last belong to none. */
  start_bare();
  options.offsets = &TENSOR(NUMBERS(1, 1, 3, 5), i64, 4);
  options.point_to_voxel = &rows;
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(coords, {{1, 1, 0, 0}, {2, 1, 1, 1}, {-1, -1, -1, -1}, {-1, -1, -1, -1}});
  CHECK_WRITTEN(rows, {-1, 0, 0, 1, -1, -1});
}

/* Grids that no memory could hold: the last voxel of 2^62, and more clouds than that leaves room
 * for. */
static void grids_without_end(void) {
  start_bare();
  double corner[2][3] = {{(1 << 20) - 0.5, (1 << 21) - 0.5, (1 << 21) - 0.5}, {0, 0, 0}};
  int64_t offsets[2] = {0, 2};
  call.points_tensor = TENSOR(corner, f64, 2, 3);
  call.grid = (rc_grid){{0, 0, 0}, {1, 1, 1}, {1 << 20, 1 << 21, 1 << 21}};
  options.offsets = &TENSOR(offsets, i64, 2);
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(coords, {{0, 0, 0, 0},
                         {0, (1 << 20) - 1, (1 << 21) - 1, (1 << 21) - 1},
                         {-1, -1, -1, -1},
                         {-1, -1, -1, -1}});
  options.offsets = &TENSOR(NUMBERS(0, 1, 2), i64, 3);
  FAILS(voxelize(), RC_ERROR_INVALID_ARGUMENT,
        "rc_voxelize_sparse: grid.dims: expected fewer than 2^63 - 1 voxels in all clouds, got "
        "1048576 x 2097152 x 2097152 for each of 2");
}

static void nothing_to_list(void) {
  start();
  call.points_tensor = TENSOR(NULL, f32, 0, 3);
  call.features_tensor = TENSOR(NULL, f32, 0, num_features);
  rows = TENSOR(NULL, i32, 0);
  SUCCEEDS(voxelize());
  CHECK_EQUAL(call.written.coords[0][0], -1);
  CHECK_EQUAL(call.written.reduced[0][0], -7);
  CHECK_EQUAL(call.written.hard[0][0][0], -7);
  CHECK_WRITTEN(row_counts, {0, 0, 0, 0});
  CHECK_WRITTEN(total, {0});
  CHECK_WRITTEN(stats, {{0, 0, 0}});

  start();
  call.grid.origin[0] = 50;
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(rows, {-1, -1, -1, -1, -1, -1});
  CHECK_WRITTEN(total, {0});
  CHECK_WRITTEN(stats, {{num_points - 1, 1, 0}});

  /* No clouds. */
  start_bare();
  options.offsets = &TENSOR(NUMBERS(2), i64, 1);
  options.total = &total;
  options.stats = &TENSOR(NULL, i64, 0, 3);
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(total, {0});
  /* No points in voxels, no features. */
  start();
  hard.shape = NUMBERS(capacity, 0, num_features);
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(total, {3});
  start();
  call.features_shape[1] = 0;
  reduced.shape = NUMBERS(capacity, 0), hard.shape = NUMBERS(capacity, points_of_a_voxel, 0);
  SUCCEEDS(voxelize());
  CHECK_WRITTEN(total, {3});
}

static void check_refused(const char* file, int line, const char* spoil, rc_status status,
                          const char* text) {
  uint64_t size = 99;
  check_failure(file, line, spoil, "rc_voxelize_sparse", voxelize(), status, text);
  check_untouched(file, line, spoil);
  if (status == RC_ERROR_INVALID_DATA) return;
  check_failure(file, line, spoil, "rc_voxelize_sparse_workspace_size",
                rc_voxelize_sparse_workspace_size(call.context, &call.points_tensor, &call.grid,
                                                  &options, &coords, &size),
                status, text);
  check_integer(file, line, spoil, (int64_t)size, 0);
}

/* As in voxelize_errors.c. */
#define REFUSED(spoil, status, text)                         \
  do {                                                       \
    start();                                                 \
    spoil;                                                   \
    check_refused(__FILE__, __LINE__, #spoil, status, text); \
  } while (0)

static void missing(void) {
  FAILS(rc_voxelize_sparse(NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_voxelize_sparse: context: expected a context of rc_context_create, got NULL");
  start();
  FAILS(rc_voxelize_sparse(call.context, NULL, &call.grid, &options, &coords),
        RC_ERROR_INVALID_ARGUMENT, "rc_voxelize_sparse: points: expected a tensor, got NULL");
  FAILS(rc_voxelize_sparse(call.context, &call.points_tensor, NULL, &options, &coords),
        RC_ERROR_INVALID_ARGUMENT, "rc_voxelize_sparse: grid: expected a grid, got NULL");
  FAILS(rc_voxelize_sparse(call.context, &call.points_tensor, &call.grid, &options, NULL),
        RC_ERROR_INVALID_ARGUMENT, "rc_voxelize_sparse: coords: expected a tensor, got NULL");
  FAILS(rc_voxelize_sparse_workspace_size(call.context, &call.points_tensor, &call.grid, &options,
                                          &coords, NULL),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_voxelize_sparse_workspace_size: size: expected a pointer, got NULL");
}

static void choices(void) {
  REFUSED(options.struct_size = 119, RC_ERROR_INVALID_ARGUMENT,
          "options: expected struct_size of at least 120, got 119");
  REFUSED(options.flags = RC_VOXELIZE_ACCUMULATE, RC_ERROR_UNSUPPORTED_OPTION,
          "flags: expected bits of 0x2, got 0x1");
  REFUSED(options.reserved = 2, RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got 2");
  REFUSED(options.feature_bound = -0.5, RC_ERROR_INVALID_ARGUMENT,
          "feature_bound: expected a finite number of at least 0, got -0.5");
  REFUSED(options.reduce = RC_REDUCE_COUNT, RC_ERROR_UNSUPPORTED_OPTION,
          "reduce: expected RC_REDUCE_SUM, MEAN, MAX or MIN, got 1");
  REFUSED(options.reduced = NULL, RC_ERROR_UNSUPPORTED_OPTION,
          "reduce: expected 0 without reduced, got 3");
  REFUSED(options.features = NULL, RC_ERROR_INVALID_ARGUMENT,
          "features: expected a tensor, for reduced and hard, got NULL");
  REFUSED(options.reduced = options.hard = NULL; options.reduce = 0, RC_ERROR_INVALID_ARGUMENT,
                                                 "features: expected NULL without reduced and "
                                                 "hard, got a tensor");
  REFUSED(call.grid.dims[1] = 0, RC_ERROR_INVALID_ARGUMENT,
          "grid.dims[1]: expected at least 1, got 0");
  REFUSED(options.offsets = &TENSOR(NUMBERS(0, 7), i64, 2), RC_ERROR_INVALID_DATA,
          "offsets: expected 0 to 6, got 7 at index 1");
}

static void the_outputs(void) {
  REFUSED(coords.shape = NUMBERS(0, 4), RC_ERROR_INVALID_ARGUMENT,
          "coords: expected [M,4] with M of at least 1, got int64 [0,4]");
  REFUSED(coords.shape = NUMBERS(capacity, 3), RC_ERROR_INVALID_ARGUMENT,
          "coords: expected [M,4] with M of at least 1, got int64 [4,3]");
  REFUSED(coords.dtype = f64, RC_ERROR_UNSUPPORTED_DTYPE,
          "coords: expected int32 or int64, got float64 [4,4]");
  REFUSED(coords.dtype = i32; call.grid.dims[2] = (INT64_C(1) << 31) + 1,
                              RC_ERROR_UNSUPPORTED_DTYPE,
                              "coords: expected int64 for indices up to 2147483648, got int32");
  REFUSED(reduced.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
          "reduced: expected float16, bfloat16, float32 or float64, got int32 [4,2]");
  REFUSED(reduced.shape = NUMBERS(capacity, 1), RC_ERROR_INVALID_ARGUMENT,
          "reduced: expected [4,2], got float32 [4,1]");
  REFUSED(row_counts.dtype = i64, RC_ERROR_UNSUPPORTED_DTYPE,
          "counts: expected int32, got int64 [4]");
  REFUSED(row_counts.shape = NUMBERS(3), RC_ERROR_INVALID_ARGUMENT,
          "counts: expected [4], got int32 [3]");
  REFUSED(hard.dtype = f16, RC_ERROR_UNSUPPORTED_DTYPE,
          "hard: expected float32, got float16 [4,3,2]");
  REFUSED(hard.shape = NUMBERS(3, points_of_a_voxel, num_features), RC_ERROR_INVALID_ARGUMENT,
          "hard: expected [4,K,2], got float32 [3,3,2]");
  REFUSED(hard.ndim = 2, RC_ERROR_INVALID_ARGUMENT, "hard: expected [4,K,2], got float32 [4,3]");
  REFUSED(call.features_tensor.dtype = hard.dtype = u8, RC_ERROR_INVALID_ARGUMENT,
          "fill_value: expected an integer of the range of uint8, got -7");
  REFUSED(rows.dtype = u8, RC_ERROR_UNSUPPORTED_DTYPE,
          "point_to_voxel: expected int32 or int64, got uint8 [6]");
  REFUSED(rows.shape = NUMBERS(5), RC_ERROR_INVALID_ARGUMENT,
          "point_to_voxel: expected [6], got int32 [5]");
  REFUSED(total.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE, "total: expected int64, got int32 [1]");
  REFUSED(total.ndim = 0, RC_ERROR_INVALID_ARGUMENT, "total: expected [1], got int64 []");
  REFUSED(stats.shape = NUMBERS(1, 2), RC_ERROR_INVALID_ARGUMENT,
          "stats: expected [1,3], got int64 [1,2]");
  REFUSED(rows.data = &call.written.coords[1], RC_ERROR_INVALID_ARGUMENT,
          "coords: expected memory of its own, got some of point_to_voxel");
}

int main(void) {
  all_outputs();
  coordinates_alone();
  too_little_room();
  reductions();
  clouds_padded_and_packed();
  grids_without_end();
  nothing_to_list();
  missing();
  choices();
  the_outputs();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
