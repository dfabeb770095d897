/* SPDX-License-Identifier: Apache-2.0 */
/* One operation, named by the argument, on a CPU context of one thread with a workspace of the
 * caller's. Start-up is over before its first call: preloaded, guard.c sees what the call takes. */
#include <stdlib.h>

#include "../api/check.h"
#include "../api/tensors.h"

__attribute__((weak)) void realtime_steady(int steady);

enum { samples = 64, num_points = 100 };

static rc_context* context;
static int64_t times[samples], targets[2] = {5, 15};
static double values[samples][4];
static float points[num_points][3], features[num_points][2];
static _Alignas(16) char workspace[1 << 22];
static const rc_grid grid = {{0, 0, 0}, {1, 1, 1}, {4, 4, 4}};
static rc_tensor v, s, t, p, f;
static rc_status status;

/* The call alone; what it returned is looked at when start-up rules hold again. */
#define STEADY(call)                                 \
  do {                                               \
    if (realtime_steady != NULL) realtime_steady(1); \
    status = (call);                                 \
    if (realtime_steady != NULL) realtime_steady(0); \
    SUCCEEDS(status);                                \
  } while (0)
#define WORKSPACE(options)                       \
  do {                                           \
    (options).workspace = workspace;             \
    (options).workspace_size = sizeof workspace; \
  } while (0)

static void resample(void) {
  float made[2][4];
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.order = RC_ORDER_SORT;
  WORKSPACE(options);
  STEADY(rc_resample(context, &v, &s, &t, &options, &TENSOR(made, f32, 2, 4)));
}

static void resample_backward(void) {
  double gradient[samples][4], above[2][4] = {{1}};
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.order = RC_ORDER_SORT;
  WORKSPACE(options);
  STEADY(rc_resample_backward(context, &TENSOR(above, f64, 2, 4), &v, &s, &t, &options,
                              &TENSOR(gradient, f64, samples, 4)));
}

/* As many streams as there may be, each with a quaternion and every quality output. */
static void fuse(void) {
  static float made[2][RC_MAX_STREAMS * 4];
  static uint8_t valid[2][RC_MAX_STREAMS], reason[RC_MAX_STREAMS][2];
  static int64_t age[RC_MAX_STREAMS][2];
  static rc_resample_options rules[RC_MAX_STREAMS];
  static rc_stream streams[RC_MAX_STREAMS];
  static rc_tensor reasons[RC_MAX_STREAMS], ages[RC_MAX_STREAMS];
  const rc_stream* all[RC_MAX_STREAMS];
  const rc_channels group = {0, 4, RC_MODE_SLERP, 0};
  int64_t two[1] = {2};
  for (int i = 0; i < RC_MAX_STREAMS; ++i) {
    reasons[i] = (rc_tensor){reason[i], {RC_DEVICE_CPU, 0}, 1, u8, two, NULL, 0};
    ages[i] = (rc_tensor){age[i], {RC_DEVICE_CPU, 0}, 1, i64, two, NULL, 0};
    SUCCEEDS(rc_resample_options_init(&rules[i], sizeof rules[i]));
    rules[i].order = RC_ORDER_SORT;
    rules[i].channels = &group;
    rules[i].num_channels = 1;
    rules[i].reason = &reasons[i];
    rules[i].age = &ages[i];
    SUCCEEDS(rc_stream_init(&streams[i], sizeof streams[i]));
    streams[i].values = &v;
    streams[i].source_times = &s;
    streams[i].options = &rules[i];
    all[i] = &streams[i];
  }
  rc_fuse_options options = RC_FUSE_OPTIONS_INIT;
  options.valid = &TENSOR(valid, u8, 2, RC_MAX_STREAMS);
  WORKSPACE(options);
  STEADY(rc_fuse(context, all, RC_MAX_STREAMS, &t, &options,
                 &TENSOR(made, f32, 2, RC_MAX_STREAMS * 4)));
}

static void fuse_backward(void) {
  double gradient[samples][4], above[2][4] = {{1}};
  rc_resample_options rules = RC_RESAMPLE_OPTIONS_INIT;
  rules.order = RC_ORDER_SORT;
  rc_stream stream = RC_STREAM_INIT;
  stream.values = &v;
  stream.source_times = &s;
  stream.options = &rules;
  stream.grad_values = &TENSOR(gradient, f64, samples, 4);
  const rc_stream* const all[1] = {&stream};
  rc_fuse_options options = RC_FUSE_OPTIONS_INIT;
  WORKSPACE(options);
  STEADY(rc_fuse_backward(context, &TENSOR(above, f64, 2, 4), all, 1, &t, &options));
}

static void fuse_workspace_size(void) {
  float made[2][4];
  uint64_t size;
  rc_resample_options rules = RC_RESAMPLE_OPTIONS_INIT;
  rules.order = RC_ORDER_SORT;
  rc_stream stream = RC_STREAM_INIT;
  stream.values = &v;
  stream.source_times = &s;
  stream.options = &rules;
  const rc_stream* const all[1] = {&stream};
  STEADY(rc_fuse_workspace_size(context, all, 1, &t, NULL, &TENSOR(made, f32, 2, 4), &size));
  CHECK(size > 0);
}

static void voxelize(void) {
  float made[4][4][4][2];
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  options.reduce = RC_REDUCE_MEAN;
  options.features = &f;
  WORKSPACE(options);
  STEADY(rc_voxelize(context, &p, &grid, &options, &TENSOR(made, f32, 4, 4, 4, 2)));
}

