/* SPDX-License-Identifier: Apache-2.0 */
/* rc_voxelize on a handful of points whose voxels can be told by eye: every reduction, layouts of
 * clouds and memory, accumulation, and what lies at the edge. */
#include "voxels.h"

static rc_voxelize_options defaults(int32_t reduce) {
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  options.reduce = reduce;
  return options;
}

static rc_status voxelize(const rc_tensor* points, const rc_voxelize_options* options,
                          rc_tensor output) {
  return rc_voxelize(call.context, points, &call.grid, options, &output);
}

/* Of `call.written.output`: values of the voxels (0,0,0), (1,0,0) and (1,1,1), which have points; all others are `fill`. */
static void check_voxels(int line, float fill, const float (*expected)[num_features]) {
  for (int x = 0; x < 2; ++x) {
    for (int y = 0; y < 2; ++y) {
      for (int z = 0; z < 2; ++z) {
        const int row = y != z ? -1 : y == 1 ? (x == 1 ? 2 : -1) : x;
        for (int c = 0; c < num_features; ++c) {
          const float value = row < 0 ? fill : expected[row][c];
          if (call.written.output[x][y][z][c] == value) continue;
          report(__FILE__, line, "result");
          fprintf(stderr, "  at (%d, %d, %d), %d: expected %g, got %g\n", x, y, z, c, (double)value,
                  (double)call.written.output[x][y][z][c]);
        }
      }
    }
  }
}

static void features_are_reduced(void) {
  static const struct {
    int32_t reduce;
    float expected[3][num_features];
  } cases[] = {
      {RC_REDUCE_SUM, {{1, -1}, {6, -10}, {7, 0.5f}}},
      {RC_REDUCE_MEAN, {{1, -1}, {3, -5}, {7, 0.5f}}},
      {RC_REDUCE_MAX, {{1, -1}, {4, -2}, {7, 0.5f}}},
      {RC_REDUCE_MIN, {{1, -1}, {2, -8}, {7, 0.5f}}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    start_over();
    rc_voxelize_options options = defaults(cases[i].reduce);
    options.features = &call.features_tensor;
    options.fill_value = -3;
    options.counts = &TENSOR(call.written.counts, i32, 2, 2, 2);
    options.stats = &TENSOR(call.written.stats, i64, 1, 3);
    SUCCEEDS(voxelize(&call.points_tensor, &options,
                      TENSOR(call.written.output, f32, 2, 2, 2, num_features)));
    check_voxels(__LINE__, -3, cases[i].expected);
    const int32_t counts[2][2][2] = {{{1, 0}, {0, 0}}, {{2, 0}, {0, 1}}};
    CHECK(memcmp(call.written.counts, counts, sizeof counts) == 0);
    const int64_t stats[3] = {1, 1, 0};
    CHECK(memcmp(call.written.stats, stats, sizeof stats) == 0);
  }
}

static void points_alone_are_reduced(void) {
  start_over();
  static uint8_t occupancy[2][2][2];
  const uint8_t occupied[2][2][2] = {{{1, 0}, {0, 0}}, {{1, 0}, {0, 1}}};
  memset(occupancy, 0x5a, sizeof occupancy);
  SUCCEEDS(voxelize(&call.points_tensor, NULL, TENSOR(occupancy, boolean, 2, 2, 2)));
  CHECK(memcmp(occupancy, occupied, sizeof occupied) == 0);

  rc_voxelize_options options = defaults(RC_REDUCE_COUNT);
  const int32_t counted[2][2][2] = {{{1, 0}, {0, 0}}, {{2, 0}, {0, 1}}};
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(call.written.counts, i32, 2, 2, 2)));
  CHECK(memcmp(call.written.counts, counted, sizeof counted) == 0);
}

