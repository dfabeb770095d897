// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate in plain loops: the reference of the other levels.
#define RC_LEVEL baseline
#include "kernels/tsdf/bricks.h"
#include "kernels/tsdf/tsdf.h"

namespace rc {

template <class Depth>
static void integrate_bricks(const IntegratePlan& plan, const CameraPass& pass, int64_t begin,
                             int64_t end) {
  for_each_row(
      plan, pass, begin, end, 1, [&](const Brick& brick, uint32_t frames, int64_t x, int64_t y) {
        for (int64_t z = brick.low[2]; z <= brick.high[2]; ++z) {
          FieldState state = load_voxel(plan.volume, x, y, z);
          bool seen = false;
          for (int f = 0; f < pass.count; ++f) {
            if ((frames >> f & 1) == 0) continue;
            seen |= observe<Depth>(plan, pass.cameras[f], pass.first + f, static_cast<float>(x),
                                   static_cast<float>(y), static_cast<float>(z), state);
          }
          if (seen) store_voxel(plan.volume, x, y, z, state);
        }
      });
}

void integrate_bricks_baseline(const IntegratePlan& plan, const CameraPass& pass, int64_t begin,
                               int64_t end) {
  plan.depth.type == Type::u16 ? integrate_bricks<uint16_t>(plan, pass, begin, end)
                               : integrate_bricks<float>(plan, pass, begin, end);
}

}  // namespace rc
