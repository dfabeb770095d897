// SPDX-License-Identifier: Apache-2.0
#include "lib/voxelize_plan.h"

#include <cmath>

#include "lib/error.h"

namespace rc {

static bool is_feature_type(Type type) {
  return is_float(type) || type == Type::u8 || type == Type::i16;
}

bool reduces_features(int32_t reduce) { return reduce >= RC_REDUCE_SUM && reduce <= RC_REDUCE_MIN; }

PreparedVoxels make_voxel_plan(Tensors& tensors, const VoxelArguments& arguments) {
  if (arguments.reduce < RC_REDUCE_OCCUPANCY || arguments.reduce > RC_REDUCE_OCCUPANCY_BITS) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "options->reduce: expected one of rc_reduce, got %d",
         arguments.reduce);
  }
  if (!(arguments.feature_bound >= 0) || !std::isfinite(arguments.feature_bound)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "options->feature_bound: expected a finite number of at least 0, got %g",
         arguments.feature_bound);
  }
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
  if (!is_feature_type(v.type)) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE,
         "features: expected float16, bfloat16, float32, float64, uint8 or int16, got %s",
         describe(v).c_str());
  }
  prepared.plan.features = point_array(v, "features", prepared.points, 0);
  prepared.plan.width = v.shape[v.ndim - 1];
}

void check_fill_value(double fill_value, Type type) {
  if (is_float(type)) return;
  const double low = type == Type::u8 ? 0 : -32768, high = type == Type::u8 ? 255 : 32767;
  if (!(fill_value >= low && fill_value <= high) || fill_value != std::floor(fill_value)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "options->fill_value: expected an integer of the range of %s, got %g", name(type),
         fill_value);
  }
}

void check_reduced_type(const View& output, const char* argument, const VoxelPlan& plan) {
  const bool extreme = plan.reduce == RC_REDUCE_MAX || plan.reduce == RC_REDUCE_MIN;
  if (!is_float(output.type) && !(extreme && output.type == plan.features.type)) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected float16, bfloat16, float32 or float64%s, got %s",
         argument, extreme ? ", or the type of the features" : "", describe(output).c_str());
  }
  check_fill_value(plan.fill_value, output.type);
}

void require_type(const View& view, const char* argument, Type type) {
  if (view.type != type) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected %s, got %s", argument, name(type),
         describe(view).c_str());
  }
}

}  // namespace rc