/* Rows of 10 voxels: bits 0 to 7 in the first byte, 8 and 9 in the second. */
static void occupancy_in_bits(void) {
  start_over();
  const float heights[3][3] = {{0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 8.5f}, {0.5f, 1.5f, 9.5f}};
  uint8_t bits[1][2][2];
  const uint8_t expected[1][2][2] = {{{1, 1}, {0, 2}}};
  call.grid = (rc_grid){{0, 0, 0}, {1, 1, 1}, {1, 2, 10}};
  rc_voxelize_options options = defaults(RC_REDUCE_OCCUPANCY_BITS);
  memset(bits, 0x5a, sizeof bits);
  rc_tensor points = TENSOR((void*)heights, f32, 3, 3);
  SUCCEEDS(voxelize(&points, &options, TENSOR(bits, u8, 1, 2, 2)));
  CHECK(memcmp(bits, expected, sizeof bits) == 0);
}

static void clouds_padded_and_packed(void) {
  int32_t counts[3][2][2][2];
  int64_t stats[3][3];
  rc_voxelize_options options = defaults(RC_REDUCE_COUNT);
  start_over();
  /* The third point of the first cloud does not count. */
  rc_tensor padded = TENSOR(call.points, f32, 2, 3, 3);
  options.lengths = &TENSOR(NUMBERS(2, 3), i64, 2);
  options.stats = &TENSOR(stats, i64, 2, 3);
  SUCCEEDS(voxelize(&padded, &options, TENSOR(counts, i32, 2, 2, 2, 2)));
  const int32_t of_padded[2][2][2][2] = {{{{1, 0}, {0, 0}}, {{1, 0}, {0, 0}}},
                                         {{{0, 0}, {0, 0}}, {{0, 0}, {0, 1}}}};
  const int64_t left_out[2][3] = {{0, 0, 0}, {1, 1, 0}};
  CHECK(memcmp(counts, of_padded, sizeof of_padded) == 0);
  CHECK(memcmp(stats, left_out, sizeof left_out) == 0);

  /* The second cloud is empty; the first point and the last belong to none. */
  options.lengths = NULL;
  options.offsets = &TENSOR(NUMBERS(1, 3, 3, 5), i64, 4);
  options.stats = &TENSOR(stats, i64, 3, 3);
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(counts, i32, 3, 2, 2, 2)));
  const int32_t of_packed[3][2][2][2] = {{{{0, 0}, {0, 0}}, {{2, 0}, {0, 0}}},
                                         {{{0, 0}, {0, 0}}, {{0, 0}, {0, 0}}},
                                         {{{0, 0}, {0, 0}}, {{0, 0}, {0, 1}}}};
  const int64_t outside[3][3] = {{0, 0, 0}, {0, 0, 0}, {1, 0, 0}};
  CHECK(memcmp(counts, of_packed, sizeof of_packed) == 0);
  CHECK(memcmp(stats, outside, sizeof outside) == 0);
}

/* `cloud[:, :3]` and `cloud[:, 3:]` of one array of 5 columns, into a grid whose features come first
 * in memory. */
static void views_without_a_copy(void) {
  start_over();
  float table[num_points][5], result[num_features][2][2][2];
  for (int i = 0; i < num_points; ++i) {
    memcpy(&table[i][0], call.points[i], sizeof call.points[i]);
    memcpy(&table[i][3], call.features[i], sizeof call.features[i]);
  }
  rc_tensor points = TENSOR(table, f32, num_points, 3);
  rc_tensor features = TENSOR(table, f32, num_points, num_features);
  rc_tensor output = TENSOR(result, f32, 2, 2, 2, num_features);
  points.strides = features.strides = NUMBERS(5, 1);
  features.byte_offset = 3 * sizeof(float);
  output.strides = NUMBERS(4, 2, 1, 8);
  rc_voxelize_options options = defaults(RC_REDUCE_SUM);
  options.features = &features;
  SUCCEEDS(voxelize(&points, &options, output));
  const float expected[num_features][2][2][2] = {{{{1, 0}, {0, 0}}, {{6, 0}, {0, 7}}},
                                                 {{{-1, 0}, {0, 0}}, {{-10, 0}, {0, 0.5f}}}};
  CHECK(memcmp(result, expected, sizeof result) == 0);
}

