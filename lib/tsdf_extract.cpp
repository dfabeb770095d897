// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "robocache/tsdf.h"

#include "lib/error.h"
#include "lib/options.h"
#include "lib/tsdf_extract_cpu.h"
#include "lib/view_rules.h"
#include "lib/volume.h"
#include "lib/workspace_query.h"

namespace rc {
namespace {

void check_numbers(const rc_tsdf_extract_options& options) {
  if (options.flags != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "flags: expected 0, got 0x%x", options.flags);
  }
  if (!(options.min_weight >= 0)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "min_weight: expected a number of at least 0, got %g",
         options.min_weight);
  }
  if ((options.point_colors != nullptr) != (options.color != nullptr)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "color: expected %s, got %s",
         options.color == nullptr ? "a tensor, for point_colors" : "NULL without point_colors",
         options.color == nullptr ? "NULL" : "a tensor");
  }
}

/** [M,3] beside the points; absent where it is NULL. */
Array read_vectors(Tensors& tensors, rc_tensor* tensor, const char* argument, int64_t capacity) {
  if (tensor == nullptr) return {};
  const View& v = tensors.write(tensor, argument);
  require_type(v, argument, Type::f32);
  require_shape(v, argument, {capacity, 3});
  return {v.data, v.type, 0, v.strides[0], v.strides[1]};
}

ExtractPlan prepare(Tensors& tensors, const rc_tensor* tsdf, const rc_tensor* weight,
                    const rc_grid* grid, const rc_tsdf_extract_options& options,
                    const rc_tensor* points) {
  check_numbers(options);
  ExtractPlan plan = {};
  plan.volume = read_volume(tensors, grid, tsdf, weight, options.color, VolumeAccess::read);
  plan.min_weight = options.min_weight;
  const View& v = tensors.write(points, "points");
  if (v.type != Type::f32 && v.type != Type::f64) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "points: expected float32 or float64, got %s",
         describe(v).c_str());
  }
  require_shape(v, "points", {any, 3}, "M");
  plan.capacity = v.shape[0];
  plan.points = {v.data, v.type, 0, v.strides[0], v.strides[1]};
  plan.normals = read_vectors(tensors, options.normals, "normals", plan.capacity);
  plan.colors = read_vectors(tensors, options.point_colors, "point_colors", plan.capacity);
  if (options.total != nullptr) {
    const View& t = tensors.write(options.total, "total");
    require_type(t, "total", Type::i64);
    require_shape(t, "total", {1});
    plan.total = reinterpret_cast<int64_t*>(t.data);
  }
  tensors.check_disjoint();
  return plan;
}

uint64_t workspace_to_extract(const rc_context& context, const ExtractPlan& plan) {
  return context.cuda != nullptr ? context.cuda->extract_workspace(plan) : extract_workspace(plan);
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_tsdf_extract_options_init(rc_tsdf_extract_options* options, uint32_t struct_size) {
  return entry("rc_tsdf_extract_options_init",
               [&] { init_struct(options, struct_size, "options"); });
}

rc_status rc_tsdf_extract_points(rc_context* context, const rc_tensor* tsdf,
                                 const rc_tensor* weight, const rc_grid* grid,
                                 const rc_tsdf_extract_options* options, rc_tensor* points) {
  return entry("rc_tsdf_extract_points", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_TSDF_EXTRACT_POINTS);
    const rc_tsdf_extract_options o = read_options(options, "options");
    Tensors tensors(c);
    const ExtractPlan plan = prepare(tensors, tsdf, weight, grid, o, points);
    const Workspace memory(c, workspace_to_extract(c, plan), o.workspace, o.workspace_size);
    if (c.cuda != nullptr) {
      c.cuda->tsdf_extract(plan, memory.data());
    } else {
      tsdf_extract_cpu(c, plan, memory.data());
    }
    measured.done(plan.volume.grid.cells(), tensors.bytes());
  });
}

rc_status rc_tsdf_extract_points_workspace_size(rc_context* context, const rc_tensor* tsdf,
                                                const rc_tensor* weight, const rc_grid* grid,
                                                const rc_tsdf_extract_options* options,
                                                const rc_tensor* points, uint64_t* size) {
  return workspace_query("rc_tsdf_extract_points_workspace_size", size, [&] {
    const rc_tsdf_extract_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    return workspace_to_extract(c, prepare(tensors, tsdf, weight, grid, o, points));
  });
}
