// SPDX-License-Identifier: Apache-2.0
// Points on a CUDA device, one a thread: their voxels, and what is left out.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/cell.h"

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

// The rule of voxel_in_grid() for points of type T, with all that does not depend on a point.
template <class T>
struct Placer {
  using Point = T;
  using Real = decltype(to_arithmetic(T{}));

  Array points, stats;
  Real origin[3], size[3], limit[3];

  explicit Placer(const VoxelPlan& plan) : points(plan.cloud.array), stats(plan.stats) {
    for (int axis = 0; axis < 3; ++axis) {
      origin[axis] = static_cast<Real>(plan.grid.origin[axis]);
      size[axis] = static_cast<Real>(plan.grid.size[axis]);
      limit[axis] = limit_of<Real>(plan.grid.dims[axis]);
    }
  }

  // The voxel of a point, or false: then it is counted, if a cloud has it.
  template <class Index>
  __device__ bool place(const PointPlace& at, Index (&index)[3]) const {
    if (at.cloud < 0) return false;
    const T* const p = reinterpret_cast<const T*>(points.data) + start_of(points, at);
    const Real point[3] = {to_arithmetic(p[0]), to_arithmetic(p[points.channel]),
                           to_arithmetic(p[2 * points.channel])};
    bool inside = true;
    for (int axis = 0; axis < 3; ++axis) {
      const Real f = (point[axis] - origin[axis]) / size[axis];
      // Of a number that is not negative, the integer that conversion leaves is its floor.
      inside = inside && f >= 0 && f < limit[axis];
      index[axis] = inside ? static_cast<Index>(f) : 0;
    }
    if (inside) return true;
    const bool finite = is_finite(point[0]) && is_finite(point[1]) && is_finite(point[2]);
    count_left_out(stats, at.cloud, finite ? RC_STAT_OUTSIDE : RC_STAT_NOT_FINITE);
    return false;
  }
};

// Calls `f` with the rule of a plan.
template <class F>
auto with_placer(const VoxelPlan& plan, F f) {
  switch (plan.cloud.array.type) {
    case Type::f16:
      return f(Placer<Half>(plan));
    case Type::f64:
      return f(Placer<double>(plan));
    default:
      return f(Placer<float>(plan));
  }
}

RC_KERNELS_END
