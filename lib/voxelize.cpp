// SPDX-License-Identifier: Apache-2.0
#include "robocache/voxelize.h"

#include "lib/error.h"
#include "lib/options.h"
#include "lib/voxelize_plan.h"
#include "lib/voxelize_run.h"
#include "lib/workspace_query.h"

namespace rc {
namespace {

VoxelArguments arguments_of(rc_op op, const rc_tensor* points, const rc_grid* grid,
                            const rc_voxelize_options& options) {
  constexpr uint32_t known = RC_VOXELIZE_ACCUMULATE | RC_VOXELIZE_SKIP_VALIDATION;
  if ((options.flags & ~known) != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "options->flags: expected bits of rc_voxelize_flag, got 0x%x",
         options.flags);
  }
  if (options.reserved != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "options->reserved: expected 0, got %d", options.reserved);
  }
  return {op,
          points,
          grid,
          options.offsets,
          options.lengths,
          options.flags,
          options.reduce,
          options.fill_value,
          options.feature_bound};
}

void check_output_type(const View& v, const VoxelPlan& plan) {
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
      return check_reduced_type(v, "output", plan);
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
         "options->fill_value: expected 0 for a reduction of points alone, got %g",
         options.fill_value);
  }
}

/** rc_voxelize, but for its data. */
DensePlan prepare(Tensors& tensors, const rc_tensor* points, const rc_grid* grid,
                  const rc_voxelize_options& options, const rc_tensor* output) {
  PreparedVoxels prepared =
      make_voxel_plan(tensors, arguments_of(RC_OP_VOXELIZE, points, grid, options));
  read_own_features(tensors, options, prepared);
  const VoxelPlan& voxels = prepared.plan;
  DensePlan plan = {};
  plan.accumulate = (options.flags & RC_VOXELIZE_ACCUMULATE) != 0;
  const View& v = tensors.write(output, "output");
  check_output_type(v, voxels);
  const bool bits = options.reduce == RC_REDUCE_OCCUPANCY_BITS;
  const int64_t z = voxels.grid.dims[2];
  const int64_t dims[3] = {voxels.grid.dims[0], voxels.grid.dims[1],
                           bits ? z / 8 + (z % 8 != 0) : z};
  plan.output = grid_array(v, "output", prepared.points, dims,
                           reduces_features(options.reduce) ? voxels.width : -1);
  if (options.counts != nullptr) {
    const View& c = tensors.write(options.counts, "counts");
    require_type(c, "counts", Type::i32);
    plan.counts = grid_array(c, "counts", prepared.points, voxels.grid.dims, -1);
  } else if (plan.accumulate && options.reduce != RC_REDUCE_OCCUPANCY &&
             options.reduce != RC_REDUCE_OCCUPANCY_BITS && options.reduce != RC_REDUCE_COUNT) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "counts: expected int32 counts so far, to accumulate features, got NULL");
  }
  prepared.plan.stats = read_stats(tensors, options.stats, prepared.points);
  tensors.check_disjoint();
  plan.voxels = prepared.plan;
  return plan;
}

void refuse_for_gradient(const rc_voxelize_options& options) {
  if (!reduces_features(options.reduce)) {
    fail(RC_ERROR_UNSUPPORTED_OPTION,
         "options->reduce: expected RC_REDUCE_SUM, MEAN, MAX or MIN, got %d", options.reduce);
  }
  if ((options.flags & RC_VOXELIZE_ACCUMULATE) != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION,
         "options->flags: expected no RC_VOXELIZE_ACCUMULATE for a gradient, got 0x%x",
         options.flags);
  }
  if (options.counts != nullptr || options.stats != nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected NULL for a gradient, got a tensor",
         options.counts != nullptr ? "counts" : "stats");
  }
  if (options.feature_bound != 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "options->feature_bound: expected 0 for a gradient, got %g",
         options.feature_bound);
  }
}

void require_float(const View& view, const char* argument) {
  if (!is_float(view.type)) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected float16, bfloat16, float32 or float64, got %s",
         argument, describe(view).c_str());
  }
}

/** rc_voxelize_backward, but for its data. */
VoxelGradientPlan prepare_backward(Tensors& tensors, const rc_tensor* grad_output,
                                   const rc_tensor* points, const rc_grid* grid,
                                   const rc_voxelize_options& options,
                                   const rc_tensor* grad_features) {
  refuse_for_gradient(options);
  PreparedVoxels prepared =
      make_voxel_plan(tensors, arguments_of(RC_OP_VOXELIZE_BACKWARD, points, grid, options));
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

rc_status rc_voxelize_backward(rc_context* context, const rc_tensor* grad_output,
                               const rc_tensor* points, const rc_grid* grid,
                               const rc_voxelize_options* options, rc_tensor* grad_features) {
  return entry("rc_voxelize_backward", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_VOXELIZE_BACKWARD);
    const rc_voxelize_options o = read_options(options, "options");
    Tensors tensors(c);
    const VoxelGradientPlan plan =
        prepare_backward(tensors, grad_output, points, grid, o, grad_features);
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
    return workspace_to_voxelize(
        c, prepare_backward(tensors, grad_output, points, grid, o, grad_features));
  });
}
