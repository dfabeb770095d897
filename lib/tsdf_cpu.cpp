// SPDX-License-Identifier: Apache-2.0
#include "lib/tsdf_cpu.h"

#include "kernels/tsdf/tsdf.h"
#include "lib/float_environment.h"
#include "lib/parallel.h"

namespace rc {

void tsdf_integrate_cpu(rc_context& context, const IntegratePlan& plan, const CameraPass& pass) {
  const FloatEnvironment environment;
  const Grid& grid = plan.volume.grid;
  auto* integrate_bricks = integrate_bricks_baseline;
#if defined(__x86_64__)
  if (context.simd_level == RC_SIMD_AVX2) integrate_bricks = integrate_bricks_avx2;
#endif
  split(context, bricks_along(grid, 0) * bricks_along(grid, 1), kBrick * kBrick * grid.dims[2],
        [&](int64_t begin, int64_t end) { integrate_bricks(plan, pass, begin, end); });
}

void depth_to_points_cpu(rc_context& context, const UnprojectPlan& plan, const PinholePass& pass) {
  const FloatEnvironment environment;
  split(context, pass.count * plan.depth.height, plan.depth.width,
        [&](int64_t begin, int64_t end) { unproject_rows(plan, pass, begin, end); });
}

}  // namespace rc
