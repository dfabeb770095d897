// SPDX-License-Identifier: Apache-2.0
// The CPU kernels of rc_tsdf_integrate, rc_tsdf_from_points and rc_depth_to_points. A caller splits
// the work as it likes: how it does changes no bit.
#pragma once

#include <cstdint>

#include "kernels/tsdf/depth_tiles.h"
#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/points_plan.h"
#include "kernels/tsdf/unproject_plan.h"

namespace rc {

// Makes the tiles of the frames of a pass, in rows of tiles of the last level: [begin, end), counted
// over the frames.
void make_tiles(const IntegratePlan& plan, const CameraPass& pass, const DepthTiles& tiles,
                int64_t begin, int64_t end);

// Integrates frames into the bricks of the columns [begin, end), counted over x and y.
void integrate_bricks_baseline(const IntegratePlan& plan, const CameraPass& pass,
                               const DepthTiles& tiles, int64_t begin, int64_t end);
void integrate_bricks_avx2(const IntegratePlan& plan, const CameraPass& pass,
                           const DepthTiles& tiles, int64_t begin, int64_t end);
void integrate_bricks_avx512(const IntegratePlan& plan, const CameraPass& pass,
                             const DepthTiles& tiles, int64_t begin, int64_t end);
void integrate_bricks_neon(const IntegratePlan& plan, const CameraPass& pass,
                           const DepthTiles& tiles, int64_t begin, int64_t end);

// Writes the points of the rows [begin, end), counted over the frames of the pass.
void unproject_rows(const UnprojectPlan& plan, const PinholePass& pass, int64_t begin, int64_t end);

// Adds to `sums`, one for each voxel in the order of (x, y, z), what the points at [begin, end)
// observe, beside other threads; and counts what is left out.
void observe_points(const TsdfPointsPlan& plan, VoxelSums* sums, int64_t begin, int64_t end);

// Lets the sums enter the volume's rows along z [begin, end), counted over x and y.
void merge_points(const TsdfPointsPlan& plan, const VoxelSums* sums, int64_t begin, int64_t end);

}  // namespace rc