/* A cloud in two calls. Voxels whose count is 0 are empty, whatever they held. */
static void in_two_calls(int32_t reduce, const float (*expected)[num_features]) {
  start_over();
  rc_voxelize_options options = defaults(reduce);
  options.flags = RC_VOXELIZE_ACCUMULATE;
  options.features = &call.features_tensor;
  options.counts = &TENSOR(call.written.counts, i32, 2, 2, 2);
  memset(call.written.counts, 0, sizeof call.written.counts);
  rc_tensor output = TENSOR(call.written.output, f32, 2, 2, 2, num_features);
  call.points_shape[0] = call.features_shape[0] = 2;
  SUCCEEDS(voxelize(&call.points_tensor, &options, output));
  call.points_shape[0] = call.features_shape[0] = num_points - 2;
  call.points_tensor.byte_offset = sizeof(float[2][3]);
  call.features_tensor.byte_offset = sizeof(float[2][num_features]);
  SUCCEEDS(voxelize(&call.points_tensor, &options, output));
  check_voxels(__LINE__, call.before.output[0][0][0][0], expected);
  const int32_t counts[2][2][2] = {{{1, 0}, {0, 0}}, {{2, 0}, {0, 1}}};
  CHECK(memcmp(call.written.counts, counts, sizeof counts) == 0);
}

static void accumulation(void) {
  in_two_calls(RC_REDUCE_SUM, (const float[3][num_features]){{1, -1}, {6, -10}, {7, 0.5f}});
  in_two_calls(RC_REDUCE_MEAN, (const float[3][num_features]){{1, -1}, {3, -5}, {7, 0.5f}});
  in_two_calls(RC_REDUCE_MAX, (const float[3][num_features]){{1, -1}, {4, -2}, {7, 0.5f}});
  in_two_calls(RC_REDUCE_MIN, (const float[3][num_features]){{1, -1}, {2, -8}, {7, 0.5f}});

  start_over();
  rc_voxelize_options options = defaults(RC_REDUCE_COUNT);
  int32_t counts[2][2][2] = {{{5, 4}, {0, 0}}, {{INT32_MAX, 0}, {0, 0}}};
  const int32_t counted[2][2][2] = {{{6, 4}, {0, 0}}, {{INT32_MIN + 1, 0}, {0, 1}}};
  options.flags = RC_VOXELIZE_ACCUMULATE;
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(counts, i32, 2, 2, 2)));
  CHECK(memcmp(counts, counted, sizeof counts) == 0);

  uint8_t occupancy[2][2][2] = {{{0, 1}, {0, 0}}, {{1, 0}, {0, 0}}};
  const uint8_t occupied[2][2][2] = {{{1, 1}, {0, 0}}, {{1, 0}, {0, 1}}};
  options.reduce = RC_REDUCE_OCCUPANCY;
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(occupancy, u8, 2, 2, 2)));
  CHECK(memcmp(occupancy, occupied, sizeof occupied) == 0);

  uint8_t bits[2][2][1] = {{{2}, {0}}, {{1}, {0x80}}};
  const uint8_t set[2][2][1] = {{{3}, {0}}, {{1}, {0x82}}};
  options.reduce = RC_REDUCE_OCCUPANCY_BITS;
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(bits, u8, 2, 2, 1)));
  CHECK(memcmp(bits, set, sizeof set) == 0);
}

