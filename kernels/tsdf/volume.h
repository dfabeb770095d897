// SPDX-License-Identifier: Apache-2.0
// The volume of a call of tsdf.h, checked. Plain data, shared by all levels.
#pragma once

#include <cstdint>

#include "kernels/voxelize/plan.h"

namespace rc {

struct Volume {
  Grid grid;
  GridArray tsdf, weight;  // f32 [X,Y,Z]
  GridArray color;         // f32 [X,Y,Z,3], or absent
};

}  // namespace rc
