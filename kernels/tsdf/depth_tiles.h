// SPDX-License-Identifier: Apache-2.0
// Depth images in tiles of several sizes, each with the least and the greatest measurement in it.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/tsdf/observe.h"

namespace rc {

// Measurements in units of the volume: infinity and minus infinity where there are none. The sign of the
// least one tells whether a pixel has none.
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

RC_KERNELS_BEGIN

// Of numbers that are none the second; the library's functions are calls, or slow.
RC_HD inline float least_of(float a, float b) {
#if defined(__CUDA_ARCH__)
  return fminf(a, b);
#else
  return a < b ? a : b;
#endif
}
RC_HD inline float most_of(float a, float b) {
#if defined(__CUDA_ARCH__)
  return fmaxf(a, b);
#else
  return a > b ? a : b;
#endif
}

// A tile before its first pixel, which may have a measurement or none.
constexpr DepthTile kNoPixels = {kInfinity, -kInfinity};
RC_HD inline DepthTile tile_of(bool is_measured, float measurement) {
  return is_measured ? DepthTile{measurement, measurement} : DepthTile{-kInfinity, -kInfinity};
}

constexpr uint32_t kSign = uint32_t{1} << 31;

RC_HD inline void join(DepthTile& tile, const DepthTile& other) {
  const float least = least_of(std::fabs(tile.least), std::fabs(other.least));
  const uint32_t signs = (bit_cast<uint32_t>(tile.least) | bit_cast<uint32_t>(other.least)) & kSign;
  tile.least = bit_cast<float>(bit_cast<uint32_t>(least) | signs);
  tile.most = most_of(tile.most, other.most);
}

RC_KERNELS_END
