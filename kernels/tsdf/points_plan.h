// SPDX-License-Identifier: Apache-2.0
// A checked call of rc_tsdf_from_points in the form that kernels take by value. Plain data, shared by
// all levels.
#pragma once

#include "kernels/tsdf/volume.h"

namespace rc {

// What the points of a call have observed of a voxel, in units of 1 / kWeightUnit.
struct VoxelSums {
  // Weight times what is missing of the greatest distance: 1 less parts of the truncation distance.
  // So free space, which most observations are where it is carved, adds to the weight alone.
  int64_t missing;
  int64_t weight;
};
constexpr double kWeightUnit = 33554432;  // 2^25
constexpr double kMostPointWeight = 64;

struct TsdfPointsPlan {
  int32_t op;  // one of rc_op
  Cloud cloud;
  Volume volume;
  // The one or the other is there. Sensors are f32 or f64 [B,3], row 0 for one of all clouds.
  Array normals, sensors;
  double truncation;
  float max_weight;
  bool carving, inverse_square;
  // As in IntegratePlan.
  double edge, fall;
  Array stats;  // i64 [B,3], or absent
};

}  // namespace rc
