// SPDX-License-Identifier: Apache-2.0
// Points on a CUDA device, one a thread: their voxels, and what is left out.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/reduce.h"
#include "kernels/voxelize/segments.h"

RC_KERNELS_BEGIN

// Adds 1 to a column of the stats, together with the threads of the warp that do the same.
__device__ inline void count_left_out(const Array& stats, int64_t cloud, int column) {
  if (!stats) return;
  const auto element = static_cast<unsigned long long>(cloud * stats.row + column * stats.channel);
  const unsigned same = __match_any_sync(__activemask(), element);
  if (__ffs(static_cast<int>(same)) - 1 == static_cast<int>(threadIdx.x % 32)) {
    atomicAdd(reinterpret_cast<unsigned long long*>(stats.data) + element,
              static_cast<unsigned long long>(__popc(same)));
  }
}

// The voxel of the point at `position`; `left_out` is kNoCloud where it belongs to no cloud.
__device__ inline Voxel voxel_of(const VoxelPlan& plan, const PointPlace& place) {
  if (place.cloud < 0) return {kNoCloud, {0, 0, 0}};
  const Array& points = plan.cloud.array;
  const int64_t start = start_of(points, place);
  switch (points.type) {
    case Type::f16:
      return voxel_at<Half>(points, plan.grid, start);
    case Type::f64:
      return voxel_at<double>(points, plan.grid, start);
    default:
      return voxel_at<float>(points, plan.grid, start);
  }
}

// The same, and it is counted where it is left out.
__device__ inline Voxel counted_voxel_of(const VoxelPlan& plan, const PointPlace& place) {
  const Voxel voxel = voxel_of(plan, place);
  if (voxel.left_out == kOutside) count_left_out(plan.stats, place.cloud, RC_STAT_OUTSIDE);
  if (voxel.left_out == kNotFinite) count_left_out(plan.stats, place.cloud, RC_STAT_NOT_FINITE);
  return voxel;
}

RC_KERNELS_END
