// SPDX-License-Identifier: Apache-2.0
// Depth images in tiles of several sizes, each with the least and the greatest measurement in it.
// Plain data, shared by all levels.
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"

namespace rc {

// Measurements in units of the volume. A pixel without one counts as minus infinity: it is no
// obstacle to "all are farther than", and one to "all are nearer than".
struct alignas(8) DepthTile {
  float least, most;
};

// Tiles of the first level have edges of 2^2 pixels, those of the next ones of twice as many.
constexpr int kTileShift = 2;
constexpr int kTileLevels = 5;

struct DepthTiles {
  DepthTile* data;
  int64_t frame;  // tiles of a frame
  int64_t level[kTileLevels];
  int32_t width[kTileLevels], height[kTileLevels];

  RC_SHARED DepthTiles(DepthTile* tiles, int64_t image_height, int64_t image_width)
      : data(tiles), frame(0), level{}, width{}, height{} {
    for (int l = 0; l < kTileLevels; ++l) {
      level[l] = frame;
      width[l] = static_cast<int32_t>(count(image_width, l));
      height[l] = static_cast<int32_t>(count(image_height, l));
      frame += int64_t{width[l]} * height[l];
    }
  }

  RC_SHARED static int64_t count(int64_t pixels, int l) {
    return (pixels + (int64_t{1} << (kTileShift + l)) - 1) >> (kTileShift + l);
  }
};

}  // namespace rc
