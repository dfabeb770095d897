// SPDX-License-Identifier: Apache-2.0
// integrate_lanes.h with NEON.
#define RC_LEVEL neon
#include "kernels/tsdf/integrate_lanes.h"
#include "kernels/tsdf/tsdf.h"

void rc::integrate_bricks_neon(const IntegratePlan& plan, const CameraPass& pass,
                               const DepthTiles& tiles, int64_t begin, int64_t end) {
  integrate_bricks(plan, pass, tiles, begin, end);
}
