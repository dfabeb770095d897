/* SPDX-License-Identifier: Apache-2.0 */
/* A program of the time of release 0.1: compiled with the declarations of then, which lie beside it,
 * and with the sizes of then, it calls every function at least once and compares the results. */
#include "robocache/robocache.h"

#include "../../api/check.h"
#include "../../api/tensors.h"

#define SIZE_0_1(type, size) _Static_assert(sizeof(type) == (size), #type " of release 0.1")
SIZE_0_1(rc_context_options, 88);
SIZE_0_1(rc_op_metrics, 56);
SIZE_0_1(rc_device_properties, 464);
SIZE_0_1(rc_resample_options, 232);
SIZE_0_1(rc_stream, 56);
SIZE_0_1(rc_fuse_options, 40);
SIZE_0_1(rc_voxelize_options, 88);
SIZE_0_1(rc_voxelize_sparse_options, 120);
SIZE_0_1(rc_tsdf_integrate_options, 80);
SIZE_0_1(rc_tsdf_from_points_options, 88);
SIZE_0_1(rc_tsdf_extract_options, 64);

static rc_context* context;

static void check_numbers(int line, const float* actual, const float* expected, int count) {
  for (int i = 0; i < count; ++i) {
    if (actual[i] == expected[i]) continue;
    report(__FILE__, line, "numbers");
    fprintf(stderr, "  [%d]: expected %g, got %g\n", i, (double)expected[i], (double)actual[i]);
  }
}
#define CHECK_NUMBERS(actual, ...)                                              \
  check_numbers(__LINE__, (const float*)(actual), (const float[]){__VA_ARGS__}, \
                (int)(sizeof((const float[]){__VA_ARGS__}) / sizeof(float)))

static void status_and_version(void) {
  CHECK_EQUAL(RC_VERSION, 1000);
  CHECK(rc_version() >= RC_VERSION);
  CHECK(strlen(rc_version_string()) >= 5);
  CHECK_PART(rc_build_info(), rc_version_string());
  SUCCEEDS(rc_check_version(RC_VERSION));
  CHECK_TEXT(rc_status_name(RC_ERROR_VERSION_MISMATCH), "RC_ERROR_VERSION_MISMATCH");
  CHECK_EQUAL(rc_context_create(NULL, NULL), RC_ERROR_INVALID_ARGUMENT);
  CHECK_PART(rc_last_error_message(), "rc_context_create: context: ");
}

static void devices(void) {
  int32_t count;
  SUCCEEDS(rc_device_count(RC_DEVICE_CPU, &count));
  CHECK_EQUAL(count, 1);
  rc_device_properties properties = RC_DEVICE_PROPERTIES_INIT;
  SUCCEEDS(rc_device_info(RC_DEVICE_CPU, 0, &properties));
  CHECK_EQUAL(properties.struct_size, 464);
  CHECK_EQUAL(properties.available, 1);
}

static void create_context(void) {
  rc_context_options options;
  SUCCEEDS(rc_context_options_init(&options, sizeof options));
  options.device_type = RC_DEVICE_CPU;
  options.threads = 1;
  SUCCEEDS(rc_context_create(&options, &context));
  rc_device device;
  const char* reason;
  SUCCEEDS(rc_context_device(context, &device, &reason));
  CHECK_EQUAL(device.device_type, RC_DEVICE_CPU);
  CHECK_PART(reason, "cpu");
  SUCCEEDS(rc_context_set_stream(context, NULL));
  SUCCEEDS(rc_context_enable_metrics(context, 1));
}

static void destroy_context(void) {
  SUCCEEDS(rc_context_synchronize(context));
  SUCCEEDS(rc_context_clear_error(context));
  rc_op_metrics metrics = RC_OP_METRICS_INIT;
  SUCCEEDS(rc_context_metrics(context, RC_OP_FUSE, &metrics));
  CHECK_EQUAL(metrics.calls, 1);
  CHECK_EQUAL(metrics.items, 2);
  SUCCEEDS(rc_context_reset_metrics(context));
  SUCCEEDS(rc_context_metrics(context, RC_OP_FUSE, &metrics));
  CHECK_EQUAL(metrics.calls, 0);
  SUCCEEDS(rc_context_destroy(context));
}

