// SPDX-License-Identifier: Apache-2.0
#include "robocache/tsdf.h"

#include "lib/cloud.h"
#include "lib/error.h"
#include "lib/options.h"
#include "lib/tsdf_cpu.h"
#include "lib/tsdf_plan.h"
#include "lib/view_rules.h"
#include "lib/volume.h"
#include "lib/voxelize_cpu.h"
#include "lib/workspace_query.h"

namespace rc {
namespace {

using Long = long long;

/** Voxels whose sums can be counted in bytes. */
constexpr int64_t most_voxels = int64_t{1} << 56;

void check_numbers(const rc_tsdf_from_points_options& options) {
  constexpr uint32_t known = RC_TSDF_NO_CARVING | RC_TSDF_SKIP_VALIDATION;
  if ((options.flags & ~known) != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "flags: expected bits of 0x%x, got 0x%x", known,
         options.flags);
  }
  if (options.reserved != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got %d", options.reserved);
  }
  check_truncation(options.truncation);
  check_max_weight(options.max_weight);
  check_weighting(options.weighting);
  const bool normals = options.normals != nullptr, sensors = options.sensor_origins != nullptr;
  if (normals == sensors) {
    fail(RC_ERROR_INVALID_ARGUMENT, "normals: expected either normals or sensor_origins, got %s",
         normals ? "both" : "neither");
  }
  if (normals && is_inverse_square(options.weighting)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "weighting: expected CONSTANT or DROPOFF without sensor_origins, got %d",
         options.weighting);
  }
}

void read_rules(const rc_tsdf_from_points_options& options, TsdfPointsPlan& plan) {
  plan.truncation = options.truncation;
  plan.max_weight = weight_limit(options.max_weight);
  plan.carving = (options.flags & RC_TSDF_NO_CARVING) == 0;
  plan.inverse_square = is_inverse_square(options.weighting);
  plan.edge = dropoff_edge(plan.volume.grid, options.weighting, options.truncation);
  plan.fall = 1 / (options.truncation - plan.edge);
}

Array read_normals(Tensors& tensors, const rc_tensor* normals, const Points& points) {
  const View& v = tensors.read(normals, "normals");
  require_type(v, "normals", points.cloud.array.type);
  return point_array(v, "normals", points, 3);
}

Array read_sensors(Tensors& tensors, const rc_tensor* sensors, const Points& points) {
  const View& v = tensors.read(sensors, "sensor_origins");
  if (v.type != Type::f32 && v.type != Type::f64) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "sensor_origins: expected float32 or float64, got %s",
         describe(v).c_str());
  }
  const bool shared = v.ndim == 1;
  require_shape(v, "sensor_origins", shared ? Shape{3} : Shape{points.cloud.clouds, 3});
  return {v.data, v.type, shared ? 0 : v.strides[0], 0, v.strides[shared ? 0 : 1]};
}

TsdfPointsPlan prepare(Tensors& tensors, const rc_tensor* points, const rc_grid* grid,
                       const rc_tsdf_from_points_options& options, const rc_tensor* tsdf,
                       const rc_tensor* weight) {
  check_numbers(options);
  const bool validate = (options.flags & RC_TSDF_SKIP_VALIDATION) == 0;
  const Points p = read_points(tensors, points, options.offsets, options.lengths, validate);
  TsdfPointsPlan plan = {};
  plan.op = RC_OP_TSDF_FROM_POINTS;
  plan.cloud = p.cloud;
  plan.volume = read_volume(tensors, grid, tsdf, weight, nullptr, VolumeAccess::write);
  if (plan.volume.grid.cells() > most_voxels) {
    fail(RC_ERROR_INVALID_ARGUMENT, "grid.dims: expected at most 2^56 voxels, got %lld",
         static_cast<Long>(plan.volume.grid.cells()));
  }
  read_rules(options, plan);
  if (options.normals != nullptr) plan.normals = read_normals(tensors, options.normals, p);
  if (options.sensor_origins != nullptr) {
    plan.sensors = read_sensors(tensors, options.sensor_origins, p);
  }
  plan.stats = read_stats(tensors, options.stats, p);
  tensors.check_disjoint();
  return plan;
}

uint64_t workspace_to_observe(const rc_context& context, const TsdfPointsPlan& plan) {
  return context.cuda != nullptr ? context.cuda->from_points_workspace(plan)
                                 : from_points_workspace(plan);
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_tsdf_from_points_options_init(rc_tsdf_from_points_options* options,
                                           uint32_t struct_size) {
  return entry("rc_tsdf_from_points_options_init",
               [&] { init_struct(options, struct_size, "options"); });
}

rc_status rc_tsdf_from_points(rc_context* context, const rc_tensor* points, const rc_grid* grid,
                              const rc_tsdf_from_points_options* options, rc_tensor* tsdf,
                              rc_tensor* weight) {
  return entry("rc_tsdf_from_points", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_TSDF_FROM_POINTS);
    const rc_tsdf_from_points_options o = read_options(options, "options");
    Tensors tensors(c);
    const TsdfPointsPlan plan = prepare(tensors, points, grid, o, tsdf, weight);
    if (c.cuda == nullptr) check_cloud_data(plan.op, plan.cloud);
    const Workspace memory(c, workspace_to_observe(c, plan), o.workspace, o.workspace_size);
    if (c.cuda != nullptr) {
      c.cuda->tsdf_from_points(plan, memory.data());
    } else {
      tsdf_from_points_cpu(c, plan, memory.data());
    }
    measured.done(plan.cloud.positions(), tensors.bytes());
  });
}

rc_status rc_tsdf_from_points_workspace_size(rc_context* context, const rc_tensor* points,
                                             const rc_grid* grid,
                                             const rc_tsdf_from_points_options* options,
                                             const rc_tensor* tsdf, const rc_tensor* weight,
                                             uint64_t* size) {
  return workspace_query("rc_tsdf_from_points_workspace_size", size, [&] {
    const rc_tsdf_from_points_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    return workspace_to_observe(c, prepare(tensors, points, grid, o, tsdf, weight));
  });
}
