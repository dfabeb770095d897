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

void refuse_for_gradient(const rc_voxelize_options& options) {
  if (!reduces_features(options.reduce)) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "reduce: expected RC_REDUCE_SUM, MEAN, MAX or MIN, got %d",
         options.reduce);
  }
  if (options.counts != nullptr || options.stats != nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected NULL for a gradient, got a tensor",
         options.counts != nullptr ? "counts" : "stats");
  }
  if (options.feature_bound != 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "feature_bound: expected 0 for a gradient, got %g",
         options.feature_bound);
  }
}

/** rc_voxelize_backward, but for its data. */
VoxelGradientPlan prepare(Tensors& tensors, const rc_tensor* grad_output, const rc_tensor* points,
                          const rc_grid* grid, const rc_voxelize_options& options,
                          const rc_tensor* grad_features) {
  refuse_for_gradient(options);
  PreparedVoxels prepared =
      make_voxel_plan(tensors, dense_arguments(RC_OP_VOXELIZE_BACKWARD, points, grid, options),
                      RC_VOXELIZE_SKIP_VALIDATION);
  VoxelGradientPlan plan = {};
  const View& to = tensors.write(grad_features, "grad_features");
  require_float(to, "grad_features");
  plan.grad_features = point_array(to, "grad_features", prepared.points, 0);
  const int64_t width = to.shape[to.ndim - 1];
  if (options.features != nullptr || options.reduce == RC_REDUCE_MAX ||
      options.reduce == RC_REDUCE_MIN) {
    read_features(tensors, options.features, prepared);
    require_float(tensors.find("features"), "features");
    if (prepared.plan.width != width) {
      fail(RC_ERROR_INVALID_ARGUMENT, "grad_features: expected %lld features, got %s",
           static_cast<long long>(prepared.plan.width), describe(to).c_str());
    }
  }
  prepared.plan.width = width;
  // Sums are not made again: nothing is to be measured.
  if (options.reduce == RC_REDUCE_SUM || options.reduce == RC_REDUCE_MEAN) {
    prepared.plan.features = {};
  }
  const View& from = tensors.read(grad_output, "grad_output");
  require_float(from, "grad_output");
  plan.grad_output =
      grid_array(from, "grad_output", prepared.points, prepared.plan.grid.dims, width);
  tensors.check_disjoint();
  plan.voxels = prepared.plan;
  return plan;
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_voxelize_backward(rc_context* context, const rc_tensor* grad_output,
                               const rc_tensor* points, const rc_grid* grid,
                               const rc_voxelize_options* options, rc_tensor* grad_features) {
  return entry("rc_voxelize_backward", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_VOXELIZE_BACKWARD);
    const rc_voxelize_options o = read_options(options, "options");
    Tensors tensors(c);
    const VoxelGradientPlan plan = prepare(tensors, grad_output, points, grid, o, grad_features);
    run_voxelize(c, plan, o.workspace, o.workspace_size);
    measured.done(plan.voxels.cloud.positions(), tensors.bytes());
  });
}

rc_status rc_voxelize_backward_workspace_size(rc_context* context, const rc_tensor* grad_output,
                                              const rc_tensor* points, const rc_grid* grid,
                                              const rc_voxelize_options* options,
                                              const rc_tensor* grad_features, uint64_t* size) {
  return workspace_query("rc_voxelize_backward_workspace_size", size, [&] {
    const rc_voxelize_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    return workspace_to_voxelize(c, prepare(tensors, grad_output, points, grid, o, grad_features));
  });
}
