/* SPDX-License-Identifier: Apache-2.0 */
/* rc_tsdf_integrate, rc_tsdf_from_points and rc_depth_to_points in scenes small enough to be worked
 * out by hand: a column of four voxels along z, a unit each, before a camera of one pixel. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "robocache/robocache.h"

#include "check.h"
#include "tensors.h"

enum { depth_of_column = 4 };

static double pinhole[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
static double at_origin[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
static const rc_grid column = {{-0.5, -0.5, 0}, {1, 1, 1}, {1, 1, depth_of_column}};

static rc_context* context;
static float tsdf[depth_of_column], weight[depth_of_column], color[depth_of_column][3];

static void start_over(void) {
  if (context == NULL) context = new_cpu_context();
  for (int k = 0; k < depth_of_column; ++k) {
    tsdf[k] = NAN; /* not read */
    weight[k] = 0;
    color[k][0] = color[k][1] = color[k][2] = NAN;
  }
}

static rc_tsdf_integrate_options new_options(double truncation) {
  rc_tsdf_integrate_options options;
  SUCCEEDS(rc_tsdf_integrate_options_init(&options, sizeof options));
  CHECK_EQUAL(options.struct_size, sizeof options);
  options.truncation = truncation;
  return options;
}

static void integrate(rc_tensor depth, const rc_tsdf_integrate_options* options) {
  SUCCEEDS(rc_tsdf_integrate(
      context, &depth, &TENSOR(pinhole, f64, 3, 3), &TENSOR(at_origin, f64, 4, 4), &column, options,
      &TENSOR(tsdf, f32, 1, 1, depth_of_column), &TENSOR(weight, f32, 1, 1, depth_of_column)));
}

static void check_column(int line, const float* actual, const float* expected) {
  for (int k = 0; k < depth_of_column; ++k) {
    if (fabsf(actual[k] - expected[k]) <= 1e-6f) continue;
    report(__FILE__, line, "column");
    fprintf(stderr, "  voxel %d: expected %g, got %g\n", k, expected[k], actual[k]);
  }
}
/* Distances and weights of the voxels; a distance counts where there is a weight. */
static void check_volume(int line, const float* distances, const float* weights) {
  float seen[depth_of_column];
  for (int k = 0; k < depth_of_column; ++k) seen[k] = weights[k] > 0 ? tsdf[k] : distances[k];
  check_column(line, weight, weights);
  check_column(line, seen, distances);
}
#define COLUMN(...) ((const float[depth_of_column]){__VA_ARGS__})
#define CHECK_VOLUME(distances, weights) check_volume(__LINE__, distances, weights)

