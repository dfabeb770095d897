// SPDX-License-Identifier: Apache-2.0
// Where the points of a plain cloud go on a CUDA device: a tile and a voxel of it, in one number.
#pragma once

#include <cmath>

#include "kernels/voxelize/tiles.h"

RC_KERNELS_BEGIN

// A point has no voxel.
constexpr uint32_t kNowhere = UINT32_MAX;
// It has a voxel, of a tile whose turn is another one.
constexpr uint32_t kElsewhere = UINT32_MAX - 1;
// It takes another look.
constexpr uint32_t kUnsure = UINT32_MAX - 2;

// Of one cloud of float32 points, in few instructions. A float to which 1.5 * 2^23 is added holds
// its nearest integer in its bits; a goal is a sum of what each index and its tile along the axis give, so
// that both need not be put together apart. What does not depend on a point is worked out on the host.
struct PlainGoals {
  static constexpr float kMagic = 0x1.8p23f;
  static constexpr uint32_t kMagicBits = 0x4b400000;

  float origin[3], size[3], inverse[3];
  float clear[3];  // from the middle of a voxel: so far, no rounding makes it another one
  uint32_t dims[3];
  int shifts[3];               // from an index to its tile
  uint32_t steps[3], more[3];  // of a goal: by an index, and by its tile
  uint32_t before;             // what to add to the sum
  uint32_t span;               // of the goals whose turn it is
  uint32_t outside;            // the goal of points that are finite and in no voxel
  int local_bits;

  PlainGoals() = default;
  // Of `count` tiles from `first` on. Finite points outside have a tile of their own, `lost`.
  PlainGoals(const Grid& grid, const Tiling& tiling, uint32_t first, uint32_t count, uint32_t lost)
      : before(0 - (first << tiling.local_bits())),
        span(count << tiling.local_bits()),
        outside(lost << tiling.local_bits()),
        local_bits(tiling.local_bits()) {
    uint32_t step = 1, tiles = 1u << local_bits;
    for (int axis = 2; axis >= 0; --axis) {
      origin[axis] = static_cast<float>(grid.origin[axis]);
      size[axis] = static_cast<float>(grid.size[axis]);
      inverse[axis] = 1 / size[axis];
      dims[axis] = static_cast<uint32_t>(grid.dims[axis]);
      // The rule's quotient, the inverse and its product are rounded, by 2^-24 each.
      clear[axis] = 0.5f - static_cast<float>(dims[axis] + 1) * 0x1p-22f;
      shifts[axis] = tiling.bits[axis];
      steps[axis] = step;
      more[axis] = tiles - (step << shifts[axis]);
      before -= kMagicBits * step + (kMagicBits >> shifts[axis]) * more[axis];
      step <<= shifts[axis];
      tiles *= static_cast<uint32_t>(tiling.tiles[axis]);
    }
  }

  // Whether all goals are numbers of 32 bits, indices small, and inverses normal.
  static bool serve(const Grid& grid, const Tiling& tiling) {
    constexpr int64_t kMostIndices = 1 << 20;
    for (int axis = 0; axis < 3; ++axis) {
      const float inverse = 1 / static_cast<float>(grid.size[axis]);
      if (grid.dims[axis] > kMostIndices || !std::isnormal(inverse)) return false;
    }
    return tiling.count << tiling.local_bits() <= int64_t{1} << 31;
  }

  // The goal of a point. A look that is `close` finds the side of the nearest border between voxels that
  // a point is on, which leaves but the points that the rule's own rounding may put on it.
  template <bool close>
  RC_HD uint32_t of(const float (&point)[3]) const {
    bool sure = true, inside = true;
    uint32_t sum = before;
    for (int axis = 0; axis < 3; ++axis) {
      const float distance = point[axis] - origin[axis];
      const float middle = fmaf(distance, inverse[axis], -0.5f);
      const float rounded = middle + kMagic, index = rounded - kMagic;
      const float from_middle = middle - index;
      uint32_t bits = bit_cast<uint32_t>(rounded);
      if constexpr (close) {
        const float border = from_middle > 0 ? index + 1 : index;
        const float rest = fmaf(-border, size[axis], distance);
        // The rule rounds its quotient by 2^-24 of it.
        sure = sure & (fabsf(rest) > fmaf(fabsf(border), 0x1p-23f, 0x1p-23f) * size[axis]);
        bits = bit_cast<uint32_t>((rest > 0 ? border : border - 1) + kMagic);
      } else {
        sure = sure & (fabsf(from_middle) < clear[axis]);
      }
      inside = inside & (bits - kMagicBits < dims[axis]);
      sum += bits * steps[axis] + (bits >> shifts[axis]) * more[axis];
    }
    const uint32_t goal = !inside ? outside : sum < span ? sum : kElsewhere;
    return sure ? goal : kUnsure;
  }
};

RC_KERNELS_END
