// SPDX-License-Identifier: Apache-2.0
// Depth tiles and masks: a block makes those of all levels under one of the last.
#pragma once

#include "kernels/common/cuda_early.h"
#include "kernels/tsdf/scratch_cuda.cuh"

RC_KERNELS_BEGIN

constexpr int kRegionTiles = kRegion / kTileEdge;
constexpr int kTileThreads = 256;
// Tiles of which a thread takes a column of pixels.
constexpr int kColumns = kRegion * kRegionTiles / kTileThreads;
static_assert(kColumns * kTileThreads == kRegion * kRegionTiles, "no column is left over");
static_assert(kRegion % kWarp == 0 && Masks::kColumns == kWarp && kColumns * kTileEdge <= kWarp);

template <class Depth>
__global__ void __launch_bounds__(kTileThreads, 5)
    make_tiles(const __grid_constant__ IntegratePlan plan, const __grid_constant__ Scratch scratch,
               int64_t first, int regions_along_u) {
  __shared__ DepthTile level[2][kRegionTiles][kRegionTiles];
  let_next_begin();
  const DepthTiles& tiles = scratch.tiles;
  const int thread = static_cast<int>(threadIdx.x);
  if (blockIdx.x == 0 && blockIdx.y == 0 && thread == 0) {
    scratch.count[0] = scratch.count[1] = *scratch.next = 0;
  }
  const int region_u = static_cast<int>(blockIdx.x) % regions_along_u;
  const int region_v = static_cast<int>(blockIdx.x) / regions_along_u;
  DepthTile* const frame = tiles.data + blockIdx.y * tiles.frame;
  const auto store = [&](int l, int v, int u, const DepthTile& tile) {
    const int row = (region_v * kRegionTiles >> l) + v;
    const int column = (region_u * kRegionTiles >> l) + u;
    if (row < tiles.height[l] && column < tiles.width[l]) {
      frame[tiles.level[l] + int64_t{row} * tiles.width[l] + column] = tile;
    }
  };
  const int u = thread % kRegion, v = thread / kRegion * kColumns;
  const int64_t column = region_u * kRegion + u, row = region_v * kRegion + v * kTileEdge;
  // Rows of pixels that are there. For others the first one is loaded again: without branches loads do not
  // wait for each other.
  const auto rows = column < plan.width ? static_cast<int>(plan.height - row) : 0;
  const Depth* const pixel = reinterpret_cast<const Depth*>(plan.depth.data) +
                             plan.depth.element(first + blockIdx.y, min(row, plan.height - 1),
                                                min(column, plan.width - 1));
  float depths[kColumns * kTileEdge];
#pragma unroll
  for (int i = 0; i < kColumns * kTileEdge; ++i) {
    depths[i] = static_cast<float>(__ldg(pixel + (i < rows ? i : 0) * plan.depth.row));
  }
  // A warp has a word of the mask of each row.
  bool measured[kColumns * kTileEdge];
  uint32_t mask = 0;
#pragma unroll
  for (int i = 0; i < kColumns * kTileEdge; ++i) {
    measured[i] = i < rows && is_measurement(depths[i], plan.depth_limit);
    const uint32_t word = __ballot_sync(0xffffffffu, measured[i]);
    if (thread % kWarp == i) mask = word;
  }
  if (thread % kWarp < kColumns * kTileEdge) {
    const Masks& masks = scratch.masks;
    masks.data[blockIdx.y * masks.frame +
               Masks::word_of(int64_t{masks.strip}, row + thread % kWarp, column)] = mask;
  }
#pragma unroll
  for (int i = 0; i < kColumns; ++i) {
    DepthTile tile = kNoPixels;
#pragma unroll
    for (int j = i * kTileEdge; j < (i + 1) * kTileEdge; ++j) {
      if (j >= rows) continue;
      join(tile, tile_of(measured[j], depths[j] * plan.depth_scale));
    }
    for (int step = 1; step < kTileEdge; step *= 2) {
      join(tile, {__shfl_xor_sync(0xffffffffu, tile.least, step),
                  __shfl_xor_sync(0xffffffffu, tile.most, step)});
    }
    if (u % kTileEdge == 0) {
      level[0][v + i][u / kTileEdge] = tile;
      store(0, v + i, u / kTileEdge, tile);
    }
  }
  for (int l = 1; l < kTileLevels; ++l) {
    __syncthreads();
    const int along = kRegionTiles >> l, y = thread / along, x = thread % along;
    if (y >= along) continue;
    const auto& finer = level[(l - 1) % 2];
    DepthTile tile = finer[2 * y][2 * x];
    join(tile, finer[2 * y][2 * x + 1]);
    join(tile, finer[2 * y + 1][2 * x]);
    join(tile, finer[2 * y + 1][2 * x + 1]);
    level[l % 2][y][x] = tile;
    store(l, y, x, tile);
  }
}

template <class Depth>
void launch_tiles(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                  cudaStream_t stream) {
  const auto across = static_cast<int>(regions_along(plan.width));
  const dim3 regions(static_cast<unsigned>(across * regions_along(plan.height)),
                     static_cast<unsigned>(pass.count));
  make_tiles<Depth><<<regions, kTileThreads, 0, stream>>>(plan, scratch, pass.first, across);
}

RC_KERNELS_END