static void nothing_to_count(void) {
  start_over();
  const float empty[3][num_features] = {{-1, -1}, {-1, -1}, {-1, -1}};
  rc_voxelize_options options = defaults(RC_REDUCE_MEAN);
  options.fill_value = -1;
  options.stats = &TENSOR(call.written.stats, i64, 1, 3);
  /* No points. */
  rc_tensor points = TENSOR(NULL, f32, 0, 3), features = TENSOR(NULL, f32, 0, num_features);
  rc_tensor output = TENSOR(call.written.output, f32, 2, 2, 2, num_features);
  options.features = &features;
  SUCCEEDS(voxelize(&points, &options, output));
  check_voxels(__LINE__, -1, empty);
  CHECK_EQUAL(call.written.stats[0][RC_STAT_OUTSIDE], 0);
  /* None inside. */
  call.grid.origin[2] = 100;
  options.features = &call.features_tensor;
  memset(call.written.output, 0, sizeof call.written.output);
  SUCCEEDS(voxelize(&call.points_tensor, &options, output));
  check_voxels(__LINE__, -1, empty);
  CHECK_EQUAL(call.written.stats[0][RC_STAT_OUTSIDE], num_points - 1);
  CHECK_EQUAL(call.written.stats[0][RC_STAT_NOT_FINITE], 1);
  /* No clouds: of no points, and of points that belong to none. */
  options = defaults(RC_REDUCE_COUNT);
  points = TENSOR(NULL, f32, 0, 5, 3);
  options.lengths = &TENSOR(NULL, i64, 0);
  SUCCEEDS(voxelize(&points, &options, TENSOR(NULL, i32, 0, 2, 2, 2)));
  options.lengths = NULL;
  options.offsets = &TENSOR(NUMBERS(3), i64, 1);
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(NULL, i32, 0, 2, 2, 2)));
  options.reduce = RC_REDUCE_OCCUPANCY_BITS;
  call.grid.dims[0] = call.grid.dims[1] = 1, call.grid.dims[2] = INT64_MAX - 1;
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(NULL, u8, 0, 1, 1, INT64_MAX / 8 + 1)));
  /* No features of points that are there. */
  start_over();
  options = defaults(RC_REDUCE_SUM);
  features = TENSOR(NULL, f32, num_points, 0);
  options.features = &features;
  options.counts = &TENSOR(call.written.counts, i32, 2, 2, 2);
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(NULL, f32, 2, 2, 2, 0)));
  CHECK_EQUAL(call.written.counts[1][0][0], 2);
}

static void one_voxel(void) {
  start_over();
  call.grid.dims[0] = call.grid.dims[1] = call.grid.dims[2] = 1;
  call.grid.voxel_size[0] = call.grid.voxel_size[1] = call.grid.voxel_size[2] = 4;
  rc_voxelize_options options = defaults(RC_REDUCE_SUM);
  options.features = &call.features_tensor;
  double sum[1][1][1][num_features];
  SUCCEEDS(voxelize(&call.points_tensor, &options, TENSOR(sum, f64, 1, 1, 1, num_features)));
  CHECK(sum[0][0][0][0] == 23 && sum[0][0][0][1] == -1.5);

  /* Nothing lies a step away. */
  int32_t counted[1][1][1];
  rc_tensor output = TENSOR(counted, i32, 1, 1, 1);
  output.strides = NUMBERS(INT64_MAX, INT64_MAX, INT64_MAX);
  options = defaults(RC_REDUCE_COUNT);
  SUCCEEDS(voxelize(&call.points_tensor, &options, output));
  CHECK_EQUAL(counted[0][0][0], 5);
}

static void metrics_count_points(void) {
  start_over();
  rc_op_metrics metrics = RC_OP_METRICS_INIT;
  SUCCEEDS(rc_context_enable_metrics(call.context, 1));
  SUCCEEDS(voxelize(&call.points_tensor, NULL, TENSOR(call.written.counts, u8, 2, 2, 2)));
  SUCCEEDS(rc_context_metrics(call.context, RC_OP_VOXELIZE, &metrics));
  CHECK_EQUAL(metrics.calls, 1);
  CHECK_EQUAL(metrics.items, num_points);
  CHECK_EQUAL(metrics.bytes, sizeof call.points + 8);
}

int main(void) {
  features_are_reduced();
  points_alone_are_reduced();
  occupancy_in_bits();
  clouds_padded_and_packed();
  views_without_a_copy();
  accumulation();
  nothing_to_count();
  one_voxel();
  metrics_count_points();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
