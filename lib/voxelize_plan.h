// SPDX-License-Identifier: Apache-2.0
/** From the arguments of the calls of voxelize.h to the plans that kernels take: every check that
 * needs no data. */
#pragma once

#include "robocache/voxelize.h"

#include "kernels/voxelize/plan.h"
#include "lib/cloud.h"

namespace rc {

/** What a call has of the options that all calls share. */
struct VoxelArguments {
  rc_op op;
  const rc_tensor* points;
  const rc_grid* grid;
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  uint32_t flags;
  int32_t reduce;
  double fill_value;
  double feature_bound;
};

struct PreparedVoxels {
  VoxelPlan plan;
  Points points;
};

/** Points, grid, `reduce` and numbers; no features and no outputs yet. */
PreparedVoxels make_voxel_plan(Tensors& tensors, const VoxelArguments& arguments);

/** Whether a reduction is one of features: SUM, MEAN, MAX, MIN. */
bool reduces_features(int32_t reduce);

/** Reads `features` into the plan. */
void read_features(Tensors& tensors, const rc_tensor* features, PreparedVoxels& prepared);

/** Refuses a type that reduced features cannot have, and a fill value that is not of it. */
void check_reduced_type(const View& output, const char* argument, const VoxelPlan& plan);

/** Refuses a fill value that is not of an integer type. */
void check_fill_value(double fill_value, Type type);

/** Refuses any type but `type`. */
void require_type(const View& view, const char* argument, Type type);

}  // namespace rc
