// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "robocache/voxelize.h"

#include "lib/error.h"
#include "lib/options.h"
#include "lib/view_rules.h"
#include "lib/voxelize_plan.h"
#include "lib/voxelize_run.h"
#include "lib/workspace_query.h"

namespace rc {
namespace {

using Long = long long;

void require_index_type(const View& view, const char* argument) {
  if (view.type != Type::i32 && view.type != Type::i64) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected int32 or int64, got %s", argument,
         describe(view).c_str());
  }
}

void check_wanted(const rc_voxelize_sparse_options& options) {
  const bool reduces = options.reduced != nullptr;
  if (reduces ? !reduces_features(options.reduce) : options.reduce != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "reduce: expected %s, got %d",
         reduces ? "RC_REDUCE_SUM, MEAN, MAX or MIN" : "0 without reduced", options.reduce);
  }
  const bool wanted = reduces || options.hard != nullptr;
  if (wanted != (options.features != nullptr)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "features: expected %s, got %s",
         wanted ? "a tensor, for reduced and hard" : "NULL without reduced and hard",
         wanted ? "NULL" : "a tensor");
  }
}

/** [M,4]; says M. */
void read_coords(Tensors& tensors, const rc_tensor* coords, SparsePlan& plan) {
  const View& v = tensors.write(coords, "coords");
  require_index_type(v, "coords");
  if (v.ndim != 2 || v.shape[1] != 4 || v.shape[0] < 1) {
    fail(RC_ERROR_INVALID_ARGUMENT, "coords: expected [M,4] with M of at least 1, got %s",
         describe(v).c_str());
  }
  const Grid& grid = plan.voxels.grid;
  const int64_t longest =
      std::max({grid.dims[0], grid.dims[1], grid.dims[2], plan.voxels.cloud.clouds});
  if (v.type == Type::i32 && longest - 1 > std::numeric_limits<int32_t>::max()) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "coords: expected int64 for indices up to %lld, got int32",
         static_cast<Long>(longest - 1));
  }
  plan.capacity = v.shape[0];
  plan.coords = {v.data, v.type, 0, v.strides[0], v.strides[1]};
}

void read_outputs(Tensors& tensors, const rc_voxelize_sparse_options& options, const Points& points,
                  SparsePlan& plan) {
  const VoxelPlan& voxels = plan.voxels;
  if (options.reduced != nullptr) {
    const View& v = tensors.write(options.reduced, "reduced");
    require_reduced_type(v, "reduced", voxels);
    require_shape(v, "reduced", {plan.capacity, voxels.width});
    plan.reduced = {v.data, v.type, 0, v.strides[0], v.strides[1]};
  }
  if (options.counts != nullptr) {
    const View& v = tensors.write(options.counts, "counts");
    require_type(v, "counts", Type::i32);
    require_shape(v, "counts", {plan.capacity});
    plan.counts = {v.data, v.type, 0, v.strides[0], 0};
  }
  if (options.hard != nullptr) {
    const View& v = tensors.write(options.hard, "hard");
    require_type(v, "hard", voxels.features.type);
    require_shape(v, "hard", {plan.capacity, any, voxels.width}, "K");
    require_fill_value(options.fill_value, v.type);
    plan.hard = {v.data, v.type, v.strides[0], v.strides[1], v.strides[2]};
    plan.hard_points = v.shape[1];
  }
  if (options.point_to_voxel != nullptr) {
    const View& v = tensors.write(options.point_to_voxel, "point_to_voxel");
    require_index_type(v, "point_to_voxel");
    plan.point_to_voxel = point_array(v, "point_to_voxel", points, -1);
  }
  if (options.total != nullptr) {
    const View& v = tensors.write(options.total, "total");
    require_type(v, "total", Type::i64);
    require_shape(v, "total", {1});
    plan.total = reinterpret_cast<int64_t*>(v.data);
  }
}

/** rc_voxelize_sparse, but for its data. */
SparsePlan prepare(Tensors& tensors, const rc_tensor* points, const rc_grid* grid,
                   const rc_voxelize_sparse_options& options, const rc_tensor* coords) {
  check_wanted(options);
  PreparedVoxels prepared = make_voxel_plan(
      tensors,
      {RC_OP_VOXELIZE_SPARSE, points, grid, options.offsets, options.lengths, options.flags,
       options.reduce, options.reserved, options.fill_value, options.feature_bound},
      RC_VOXELIZE_SKIP_VALIDATION);
  if (options.features != nullptr) read_features(tensors, options.features, prepared);
  SparsePlan plan = {};
  plan.voxels = prepared.plan;
  read_coords(tensors, coords, plan);
  read_outputs(tensors, options, prepared.points, plan);
  plan.voxels.stats = read_stats(tensors, options.stats, prepared.points);
  tensors.check_disjoint();
  return plan;
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_voxelize_sparse_options_init(rc_voxelize_sparse_options* options,
                                          uint32_t struct_size) {
  return entry("rc_voxelize_sparse_options_init",
               [&] { init_struct(options, struct_size, "options"); });
}

rc_status rc_voxelize_sparse(rc_context* context, const rc_tensor* points, const rc_grid* grid,
                             const rc_voxelize_sparse_options* options, rc_tensor* coords) {
  return entry("rc_voxelize_sparse", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_VOXELIZE_SPARSE);
    const rc_voxelize_sparse_options o = read_options(options, "options");
    Tensors tensors(c);
    const SparsePlan plan = prepare(tensors, points, grid, o, coords);
    run_voxelize(c, plan, o.workspace, o.workspace_size);
    measured.done(plan.voxels.cloud.positions(), tensors.bytes());
  });
}

rc_status rc_voxelize_sparse_workspace_size(rc_context* context, const rc_tensor* points,
                                            const rc_grid* grid,
                                            const rc_voxelize_sparse_options* options,
                                            const rc_tensor* coords, uint64_t* size) {
  return workspace_query("rc_voxelize_sparse_workspace_size", size, [&] {
    const rc_voxelize_sparse_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    return workspace_to_voxelize(c, prepare(tensors, points, grid, o, coords));
  });
}
