// SPDX-License-Identifier: Apache-2.0
// A checked call of rc_tsdf_integrate in the form that kernels take by value. Plain data, shared by all
// levels.
#pragma once

#include <cstdint>

#include "kernels/tsdf/images.h"
#include "kernels/tsdf/volume.h"

namespace rc {

// One frame's way from voxels to pixels.
struct Camera {
  // Of voxel (i, j, k): `row . (i, j, k, 1)` is fx * x, fy * y and z in the camera's coordinates.
  float rows[3][4];
  // cx + 0.5 and cy + 0.5: pixel u has the positions [u, u + 1).
  float middle[2];
  // The ray of pixel (u, v) has x / z = (u - principal[0]) * slope[0], and y alike.
  float principal[2], slope[2];
};

// Frames that are taken in one pass over the volume: one for each lane of a warp.
constexpr int kFramesOfPass = 32;
struct CameraPass {
  int64_t first;
  int32_t count;
  Camera cameras[kFramesOfPass];
};

struct IntegratePlan {
  Volume volume;
  Images depth, color;
  int64_t frames, height, width;
  // Units of the grid per unit of depth, and the greatest depth, as the image has it, that counts.
  float depth_scale, depth_limit;
  float truncation, max_weight;
  int32_t carving, inverse_square;  // 0 or 1
  // From `-edge` to `-truncation` the weight falls, by `fall` per unit of distance. Infinity: never.
  float edge, fall;
};

// Edge of the cubes of voxels that are taken together.
constexpr int kBrick = 8;

// As many as the warps of a device may number the parts of.
constexpr int64_t kMostBricks = int64_t{1} << 25;

// Counts the bricks along an axis.
RC_SHARED constexpr int64_t bricks_along(const Grid& grid, int axis) {
  return (grid.dims[axis] - 1) / kBrick + 1;
}
// And all of them, of a grid of at most 2^24 voxels along an axis.
RC_SHARED constexpr int64_t count_bricks(const Grid& grid) {
  return bricks_along(grid, 0) * bricks_along(grid, 1) * bricks_along(grid, 2);
}

}  // namespace rc
