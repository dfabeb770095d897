// SPDX-License-Identifier: Apache-2.0
// A checked call of rc_depth_to_points in the form that kernels take by value. Plain data, shared by
// all levels.
#pragma once

#include "kernels/tsdf/images.h"

namespace rc {

struct UnprojectPlan {
  DepthImages depth;
  Images points;  // f32 or f64 [K,H,W,3]
  // Whether points are taken to the coordinates that the poses are in.
  bool posed;
};

// Cameras of the frames first, first + 1, ...
constexpr int kPinholesOfPass = 16;
struct PinholePass {
  int64_t first;
  int32_t count;
  Pinhole cameras[kPinholesOfPass];
};

}  // namespace rc
