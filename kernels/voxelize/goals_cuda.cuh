// SPDX-License-Identifier: Apache-2.0
// Where points of any kind go: a tile and a voxel of it, in one number.
#pragma once

#include "kernels/voxelize/plain_goals.h"
#include "kernels/voxelize/points_cuda.cuh"

RC_KERNELS_BEGIN

// Tile << local_bits | voxel of it, tiles counted from the first one whose turn it is.
template <class T>
struct Goals {
  Tiling tiling;
  Placer<T> placer;
  uint32_t first_tile, tiles;

  Goals(const VoxelPlan& plan, const Tiling& by, uint32_t first, uint32_t count)
      : tiling(by), placer(plan), first_tile(first), tiles(count) {}

  // Of a point of a cloud. One without a voxel is counted.
  __device__ uint32_t of(const typename Placer<T>::Real (&point)[3], int cloud) const {
    uint32_t index[3];
    if (!placer.place(point, cloud, index)) return kNowhere;
    const uint32_t tile = tiling.tile_of(cloud, index) - first_tile;
    return tile < tiles ? tile << tiling.local_bits() | tiling.local_of(index) : kElsewhere;
  }
};

RC_KERNELS_END
