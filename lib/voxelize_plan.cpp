// SPDX-License-Identifier: Apache-2.0
#include "lib/voxelize_plan.h"

#include <algorithm>
#include <cmath>

#include "lib/error.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

using Long = long long;

void check_numbers(const VoxelArguments& arguments, uint32_t known) {
  if ((arguments.flags & ~known) != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "flags: expected bits of 0x%x, got 0x%x", known,
         arguments.flags);
  }
  if (arguments.reserved != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got %d", arguments.reserved);
  }
  if (arguments.reduce < RC_REDUCE_OCCUPANCY || arguments.reduce > RC_REDUCE_OCCUPANCY_BITS) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "reduce: expected %d to %d, got %d", RC_REDUCE_OCCUPANCY,
         RC_REDUCE_OCCUPANCY_BITS, arguments.reduce);
  }
  if (!(arguments.feature_bound >= 0) || !std::isfinite(arguments.feature_bound)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "feature_bound: expected a finite number of at least 0, got %g",
         arguments.feature_bound);
  }
}

/** Every channel of every cloud has a scale of its own, whose bytes are to be counted. */
void check_scales(int64_t clouds, int64_t width) {
  constexpr int64_t most = int64_t{1} << 56;
  if (clouds > most / std::max<int64_t>(1, width)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "features: expected at most 2^56 channels in all clouds, got %lld in each of %lld",
         static_cast<Long>(width), static_cast<Long>(clouds));
  }
}

}  // namespace

VoxelArguments dense_arguments(rc_op op, const rc_tensor* points, const rc_grid* grid,
                               const rc_voxelize_options& options) {
  return {op,
          points,
          grid,
          options.offsets,
          options.lengths,
          options.flags,
          options.reduce,
          options.reserved,
          options.fill_value,
          options.feature_bound};
}

PreparedVoxels make_voxel_plan(Tensors& tensors, const VoxelArguments& arguments, uint32_t known) {
  check_numbers(arguments, known);
  PreparedVoxels prepared = {};
  const bool validate = (arguments.flags & RC_VOXELIZE_SKIP_VALIDATION) == 0;
  prepared.points =
      read_points(tensors, arguments.points, arguments.offsets, arguments.lengths, validate);
  VoxelPlan& plan = prepared.plan;
  plan.op = arguments.op;
  plan.cloud = prepared.points.cloud;
  plan.grid = read_grid(arguments.grid, plan.cloud);
  plan.reduce = arguments.reduce;
  plan.fill_value = arguments.fill_value;
  plan.feature_bound = arguments.feature_bound;
  return prepared;
}

void read_features(Tensors& tensors, const rc_tensor* features, PreparedVoxels& prepared) {
  const View& v = tensors.read(features, "features");
  if (!is_float(v.type) && v.type != Type::u8 && v.type != Type::i16) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE,
         "features: expected float16, bfloat16, float32, float64, uint8 or int16, got %s",
         describe(v).c_str());
  }
  prepared.plan.features = point_array(v, "features", prepared.points, 0);
  prepared.plan.width = v.shape[v.ndim - 1];
  check_scales(prepared.plan.cloud.clouds, prepared.plan.width);
}

void require_reduced_type(const View& output, const char* argument, const VoxelPlan& plan) {
  const bool extreme = plan.reduce == RC_REDUCE_MAX || plan.reduce == RC_REDUCE_MIN;
  if (!is_float(output.type) && !(extreme && output.type == plan.features.type)) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected float16, bfloat16, float32 or float64%s, got %s",
         argument, extreme ? ", or the type of the features" : "", describe(output).c_str());
  }
  require_fill_value(plan.fill_value, output.type);
}

}  // namespace rc
