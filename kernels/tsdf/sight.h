// SPDX-License-Identifier: Apache-2.0
// What a camera sees of the voxels of a box, all together, as far as that can be told from the depth
// tiles that the box falls on: never wrong, but it may not know.
#pragma once

#include "kernels/tsdf/depth_tiles.h"
#include "kernels/tsdf/integrate.h"

RC_KERNELS_BEGIN

enum class Sight {
  none,   // no voxel is observed
  free,   // each voxel is observed as free space, with the weight 1
  holes,  // all voxels fall on the image; so is each that falls on a measurement
  edge,   // so is each voxel that falls on a measurement of the image
  mixed   // each voxel has to be asked
};

// Tiles along each side of what a box falls on.
constexpr int kTilesOfBox = 3;

// The positions of pixels that a box may fall on.
struct PixelBox {
  float low[2], high[2];
};

// Size of the terms of dot(), which rounding is a part of.
RC_HD inline float size_of_terms(const float (&row)[4], const Box& box) {
  return std::fabs(row[0]) * box.high[0] + std::fabs(row[1]) * box.high[1] +
         std::fabs(row[2]) * box.high[2] + std::fabs(row[3]);
}

// dot() at a corner of a box; it rises or falls along each axis, rounded too, so that the corners
// bound what it gives for any voxel.
RC_HD inline float dot_at_corner(const float (&row)[4], const Box& box, bool x, bool y, bool z) {
  return dot(row, x ? box.high[0] : box.low[0], y ? box.high[1] : box.low[1],
             z ? box.high[2] : box.low[2]);
}
RC_HD inline float least_dot(const float (&row)[4], const Box& box) {
  return dot_at_corner(row, box, row[0] < 0, row[1] < 0, row[2] < 0);
}
RC_HD inline float most_dot(const float (&row)[4], const Box& box) {
  return dot_at_corner(row, box, row[0] > 0, row[1] > 0, row[2] > 0);
}

// 1 / x within some units in the last place: good enough for what gets a margin.
RC_HD inline float about_inverse(float x) {
#if defined(__CUDA_ARCH__)
  return __fdividef(1, x);
#else
  return 1 / x;
#endif
}

// Where a box has to begin: z of any voxel is then in (2^-100, 2^100).
constexpr float kNearest = 0x1p-60f, kFarthest = 0x1p80f;

// Bounds of the positions that observe() computes for the voxels of a box that lies in front of the
// camera: those of the corners, for a quotient of linear functions has its extremes there, and far
// more than rounding can make of either. False where that cannot be said.
RC_HD inline bool project(const Camera& camera, const Box& box, float nearest, PixelBox& pixels) {
  const float inverse = about_inverse(nearest);
  const float doubt = size_of_terms(camera.rows[2], box) * inverse * 0x1p-20f;
  if (!(nearest > kNearest && nearest < kFarthest && doubt < 0x1p-4f)) return false;
  for (int side = 0; side < 2; ++side) pixels.low[side] = kInfinity, pixels.high[side] = -kInfinity;
  for (int corner = 0; corner < 8; ++corner) {
    const bool x = corner & 1, y = corner & 2, z = corner & 4;
    const float scale = about_inverse(dot_at_corner(camera.rows[2], box, x, y, z));
    for (int side = 0; side < 2; ++side) {
      const float at = dot_at_corner(camera.rows[side], box, x, y, z) * scale;
      pixels.low[side] = least_of(pixels.low[side], at);
      pixels.high[side] = most_of(pixels.high[side], at);
    }
  }
  for (int side = 0; side < 2; ++side) {
    const float low = pixels.low[side], high = pixels.high[side], middle = camera.middle[side];
    const float most = most_of(std::fabs(low), std::fabs(high));
    const float margin = size_of_terms(camera.rows[side], box) * inverse * 0x1p-20f + most * doubt +
                         (most + std::fabs(middle)) * 0x1p-20f;
    pixels.low[side] = low + middle - margin;
    pixels.high[side] = high + middle + margin;
  }
  return true;
}