/* Middles at 0.5, 1.5, 2.5 and 3.5; a surface at 2. */
static void free_space_surface_and_behind(void) {
  float depth[1] = {2};
  rc_tsdf_integrate_options options = new_options(1);
  start_over();
  integrate(TENSOR(depth, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(1, 0.5f, -0.5f, 0), COLUMN(1, 1, 1, 0));
  CHECK(isnan(tsdf[3]));
  start_over();
  options.flags = RC_TSDF_NO_CARVING;
  integrate(TENSOR(depth, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(0, 0.5f, -0.5f, 0), COLUMN(0, 1, 1, 0));
}

static void millimetres_and_scales(void) {
  uint16_t millimetres[1] = {2000};
  float half_units[1] = {4};
  rc_tsdf_integrate_options options = new_options(1);
  start_over();
  integrate(TENSOR(millimetres, u16, 1, 1), &options);
  CHECK_VOLUME(COLUMN(1, 0.5f, -0.5f, 0), COLUMN(1, 1, 1, 0));
  start_over();
  options.depth_scale = 0.5;
  integrate(TENSOR(half_units, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(1, 0.5f, -0.5f, 0), COLUMN(1, 1, 1, 0));
}

/* 3000 is the last millimetre that counts, though float32 rounds 3000 * 0.001f up. */
static void greatest_depth(void) {
  rc_tsdf_integrate_options options = new_options(1);
  options.max_depth = 3;
  uint16_t beyond[1] = {3001}, just[1] = {3000};
  start_over();
  integrate(TENSOR(beyond, u16, 1, 1), &options);
  CHECK_VOLUME(COLUMN(0, 0, 0, 0), COLUMN(0, 0, 0, 0));
  integrate(TENSOR(just, u16, 1, 1), &options);
  CHECK_VOLUME(COLUMN(1, 1, 0.5f, -0.5f), COLUMN(1, 1, 1, 1));
}

static void no_measurement(void) {
  rc_tsdf_integrate_options options = new_options(1);
  float bad[5] = {0, -1, NAN, INFINITY, -INFINITY};
  start_over();
  for (int i = 0; i < 5; ++i) integrate(TENSOR(bad + i, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(0, 0, 0, 0), COLUMN(0, 0, 0, 0));
}

static void averages_and_limits(void) {
  float depth[1] = {2}, farther[1] = {2.5f};
  rc_tsdf_integrate_options options = new_options(1);
  start_over();
  integrate(TENSOR(depth, f32, 1, 1), &options);
  integrate(TENSOR(farther, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(1, 0.75f, -0.25f, -1), COLUMN(2, 2, 2, 1));
  options.max_weight = 1.5;
  integrate(TENSOR(farther, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(1, 2.5f / 3, -0.5f / 3, -1), COLUMN(1.5f, 1.5f, 1.5f, 1.5f));
}

static void weights(void) {
  float depth[1] = {2};
  rc_tsdf_integrate_options options = new_options(2);
  options.weighting = RC_TSDF_WEIGHT_INVERSE_SQUARE;
  start_over();
  integrate(TENSOR(depth, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(0.75f, 0.25f, -0.25f, -0.75f), COLUMN(0.25f, 0.25f, 0.25f, 0.25f));
  /* It falls from d = -1, the edge of a voxel, to d = -2. */
  options.weighting = RC_TSDF_WEIGHT_DROPOFF;
  start_over();
  integrate(TENSOR(depth, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(0.75f, 0.25f, -0.25f, -0.75f), COLUMN(1, 1, 1, 0.5f));
  options.weighting = RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF;
  start_over();
  integrate(TENSOR(depth, f32, 1, 1), &options);
  CHECK_VOLUME(COLUMN(0.75f, 0.25f, -0.25f, -0.75f), COLUMN(0.25f, 0.25f, 0.25f, 0.125f));
}

/* `count` floats behind which no memory is mapped. */
static float* at_the_end_of_memory(size_t count) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char* pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED);
  CHECK_EQUAL(mprotect(pages + page, page, PROT_NONE), 0);
  return (float*)(pages + page) - count;
}

/* Lanes of voxels that are not there store nothing, and do not fault. */
static void nothing_is_touched_behind_a_volume(void) {
  const int32_t levels[] = {RC_SIMD_BASELINE, RC_SIMD_AVX2, RC_SIMD_AVX512, RC_SIMD_NEON};
  float depth[1] = {2}, *distances = at_the_end_of_memory(depth_of_column),
        *weights = at_the_end_of_memory(depth_of_column);
  rc_tsdf_integrate_options options = new_options(1);
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; ++i) {
    rc_context_options of_level = RC_CONTEXT_OPTIONS_INIT;
    rc_context* with_level = NULL;
    of_level.device_type = RC_DEVICE_CPU;
    of_level.simd_level = levels[i];
    if (rc_context_create(&of_level, &with_level) != RC_SUCCESS) continue; /* not here */
    for (int k = 0; k < depth_of_column; ++k) distances[k] = weights[k] = 0;
    SUCCEEDS(rc_tsdf_integrate(with_level, &TENSOR(depth, f32, 1, 1), &TENSOR(pinhole, f64, 3, 3),
                               &TENSOR(at_origin, f64, 4, 4), &column, &options,
                               &TENSOR(distances, f32, 1, 1, depth_of_column),
                               &TENSOR(weights, f32, 1, 1, depth_of_column)));
    check_column(__LINE__, weights, COLUMN(1, 1, 1, 0));
    check_column(__LINE__, distances, COLUMN(1, 0.5f, -0.5f, 0));
    rc_context_destroy(with_level);
  }
}

static void check_color(int line, int k, float red, float green, float blue) {
  const float expected[3] = {red, green, blue};
  for (int c = 0; c < 3; ++c) {
    if (fabsf(color[k][c] - expected[c]) <= 1e-5f) continue;
    report(__FILE__, line, "colour");
    fprintf(stderr, "  voxel %d: expected %g, got %g\n", k, expected[c], color[k][c]);
  }
}

/* Only within the truncation distance; the first colour of a voxel that was free space replaces, a
 * later one is averaged; one that is not finite is none. */
static void colors(void) {
  float first[1] = {2}, second[1] = {1}, image[3] = {10, 20, 30};
  uint8_t bytes[3] = {20, 40, 60};
  rc_tensor images = TENSOR(image, f32, 1, 1, 3);
  rc_tensor kept = TENSOR(color, f32, 1, 1, depth_of_column, 3);
  rc_tsdf_integrate_options options = new_options(1);
  options.color_images = &images;
  options.color = &kept;
  start_over();
  integrate(TENSOR(first, f32, 1, 1), &options);
  check_color(__LINE__, 0, 0, 0, 0);
  check_color(__LINE__, 1, 10, 20, 30);
  check_color(__LINE__, 2, 10, 20, 30);
  image[1] = NAN;
  integrate(TENSOR(first, f32, 1, 1), &options);
  check_color(__LINE__, 1, 10, 20, 30);
  images = TENSOR(bytes, u8, 1, 1, 3);
  integrate(TENSOR(second, f32, 1, 1), &options);
  check_color(__LINE__, 0, 20, 40, 60);
  check_color(__LINE__, 1, 40.0f / 3, 80.0f / 3, 40);
  CHECK_EQUAL(weight[0], 3);
}

static void no_frames(void) {
  rc_tsdf_integrate_options options = new_options(1);
  float nothing[1], poses[1];
  start_over();
  SUCCEEDS(rc_tsdf_integrate(context, &TENSOR(nothing, f32, 0, 1, 1), &TENSOR(pinhole, f64, 3, 3),
                             &TENSOR(poses, f32, 0, 4, 4), &column, &options,
                             &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4)));
  CHECK_VOLUME(COLUMN(0, 0, 0, 0), COLUMN(0, 0, 0, 0));
}

/* A point at z = 2 that looks back along z, towards a sensor at -1. */
static void points_along_normals_and_rays(void) {
  float points[2][3] = {{0, 0, 2}, {NAN, 0, 0}}, normals[2][3] = {{0, 0, -7}, {0, 0, 1}};
  double sensor[3] = {0, 0, -1};
  int64_t counts[1][3];
  rc_tensor normals_tensor = TENSOR(normals, f32, 2, 3), sensor_tensor = TENSOR(sensor, f64, 3);
  rc_tensor stats = TENSOR(counts, i64, 1, 3);
  rc_tsdf_from_points_options options;
  SUCCEEDS(rc_tsdf_from_points_options_init(&options, sizeof options));
  options.truncation = 1.25;
  options.normals = &normals_tensor;
  options.stats = &stats;
  start_over();
  SUCCEEDS(rc_tsdf_from_points(context, &TENSOR(points, f32, 2, 3), &column, &options,
                               &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4)));
  /* From 0.75 to 3.25: every voxel, the first one farther than 1.25. */
  CHECK_VOLUME(COLUMN(1, 0.4f, -0.4f, -1), COLUMN(1, 1, 1, 1));
  CHECK(counts[0][0] == 0 && counts[0][1] == 1 && counts[0][2] == 0);
  options.normals = NULL;
  options.sensor_origins = &sensor_tensor;
  options.truncation = 0.75;
  options.weighting = RC_TSDF_WEIGHT_INVERSE_SQUARE;
  start_over();
  SUCCEEDS(rc_tsdf_from_points(context, &TENSOR(points, f32, 2, 3), &column, &options,
                               &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4)));
  CHECK_VOLUME(COLUMN(1, 0.5f / 0.75f, -0.5f / 0.75f, 0), COLUMN(1 / 9.f, 1 / 9.f, 1 / 9.f, 0));
  options.flags = RC_TSDF_NO_CARVING;
  start_over();
  SUCCEEDS(rc_tsdf_from_points(context, &TENSOR(points, f32, 2, 3), &column, &options,
                               &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4)));
  CHECK_VOLUME(COLUMN(0, 0.5f / 0.75f, -0.5f / 0.75f, 0), COLUMN(0, 1 / 9.f, 1 / 9.f, 0));
}

static void workspace_of_points(void) {
  float points[1][3] = {{0, 0, 2}}, normals[1][3] = {{0, 0, -1}};
  rc_tensor normals_tensor = TENSOR(normals, f32, 1, 3);
  rc_tsdf_from_points_options options = RC_TSDF_FROM_POINTS_OPTIONS_INIT;
  options.truncation = 1;
  options.normals = &normals_tensor;
  uint64_t size = 0;
  start_over();
  SUCCEEDS(rc_tsdf_from_points_workspace_size(context, &TENSOR(points, f32, 1, 3), &column,
                                              &options, &TENSOR(tsdf, f32, 1, 1, 4),
                                              &TENSOR(weight, f32, 1, 1, 4), &size));
  CHECK_EQUAL(size, 16 * depth_of_column);
  _Alignas(16) char memory[16 * depth_of_column];
  options.workspace = memory;
  options.workspace_size = size - 1;
  FAILS_WITH(rc_tsdf_from_points(context, &TENSOR(points, f32, 1, 3), &column, &options,
                                 &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4)),
             RC_ERROR_WORKSPACE_TOO_SMALL, "64");
  CHECK_VOLUME(COLUMN(0, 0, 0, 0), COLUMN(0, 0, 0, 0));
  options.workspace_size = size;
  SUCCEEDS(rc_tsdf_from_points(context, &TENSOR(points, f32, 1, 3), &column, &options,
                               &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4)));
  CHECK_VOLUME(COLUMN(0, 0.5f, -0.5f, 0), COLUMN(0, 1, 1, 0));
}

