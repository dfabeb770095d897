// SPDX-License-Identifier: Apache-2.0
// integrate_lanes.h with AVX2, FMA and F16C.
#define RC_LEVEL avx2
#include "kernels/tsdf/integrate_lanes.h"
#include "kernels/tsdf/tsdf.h"

void rc::integrate_bricks_avx2(const IntegratePlan& plan, const CameraPass& pass,
                               const DepthTiles& tiles, int64_t begin, int64_t end) {
  integrate_bricks(plan, pass, tiles, begin, end);
}