// Of frame `frame` of the tiles.
RC_HD inline Sight sight_of(const IntegratePlan& plan, const Camera& camera,
                            const DepthTiles& tiles, int64_t frame, const Box& box) {
  const float nearest = least_dot(camera.rows[2], box), farthest = most_dot(camera.rows[2], box);
  PixelBox pixels;
  if (!project(camera, box, nearest, pixels)) {
    return may_see(plan, camera, box) ? Sight::mixed : Sight::none;
  }
  const int64_t sizes[2] = {plan.width, plan.height};
  int first[2], last[2], extent = 0;
  bool inside = true;
  for (int side = 0; side < 2; ++side) {
    const auto size = static_cast<float>(sizes[side]);
    const float low = pixels.low[side], high = pixels.high[side];
    if (high < 0 || low >= size) return Sight::none;
    if (!(low >= 0)) inside = false;
    if (!(high < size)) inside = false;
    first[side] = low > 0 ? static_cast<int>(low) : 0;
    last[side] = high < size ? static_cast<int>(high) : static_cast<int>(sizes[side] - 1);
  }
  int level = 0;
  for (; level < kTileLevels; ++level) {
    extent = 0;
    for (int side = 0; side < 2; ++side) {
      const int shift = kTileShift + level;
      const int count = (last[side] >> shift) - (first[side] >> shift) + 1;
      extent = count > extent ? count : extent;
    }
    if (extent <= kTilesOfBox) break;
  }
  if (level == kTileLevels) return Sight::mixed;
  // All of them at once: where there are fewer, the last ones again.
  const int shift = kTileShift + level, width = tiles.width[level];
  const int u = first[0] >> shift, v = first[1] >> shift;
  const int last_u = (last[0] >> shift) - u, last_v = (last[1] >> shift) - v;
  const DepthTile* const data =
      tiles.data + frame * tiles.frame + tiles.level[level] + (int64_t{v} * width + u);
  float least = kInfinity, most = -kInfinity;
  uint32_t signs = 0;
  for (int i = 0; i < kTilesOfBox; ++i) {
    const int row = (i < last_v ? i : last_v) * width;
    for (int j = 0; j < kTilesOfBox; ++j) {
      const DepthTile tile = data[row + (j < last_u ? j : last_u)];
      least = least_of(least, std::fabs(tile.least));
      most = most_of(most, tile.most);
      signs |= bit_cast<uint32_t>(tile.least);
    }
  }
  if (most - nearest < -plan.truncation) return Sight::none;
  if (!(least - farthest > plan.truncation)) return Sight::mixed;
  if (plan.carving == 0) return Sight::none;
  if (plan.inverse_square != 0) return Sight::mixed;
  const bool has_holes = (signs & kSign) != 0;
  return !inside ? Sight::edge : has_holes ? Sight::holes : Sight::free;
}

RC_HD inline bool is_asked(Sight sight) { return sight > Sight::free; }

// What the frames of a pass see of a box: a bit for each frame.
struct Frames {
  uint32_t free, holes, edge, mixed;

  RC_HD uint32_t all() const { return free | holes | edge | mixed; }
  // Those that see a box so; NULL for none.
  RC_HD uint32_t* of(Sight sight) {
    switch (sight) {
      case Sight::free:
        return &free;
      case Sight::holes:
        return &holes;
      case Sight::edge:
        return &edge;
      case Sight::mixed:
        return &mixed;
      default:
        return nullptr;
    }
  }
};

RC_HD inline bool is_empty(const Box& box) {
  return box.low[0] > box.high[0] || box.low[1] > box.high[1] || box.low[2] > box.high[2];
}

// A brick in parts of kX * kY * kZ voxels, numbered along z first.
template <int kX, int kY, int kZ>
struct PartsOf {
  static constexpr int kAlongX = kBrick / kX, kAlongY = kBrick / kY, kAlongZ = kBrick / kZ;
  static constexpr int kCount = kAlongX * kAlongY * kAlongZ;
  static_assert(kCount * kX * kY * kZ == kBrick * kBrick * kBrick, "no voxel is left over");

  // The first voxel of a part.
  RC_HD static constexpr int first_x(int number) { return number / (kAlongY * kAlongZ) * kX; }
  RC_HD static constexpr int first_y(int number) { return number / kAlongZ % kAlongY * kY; }
  RC_HD static constexpr int first_z(int number) { return number % kAlongZ * kZ; }

  // A part of a Brick or of its Box: empty where the brick does not reach so far.
  template <class Whole>
  RC_HD static Whole part(Whole whole, int number) {
    keep(whole.low[0], whole.high[0], first_x(number), kX);
    keep(whole.low[1], whole.high[1], first_y(number), kY);
    keep(whole.low[2], whole.high[2], first_z(number), kZ);
    return whole;
  }

 private:
  template <class Number>
  RC_HD static void keep(Number& low, Number& high, int first, int edge) {
    if (edge == kBrick) return;
    low += static_cast<Number>(first);
    const Number last = low + static_cast<Number>(edge - 1);
    high = last < high ? last : high;
  }
};

RC_KERNELS_END
