// SPDX-License-Identifier: Apache-2.0
// What the kernels of rc_tsdf_integrate hand to each other in the workspace.
#pragma once

#include "kernels/common/carver.h"
#include "kernels/tsdf/sight.h"

RC_KERNELS_BEGIN

constexpr int kWarp = 32;

// Along z as long as bricks are, so that a row of voxels is a sector of 32 bytes.
constexpr int kPartX = 2, kPartY = 4, kPartZ = kBrick;
using Parts = PartsOf<kPartX, kPartY, kPartZ>;
constexpr int kParts = Parts::kCount;

// A part of a brick that some camera sees: its first voxel, the elements of that, and what is seen of it.
struct alignas(16) SeenPart {
  Frames frames;
  int64_t tsdf, weight;
  int x, y, z;
  // Two threads share a column of voxels: the frames that the second one looks at.
  uint32_t second;
};

// Which pixels of a frame have a measurement: a bit each, a word for 32 of a row, the words of 32 columns
// side by side. What a part of a brick falls on is in one line of the cache, or in few.
struct Masks {
  static constexpr int kShift = 5, kColumns = 1 << kShift;
  uint32_t* data;
  // Words of 32 columns, which are as many as rows, and of a frame.
  int32_t strip;
  int64_t frame;

  // The word of a frame that has the bit of a pixel, bit `column` % 32 of it.
  template <class Index, class Pixel>
  RC_SHARED static constexpr Index word_of(Index strip, Pixel row, Pixel column) {
    return static_cast<Index>(column >> kShift) * strip + static_cast<Index>(row);
  }
};

// Edges, in pixels, of a tile of the first level and of one of the last, under which a block makes all.
constexpr int kTileEdge = 1 << kTileShift;
constexpr int kRegion = kTileEdge << (kTileLevels - 1);
constexpr int64_t regions_along(int64_t pixels) { return (pixels + kRegion - 1) / kRegion; }

struct Scratch {
  DepthTiles tiles;
  Masks masks;
  // Those that take long from the first place on, and the others from the last one back.
  SeenPart* seen;
  int64_t places;
  int* count;  // of both
  int* next;   // number of the first claim that no block has made

  RC_HD SeenPart* long_part(int i) const { return seen + i; }
  RC_HD SeenPart* short_part(int i) const { return seen + (places - 1 - i); }
};

inline Scratch take_scratch(const IntegratePlan& plan, Carver& carver) {
  const int64_t frames = plan.frames < kFramesOfPass ? plan.frames : kFramesOfPass;
  Scratch scratch = {
      DepthTiles(nullptr, plan.height, plan.width), {}, nullptr, 0, nullptr, nullptr};
  scratch.places = count_bricks(plan.volume.grid) * kParts;
  scratch.tiles.data = carver.take<DepthTile>(scratch.tiles.frame * frames);
  // As many pixels as the regions have.
  scratch.masks.strip = static_cast<int32_t>(regions_along(plan.height) * kRegion);
  scratch.masks.frame =
      scratch.masks.strip * regions_along(plan.width) * (kRegion / Masks::kColumns);
  scratch.masks.data = carver.take<uint32_t>(scratch.masks.frame * frames);
  scratch.seen = carver.take<SeenPart>(scratch.places);
  scratch.count = carver.take<int>(2);
  scratch.next = carver.take<int>(1);
  return scratch;
}

RC_KERNELS_END