/* Depth tiles of five sizes for each frame, of which 32 are taken at once. */
static void workspace_of_frames(void) {
  static float depth[40][1][1];
  static double poses[40][4][4];
  static _Alignas(16) char memory[32 * 5 * 8];
  rc_tsdf_integrate_options options = new_options(1);
  for (int k = 0; k < 40; ++k) {
    depth[k][0][0] = 2;
    memcpy(poses[k], at_origin, sizeof at_origin);
  }
  for (int frames = 1; frames <= 40; frames += 39) {
    const uint64_t needed = 40 * (frames < 32 ? frames : 32);
    uint64_t size = 0;
    rc_tensor images = TENSOR(depth, f32, frames, 1, 1), places = TENSOR(poses, f64, frames, 4, 4);
    start_over();
    options.workspace = NULL;
    options.workspace_size = 0;
    SUCCEEDS(rc_tsdf_integrate_workspace_size(
        context, &images, &TENSOR(pinhole, f64, 3, 3), &places, &column, &options,
        &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4), &size));
    CHECK_EQUAL(size, (needed + 15) / 16 * 16);
    options.workspace = memory;
    options.workspace_size = size - 1;
    FAILS_WITH(
        rc_tsdf_integrate(context, &images, &TENSOR(pinhole, f64, 3, 3), &places, &column, &options,
                          &TENSOR(tsdf, f32, 1, 1, 4), &TENSOR(weight, f32, 1, 1, 4)),
        RC_ERROR_WORKSPACE_TOO_SMALL, "workspace_size");
    CHECK_VOLUME(COLUMN(0, 0, 0, 0), COLUMN(0, 0, 0, 0));
    options.workspace_size = size;
    SUCCEEDS(rc_tsdf_integrate(context, &images, &TENSOR(pinhole, f64, 3, 3), &places, &column,
                               &options, &TENSOR(tsdf, f32, 1, 1, 4),
                               &TENSOR(weight, f32, 1, 1, 4)));
    const float seen = (float)frames;
    CHECK_VOLUME(COLUMN(1, 0.5f, -0.5f, 0), COLUMN(seen, seen, seen, 0));
  }
}

