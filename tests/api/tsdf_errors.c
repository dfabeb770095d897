/* SPDX-License-Identifier: Apache-2.0 */
/* What rc_tsdf_integrate, rc_tsdf_from_points and rc_depth_to_points refuse: arguments, options and
 * data that break a rule, one at a time. */
#include <math.h>

#include "robocache/robocache.h"

#include "check.h"
#include "tensors.h"

enum { frames = 2, height = 2, width = 3 };

static struct {
  rc_context* context;
  float depth[frames][height][width];
  uint8_t images[frames][height][width][3];
  double intrinsics[frames][3][3], poses[frames][4][4];
  float points[2][3], normals[2][3];
  double sensor[3];
  int64_t depth_shape[3], images_shape[4], intrinsics_shape[3], poses_shape[3], grid_shape[4];
  int64_t points_shape[2], normals_shape[2], sensor_shape[2], stats_shape[2], result_shape[4];
  rc_tensor depth_tensor, images_tensor, intrinsics_tensor, poses_tensor;
  rc_tensor points_tensor, normals_tensor, sensor_tensor, stats_tensor;
  rc_tensor tsdf, weight, color, result;
  rc_grid grid;
  rc_tsdf_integrate_options integrate;
  rc_tsdf_from_points_options from_points;
  double depth_scale, max_depth;
  struct {
    float tsdf[2][2][2], weight[2][2][2], color[2][2][2][3];
    float result[frames][height][width][3];
    int64_t stats[1][3];
  } written, before;
} call;

#define SHAPE(target, ...) memcpy(call.target, NUMBERS(__VA_ARGS__), sizeof NUMBERS(__VA_ARGS__))
#define VIEW(target, data, type, rank, shape) \
  call.target = (rc_tensor){data, cpu, rank, type, call.shape, NULL, 0}

static void start_over(void) {
  if (call.context == NULL) call.context = new_cpu_context();
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  for (int f = 0; f < frames; ++f) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) call.poses[f][i][j] = i == j;
      for (int j = 0; i < 3 && j < 3; ++j) call.intrinsics[f][i][j] = i == j;
    }
  }
  float* const depths = &call.depth[0][0][0];
  for (int i = 0; i < frames * height * width; ++i) depths[i] = 1;
  for (int i = 0; i < 2; ++i) {
    for (int a = 0; a < 3; ++a) call.points[i][a] = call.normals[i][a] = 0.5f;
  }
  SHAPE(depth_shape, frames, height, width);
  SHAPE(images_shape, frames, height, width, 3);
  SHAPE(intrinsics_shape, frames, 3, 3);
  SHAPE(poses_shape, frames, 4, 4);
  SHAPE(grid_shape, 2, 2, 2, 3);
  SHAPE(points_shape, 2, 3);
  SHAPE(normals_shape, 2, 3);
  SHAPE(sensor_shape, 3, 3);
  SHAPE(stats_shape, 1, 3);
  SHAPE(result_shape, frames, height, width, 3);
  VIEW(depth_tensor, call.depth, f32, 3, depth_shape);
  VIEW(images_tensor, call.images, u8, 4, images_shape);
  VIEW(intrinsics_tensor, call.intrinsics, f64, 3, intrinsics_shape);
  VIEW(poses_tensor, call.poses, f64, 3, poses_shape);
  VIEW(points_tensor, call.points, f32, 2, points_shape);
  VIEW(normals_tensor, call.normals, f32, 2, normals_shape);
  VIEW(sensor_tensor, call.sensor, f64, 1, sensor_shape);
  VIEW(stats_tensor, call.written.stats, i64, 2, stats_shape);
  VIEW(tsdf, call.written.tsdf, f32, 3, grid_shape);
  VIEW(weight, call.written.weight, f32, 3, grid_shape);
  VIEW(color, call.written.color, f32, 4, grid_shape);
  VIEW(result, call.written.result, f32, 4, result_shape);
  call.grid = (rc_grid){{-1, -1, 0}, {1, 1, 1}, {2, 2, 2}};
  SUCCEEDS(rc_tsdf_integrate_options_init(&call.integrate, sizeof call.integrate));
  call.integrate.truncation = 1;
  call.integrate.color_images = &call.images_tensor;
  call.integrate.color = &call.color;
  SUCCEEDS(rc_tsdf_from_points_options_init(&call.from_points, sizeof call.from_points));
  call.from_points.truncation = 1;
  call.from_points.normals = &call.normals_tensor;
  call.from_points.stats = &call.stats_tensor;
  call.depth_scale = call.max_depth = 0;
  memset(&call.written, 0, sizeof call.written);
  call.before = call.written;
}

