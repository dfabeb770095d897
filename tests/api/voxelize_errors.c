/* SPDX-License-Identifier: Apache-2.0 */
/* What rc_voxelize refuses: arguments, options and data that break a rule, one at a time. */
#include "voxels.h"

static rc_tensor output, counts, stats;
static rc_voxelize_options options;

/* The mean of the features, with counts and stats. */
static void start(void) {
  start_over();
  static int64_t grid_shape[4], stats_shape[2];
  memcpy(grid_shape, NUMBERS(2, 2, 2, num_features), sizeof grid_shape);
  memcpy(stats_shape, NUMBERS(1, 3), sizeof stats_shape);
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  output = (rc_tensor){call.written.output, cpu, 4, f32, grid_shape, NULL, 0};
  counts = (rc_tensor){call.written.counts, cpu, 3, i32, grid_shape, NULL, 0};
  stats = (rc_tensor){call.written.stats, cpu, 2, i64, stats_shape, NULL, 0};
  SUCCEEDS(rc_voxelize_options_init(&options, sizeof options));
  options.reduce = RC_REDUCE_MEAN;
  options.features = &call.features_tensor;
  options.counts = &counts;
  options.stats = &stats;
}

static rc_status voxelize(void) {
  return rc_voxelize(call.context, &call.points_tensor, &call.grid, &options, &output);
}

static void check_refused(const char* file, int line, const char* spoil, rc_status status,
                          const char* text) {
  uint64_t size = 99;
  check_failure(file, line, spoil, "rc_voxelize", voxelize(), status, text);
  check_untouched(file, line, spoil);
  if (status == RC_ERROR_INVALID_DATA) return;
  check_failure(file, line, spoil, "rc_voxelize_workspace_size",
                rc_voxelize_workspace_size(call.context, &call.points_tensor, &call.grid, &options,
                                           &output, &size),
                status, text);
  check_integer(file, line, spoil, (int64_t)size, 0);
}

/* Spoils a good call. It is refused with this status and message, nothing is written, and what shapes
 * and options tell, the question for the workspace refuses in the same words. */
