// SPDX-License-Identifier: Apache-2.0
// Points on a CUDA device, one a thread: their voxels, and what is left out.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/cell.h"

RC_KERNELS_BEGIN

// Adds points to a column of the stats, together with the threads of the warp that do the same.
__device__ inline void count_left_out(const Array& stats, int64_t cloud, int column,
                                      uint32_t points = 1) {
  if (!stats) return;
  const auto element = static_cast<unsigned long long>(cloud * stats.row + column * stats.channel);
  const unsigned same = __match_any_sync(__activemask(), element);
  const uint32_t sum = __reduce_add_sync(same, points);
  if (__ffs(static_cast<int>(same)) - 1 == static_cast<int>(threadIdx.x % 32)) {
    atomicAdd(reinterpret_cast<unsigned long long*>(stats.data) + element,
              static_cast<unsigned long long>(sum));
  }
}

// The rule of voxel_in_grid() for points of type T, with all that does not depend on a point.
template <class T>
struct Placer {
  using Point = T;
  using Real = decltype(to_arithmetic(T{}));

  Array points, stats;
  // Of `size` the inverse where it is a normal number, else 0.
  Real origin[3], size[3], inverse[3], limit[3];

  explicit Placer(const VoxelPlan& plan) : points(plan.cloud.array), stats(plan.stats) {
    for (int axis = 0; axis < 3; ++axis) {
      origin[axis] = static_cast<Real>(plan.grid.origin[axis]);
      size[axis] = static_cast<Real>(plan.grid.size[axis]);
      limit[axis] = limit_of<Real>(plan.grid.dims[axis]);
      const Real exact = 1 / size[axis];
      inverse[axis] = std::isnormal(exact) ? exact : 0;
    }
  }

  // The coordinates of a point that a cloud has.
  __device__ void load(const PointPlace& at, Real (&point)[3]) const {
    const T* const p = reinterpret_cast<const T*>(points.data) + start_of(points, at);
    for (int axis = 0; axis < 3; ++axis) point[axis] = to_arithmetic(p[axis * points.channel]);
  }

  // The voxel of a point of a cloud, or false: then it is counted.
  template <class Index>
  __device__ bool place(const Real (&point)[3], int64_t cloud, Index (&index)[3]) const {
    bool clear = true, inside = true;
    for (int axis = 0; axis < 3; ++axis) {
      const Real f = (point[axis] - origin[axis]) * inverse[axis];
      clear = clear & is_clear(f);
      inside = inside & (f >= 0) & (f < limit[axis]);
      index[axis] = static_cast<Index>(f);
    }
    if (clear && (inside || !stats)) return inside;
    const Divided divided = divide(point[0], point[1], point[2], cloud);
    for (int axis = 0; axis < 3; ++axis) index[axis] = static_cast<Index>(divided.index[axis]);
    return divided.inside;
  }
  template <class Index>
  __device__ bool place(const PointPlace& at, Index (&index)[3]) const {
    if (at.cloud < 0) return false;
    Real point[3];
    load(at, point);
    return place(point, at.cloud, index);
  }

 private:
  // Whether a product with the inverse has the same floor as the quotient: together the two are
  // wrong by less than three units in the last place, and no integer is so near.
  __device__ static bool is_clear(float f) {
    return fabsf(f - rintf(f)) > __fmaf_rn(fabsf(f), 0x1p-21f, 0x1p-30f);
  }
  __device__ static bool is_clear(double f) {
    return fabs(f - rint(f)) > __fma_rn(fabs(f), 0x1p-50, 0x1p-60);
  }

  struct Divided {
    bool inside;
    int64_t index[3];
  };

  // The rule as it is written.
  __device__ __noinline__ Divided divide(Real x, Real y, Real z, int64_t cloud) const {
    const Real point[3] = {x, y, z};
    Divided divided = {true, {}};
    for (int axis = 0; axis < 3; ++axis) {
      const Real f = (point[axis] - origin[axis]) / size[axis];
      // Of a number that is not negative, the integer that conversion leaves is its floor.
      divided.inside = divided.inside && f >= 0 && f < limit[axis];
      divided.index[axis] = divided.inside ? static_cast<int64_t>(f) : 0;
    }
    if (!divided.inside) {
      const bool finite = is_finite(x) && is_finite(y) && is_finite(z);
      count_left_out(stats, cloud, finite ? RC_STAT_OUTSIDE : RC_STAT_NOT_FINITE);
    }
    return divided;
  }
};

// Whether there is one cloud, of float32 points whose coordinates lie side by side: what most calls bring.
inline bool is_one_plain_cloud(const Cloud& cloud) {
  const Array& points = cloud.array;
  return points.type == Type::f32 && cloud.clouds == 1 && !cloud.offsets && !cloud.lengths &&
         points.step == 3 && points.channel == 1;
}

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
