// SPDX-License-Identifier: Apache-2.0
#include "robocache/voxelize.h"

#include "lib/error.h"
#include "lib/options.h"
#include "lib/view_rules.h"
#include "lib/voxelize_plan.h"
#include "lib/voxelize_run.h"
#include "lib/workspace_query.h"

namespace rc {
namespace {

void require_output_type(const View& v, const VoxelPlan& plan) {
  switch (plan.reduce) {
    case RC_REDUCE_OCCUPANCY:
      if (v.type != Type::u8 && v.type != Type::boolean) {
        fail(RC_ERROR_UNSUPPORTED_DTYPE, "output: expected uint8 or bool, got %s",
             describe(v).c_str());
      }
      return;
    case RC_REDUCE_OCCUPANCY_BITS:
      return require_type(v, "output", Type::u8);
    case RC_REDUCE_COUNT:
      return require_type(v, "output", Type::i32);
    default:
      return require_reduced_type(v, "output", plan);
  }
}

/** Features of a reduction that has some, and none of another. */
void read_own_features(Tensors& tensors, const rc_voxelize_options& options,
                       PreparedVoxels& prepared) {
  if (reduces_features(options.reduce)) return read_features(tensors, options.features, prepared);
  if (options.features != nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "features: expected NULL for a reduction of points alone, got a tensor");
  }
  if (options.fill_value != 0) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "fill_value: expected 0 for a reduction of points alone, got %g", options.fill_value);
  }
}

/** rc_voxelize, but for its data. */
DensePlan prepare(Tensors& tensors, const rc_tensor* points, const rc_grid* grid,
                  const rc_voxelize_options& options, const rc_tensor* output) {
  PreparedVoxels prepared =
      make_voxel_plan(tensors, dense_arguments(RC_OP_VOXELIZE, points, grid, options),
                      RC_VOXELIZE_ACCUMULATE | RC_VOXELIZE_SKIP_VALIDATION);
  const Points& p = prepared.points;
  read_own_features(tensors, options, prepared);
  prepared.plan.stats = read_stats(tensors, options.stats, p);
  DensePlan plan = {};
  plan.voxels = prepared.plan;
  plan.accumulate = (options.flags & RC_VOXELIZE_ACCUMULATE) != 0;
  const View& v = tensors.write(output, "output");
  require_output_type(v, plan.voxels);
  const int64_t (&dims)[3] = plan.voxels.grid.dims;
  const bool features = reduces_features(options.reduce);
  plan.output = grid_array(v, "output", p, {dims[0], dims[1], plan.depth()},
                           features ? plan.voxels.width : -1);
  if (options.counts != nullptr) {
    const View& c = tensors.write(options.counts, "counts");
    require_type(c, "counts", Type::i32);
    plan.counts = grid_array(c, "counts", p, dims, -1);
  } else if (plan.accumulate && features) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "counts: expected a tensor, to accumulate features with, got NULL");
  }
  tensors.check_disjoint();
  return plan;
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_voxelize_options_init(rc_voxelize_options* options, uint32_t struct_size) {
  return entry("rc_voxelize_options_init", [&] { init_struct(options, struct_size, "options"); });
}

rc_status rc_voxelize(rc_context* context, const rc_tensor* points, const rc_grid* grid,
                      const rc_voxelize_options* options, rc_tensor* output) {
  return entry("rc_voxelize", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_VOXELIZE);
    const rc_voxelize_options o = read_options(options, "options");
    Tensors tensors(c);
    const DensePlan plan = prepare(tensors, points, grid, o, output);
    run_voxelize(c, plan, o.workspace, o.workspace_size);
    measured.done(plan.voxels.cloud.positions(), tensors.bytes());
  });
}

rc_status rc_voxelize_workspace_size(rc_context* context, const rc_tensor* points,
                                     const rc_grid* grid, const rc_voxelize_options* options,
                                     const rc_tensor* output, uint64_t* size) {
  return workspace_query("rc_voxelize_workspace_size", size, [&] {
    const rc_voxelize_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    return workspace_to_voxelize(c, prepare(tensors, points, grid, o, output));
  });
}
