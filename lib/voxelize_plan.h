// SPDX-License-Identifier: Apache-2.0
/** From the arguments of the calls of voxelize.h to the plans that kernels take: every check that
 * needs no data. */
#pragma once

#include "robocache/voxelize.h"

#include "kernels/voxelize/plan.h"
#include "lib/cloud.h"

namespace rc {

/** What all calls share of their arguments. */
struct VoxelArguments {
  rc_op op;
  const rc_tensor* points;
  const rc_grid* grid;
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  uint32_t flags;
  int32_t reduce;
  int32_t reserved;
  double fill_value;
  double feature_bound;
};

/** Those of rc_voxelize and its gradient. */
VoxelArguments dense_arguments(rc_op op, const rc_tensor* points, const rc_grid* grid,
                               const rc_voxelize_options& options);

struct PreparedVoxels {
  VoxelPlan plan;
  Points points;
};

/** Points, grid, `reduce` and numbers; no features and no outputs yet. `known` are the flags of
 * the call. */
PreparedVoxels make_voxel_plan(Tensors& tensors, const VoxelArguments& arguments, uint32_t known);

/** Reads `features` into the plan. */
void read_features(Tensors& tensors, const rc_tensor* features, PreparedVoxels& prepared);

/** Refuses a type that reduced features cannot have, and a fill value that is not of it. */
void require_reduced_type(const View& output, const char* argument, const VoxelPlan& plan);

}  // namespace rc
