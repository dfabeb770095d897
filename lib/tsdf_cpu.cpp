// SPDX-License-Identifier: Apache-2.0
#include "lib/tsdf_cpu.h"

#include <algorithm>

#include "kernels/common/carver.h"
#include "kernels/tsdf/tsdf.h"
#include "lib/float_environment.h"
#include "lib/parallel.h"
#include "lib/simd.h"
#include "lib/voxelize_cpu.h"

namespace rc {

/** That one point is thought to observe: sizes the pieces of work. */
static constexpr int64_t voxels_of_point = 64;

/** Tiles of the frames of a pass. */
static DepthTiles take_tiles(const IntegratePlan& plan, Carver& carver) {
  DepthTiles tiles(nullptr, plan.height, plan.width);
  tiles.data = carver.take<DepthTile>(tiles.frame * std::min<int64_t>(plan.frames, kFramesOfPass));
  return tiles;
}

uint64_t integrate_workspace(const IntegratePlan& plan) {
  Carver carver(nullptr);
  take_tiles(plan, carver);
  return carver.most();
}

void tsdf_integrate_cpu(rc_context& context, const IntegratePlan& plan, const CameraPass& pass,
                        char* workspace) {
  if (plan.height == 0 || plan.width == 0) return;  // There are no tiles to ask.
  const FloatEnvironment environment;
  Carver carver(workspace);
  const DepthTiles tiles = take_tiles(plan, carver);
  const int64_t rows = tiles.height[kTileLevels - 1];
  split(context, pass.count * rows, plan.width << (kTileShift + kTileLevels - 1),
        [&](int64_t begin, int64_t end) { make_tiles(plan, pass, tiles, begin, end); });
  const Grid& grid = plan.volume.grid;
  auto* const integrate_bricks = RC_AT_LEVEL(context.simd_level, integrate_bricks);
  split(context, bricks_along(grid, 0) * bricks_along(grid, 1),
        int64_t{kBrick} * kBrick * grid.dims[2],
        [&](int64_t begin, int64_t end) { integrate_bricks(plan, pass, tiles, begin, end); });
}

void depth_to_points_cpu(rc_context& context, const UnprojectPlan& plan, const PinholePass& pass) {
  const FloatEnvironment environment;
  split(context, pass.count * plan.depth.height, plan.depth.width,
        [&](int64_t begin, int64_t end) { unproject_rows(plan, pass, begin, end); });
}

uint64_t from_points_workspace(const TsdfPointsPlan& plan) {
  return static_cast<uint64_t>(plan.volume.grid.cells()) * sizeof(VoxelSums);
}

void tsdf_from_points_cpu(rc_context& context, const TsdfPointsPlan& plan, char* workspace) {
  const FloatEnvironment environment;
  const Grid& grid = plan.volume.grid;
  auto* const sums = reinterpret_cast<VoxelSums*>(workspace);
  clear_stats(plan.stats, plan.cloud);
  split(context, grid.cells(), 1,
        [&](int64_t begin, int64_t end) { std::fill(sums + begin, sums + end, VoxelSums{}); });
  split(context, plan.cloud.positions(), voxels_of_point,
        [&](int64_t begin, int64_t end) { observe_points(plan, sums, begin, end); });
  split(context, grid.dims[0] * grid.dims[1], grid.dims[2],
        [&](int64_t begin, int64_t end) { merge_points(plan, sums, begin, end); });
}

}  // namespace rc
