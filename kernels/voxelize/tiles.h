// SPDX-License-Identifier: Apache-2.0
// Dense grids in tiles: blocks of voxels that the shared memory of a CUDA block holds.
#pragma once

#include <algorithm>

#include "kernels/common/numbers.h"
#include "kernels/voxelize/cell.h"

RC_KERNELS_BEGIN

// The tiles of all clouds, and the voxels of one: local number (x, y, z), z fastest.
struct Tiling {
  // Of y and z together, at most: threads that are so many voxels apart differ in x alone.
  static constexpr int kMostLayerBits = 9;
  static constexpr int64_t kMostTiles = int64_t{1} << 30;
  // Of the tiles of any way: their number is the greatest then.
  static constexpr int kLeastBits = 10;

  int bits[3];       // voxels of a tile along each axis, as powers of two
  int64_t tiles[3];  // of one cloud
  int64_t count;     // of all, kMostTiles + 1 where there are more

  // Tiles of 2^local_bits voxels, or fewer where the grid is small: long along z, where neighbours
  // lie side by side in memory.
  Tiling(const VoxelPlan& plan, int local_bits) {
    int most[3];
    for (int axis = 0; axis < 3; ++axis) most[axis] = bits_of(plan.grid.dims[axis] - 1);
    bits[2] = std::min(most[2], 5);
    bits[1] = std::min(most[1], std::min(kMostLayerBits, (local_bits + bits[2]) / 2) - bits[2]);
    bits[0] = std::min(most[0], local_bits - bits[1] - bits[2]);
    bits[1] = std::min({most[1], kMostLayerBits - bits[2], local_bits - bits[0] - bits[2]});
    bits[2] = std::min({most[2], kMostLayerBits - bits[1], local_bits - bits[0] - bits[1]});
    count = std::min(plan.cloud.clouds, kMostTiles + 1);
    for (int axis = 0; axis < 3; ++axis) {
      tiles[axis] = ((plan.grid.dims[axis] - 1) >> bits[axis]) + 1;
      // Too many are too many, however many; the product must not overflow.
      count = std::min(count * std::min(tiles[axis], kMostTiles + 1), kMostTiles + 1);
    }
  }

  RC_HD int local_bits() const { return bits[0] + bits[1] + bits[2]; }
  RC_HD uint32_t voxels() const { return 1u << local_bits(); }

  RC_HD uint32_t tile_of(int64_t cloud, const uint32_t (&index)[3]) const {
    uint32_t tile = static_cast<uint32_t>(cloud);
    for (int axis = 0; axis < 3; ++axis) {
      tile = tile * static_cast<uint32_t>(tiles[axis]) + (index[axis] >> bits[axis]);
    }
    return tile;
  }
  RC_HD uint32_t local_of(const uint32_t (&index)[3]) const {
    uint32_t local = 0;
    for (int axis = 0; axis < 3; ++axis) {
      local = local << bits[axis] | (index[axis] & ((1u << bits[axis]) - 1));
    }
    return local;
  }

  // The first voxel of a tile.
  RC_HD CellPlace corner_of(uint32_t tile) const {
    CellPlace corner;
    for (int axis = 2; axis >= 0; --axis) {
      const uint32_t entries = static_cast<uint32_t>(tiles[axis]), rest = tile / entries;
      corner.index[axis] = static_cast<int64_t>(tile - rest * entries) << bits[axis];
      tile = rest;
    }
    corner.cloud = tile;
    return corner;
  }
};

RC_KERNELS_END