/* Samples at 0, 10 and 20, out of order so that workspace is needed; targets 5 and 15. */
static int64_t times[3] = {10, 0, 20};
static float values[3] = {2, 1, 4};
static int64_t targets[2];
static _Alignas(16) char workspace[1 << 20];

static void clocks(void) {
  int64_t count;
  SUCCEEDS(rc_target_clock(5, 25, 1000, 100, 1, 2, targets, &count));
  CHECK_EQUAL(count, 2);
  CHECK_EQUAL(targets[0], 5);
  CHECK_EQUAL(targets[1], 15);
}

static void resampling(void) {
  rc_tensor v = TENSOR(values, f32, 3, 1), s = TENSOR(times, i64, 3), t = TENSOR(targets, i64, 2);
  float made[2], gradient[3];
  uint8_t valid[2];
  rc_tensor output = TENSOR(made, f32, 2, 1), grad_values = TENSOR(gradient, f32, 3, 1);
  rc_resample_options options;
  SUCCEEDS(rc_resample_options_init(&options, sizeof options));
  options.order = RC_ORDER_SORT;
  options.valid = &TENSOR(valid, u8, 2);
  SUCCEEDS(
      rc_resample_workspace_size(context, &v, &s, &t, &options, &output, &options.workspace_size));
  CHECK(options.workspace_size > 0 && options.workspace_size <= sizeof workspace);
  options.workspace = workspace;
  SUCCEEDS(rc_resample(context, &v, &s, &t, &options, &output));
  CHECK_NUMBERS(made, 1.5f, 3);
  CHECK_EQUAL(valid[0] + valid[1], 2);

  options.valid = NULL;
  options.workspace = NULL;
  SUCCEEDS(rc_resample_backward_workspace_size(context, &output, &v, &s, &t, &options, &grad_values,
                                               &options.workspace_size));
  CHECK(options.workspace_size <= sizeof workspace);
  options.workspace = workspace;
  SUCCEEDS(rc_resample_backward(context, &output, &v, &s, &t, &options, &grad_values));
  CHECK_NUMBERS(gradient, 2.25f, 0.75f, 1.5f);
}

static void fusing(void) {
  rc_tensor v = TENSOR(values, f32, 3, 1), s = TENSOR(times, i64, 3), t = TENSOR(targets, i64, 2);
  float made[2][2], gradient[3];
  uint8_t valid[2][2];
  rc_tensor output = TENSOR(made, f32, 2, 2);
  rc_resample_options rules = RC_RESAMPLE_OPTIONS_INIT;
  rules.order = RC_ORDER_SORT;
  rules.fill_value = -1;
  rc_stream present = RC_STREAM_INIT, absent;
  present.values = &v;
  present.source_times = &s;
  present.options = &rules;
  SUCCEEDS(rc_stream_init(&absent, sizeof absent));
  absent.width = 1;
  absent.options = &rules;
  const rc_stream* const streams[2] = {&present, &absent};
  rc_fuse_options options;
  SUCCEEDS(rc_fuse_options_init(&options, sizeof options));
  options.valid = &TENSOR(valid, u8, 2, 2);
  SUCCEEDS(
      rc_fuse_workspace_size(context, streams, 2, &t, &options, &output, &options.workspace_size));
  options.workspace = workspace;
  SUCCEEDS(rc_fuse(context, streams, 2, &t, &options, &output));
  CHECK_NUMBERS(made, 1.5f, -1, 3, -1);
  CHECK_EQUAL(valid[0][0] + valid[1][0], 2);
  CHECK_EQUAL(valid[0][1] + valid[1][1], 0);

  present.grad_values = &TENSOR(gradient, f32, 3, 1);
  options.valid = NULL;
  options.workspace = NULL;
  SUCCEEDS(rc_fuse_backward_workspace_size(context, &output, streams, 2, &t, &options,
                                           &options.workspace_size));
  options.workspace = workspace;
  SUCCEEDS(rc_fuse_backward(context, &output, streams, 2, &t, &options));
  CHECK_NUMBERS(gradient, 2.25f, 0.75f, 1.5f);
}