static void voxelize_backward(void) {
  float above[4][4][4][2] = {0}, gradient[num_points][2];
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  options.reduce = RC_REDUCE_MAX;
  options.features = &f;
  WORKSPACE(options);
  STEADY(rc_voxelize_backward(context, &TENSOR(above, f32, 4, 4, 4, 2), &p, &grid, &options,
                              &TENSOR(gradient, f32, num_points, 2)));
}

static void voxelize_sparse(void) {
  int32_t coords[64][4];
  rc_voxelize_sparse_options options = RC_VOXELIZE_SPARSE_OPTIONS_INIT;
  WORKSPACE(options);
  STEADY(rc_voxelize_sparse(context, &p, &grid, &options, &TENSOR(coords, i32, 64, 4)));
}

static void pointcloud_bounds(void) {
  float bounds[2][3];
  STEADY(rc_pointcloud_bounds(context, &p, NULL, NULL, &TENSOR(bounds, f32, 2, 3)));
}

static double intrinsics[3][3] = {{1, 0, 2}, {0, 1, 2}, {0, 0, 1}};
static double pose[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
static float depth[4][4], tsdf[4][4][4], weight[4][4][4];

static void tsdf_integrate(void) {
  rc_tsdf_integrate_options options = RC_TSDF_INTEGRATE_OPTIONS_INIT;
  options.truncation = 1;
  WORKSPACE(options);
  STEADY(rc_tsdf_integrate(context, &TENSOR(depth, f32, 4, 4), &TENSOR(intrinsics, f64, 3, 3),
                           &TENSOR(pose, f64, 4, 4), &grid, &options, &TENSOR(tsdf, f32, 4, 4, 4),
                           &TENSOR(weight, f32, 4, 4, 4)));
}

static void depth_to_points(void) {
  float made[4][4][3];
  STEADY(rc_depth_to_points(context, &TENSOR(depth, f32, 4, 4), &TENSOR(intrinsics, f64, 3, 3),
                            &TENSOR(pose, f64, 4, 4), 0, 0, &TENSOR(made, f32, 4, 4, 3)));
}

static void tsdf_from_points(void) {
  float sensor[3] = {2, 2, -4};
  rc_tsdf_from_points_options options = RC_TSDF_FROM_POINTS_OPTIONS_INIT;
  options.truncation = 1;
  options.sensor_origins = &TENSOR(sensor, f32, 3);
  WORKSPACE(options);
  STEADY(rc_tsdf_from_points(context, &p, &grid, &options, &TENSOR(tsdf, f32, 4, 4, 4),
                             &TENSOR(weight, f32, 4, 4, 4)));
}

static void tsdf_extract_points(void) {
  float made[8][3];
  rc_tsdf_extract_options options = RC_TSDF_EXTRACT_OPTIONS_INIT;
  WORKSPACE(options);
  STEADY(rc_tsdf_extract_points(context, &TENSOR(tsdf, f32, 4, 4, 4), &TENSOR(weight, f32, 4, 4, 4),
                                &grid, &options, &TENSOR(made, f32, 8, 3)));
}

static const struct {
  const char* name;
  void (*run)(void);
} operations[] = {
    {"resample", resample},
    {"resample_backward", resample_backward},
    {"fuse", fuse},
    {"fuse_backward", fuse_backward},
    {"fuse_workspace_size", fuse_workspace_size},
    {"voxelize", voxelize},
    {"voxelize_backward", voxelize_backward},
    {"voxelize_sparse", voxelize_sparse},
    {"pointcloud_bounds", pointcloud_bounds},
    {"tsdf_integrate", tsdf_integrate},
    {"depth_to_points", depth_to_points},
    {"tsdf_from_points", tsdf_from_points},
    {"tsdf_extract_points", tsdf_extract_points},
};

static void make_data(void) {
  for (int i = 0; i < samples; ++i) {
    times[i] = (i ^ 1) * 10; /* each second one overtaken */
    values[i][i % 4] = 1;
  }
  for (int i = 0; i < num_points; ++i) {
    for (int c = 0; c < 3; ++c) points[i][c] = (float)((i * (c + 3)) % 17) * 0.25f;
    features[i][0] = (float)i;
  }
  for (int i = 0; i < 16; ++i) depth[i / 4][i % 4] = 2;
  static int64_t vs[2] = {samples, 4}, ss[1] = {samples}, ts[1] = {2};
  static int64_t ps[2] = {num_points, 3}, fs[2] = {num_points, 2};
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  v = (rc_tensor){values, cpu, 2, f64, vs, NULL, 0};
  s = (rc_tensor){times, cpu, 1, i64, ss, NULL, 0};
  t = (rc_tensor){targets, cpu, 1, i64, ts, NULL, 0};
  p = (rc_tensor){points, cpu, 2, f32, ps, NULL, 0};
  f = (rc_tensor){features, cpu, 2, f32, fs, NULL, 0};
}

int main(int argc, char** argv) {
  make_data();
  context = new_cpu_context();
  int known = 0;
  for (size_t i = 0; i < sizeof operations / sizeof *operations; ++i) {
    if (argc != 2 || strcmp(argv[1], operations[i].name) != 0) continue;
    operations[i].run();
    known = 1;
  }
  CHECK(known);
  SUCCEEDS(rc_context_destroy(context));
  return failed_checks != 0;
}
