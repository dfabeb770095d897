// SPDX-License-Identifier: Apache-2.0
// Depth tiles in plain loops.
#include <algorithm>

#include "kernels/tsdf/depth_tiles.h"
#include "kernels/tsdf/integrate.h"
#include "kernels/tsdf/tsdf.h"

namespace rc {
namespace {

constexpr int kTile = 1 << kTileShift;
// Pixels side by side that are taken at once.
constexpr int kStrip = 16 * kTile;

// `condition ? yes : no` in integers: compilers make lanes of it, and branches of comparisons that might
// trap.
float choose(bool condition, float yes, float no) {
  const uint32_t mask = -static_cast<uint32_t>(condition);
  return bit_cast<float>((bit_cast<uint32_t>(yes) & mask) | (bit_cast<uint32_t>(no) & ~mask));
}

// Of columns of pixels side by side: the least and the greatest measurement, and all bits where each pixel
// has one.
struct Strip {
  float least[kStrip], most[kStrip];
  uint32_t measured[kStrip];

  template <class Depth>
  void take_row(const IntegratePlan& plan, const Depth* row, int64_t step, int64_t count) {
    const float limit = plan.depth_limit, scale = plan.depth_scale;
    for (int64_t i = 0; i < count; ++i) {
      const auto depth = static_cast<float>(row[i * step]);
      // is_measurement()
      const bool counts = (depth > 0) & (depth <= limit);
      const float measurement = depth * scale;
      least[i] = choose(counts & (measurement < least[i]), measurement, least[i]);
      most[i] = choose(counts & (measurement > most[i]), measurement, most[i]);
      measured[i] &= -static_cast<uint32_t>(counts);
    }
  }
  DepthTile tile(int64_t begin, int64_t end) const {
    DepthTile tile = kNoPixels;
    uint32_t all = ~uint32_t{0};
    for (int64_t i = begin; i < end; ++i) {
      tile.least = least_of(tile.least, least[i]);
      tile.most = most_of(tile.most, most[i]);
      all &= measured[i];
    }
    if (all == 0) tile.least = -tile.least;
    return tile;
  }
};

// Tiles of the first level in row `v` of them.
template <class Depth>
void make_row(const IntegratePlan& plan, int64_t frame, int64_t v, DepthTile* row) {
  const auto image = reinterpret_cast<const Depth*>(plan.depth.data) + frame * plan.depth.frame;
  const int64_t step = plan.depth.column, end = std::min(plan.height, (v + 1) * kTile);
  for (int64_t u = 0; u < plan.width; u += kStrip) {
    const int64_t count = std::min<int64_t>(kStrip, plan.width - u);
    Strip strip;
    std::fill_n(strip.least, count, kInfinity);
    std::fill_n(strip.most, count, -kInfinity);
    std::fill_n(strip.measured, count, ~uint32_t{0});
    for (int64_t y = v * kTile; y < end; ++y) {
      const Depth* const pixels = image + y * plan.depth.row + u * step;
      // Compilers make lanes of the one with the constant.
      step == 1 ? strip.take_row(plan, pixels, 1, count)
                : strip.take_row(plan, pixels, step, count);
    }
    for (int64_t i = 0; i < count; i += kTile) {
      row[(u + i) >> kTileShift] = strip.tile(i, std::min(count, i + kTile));
    }
  }
}

}  // namespace

void make_tiles(const IntegratePlan& plan, const CameraPass& pass, const DepthTiles& tiles,
                int64_t begin, int64_t end) {
  constexpr int kLast = kTileLevels - 1;
  const int64_t rows = tiles.height[kLast];
  for (int64_t i = begin; i < end; ++i) {
    const int64_t f = i / rows, region = i % rows;
    DepthTile* const frame = tiles.data + f * tiles.frame;
    for (int l = 0; l < kTileLevels; ++l) {
      const int64_t last = std::min<int64_t>((region + 1) << (kLast - l), tiles.height[l]);
      for (int64_t v = region << (kLast - l); v < last; ++v) {
        DepthTile* const row = frame + tiles.level[l] + v * tiles.width[l];
        if (l == 0) {
          plan.depth.type == Type::u16 ? make_row<uint16_t>(plan, pass.first + f, v, row)
                                       : make_row<float>(plan, pass.first + f, v, row);
          continue;
        }
        std::fill_n(row, tiles.width[l], kNoPixels);
        const int64_t finer_end = std::min<int64_t>(2 * v + 2, tiles.height[l - 1]);
        for (int64_t finer = 2 * v; finer < finer_end; ++finer) {
          const DepthTile* const from = frame + tiles.level[l - 1] + finer * tiles.width[l - 1];
          for (int32_t u = 0; u < tiles.width[l - 1]; ++u) join(row[u / 2], from[u]);
        }
      }
    }
  }
}

}  // namespace rc