/* Three points in a grid of 1 x 1 x 2 voxels: two in the first, one outside. */
static float points[3][3] = {{0.5f, 0.5f, 0.25f}, {0.5f, 0.5f, 0.75f}, {0.5f, 0.5f, 9}};
static float features[3][1] = {{1}, {5}, {7}};
static const rc_grid two_voxels = {{0, 0, 0}, {1, 1, 1}, {1, 1, 2}};

static void voxels(void) {
  rc_tensor p = TENSOR(points, f32, 3, 3), f = TENSOR(features, f32, 3, 1);
  float made[2], gradient[3];
  int64_t stats[3];
  rc_tensor output = TENSOR(made, f32, 1, 1, 2, 1), grad_features = TENSOR(gradient, f32, 3, 1);
  rc_voxelize_options options;
  SUCCEEDS(rc_voxelize_options_init(&options, sizeof options));
  options.features = &f;
  options.reduce = RC_REDUCE_MEAN;
  options.fill_value = -1;
  options.stats = &TENSOR(stats, i64, 1, 3);
  SUCCEEDS(rc_voxelize_workspace_size(context, &p, &two_voxels, &options, &output,
                                      &options.workspace_size));
  CHECK(options.workspace_size <= sizeof workspace);
  options.workspace = workspace;
  SUCCEEDS(rc_voxelize(context, &p, &two_voxels, &options, &output));
  CHECK_NUMBERS(made, 3, -1);
  CHECK_EQUAL(stats[RC_STAT_OUTSIDE], 1);

  rc_voxelize_options backward = RC_VOXELIZE_OPTIONS_INIT;
  backward.features = &f;
  backward.reduce = RC_REDUCE_MEAN;
  SUCCEEDS(rc_voxelize_backward_workspace_size(context, &output, &p, &two_voxels, &backward,
                                               &grad_features, &backward.workspace_size));
  CHECK(backward.workspace_size <= sizeof workspace);
  backward.workspace = workspace;
  SUCCEEDS(rc_voxelize_backward(context, &output, &p, &two_voxels, &backward, &grad_features));
  CHECK_NUMBERS(gradient, 1.5f, 1.5f, 0);
}

static void sparse_voxels(void) {
  rc_tensor p = TENSOR(points, f32, 3, 3), f = TENSOR(features, f32, 3, 1);
  int32_t found[2][4];
  float reduced[2];
  rc_tensor coords = TENSOR(found, i32, 2, 4);
  rc_voxelize_sparse_options options;
  SUCCEEDS(rc_voxelize_sparse_options_init(&options, sizeof options));
  options.features = &f;
  options.reduce = RC_REDUCE_MAX;
  options.fill_value = -2;
  options.reduced = &TENSOR(reduced, f32, 2, 1);
  SUCCEEDS(rc_voxelize_sparse_workspace_size(context, &p, &two_voxels, &options, &coords,
                                             &options.workspace_size));
  CHECK(options.workspace_size <= sizeof workspace);
  options.workspace = workspace;
  SUCCEEDS(rc_voxelize_sparse(context, &p, &two_voxels, &options, &coords));
  CHECK_EQUAL(found[0][3], 0);
  CHECK_EQUAL(found[1][3], -1);
  CHECK_NUMBERS(reduced, 5, -2);
}

static void bounds(void) {
  float made[2][3];
  SUCCEEDS(rc_pointcloud_bounds(context, &TENSOR(points, f32, 3, 3), NULL, NULL,
                                &TENSOR(made, f32, 2, 3)));
  CHECK_NUMBERS(made, 0.5f, 0.5f, 0.25f, 0.5f, 0.5f, 9);
}

