// SPDX-License-Identifier: Apache-2.0
// Loops over bricks of voxels on the CPU. Each SIMD level compiles them.
#pragma once

#include "kernels/tsdf/integrate.h"

RC_KERNELS_BEGIN

// Bit f is set where frame f of the pass may see a voxel of the brick.
inline uint32_t frames_that_see(const IntegratePlan& plan, const CameraPass& pass,
                                const Brick& brick) {
  uint32_t frames = 0;
  for (int f = 0; f < pass.count; ++f) {
    if (may_see(plan, pass.cameras[f], brick)) frames |= uint32_t{1} << f;
  }
  return frames;
}

// Calls integrate_rows(brick, frames, x, y) for every `rows` rows along z, from y on, of the bricks
// of the columns [begin, end) that some frame may see.
template <class Rows>
void for_each_row(const IntegratePlan& plan, const CameraPass& pass, int64_t begin, int64_t end,
                  int rows, Rows integrate_rows) {
  const Grid& grid = plan.volume.grid;
  for (int64_t column = begin; column < end; ++column) {
    const int64_t bricks = bricks_along(grid, 1), x = column / bricks, y = column % bricks;
    for (int64_t z = 0; z < bricks_along(grid, 2); ++z) {
      const Brick brick = brick_at(grid, x, y, z);
      const uint32_t frames = frames_that_see(plan, pass, brick);
      if (frames == 0) continue;
      for (int64_t i = brick.low[0]; i <= brick.high[0]; ++i) {
        for (int64_t j = brick.low[1]; j <= brick.high[1]; j += rows) {
          integrate_rows(brick, frames, i, j);
        }
      }
    }
  }
}

RC_KERNELS_END
