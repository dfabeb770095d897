// SPDX-License-Identifier: Apache-2.0
// A checked call of voxelize.h in the form that kernels take by value. Plain data: all strides
// count elements of the array they belong to.
#pragma once

#include <cstdint>

#include "robocache/voxelize.h"

#include "kernels/common/arrays.h"
#include "kernels/common/types.h"

namespace rc {

// The points of a call. A position counts the points of all clouds, padding included: it fits 31
// bits.
struct Cloud {
  int64_t clouds;  // B
  int64_t points;  // N of each cloud, or of all when packed
  Array array;     // f16, f32 or f64 [B,N,3]; packed ones have row stride 0
  Integers offsets, lengths;
  bool validate;

  RC_SHARED int64_t positions() const { return offsets ? points : clouds * points; }
};

// rc_grid, checked.
struct Grid {
  double origin[3], size[3];
  int64_t dims[3];

  RC_SHARED int64_t cells() const { return dims[0] * dims[1] * dims[2]; }
};

// A dense output of [clouds, x, y, z, channels]; absent where `data` is null.
struct GridArray {
  char* data;
  Type type;
  int64_t cloud, axis[3], channel;

  RC_SHARED explicit operator bool() const { return data != nullptr; }
};

// Feature types whose fixed point depends on their range.
RC_SHARED constexpr bool has_range(Type features) {
  return features == Type::bf16 || features == Type::f32 || features == Type::f64;
}

// Whether a reduction is one of features: SUM, MEAN, MAX or MIN.
RC_SHARED constexpr bool reduces_features(int32_t reduce) {
  return reduce >= RC_REDUCE_SUM && reduce <= RC_REDUCE_MIN;
}

// What rc_voxelize and rc_voxelize_sparse share. A cell counts the voxels of all clouds in the order
// of (cloud, x, y, z): the key that points are sorted by.
struct VoxelPlan {
  int32_t op;  // one of rc_op
  Cloud cloud;
  Grid grid;
  Array features;  // [B,N,F] as the points; absent where none are reduced
  int64_t width;   // F, or 0
  int32_t reduce;  // one of rc_reduce
  double fill_value;
  double feature_bound;  // 0: the range is measured
  Array stats;           // i64 [B,3], or absent; `channel` is the stride of the columns

  // Cells of all clouds: the key of a point that is left out.
  RC_SHARED int64_t cells() const { return cloud.clouds * grid.cells(); }
  // Whether the scale of the features has to be measured.
  RC_SHARED bool measures_range() const {
    return (reduce == RC_REDUCE_SUM || reduce == RC_REDUCE_MEAN) && features &&
           feature_bound == 0 && has_range(features.type);
  }
};

// rc_pointcloud_bounds.
struct BoundsPlan {
  int32_t op;
  Cloud cloud;
  // The type of the points, [B,2,3]: row, step, channel.
  Array bounds;
};

// rc_voxelize.
struct DensePlan {
  VoxelPlan voxels;
  bool accumulate;
  GridArray output;  // of OCCUPANCY_BITS axis[2] steps from byte to byte
  GridArray counts;  // i32

  // Steps of `output` along z.
  RC_SHARED int64_t depth() const {
    const int64_t z = voxels.grid.dims[2];
    return voxels.reduce == RC_REDUCE_OCCUPANCY_BITS ? z / 8 + (z % 8 != 0) : z;
  }
};

// rc_voxelize_backward. Of `voxels` MAX and MIN alone have features, but `width` holds always.
struct VoxelGradientPlan {
  VoxelPlan voxels;
  GridArray grad_output;
  Array grad_features;  // [B,N,F]
};

// rc_voxelize_sparse. Each output but `coords` may be absent.
struct SparsePlan {
  VoxelPlan voxels;
  int64_t capacity;      // M
  Array coords;          // i32 or i64 [M,4]: step, channel
  Array reduced;         // [M,F]: step, channel
  Array counts;          // i32 [M]: step
  Array hard;            // [M,K,F]: row, step, channel; the type of the features
  int64_t hard_points;   // K
  Array point_to_voxel;  // i32 or i64 [B,N]: row, step
  int64_t* total;
};

// Calls f with a null pointer to the type of keys: cells and one more fit it.
template <class F>
auto with_key(const VoxelPlan& plan, F f) {
  if (plan.cells() <= int64_t{UINT32_MAX}) return f(static_cast<uint32_t*>(nullptr));
  return f(static_cast<uint64_t*>(nullptr));
}

}  // namespace rc