/* A camera of one pixel before a column of four voxels of which it sees the second. */
static void distance_fields(void) {
  double intrinsics[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  double pose[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
  float depth[1][1] = {{2}}, tsdf[4] = {0}, weight[4] = {0};
  rc_tensor k = TENSOR(intrinsics, f64, 3, 3), e = TENSOR(pose, f64, 4, 4);
  rc_tensor d = TENSOR(depth, f32, 1, 1);
  rc_tensor distances = TENSOR(tsdf, f32, 1, 1, 4), weights = TENSOR(weight, f32, 1, 1, 4);
  const rc_grid column = {{-0.5, -0.5, 0}, {1, 1, 1}, {1, 1, 4}};
  rc_tsdf_integrate_options options;
  SUCCEEDS(rc_tsdf_integrate_options_init(&options, sizeof options));
  options.truncation = 1;
  SUCCEEDS(rc_tsdf_integrate_workspace_size(context, &d, &k, &e, &column, &options, &distances,
                                            &weights, &options.workspace_size));
  CHECK(options.workspace_size <= sizeof workspace);
  options.workspace = workspace;
  SUCCEEDS(rc_tsdf_integrate(context, &d, &k, &e, &column, &options, &distances, &weights));
  CHECK_NUMBERS(weight, 1, 1, 1, 0);
  CHECK_NUMBERS(tsdf, 1, 0.5f, -0.5f);

  float surface[1][3];
  int64_t total;
  rc_tensor crossing = TENSOR(surface, f32, 1, 3);
  rc_tsdf_extract_options extract;
  SUCCEEDS(rc_tsdf_extract_options_init(&extract, sizeof extract));
  extract.total = &TENSOR(&total, i64, 1);
  SUCCEEDS(rc_tsdf_extract_points_workspace_size(context, &distances, &weights, &column, &extract,
                                                 &crossing, &extract.workspace_size));
  CHECK(extract.workspace_size <= sizeof workspace);
  extract.workspace = workspace;
  SUCCEEDS(rc_tsdf_extract_points(context, &distances, &weights, &column, &extract, &crossing));
  CHECK_EQUAL(total, 1);
  CHECK_NUMBERS(surface, 0, 0, 2);

  float seen[1][3];
  SUCCEEDS(rc_depth_to_points(context, &d, &k, &e, 0, 0, &TENSOR(seen, f32, 1, 1, 3)));
  CHECK_NUMBERS(seen, 0, 0, 2);
}

static void distance_fields_of_points(void) {
  float point[1][3] = {{0, 0, 2}}, sensor[3] = {0, 0, 0}, tsdf[4] = {0}, weight[4] = {0};
  rc_tensor p = TENSOR(point, f32, 1, 3);
  rc_tensor distances = TENSOR(tsdf, f32, 1, 1, 4), weights = TENSOR(weight, f32, 1, 1, 4);
  const rc_grid column = {{-0.5, -0.5, 0}, {1, 1, 1}, {1, 1, 4}};
  rc_tsdf_from_points_options options;
  SUCCEEDS(rc_tsdf_from_points_options_init(&options, sizeof options));
  options.truncation = 1;
  options.sensor_origins = &TENSOR(sensor, f32, 3);
  SUCCEEDS(rc_tsdf_from_points_workspace_size(context, &p, &column, &options, &distances, &weights,
                                              &options.workspace_size));
  CHECK(options.workspace_size <= sizeof workspace);
  options.workspace = workspace;
  SUCCEEDS(rc_tsdf_from_points(context, &p, &column, &options, &distances, &weights));
  CHECK_NUMBERS(weight, 1, 1, 1, 0);
  CHECK_NUMBERS(tsdf, 1, 0.5f, -0.5f);
}

int main(void) {
  status_and_version();
  devices();
  create_context();
  clocks();
  resampling();
  fusing();
  voxels();
  sparse_voxels();
  bounds();
  distance_fields();
  distance_fields_of_points();
  destroy_context();
  return failed_checks != 0;
}
