// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate in plain loops: the reference of the other levels, which asks each voxel that lies
// in a camera's frustum.
#define RC_LEVEL baseline
#include "kernels/tsdf/bricks.h"
#include "kernels/tsdf/tsdf.h"

namespace rc {

// Bit f is set where frame f of the pass may see a voxel of the brick.
static uint32_t frames_that_see(const IntegratePlan& plan, const CameraPass& pass,
                                const Brick& brick) {
  const Box box = box_of(brick);
  uint32_t frames = 0;
  for (int f = 0; f < pass.count; ++f) {
    if (may_see(plan, pass.cameras[f], box)) frames |= uint32_t{1} << f;
  }
  return frames;
}

template <class Depth, bool kColors>
static void integrate_voxel(const IntegratePlan& plan, const CameraPass& pass, uint32_t frames,
                            int64_t x, int64_t y, int64_t z) {
  FieldState state = load_voxel(plan.volume, x, y, z);
  bool seen = false;
  for (int f = 0; f < pass.count; ++f) {
    if ((frames >> f & 1) == 0) continue;
    const Camera& camera = pass.cameras[f];
    const int64_t frame = pass.first + f;
    Pixel pixel;
    if (!pixel_of(plan, camera, static_cast<float>(x), static_cast<float>(y), static_cast<float>(z),
                  pixel)) {
      continue;
    }
    const float depth =
        number_at<Depth>(plan.depth, plan.depth.element(frame, pixel.row, pixel.column));
    seen |= observe<kColors>(plan, camera, frame, pixel, depth, state);
  }
  if (seen) store_voxel(plan.volume, x, y, z, state);
}

template <class Depth, bool kColors>
static void integrate_bricks(const IntegratePlan& plan, const CameraPass& pass, int64_t begin,
                             int64_t end) {
  for_each_brick(plan.volume.grid, begin, end, [&](const Brick& brick) {
    const uint32_t frames = frames_that_see(plan, pass, brick);
    if (frames == 0) return;
    for (int64_t x = brick.low[0]; x <= brick.high[0]; ++x) {
      for (int64_t y = brick.low[1]; y <= brick.high[1]; ++y) {
        for (int64_t z = brick.low[2]; z <= brick.high[2]; ++z) {
          integrate_voxel<Depth, kColors>(plan, pass, frames, x, y, z);
        }
      }
    }
  });
}

template <class Depth>
static void integrate_bricks(const IntegratePlan& plan, const CameraPass& pass, int64_t begin,
                             int64_t end) {
  plan.color ? integrate_bricks<Depth, true>(plan, pass, begin, end)
             : integrate_bricks<Depth, false>(plan, pass, begin, end);
}

void integrate_bricks_baseline(const IntegratePlan& plan, const CameraPass& pass, const DepthTiles&,
                               int64_t begin, int64_t end) {
  plan.depth.type == Type::u16 ? integrate_bricks<uint16_t>(plan, pass, begin, end)
                               : integrate_bricks<float>(plan, pass, begin, end);
}

}  // namespace rc
