// SPDX-License-Identifier: Apache-2.0
// Dense grids in tiles: blocks of voxels that the shared memory of a CUDA block holds.
#pragma once

#include "kernels/common/sort_cuda.h"
#include "kernels/voxelize/cell.h"

RC_KERNELS_BEGIN

// Voxels of a tile along each axis, as powers of two: long along z, where neighbours lie side by side
// in memory.
RC_HD constexpr int tile_bits(int axis) { return axis == 2 ? 5 : 3; }
constexpr int kLocalBits = tile_bits(0) + tile_bits(1) + tile_bits(2);
constexpr int kTileVoxels = 1 << kLocalBits;
// Their voxels, and one more, are numbered in 32 bits.
constexpr int64_t kMostTiles = (int64_t{1} << (32 - kLocalBits)) - 1;

// The tiles of all clouds. A voxel's number is that of its tile, and in the lowest kLocalBits its own
// in there.
struct Tiling {
  int64_t tiles[3];  // of one cloud
  int64_t count;

  explicit Tiling(const VoxelPlan& plan) : count(std::min(plan.cloud.clouds, kMostTiles + 1)) {
    for (int axis = 0; axis < 3; ++axis) {
      tiles[axis] = ((plan.grid.dims[axis] - 1) >> tile_bits(axis)) + 1;
      // Too many are too many, however many; the product must not overflow.
      count = std::min(count * std::min(tiles[axis], kMostTiles + 1), kMostTiles + 1);
    }
  }

  RC_HD uint32_t of(int64_t cloud, const uint32_t (&index)[3]) const {
    uint32_t tile = static_cast<uint32_t>(cloud), local = 0;
    for (int axis = 0; axis < 3; ++axis) {
      tile = tile * static_cast<uint32_t>(tiles[axis]) + (index[axis] >> tile_bits(axis));
      local = local << tile_bits(axis) | (index[axis] & ((1u << tile_bits(axis)) - 1));
    }
    return tile << kLocalBits | local;
  }
  RC_HD uint32_t none() const { return static_cast<uint32_t>(count) << kLocalBits; }
  int bits() const { return kLocalBits + bits_of(count); }
  // Within a tile points may have any order.
  int ignored_bits() const { return kLocalBits; }

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
