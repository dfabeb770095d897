// SPDX-License-Identifier: Apache-2.0
// Segments: the points of one voxel in a list that is sorted by cell.
#pragma once

#include "kernels/voxelize/cell.h"
#include "kernels/voxelize/reduce.h"

RC_KERNELS_BEGIN

// Number of the first element of what belongs to the point at `position`, which lies in `cloud`.
RC_HD inline int64_t start_of(const VoxelPlan& plan, const Array& array, int64_t cloud,
                              int64_t position) {
  return plan.cloud.offsets
             ? position * array.step
             : cloud * array.row + (position - cloud * plan.cloud.points) * array.step;
}

// Points of a voxel before this call: none unless it accumulates.
RC_HD inline int32_t old_count_of(const DensePlan& plan, const CellPlace& place) {
  if (!plan.accumulate) return 0;
  return reinterpret_cast<const int32_t*>(
      plan.counts.data)[element_of(plan.counts, place.cloud, place.index)];
}

// Stores the number of points of a voxel, when it is asked for.
RC_HD inline void store_count(const DensePlan& plan, const CellPlace& place, int32_t old_count,
                              int64_t count) {
  if (!plan.counts) return;
  reinterpret_cast<int32_t*>(plan.counts.data)[element_of(plan.counts, place.cloud, place.index)] =
      static_cast<int32_t>(static_cast<uint32_t>(old_count) + static_cast<uint32_t>(count));
}

// Stores an index of type i32 or i64.
RC_HD inline void store_index(const Array& array, int64_t element, int64_t value) {
  if (array.type == Type::i32) {
    reinterpret_cast<int32_t*>(array.data)[element] = static_cast<int32_t>(value);
  } else {
    reinterpret_cast<int64_t*>(array.data)[element] = value;
  }
}

// Stores cloud, x, y, z of a voxel.
RC_HD inline void store_coords(const SparsePlan& plan, int64_t row, const CellPlace& place) {
  const Array& coords = plan.coords;
  store_index(coords, row * coords.step, place.cloud);
  for (int axis = 0; axis < 3; ++axis) {
    store_index(coords, row * coords.step + (axis + 1) * coords.channel, place.index[axis]);
  }
}

RC_KERNELS_END
