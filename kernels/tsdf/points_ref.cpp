// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_from_points in plain loops.
#include "kernels/tsdf/ray.h"
#include "kernels/tsdf/tsdf.h"
#include "kernels/voxelize/runs.h"

namespace rc {
namespace {

// Other threads add to the same voxels.
void add(VoxelSums& sums, const VoxelSums& observation) {
  if (observation.missing != 0) {
    __atomic_fetch_add(&sums.missing, observation.missing, __ATOMIC_RELAXED);
  }
  __atomic_fetch_add(&sums.weight, observation.weight, __ATOMIC_RELAXED);
}

}  // namespace

void observe_points(const TsdfPointsPlan& plan, VoxelSums* sums, int64_t begin, int64_t end) {
  const Grid& grid = plan.volume.grid;
  for_each_run(plan.cloud, begin, end, [&](const Run& run) {
    if (run.cloud < 0) return;
    int64_t outside = 0, not_finite = 0;
    for (int64_t i = run.begin; i < run.end; ++i) {
      Ray ray;
      if (!make_ray(plan, {run.cloud, run.index + i - run.begin}, ray)) {
        ++not_finite;
      } else if (!clip(grid, ray)) {
        ++outside;
      } else {
        for_each_passed(grid, ray, [&](const int64_t (&index)[3]) {
          add(sums[cell_of_volume(grid, index)], observation_of(plan, ray, index));
        });
      }
    }
    add_stat(plan.stats, run.cloud, RC_STAT_OUTSIDE, outside);
    add_stat(plan.stats, run.cloud, RC_STAT_NOT_FINITE, not_finite);
  });
}

void merge_points(const TsdfPointsPlan& plan, const VoxelSums* sums, int64_t begin, int64_t end) {
  const Grid& grid = plan.volume.grid;
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t z = 0; z < grid.dims[2]; ++z) {
      merge_sums(plan, sums[row * grid.dims[2] + z], row / grid.dims[1], row % grid.dims[1], z);
    }
  }
}

}  // namespace rc
