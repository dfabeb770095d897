// SPDX-License-Identifier: Apache-2.0
// Dense grids in tiles: blocks of voxels that the shared memory of a CUDA block holds.
#pragma once

#include "kernels/voxelize/cell.h"

RC_KERNELS_BEGIN

// Voxels of a tile along each axis, as powers of two: long along z, where neighbours lie side by side
// in memory.
RC_HD constexpr int tile_bits(int axis) { return axis == 2 ? 5 : 3; }
constexpr int kLocalBits = tile_bits(0) + tile_bits(1) + tile_bits(2);
constexpr int kTileVoxels = 1 << kLocalBits;
// One counter of each tile fits shared memory.
constexpr int64_t kMostTiles = 8192;
// The key of a point without a voxel.
constexpr uint32_t kNoKey = UINT32_MAX;

// The tiles of all clouds.
struct Tiling {
  int64_t tiles[3];  // of one cloud
  int64_t count;

  explicit Tiling(const VoxelPlan& plan) : count(plan.cloud.clouds) {
    for (int axis = 0; axis < 3; ++axis) {
      tiles[axis] = ((plan.grid.dims[axis] - 1) >> tile_bits(axis)) + 1;
      // Beyond kMostTiles the exact number does not matter; the product must not overflow.
      count = tiles[axis] > kMostTiles ? kMostTiles + 1 : count * tiles[axis];
      if (count > kMostTiles) count = kMostTiles + 1;
    }
  }

  // The number of a voxel: its tile's, and its own within that, which is the low kLocalBits.
  RC_HD uint32_t key_of(int64_t cloud, const uint32_t (&index)[3]) const {
    uint32_t tile = static_cast<uint32_t>(cloud), local = 0;
    for (int axis = 0; axis < 3; ++axis) {
      tile = tile * static_cast<uint32_t>(tiles[axis]) + (index[axis] >> tile_bits(axis));
      local = local << tile_bits(axis) | (index[axis] & ((1u << tile_bits(axis)) - 1));
    }
    return tile << kLocalBits | local;
  }

  // The first voxel of a tile.
  RC_HD CellPlace corner_of(uint32_t tile) const {
    CellPlace corner;
    for (int axis = 2; axis >= 0; --axis) {
      const uint32_t entries = static_cast<uint32_t>(tiles[axis]), rest = tile / entries;
      corner.index[axis] = static_cast<int64_t>(tile - rest * entries) << tile_bits(axis);
      tile = rest;
    }
    corner.cloud = tile;
    return corner;
  }
};

RC_KERNELS_END