#define REFUSED(spoil, status, text)                         \
  do {                                                       \
    start();                                                 \
    spoil;                                                   \
    check_refused(__FILE__, __LINE__, #spoil, status, text); \
  } while (0)

static void missing(void) {
  start();
  SUCCEEDS(voxelize());
  FAILS(rc_voxelize(NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_voxelize: context: expected a context of rc_context_create, got NULL");
  FAILS(rc_voxelize(call.context, NULL, &call.grid, &options, &output), RC_ERROR_INVALID_ARGUMENT,
        "rc_voxelize: points: expected a tensor, got NULL");
  FAILS(rc_voxelize(call.context, &call.points_tensor, NULL, &options, &output),
        RC_ERROR_INVALID_ARGUMENT, "rc_voxelize: grid: expected a grid, got NULL");
  FAILS(rc_voxelize(call.context, &call.points_tensor, &call.grid, &options, NULL),
        RC_ERROR_INVALID_ARGUMENT, "rc_voxelize: output: expected a tensor, got NULL");
  FAILS(rc_voxelize_workspace_size(call.context, &call.points_tensor, &call.grid, &options, &output,
                                   NULL),
        RC_ERROR_INVALID_ARGUMENT,
        "rc_voxelize_workspace_size: size: expected a pointer, got NULL");
  REFUSED(options.features = NULL, RC_ERROR_INVALID_ARGUMENT,
          "features: expected a tensor, got NULL");
}

static void choices(void) {
  REFUSED(options.struct_size = 87, RC_ERROR_INVALID_ARGUMENT,
          "options: expected struct_size of at least 88, got 87");
  REFUSED(options.flags = 4, RC_ERROR_UNSUPPORTED_OPTION, "flags: expected bits of 0x3, got 0x4");
  REFUSED(options.reserved = 1, RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got 1");
  REFUSED(options.reduce = 7, RC_ERROR_UNSUPPORTED_OPTION, "reduce: expected 0 to 6, got 7");
  REFUSED(options.reduce = -1, RC_ERROR_UNSUPPORTED_OPTION, "reduce: expected 0 to 6, got -1");
  REFUSED(options.feature_bound = -1, RC_ERROR_INVALID_ARGUMENT,
          "feature_bound: expected a finite number of at least 0, got -1");
  REFUSED(options.feature_bound = NAN, RC_ERROR_INVALID_ARGUMENT,
          "feature_bound: expected a finite number of at least 0, got nan");
  REFUSED(options.feature_bound = INFINITY, RC_ERROR_INVALID_ARGUMENT,
          "feature_bound: expected a finite number of at least 0, got inf");
  REFUSED(options.flags = RC_VOXELIZE_ACCUMULATE;
          options.counts = NULL, RC_ERROR_INVALID_ARGUMENT,
          "counts: expected a tensor, to accumulate features with, got NULL");
}

static void the_grid(void) {
  REFUSED(call.grid.voxel_size[0] = 0, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[0]: expected a finite number greater than 0, in float32 too, got 0");
  REFUSED(call.grid.voxel_size[1] = -1, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[1]: expected a finite number greater than 0, in float32 too, got -1");
  REFUSED(call.grid.voxel_size[2] = NAN, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[2]: expected a finite number greater than 0, in float32 too, got nan");
  REFUSED(call.grid.voxel_size[2] = INFINITY, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[2]: expected a finite number greater than 0, in float32 too, got inf");
  /* Numbers that float32 has no room for. */
  REFUSED(call.grid.voxel_size[0] = 1e-50, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[0]: expected a finite number greater than 0, in float32 too, got 1e-50");
  REFUSED(call.grid.voxel_size[0] = 1e39, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[0]: expected a finite number greater than 0, in float32 too, got 1e+39");
  REFUSED(call.points_tensor.dtype = f16;
          call.grid.voxel_size[0] = 1e-50, RC_ERROR_INVALID_ARGUMENT,
          "grid.voxel_size[0]: expected a finite number greater than 0, in float32 too, got 1e-50");
  REFUSED(call.grid.origin[0] = 1e39, RC_ERROR_INVALID_ARGUMENT,
          "grid.origin[0]: expected a finite number of the range of float32, got 1e+39");
  static double wide[num_points][3];
#define WIDE call.points_tensor.data = wide, call.points_tensor.dtype = f64
  REFUSED(WIDE; call.grid.voxel_size[0] = 0, RC_ERROR_INVALID_ARGUMENT,
                "grid.voxel_size[0]: expected a finite number greater than 0, got 0");
  REFUSED(WIDE; call.grid.origin[1] = NAN, RC_ERROR_INVALID_ARGUMENT,
                "grid.origin[1]: expected a finite number, got nan");
  start();
  WIDE;
  call.grid.voxel_size[0] = 1e-50, call.grid.voxel_size[1] = 1e39, call.grid.origin[0] = -1e39;
  SUCCEEDS(voxelize());
#undef WIDE
  REFUSED(call.grid.dims[0] = 0, RC_ERROR_INVALID_ARGUMENT,
          "grid.dims[0]: expected at least 1, got 0");
  REFUSED(call.grid.dims[2] = -3, RC_ERROR_INVALID_ARGUMENT,
          "grid.dims[2]: expected at least 1, got -3");
  REFUSED(call.grid.dims[0] = call.grid.dims[1] = call.grid.dims[2] = 1 << 21,
          RC_ERROR_INVALID_ARGUMENT,
          "grid.dims: expected fewer than 2^63 - 1 voxels in all clouds, got 2097152 x 2097152 x "
          "2097152 for each of 1");
  REFUSED(call.grid.dims[0] = INT64_MAX, RC_ERROR_INVALID_ARGUMENT,
          "grid.dims: expected fewer than 2^63 - 1 voxels in all clouds, got 9223372036854775807 x "
          "2 x 2 for each of 1");
}

static void the_points(void) {
  REFUSED(call.points_tensor.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
          "points: expected float16, float32 or float64, got int32 [6,3]");
  REFUSED(call.points_tensor.dtype = bf16, RC_ERROR_UNSUPPORTED_DTYPE,
          "points: expected float16, float32 or float64, got bfloat16 [6,3]");
  REFUSED(call.points_shape[1] = 2, RC_ERROR_INVALID_ARGUMENT,
          "points: expected [N,3] or [B,N,3], got float32 [6,2]");
  REFUSED(call.points_tensor.ndim = 1, RC_ERROR_INVALID_ARGUMENT,
          "points: expected [N,3] or [B,N,3], got float32 [6]");
  REFUSED(call.points_tensor = TENSOR(call.points, f32, 1, 2, 3, 3), RC_ERROR_INVALID_ARGUMENT,
          "points: expected [N,3] or [B,N,3], got float32 [1,2,3,3]");
  REFUSED(call.points_tensor.strides = NUMBERS(-3, 1), RC_ERROR_UNSUPPORTED_LAYOUT,
          "points: expected strides of at least 0, got [-3,1]");
  start();
  call.points_tensor.byte_offset = 2;
  FAILS_WITH(voxelize(), RC_ERROR_UNSUPPORTED_LAYOUT,
             "rc_voxelize: points: expected data aligned to 4 bytes for float32 [6,3], got 0x");
  REFUSED(call.points_tensor.device.device_type = RC_DEVICE_CUDA, RC_ERROR_DEVICE_MISMATCH,
          "points: expected memory of cpu, got cuda:0");
  /* One point, read over and over. */
  REFUSED(call.points_shape[0] = INT64_C(1) << 31;
          call.points_tensor.strides = NUMBERS(0, 1), RC_ERROR_INVALID_ARGUMENT,
          "points: expected at most 2^31 - 1 points, got float32 [2147483648,3]");
  REFUSED(call.points_tensor = TENSOR(call.points, f32, 1 << 16, 1 << 15, 3);
          call.points_tensor.strides = NUMBERS(0, 0, 1), RC_ERROR_INVALID_ARGUMENT,
          "points: expected at most 2^31 - 1 points, got float32 [65536,32768,3]");
}

static void offsets_and_lengths(void) {
#define INTEGERS(...) &TENSOR(NUMBERS(0, 0, 0, 0), i64, __VA_ARGS__)
  REFUSED(call.points_tensor = TENSOR(call.points, f32, 2, 3, 3);
          options.offsets = INTEGERS(3), RC_ERROR_INVALID_ARGUMENT,
          "points: expected [N,3] with offsets, got float32 [2,3,3]");
  REFUSED(options.offsets = INTEGERS(0), RC_ERROR_INVALID_ARGUMENT,
          "offsets: expected at least 1 entry, got int64 [0]");
  REFUSED(options.offsets = INTEGERS(2, 2), RC_ERROR_INVALID_ARGUMENT,
          "offsets: expected [B+1], got int64 [2,2]");
  REFUSED(options.offsets = &TENSOR(NUMBERS(0, 6), i32, 2), RC_ERROR_UNSUPPORTED_DTYPE,
          "offsets: expected int64 [B+1], got int32 [2]");
  REFUSED(options.lengths = INTEGERS(2), RC_ERROR_INVALID_ARGUMENT,
          "lengths: expected int64 [1], got int64 [2]");
  REFUSED(options.lengths = &TENSOR(NUMBERS(6), f64, 1), RC_ERROR_UNSUPPORTED_DTYPE,
          "lengths: expected int64 [B], got float64 [1]");
  REFUSED(options.offsets = INTEGERS(2); options.lengths = INTEGERS(1), RC_ERROR_INVALID_ARGUMENT,
                                         "lengths: expected NULL beside offsets, got a tensor");
#undef INTEGERS
  /* Two clouds, padded or packed. */
  static float results[2][2][2][2][num_features];
#define TWO_CLOUDS                       \
  options.counts = options.stats = NULL; \
  output = TENSOR(results, f32, 2, 2, 2, 2, num_features)
#define PADDED(...)                                                      \
  TWO_CLOUDS;                                                            \
  call.points_tensor = TENSOR(call.points, f32, 2, 3, 3);                \
  call.features_tensor = TENSOR(call.features, f32, 2, 3, num_features); \
  options.lengths = &TENSOR(NUMBERS(__VA_ARGS__), i64, 2)
#define PACKED(...) \
  TWO_CLOUDS;       \
  options.offsets = &TENSOR(NUMBERS(__VA_ARGS__), i64, 3)
  REFUSED(PADDED(3, 4), RC_ERROR_INVALID_DATA, "lengths: expected 0 to 3, got 4 at index 1");
  REFUSED(PADDED(-1, 3), RC_ERROR_INVALID_DATA, "lengths: expected 0 to 3, got -1 at index 0");
  REFUSED(PACKED(0, 4, 3), RC_ERROR_INVALID_DATA,
          "offsets: expected no less than 4 before it, got 3 at index 2");
  REFUSED(PACKED(0, 3, 7), RC_ERROR_INVALID_DATA, "offsets: expected 0 to 6, got 7 at index 2");
  REFUSED(PACKED(-1, 3, 6), RC_ERROR_INVALID_DATA, "offsets: expected 0 to 6, got -1 at index 0");
  for (size_t i = 0; i < sizeof results / sizeof(float); ++i) {
    CHECK_EQUAL((&results[0][0][0][0][0])[i], 0);
  }
  start();
  PADDED(3, -1);
  options.flags = RC_VOXELIZE_SKIP_VALIDATION;
  SUCCEEDS(voxelize());
#undef PACKED
#undef PADDED
#undef TWO_CLOUDS
}

static void the_features(void) {
  REFUSED(call.features_shape[0] = 5, RC_ERROR_INVALID_ARGUMENT,
          "features: expected [6,F], got float32 [5,2]");
  REFUSED(call.features_tensor.ndim = 1, RC_ERROR_INVALID_ARGUMENT,
          "features: expected [6,F], got float32 [6]");
  REFUSED(call.points_tensor = TENSOR(call.points, f32, 2, 3, 3), RC_ERROR_INVALID_ARGUMENT,
          "features: expected [2,3,F], got float32 [6,2]");
  REFUSED(
      call.features_tensor.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
      "features: expected float16, bfloat16, float32, float64, uint8 or int16, got int32 [6,2]");
  REFUSED(call.features_tensor.dtype = boolean, RC_ERROR_UNSUPPORTED_DTYPE,
          "features: expected float16, bfloat16, float32, float64, uint8 or int16, got bool [6,2]");
  REFUSED(call.points_shape[0] = call.features_shape[0] = 1;
          call.features_shape[1] = INT64_C(1) << 57;
          call.features_tensor.strides = NUMBERS(0, 0), RC_ERROR_INVALID_ARGUMENT,
          "features: expected at most 2^56 channels in all clouds, got 144115188075855872 in each "
          "of 1");
  REFUSED(options.reduce = RC_REDUCE_COUNT, RC_ERROR_INVALID_ARGUMENT,
          "features: expected NULL for a reduction of points alone, got a tensor");
  REFUSED(options.reduce = RC_REDUCE_OCCUPANCY, RC_ERROR_INVALID_ARGUMENT,
          "features: expected NULL for a reduction of points alone, got a tensor");
  REFUSED(options.reduce = RC_REDUCE_OCCUPANCY_BITS, RC_ERROR_INVALID_ARGUMENT,
          "features: expected NULL for a reduction of points alone, got a tensor");
}

static void fill_values(void) {
  static uint8_t bytes[num_points][num_features], least[2][2][2][num_features];
#define BYTES                                                                        \
  call.features_tensor.data = bytes, call.features_tensor.dtype = output.dtype = u8; \
  output.data = least, options.reduce = RC_REDUCE_MIN
  start();
  BYTES;
  options.fill_value = 255;
  SUCCEEDS(voxelize());
  CHECK_EQUAL(least[0][1][1][0], 255);
  REFUSED(BYTES; options.fill_value = 256, RC_ERROR_INVALID_ARGUMENT,
                 "fill_value: expected an integer of the range of uint8, got 256");
  REFUSED(BYTES; options.fill_value = 0.5, RC_ERROR_INVALID_ARGUMENT,
                 "fill_value: expected an integer of the range of uint8, got 0.5");
  REFUSED(BYTES; options.fill_value = NAN, RC_ERROR_INVALID_ARGUMENT,
                 "fill_value: expected an integer of the range of uint8, got nan");
  REFUSED(BYTES; call.features_tensor.dtype = output.dtype = i16;
          options.fill_value = -32769, RC_ERROR_INVALID_ARGUMENT,
          "fill_value: expected an integer of the range of int16, got -32769");
#undef BYTES
  REFUSED(options.reduce = RC_REDUCE_COUNT; options.features = NULL;
          options.fill_value = NAN, RC_ERROR_INVALID_ARGUMENT,
          "fill_value: expected 0 for a reduction of points alone, got nan");
}

static void the_output(void) {
#define POINTS_ALONE(reduction, type) \
  options.features = NULL, options.reduce = reduction, output.ndim = 3, output.dtype = type
  REFUSED(POINTS_ALONE(RC_REDUCE_OCCUPANCY, i8), RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected uint8 or bool, got int8 [2,2,2]");
  REFUSED(POINTS_ALONE(RC_REDUCE_OCCUPANCY_BITS, boolean), RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected uint8, got bool [2,2,2]");
  REFUSED(POINTS_ALONE(RC_REDUCE_OCCUPANCY_BITS, u8), RC_ERROR_INVALID_ARGUMENT,
          "output: expected [2,2,1], got uint8 [2,2,2]");
  REFUSED(POINTS_ALONE(RC_REDUCE_COUNT, i64), RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected int32, got int64 [2,2,2]");
  REFUSED(POINTS_ALONE(RC_REDUCE_COUNT, i32); output.ndim = 4, RC_ERROR_INVALID_ARGUMENT,
                                              "output: expected [2,2,2], got int32 [2,2,2,2]");
#undef POINTS_ALONE
  REFUSED(output.ndim = 3, RC_ERROR_INVALID_ARGUMENT,
          "output: expected [2,2,2,2], got float32 [2,2,2]");
  REFUSED(output = TENSOR(call.written.output, f32, 1, 2, 2, 2, 2), RC_ERROR_INVALID_ARGUMENT,
          "output: expected [2,2,2,2], got float32 [1,2,2,2,2]");
  REFUSED(output.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected float16, bfloat16, float32 or float64, got int32 [2,2,2,2]");
  REFUSED(call.features_tensor.dtype = output.dtype = u8, RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected float16, bfloat16, float32 or float64, got uint8 [2,2,2,2]");
  REFUSED(options.reduce = RC_REDUCE_MAX;
          output.dtype = i16, RC_ERROR_UNSUPPORTED_DTYPE,
          "output: expected float16, bfloat16, float32 or float64, or the type of the features, "
          "got int16 [2,2,2,2]");
  REFUSED(output.strides = NUMBERS(8, 4, 2, 0), RC_ERROR_UNSUPPORTED_LAYOUT,
          "output: expected elements that share no memory, got float32 [2,2,2,2] with strides "
          "[8,4,2,0]");
  REFUSED(output.data = NULL, RC_ERROR_INVALID_ARGUMENT,
          "output: expected data for float32 [2,2,2,2], got NULL");
}

static void counts_and_stats(void) {
  REFUSED(counts.dtype = u8, RC_ERROR_UNSUPPORTED_DTYPE,
          "counts: expected int32, got uint8 [2,2,2]");
  REFUSED(counts.ndim = 4, RC_ERROR_INVALID_ARGUMENT,
          "counts: expected [2,2,2], got int32 [2,2,2,2]");
  REFUSED(stats.dtype = i32, RC_ERROR_UNSUPPORTED_DTYPE, "stats: expected int64, got int32 [1,3]");
  REFUSED(stats = TENSOR(call.written.stats, i64, 3), RC_ERROR_INVALID_ARGUMENT,
          "stats: expected [1,3], got int64 [3]");
}

static void shared_memory(void) {
  REFUSED(output.data = call.features, RC_ERROR_INVALID_ARGUMENT,
          "output: expected memory of its own, got some of features");
  REFUSED(output.data = call.points, RC_ERROR_INVALID_ARGUMENT,
          "output: expected memory of its own, got some of points");
  REFUSED(counts.data = &call.written.output[1], RC_ERROR_INVALID_ARGUMENT,
          "output: expected memory of its own, got some of counts");
  REFUSED(stats.data = &call.written.counts[1], RC_ERROR_INVALID_ARGUMENT,
          "counts: expected memory of its own, got some of stats");
}

int main(void) {
  missing();
  choices();
  the_grid();
  the_points();
  offsets_and_lengths();
  the_features();
  fill_values();
  the_output();
  counts_and_stats();
  shared_memory();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
