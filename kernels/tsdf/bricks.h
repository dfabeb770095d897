// SPDX-License-Identifier: Apache-2.0
// Loops over bricks of voxels on the CPU. Each SIMD level compiles them.
#pragma once

#include "kernels/tsdf/integrate.h"

RC_KERNELS_BEGIN

// Calls visit(brick) for the bricks of the columns [begin, end).
template <class Visit>
void for_each_brick(const Grid& grid, int64_t begin, int64_t end, Visit visit) {
  const int64_t along_y = bricks_along(grid, 1), along_z = bricks_along(grid, 2);
  for (int64_t column = begin; column < end; ++column) {
    for (int64_t z = 0; z < along_z; ++z) {
      visit(brick_at(grid, column / along_y, column % along_y, z));
    }
  }
}

RC_KERNELS_END