/* Turned by a quarter about z and moved by (1, 2, 3). */
static void depth_to_points(void) {
  float depth[2][3] = {{1, 2, 0}, {4, NAN, 0.5f}}, points[2][3][3];
  double lens[3][3] = {{2, 0, 1}, {0, 4, 0.5}, {0, 0, 1}};
  double pose[4][4] = {{0, -1, 0, 1}, {1, 0, 0, 2}, {0, 0, 1, 3}, {0, 0, 0, 1}};
  const float first[3] = {-0.5f, -0.125f, 1}, last[3] = {0.25f, 0.0625f, 0.5f};
  const float first_posed[3] = {1.125f, 1.5f, 4};
  SUCCEEDS(rc_depth_to_points(context, &TENSOR(depth, f32, 2, 3), &TENSOR(lens, f64, 3, 3), NULL, 0,
                              0, &TENSOR(points, f32, 2, 3, 3)));
  CHECK(memcmp(points[0][0], first, sizeof first) == 0);
  CHECK(memcmp(points[1][2], last, sizeof last) == 0);
  CHECK(isnan(points[0][2][0]) && isnan(points[0][2][2]) && isnan(points[1][1][1]));
  SUCCEEDS(rc_depth_to_points(context, &TENSOR(depth, f32, 2, 3), &TENSOR(lens, f64, 3, 3),
                              &TENSOR(pose, f64, 4, 4), 0, 3, &TENSOR(points, f32, 2, 3, 3)));
  CHECK(memcmp(points[0][0], first_posed, sizeof first_posed) == 0);
  CHECK(isnan(points[1][0][0])); /* beyond 3 */
}

int main(void) {
  free_space_surface_and_behind();
  millimetres_and_scales();
  greatest_depth();
  no_measurement();
  averages_and_limits();
  weights();
  nothing_is_touched_behind_a_volume();
  colors();
  no_frames();
  points_along_normals_and_rays();
  workspace_of_points();
  workspace_of_frames();
  depth_to_points();
  SUCCEEDS(rc_context_destroy(context));
  return failed_checks != 0;
}
