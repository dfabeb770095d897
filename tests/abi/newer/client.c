/* SPDX-License-Identifier: Apache-2.0 */
/* A program of a later release on today's library: headers of a higher version, structs with one more
 * field, a function that is not there yet. It is served as long as it asks for nothing new, and told
 * so in a sentence where it does (onnxruntime #25547: a newer header on an older library crashed). */
#include <dlfcn.h>

#include "../../api/check.h"
#include "../../api/tensors.h"
#include "version.h"

/* `type` as the later headers have it. */
#define LATER(type) \
  struct {          \
    type known;     \
    uint64_t added; \
  }
#define NEW_OPTION "an option of newer headers, unknown to robocache "

/* `call` reads `later`: it succeeds while what was added is zero, and fails once it is set. */
#define SERVED_UNLESS_SET(later, call)                         \
  do {                                                         \
    (later).known.struct_size = sizeof(later);                 \
    (later).added = 0;                                         \
    SUCCEEDS(call);                                            \
    (later).added = 1;                                         \
    FAILS_WITH(call, RC_ERROR_UNSUPPORTED_OPTION, NEW_OPTION); \
    (later).added = 0;                                         \
  } while (0)

static rc_context* context;

static void version_is_refused(void) {
  char versions[64];
  CHECK_EQUAL(RC_VERSION, 99000000);
  FAILS_WITH(rc_check_version(RC_VERSION), RC_ERROR_VERSION_MISMATCH, ", got 99.0.0");
  snprintf(versions, sizeof versions, "expected at most %s, the version of /", rc_version_string());
  CHECK_PART(rc_last_error_message(), versions);
  CHECK_PART(rc_last_error_message(), "/librobocache.so.1, ");
}

static void function_is_missing(void) {
  dlerror();
  CHECK(dlsym(RTLD_DEFAULT, "rc_added_later") == NULL);
  CHECK_PART(dlerror(), "undefined symbol: rc_added_later");
}

static void contexts(void) {
  LATER(rc_context_options) options = {RC_CONTEXT_OPTIONS_INIT, 0};
  options.known.device_type = RC_DEVICE_CPU;
  options.known.threads = 1;
  SERVED_UNLESS_SET(options,
                    (rc_context_destroy(context), rc_context_create(&options.known, &context)));
  CHECK(context == NULL);
  SUCCEEDS(rc_context_create(&options.known, &context));

  LATER(rc_device_properties) properties = {RC_DEVICE_PROPERTIES_INIT, 0};
  SERVED_UNLESS_SET(properties, rc_device_info(RC_DEVICE_CPU, 0, &properties.known));
  LATER(rc_op_metrics) metrics = {RC_OP_METRICS_INIT, 0};
  SERVED_UNLESS_SET(metrics, rc_context_metrics(context, RC_OP_FUSE, &metrics.known));
}

static void streams(void) {
  int64_t times[2] = {0, 10}, target[1] = {5};
  float values[2] = {1, 2}, made[1];
  rc_tensor v = TENSOR(values, f32, 2, 1), s = TENSOR(times, i64, 2), t = TENSOR(target, i64, 1);
  rc_tensor output = TENSOR(made, f32, 1, 1);
  LATER(rc_resample_options) rules = {RC_RESAMPLE_OPTIONS_INIT, 0};
  SERVED_UNLESS_SET(rules, rc_resample(context, &v, &s, &t, &rules.known, &output));

  LATER(rc_stream) stream = {RC_STREAM_INIT, 0};
  stream.known.values = &v;
  stream.known.source_times = &s;
  stream.known.options = &rules.known;
  const rc_stream* const all[1] = {&stream.known};
  LATER(rc_fuse_options) options = {RC_FUSE_OPTIONS_INIT, 0};
  SERVED_UNLESS_SET(stream, rc_fuse(context, all, 1, &t, &options.known, &output));
  SERVED_UNLESS_SET(rules, rc_fuse(context, all, 1, &t, &options.known, &output));
  SERVED_UNLESS_SET(options, rc_fuse(context, all, 1, &t, &options.known, &output));
  CHECK(made[0] == 1.5f);
}

static void clouds(void) {
  float points[1][3] = {{0.5f, 0.5f, 0.5f}}, sensor[3] = {0, 0, 0}, tsdf[1] = {0}, weight[1] = {0};
  float depth[1][1] = {{2}}, surface[1][3];
  double k[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  double e[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
  uint8_t voxels[1];
  int32_t found[1][4];
  const rc_grid grid = {{0, 0, 0}, {1, 1, 1}, {1, 1, 1}};
  rc_tensor p = TENSOR(points, f32, 1, 3);
  rc_tensor distances = TENSOR(tsdf, f32, 1, 1, 1), weights = TENSOR(weight, f32, 1, 1, 1);

  LATER(rc_voxelize_options) dense = {RC_VOXELIZE_OPTIONS_INIT, 0};
  SERVED_UNLESS_SET(dense,
                    rc_voxelize(context, &p, &grid, &dense.known, &TENSOR(voxels, u8, 1, 1, 1)));
  LATER(rc_voxelize_sparse_options) sparse = {RC_VOXELIZE_SPARSE_OPTIONS_INIT, 0};
  SERVED_UNLESS_SET(
      sparse, rc_voxelize_sparse(context, &p, &grid, &sparse.known, &TENSOR(found, i32, 1, 4)));
  LATER(rc_tsdf_integrate_options) images = {RC_TSDF_INTEGRATE_OPTIONS_INIT, 0};
  images.known.truncation = 1;
  SERVED_UNLESS_SET(
      images, rc_tsdf_integrate(context, &TENSOR(depth, f32, 1, 1), &TENSOR(k, f64, 3, 3),
                                &TENSOR(e, f64, 4, 4), &grid, &images.known, &distances, &weights));
  LATER(rc_tsdf_from_points_options) rays = {RC_TSDF_FROM_POINTS_OPTIONS_INIT, 0};
  rays.known.truncation = 1;
  rays.known.sensor_origins = &TENSOR(sensor, f32, 3);
  SERVED_UNLESS_SET(rays,
                    rc_tsdf_from_points(context, &p, &grid, &rays.known, &distances, &weights));
  LATER(rc_tsdf_extract_options) extract = {RC_TSDF_EXTRACT_OPTIONS_INIT, 0};
  SERVED_UNLESS_SET(extract, rc_tsdf_extract_points(context, &distances, &weights, &grid,
                                                    &extract.known, &TENSOR(surface, f32, 1, 3)));
}

int main(void) {
  version_is_refused();
  function_is_missing();
  contexts();
  streams();
  clouds();
  SUCCEEDS(rc_context_destroy(context));
  return failed_checks != 0;
}