static rc_status integrate(void) {
  return rc_tsdf_integrate(call.context, &call.depth_tensor, &call.intrinsics_tensor,
                           &call.poses_tensor, &call.grid, &call.integrate, &call.tsdf,
                           &call.weight);
}
static rc_status from_points(void) {
  return rc_tsdf_from_points(call.context, &call.points_tensor, &call.grid, &call.from_points,
                             &call.tsdf, &call.weight);
}
static rc_status to_points(void) {
  return rc_depth_to_points(call.context, &call.depth_tensor, &call.intrinsics_tensor,
                            &call.poses_tensor, call.depth_scale, call.max_depth, &call.result);
}

static void check_refused(const char* file, int line, const char* spoil, const char* function,
                          rc_status actual, rc_status status, const char* text) {
  check_failure(file, line, spoil, function, actual, status, text);
  if (memcmp(&call.written, &call.before, sizeof call.written) == 0) return;
  report(file, line, spoil);
  fprintf(stderr, "  expected nothing to be written\n");
}

/* Spoils a good call of a function. It is refused with this status and message, and nothing is
 * written. */
#define REFUSED(function, name, spoil, status, text)                           \
  do {                                                                         \
    start_over();                                                              \
    spoil;                                                                     \
    check_refused(__FILE__, __LINE__, #spoil, name, function(), status, text); \
  } while (0)
#define TO_POINTS(spoil, status, text) REFUSED(to_points, "rc_depth_to_points", spoil, status, text)
/* The question for the workspace refuses in the same words what the data does not tell. */
#define INTEGRATE(spoil, status, text)                                                            \
  do {                                                                                            \
    uint64_t size = 99;                                                                           \
    REFUSED(integrate, "rc_tsdf_integrate", spoil, status, text);                                 \
    check_failure(                                                                                \
        __FILE__, __LINE__, #spoil, "rc_tsdf_integrate_workspace_size",                           \
        rc_tsdf_integrate_workspace_size(call.context, &call.depth_tensor,                        \
                                         &call.intrinsics_tensor, &call.poses_tensor, &call.grid, \
                                         &call.integrate, &call.tsdf, &call.weight, &size),       \
        status, text);                                                                            \
    CHECK_EQUAL(size, 0);                                                                         \
  } while (0)
#define FROM_POINTS(spoil, status, text)                                                        \
  do {                                                                                          \
    uint64_t size = 99;                                                                         \
    REFUSED(from_points, "rc_tsdf_from_points", spoil, status, text);                           \
    if (status == RC_ERROR_INVALID_DATA) break;                                                 \
    check_failure(                                                                              \
        __FILE__, __LINE__, #spoil, "rc_tsdf_from_points_workspace_size",                       \
        rc_tsdf_from_points_workspace_size(call.context, &call.points_tensor, &call.grid,       \
                                           &call.from_points, &call.tsdf, &call.weight, &size), \
        status, text);                                                                          \
    CHECK_EQUAL(size, 0);                                                                       \
  } while (0)

#define ARGUMENT RC_ERROR_INVALID_ARGUMENT
#define DATA RC_ERROR_INVALID_DATA
#define DTYPE RC_ERROR_UNSUPPORTED_DTYPE
#define OPTION RC_ERROR_UNSUPPORTED_OPTION

static void good_calls(void) {
  start_over();
  SUCCEEDS(integrate());
  SUCCEEDS(from_points());
  SUCCEEDS(to_points());
}

static void missing(void) {
  start_over();
  FAILS(rc_tsdf_integrate(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_tsdf_integrate: context: expected a context of rc_context_create, got NULL");
  FAILS(rc_tsdf_from_points(NULL, NULL, NULL, NULL, NULL, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_tsdf_from_points: context: expected a context of rc_context_create, got NULL");
  FAILS(rc_depth_to_points(NULL, NULL, NULL, NULL, 0, 0, NULL), RC_ERROR_INVALID_HANDLE,
        "rc_depth_to_points: context: expected a context of rc_context_create, got NULL");
  FAILS(rc_tsdf_integrate(call.context, &call.depth_tensor, &call.intrinsics_tensor, NULL,
                          &call.grid, &call.integrate, &call.tsdf, &call.weight),
        ARGUMENT, "rc_tsdf_integrate: poses: expected a tensor, got NULL");
  FAILS(rc_tsdf_integrate(call.context, &call.depth_tensor, &call.intrinsics_tensor,
                          &call.poses_tensor, NULL, &call.integrate, &call.tsdf, &call.weight),
        ARGUMENT, "rc_tsdf_integrate: grid: expected a grid, got NULL");
  FAILS(rc_tsdf_integrate(call.context, &call.depth_tensor, &call.intrinsics_tensor,
                          &call.poses_tensor, &call.grid, NULL, &call.tsdf, &call.weight),
        ARGUMENT,
        "rc_tsdf_integrate: truncation: expected a finite number greater than 0, in float32 too, "
        "got 0");
  FAILS(rc_tsdf_from_points(call.context, &call.points_tensor, &call.grid, NULL, &call.tsdf,
                            &call.weight),
        ARGUMENT,
        "rc_tsdf_from_points: truncation: expected a finite number greater than 0, in float32 too, "
        "got 0");
  FAILS(rc_tsdf_integrate_options_init(NULL, 64), ARGUMENT,
        "rc_tsdf_integrate_options_init: options: expected a struct, got NULL");
  FAILS(rc_tsdf_from_points_options_init(&call.from_points, 80), ARGUMENT,
        "rc_tsdf_from_points_options_init: options: expected struct_size of at least 88, got 80");
}

static void numbers(void) {
  INTEGRATE(call.integrate.struct_size = 72, ARGUMENT,
            "options: expected struct_size of at least 80, got 72");
  INTEGRATE(call.integrate.flags = 2, OPTION, "flags: expected bits of 0x1, got 0x2");
  INTEGRATE(call.integrate.reserved = 1, OPTION, "reserved: expected 0, got 1");
  INTEGRATE(call.integrate.weighting = 4, OPTION, "weighting: expected 0 to 3, got 4");
  INTEGRATE(call.integrate.truncation = 0, ARGUMENT,
            "truncation: expected a finite number greater than 0, in float32 too, got 0");
  INTEGRATE(call.integrate.truncation = 1e-50, ARGUMENT,
            "truncation: expected a finite number greater than 0, in float32 too, got 1e-50");
  INTEGRATE(call.integrate.truncation = NAN, ARGUMENT,
            "truncation: expected a finite number greater than 0, in float32 too, got nan");
  INTEGRATE(call.integrate.depth_scale = -1, ARGUMENT,
            "depth_scale: expected a finite number of at least 0, got -1");
  INTEGRATE(call.integrate.depth_scale = INFINITY, ARGUMENT,
            "depth_scale: expected a finite number of at least 0, got inf");
  INTEGRATE(call.integrate.max_depth = -1, ARGUMENT,
            "max_depth: expected a number of at least 0, got -1");
  INTEGRATE(call.integrate.max_weight = -2, ARGUMENT,
            "max_weight: expected 0 or a number greater than 0, in float32 too, got -2");
  TO_POINTS(call.depth_scale = NAN, ARGUMENT,
            "depth_scale: expected a finite number of at least 0, got nan");
  TO_POINTS(call.max_depth = NAN, ARGUMENT, "max_depth: expected a number of at least 0, got nan");
  FROM_POINTS(call.from_points.flags = 4, OPTION, "flags: expected bits of 0x3, got 0x4");
  FROM_POINTS(call.from_points.reserved = -1, OPTION, "reserved: expected 0, got -1");
  FROM_POINTS(call.from_points.weighting = -1, OPTION, "weighting: expected 0 to 3, got -1");
  FROM_POINTS(call.from_points.truncation = -1, ARGUMENT,
              "truncation: expected a finite number greater than 0, in float32 too, got -1");
  FROM_POINTS(call.from_points.max_weight = NAN, ARGUMENT,
              "max_weight: expected 0 or a number greater than 0, in float32 too, got nan");
  FROM_POINTS(call.from_points.weighting = 1, ARGUMENT,
              "weighting: expected CONSTANT or DROPOFF without sensor_origins, got 1");
  FROM_POINTS(call.from_points.normals = NULL, ARGUMENT,
              "normals: expected either normals or sensor_origins, got neither");
  FROM_POINTS(call.from_points.sensor_origins = &call.sensor_tensor, ARGUMENT,
              "normals: expected either normals or sensor_origins, got both");
}

static void grids(void) {
  INTEGRATE(call.grid.voxel_size[1] = 0, ARGUMENT,
            "grid.voxel_size[1]: expected a finite number greater than 0, got 0");
  INTEGRATE(call.grid.origin[2] = NAN, ARGUMENT,
            "grid.origin[2]: expected a finite number, got nan");
  INTEGRATE(call.grid.dims[0] = 0, ARGUMENT, "grid.dims[0]: expected at least 1, got 0");
  INTEGRATE(call.grid.dims[0] = 3, ARGUMENT, "tsdf: expected [3,2,2], got float32 [2,2,2]");
  FROM_POINTS(call.grid.dims[2] = 1, ARGUMENT, "tsdf: expected [2,2,1], got float32 [2,2,2]");
}

/* A call with a volume of [x, y, z], of which nothing is touched. */
static rc_status integrate_large(int64_t x, int64_t y, int64_t z) {
  start_over();
  static int64_t many[3];
  many[0] = x, many[1] = y, many[2] = z;
  memcpy(call.grid.dims, many, sizeof many);
  call.tsdf.shape = call.weight.shape = many;
  call.weight.byte_offset = (uint64_t)1 << 40;
  call.integrate.color_images = NULL;
  call.integrate.color = NULL;
  return integrate();
}

static void sizes(void) {
  /* float32 cannot number so many voxels. */
  FAILS(integrate_large(1, 1, (1 << 24) + 1), ARGUMENT,
        "rc_tsdf_integrate: grid.dims[2]: expected at most 2^24, got 16777217");
  FAILS(integrate_large(8 << 9, 8 << 9, (8 << 7) + 1), ARGUMENT,
        "rc_tsdf_integrate: grid.dims: expected at most 2^25 cubes of 8^3 voxels, got 33816576");
}

static void types_and_shapes(void) {
  INTEGRATE(call.depth_tensor.dtype = f64, DTYPE,
            "depth: expected uint16 or float32, got float64 [2,2,3]");
  INTEGRATE(call.depth_tensor.ndim = 1, ARGUMENT,
            "depth: expected [H,W] or [K,H,W], got float32 [2]");
  INTEGRATE(call.tsdf.dtype = i32, DTYPE, "tsdf: expected float32, got int32 [2,2,2]");
  INTEGRATE(call.weight.dtype = i32, DTYPE, "weight: expected float32, got int32 [2,2,2]");
  INTEGRATE(call.color.dtype = i32, DTYPE, "color: expected float32, got int32 [2,2,2,3]");
  INTEGRATE(call.color.ndim = 3, ARGUMENT, "color: expected [2,2,2,3], got float32 [2,2,2]");
  INTEGRATE(call.images_tensor.dtype = i8, DTYPE,
            "color_images: expected uint8 or float32, got int8 [2,2,3,3]");
  INTEGRATE(call.images_shape[3] = 1, ARGUMENT,
            "color_images: expected [2,2,3,3], got uint8 [2,2,3,1]");
  INTEGRATE(call.integrate.color = NULL, ARGUMENT,
            "color: expected a tensor, or neither color nor color_images, got NULL");
  INTEGRATE(call.integrate.color_images = NULL, ARGUMENT,
            "color_images: expected a tensor, or neither color nor color_images, got NULL");
  INTEGRATE(call.intrinsics_tensor.dtype = i64, DTYPE,
            "intrinsics: expected float32 or float64, got int64 [2,3,3]");
  INTEGRATE(call.intrinsics_shape[0] = 1, ARGUMENT,
            "intrinsics: expected [2,3,3], got float64 [1,3,3]");
  INTEGRATE(call.poses_shape[1] = 3, ARGUMENT, "poses: expected [2,4,4], got float64 [2,3,4]");
  INTEGRATE(call.poses_tensor.ndim = 2, ARGUMENT, "poses: expected [2,4,4], got float64 [2,4]");
  INTEGRATE(call.weight.data = call.tsdf.data, ARGUMENT,
            "tsdf: expected memory of its own, got some of weight");
  TO_POINTS(call.result.dtype = f16, DTYPE,
            "points: expected float32 or float64, got float16 [2,2,3,3]");
  TO_POINTS(call.result_shape[0] = 1, ARGUMENT,
            "points: expected [2,2,3,3], got float32 [1,2,3,3]");
  FROM_POINTS(call.points_tensor.dtype = i32, DTYPE,
              "points: expected float16, float32 or float64, got int32 [2,3]");
  FROM_POINTS(call.normals_tensor.dtype = f16, DTYPE,
              "normals: expected float32, got float16 [2,3]");
  FROM_POINTS(call.normals_shape[0] = 1, ARGUMENT, "normals: expected [2,3], got float32 [1,3]");
  FROM_POINTS((call.from_points.normals = NULL,
               call.from_points.sensor_origins = &call.sensor_tensor, call.sensor_shape[0] = 2),
              ARGUMENT, "sensor_origins: expected [3], got float64 [2]");
  FROM_POINTS(
      (call.from_points.normals = NULL, call.from_points.sensor_origins = &call.sensor_tensor,
       call.sensor_tensor.dtype = i64),
      DTYPE, "sensor_origins: expected float32 or float64, got int64 [3]");
  FROM_POINTS(call.stats_tensor.dtype = f64, DTYPE, "stats: expected int64, got float64 [1,3]");
}

static void devices(void) {
  INTEGRATE(call.depth_tensor.device.device_type = RC_DEVICE_CUDA, RC_ERROR_DEVICE_MISMATCH,
            "depth: expected memory of cpu, got cuda:0");
  INTEGRATE(call.poses_tensor.device.device_type = RC_DEVICE_CUDA, RC_ERROR_DEVICE_MISMATCH,
            "poses: expected memory of cpu, got cuda:0");
}

#define LENS                                                                                    \
  "[[fx, 0, cx], [0, fy, cy], [0, 0, 1]] of numbers finite in float32, fx and fy greater than " \
  "0, got "
#define RIGID                                                                             \
  "a rotation, orthonormal within 0.001 and of determinant +1, and a finite translation " \
  "above [0, 0, 0, 1], got "

static void intrinsics(void) {
  INTEGRATE(call.intrinsics[1][0][0] = 0, DATA,
            "intrinsics, frame 1: expected " LENS "[[0, 0, 0], [0, 1, 0], [0, 0, 1]]");
  INTEGRATE(call.intrinsics[0][1][1] = -1, DATA,
            "intrinsics, frame 0: expected " LENS "[[1, 0, 0], [0, -1, 0], [0, 0, 1]]");
  INTEGRATE(call.intrinsics[0][0][0] = 1e-40, DATA,
            "intrinsics, frame 0: expected " LENS "[[1e-40, 0, 0], [0, 1, 0], [0, 0, 1]]");
  INTEGRATE(call.intrinsics[0][0][1] = 0.5, DATA,
            "intrinsics, frame 0: expected " LENS "[[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]");
  INTEGRATE(call.intrinsics[0][2][2] = 0, DATA,
            "intrinsics, frame 0: expected " LENS "[[1, 0, 0], [0, 1, 0], [0, 0, 0]]");
  TO_POINTS(call.intrinsics[1][0][2] = INFINITY, DATA,
            "intrinsics, frame 1: expected " LENS "[[1, 0, inf], [0, 1, 0], [0, 0, 1]]");
}

static void poses(void) {
  INTEGRATE(call.poses[1][0][0] = -1, DATA,
            "poses, frame 1: expected " RIGID
            "[[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]");
  INTEGRATE(call.poses[0][0][1] = 0.002, DATA,
            "poses, frame 0: expected " RIGID
            "[[1, 0.002, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]");
  INTEGRATE(call.poses[0][2][3] = NAN, DATA,
            "poses, frame 0: expected " RIGID
            "[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, nan], [0, 0, 0, 1]]");
  TO_POINTS(call.poses[0][3][2] = 1, DATA,
            "poses, frame 0: expected " RIGID
            "[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]");
  start_over();
  call.poses[0][0][1] = 0.0009;
  SUCCEEDS(integrate());
}

static void offsets_and_lengths(void) {
  rc_tensor offsets = TENSOR(NUMBERS(0, 3), i64, 2), both = TENSOR(NUMBERS(1, 2), i64, 2);
  FROM_POINTS(call.from_points.offsets = &offsets, DATA,
              "offsets: expected 0 to 2, got 3 at index 1");
  FROM_POINTS((call.from_points.offsets = &both, call.from_points.lengths = &both), ARGUMENT,
              "lengths: expected NULL beside offsets, got a tensor");
}

int main(void) {
  good_calls();
  missing();
  numbers();
  grids();
  sizes();
  types_and_shapes();
  devices();
  intrinsics();
  poses();
  offsets_and_lengths();
  SUCCEEDS(rc_context_destroy(call.context));
  return failed_checks != 0;
}
