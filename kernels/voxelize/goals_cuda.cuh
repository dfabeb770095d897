// SPDX-License-Identifier: Apache-2.0
// Where points go: a tile and a voxel of it, in one number. For one plain cloud it takes a few
// instructions wherever rounding leaves no doubt.
#pragma once

#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/tiles.h"

RC_KERNELS_BEGIN

// A point has no voxel.
constexpr uint32_t kNowhere = UINT32_MAX;
// It has a voxel, of a tile whose turn is another one.
constexpr uint32_t kElsewhere = UINT32_MAX - 1;
// It takes another look, or the stats want to know of it.
constexpr uint32_t kUnsure = UINT32_MAX - 2;

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

// The same of one cloud of float32 points, in few instructions. A float to which 1.5 * 2^23 is added holds
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
  uint32_t outside;            // the goal of points that no voxel holds
  int local_bits;

  PlainGoals() = default;
  explicit PlainGoals(const Goals<float>& goals)
      : span(goals.tiles << goals.tiling.local_bits()),
        outside(goals.placer.stats ? kUnsure : kNowhere),
        local_bits(goals.tiling.local_bits()) {
    const Tiling& tiling = goals.tiling;
    before = 0 - (goals.first_tile << local_bits);
    uint32_t step = 1, tiles = 1u << local_bits;
    for (int axis = 2; axis >= 0; --axis) {
      origin[axis] = goals.placer.origin[axis];
      size[axis] = goals.placer.size[axis];
      inverse[axis] = goals.placer.inverse[axis];
      dims[axis] = static_cast<uint32_t>(goals.placer.limit[axis]);
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
  static bool serve(const Goals<float>& goals) {
    constexpr float kMostIndices = 1 << 20;
    for (int axis = 0; axis < 3; ++axis) {
      if (goals.placer.limit[axis] > kMostIndices || goals.placer.inverse[axis] == 0) return false;
    }
    return goals.tiling.count << goals.tiling.local_bits() <= int64_t{1} << 31;
  }

  // The goal of a point. A look that is `close` finds the side of the nearest border between voxels that
  // a point is on, which leaves but the points that the rule's own rounding may put on it.
  template <bool close>
  __device__ uint32_t of(const float (&point)[3]) const {
    bool sure = true;
    bool inside = true;
    uint32_t sum = before;
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
      const float distance = __fsub_rn(point[axis], origin[axis]);
      const float middle = __fmaf_rn(distance, inverse[axis], -0.5f);
      const float rounded = __fadd_rn(middle, kMagic), index = __fsub_rn(rounded, kMagic);
      const float from_middle = __fsub_rn(middle, index);
      uint32_t bits = __float_as_uint(rounded);
      if constexpr (close) {
        const float border = from_middle > 0 ? index + 1 : index;
        const float rest = __fmaf_rn(-border, size[axis], distance);
        sure = sure & (fabsf(rest) > __fmaf_rn(fabsf(border), 0x1p-23f, 0x1p-23f) * size[axis]);
        bits = __float_as_uint((rest > 0 ? border : border - 1) + kMagic);
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
