// SPDX-License-Identifier: Apache-2.0
// Where a field crosses zero between two neighbouring voxels, and which way it rises there.
#pragma once

#include <cmath>

#include "kernels/common/numbers.h"
#include "kernels/tsdf/extract_plan.h"

RC_KERNELS_BEGIN

struct VoxelIndex {
  int64_t at[3];

  RC_HD VoxelIndex moved(int axis, int64_t steps) const {
    VoxelIndex result = *this;
    result.at[axis] += steps;
    return result;
  }
};

RC_HD inline VoxelIndex index_in_row(const Grid& grid, int64_t row, int64_t z) {
  return {{row / grid.dims[1], row % grid.dims[1], z}};
}

RC_HD inline double field_at(const GridArray& array, const VoxelIndex& voxel, int64_t channel = 0) {
  const int64_t element = voxel.at[0] * array.axis[0] + voxel.at[1] * array.axis[1] +
                          voxel.at[2] * array.axis[2] + channel * array.channel;
  return reinterpret_cast<const float*>(array.data)[element];
}

// Whether a voxel has been seen, by enough weight. A NaN counts nowhere.
RC_HD inline bool is_known(const ExtractPlan& plan, const VoxelIndex& voxel) {
  const double weight = field_at(plan.volume.weight, voxel);
  return weight > 0 && weight >= plan.min_weight && !is_nan(field_at(plan.volume.tsdf, voxel));
}

// The same, of indices that may lie outside.
RC_HD inline bool is_known_neighbour(const ExtractPlan& plan, const VoxelIndex& voxel, int axis) {
  return voxel.at[axis] >= 0 && voxel.at[axis] < plan.volume.grid.dims[axis] &&
         is_known(plan, voxel);
}

// Bit `axis` is set where the field crosses zero between the voxel and the next one along the axis.
RC_HD inline int crossings_at(const ExtractPlan& plan, const VoxelIndex& voxel) {
  if (!is_known(plan, voxel)) return 0;
  const bool positive = field_at(plan.volume.tsdf, voxel) >= 0;
  int axes = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const VoxelIndex next = voxel.moved(axis, 1);
    if (is_known_neighbour(plan, next, axis) &&
        (field_at(plan.volume.tsdf, next) >= 0) != positive) {
      axes |= 1 << axis;
    }
  }
  return axes;
}

RC_HD inline int count_of(int axes) { return (axes & 1) + (axes >> 1 & 1) + (axes >> 2); }

// Slope of the field along an axis: over the neighbours that are known, the voxel itself in place of
// one that is not.
RC_HD inline double slope_at(const ExtractPlan& plan, const VoxelIndex& voxel, int axis) {
  const VoxelIndex before = voxel.moved(axis, -1), after = voxel.moved(axis, 1);
  const bool has_before = is_known_neighbour(plan, before, axis);
  const bool has_after = is_known_neighbour(plan, after, axis);
  if (!has_before && !has_after) return 0;
  const GridArray& tsdf = plan.volume.tsdf;
  const double low = field_at(tsdf, has_before ? before : voxel);
  const double high = field_at(tsdf, has_after ? after : voxel);
  return (high - low) / ((has_before + has_after) * plan.volume.grid.size[axis]);
}

RC_HD inline void store_vector(const Array& array, int64_t row, const double (&vector)[3]) {
  for (int axis = 0; axis < 3; ++axis) {
    store(array.type, array.data, row * array.step + axis * array.channel, vector[axis]);
  }
}

RC_HD inline void normalize(double (&vector)[3]) {
  const double length =
      std::sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
  for (double& x : vector) x = length > 0 ? x / length : 0;
}

// Writes row `row`: the point between a voxel and the next one along `axis`.
RC_HD inline void write_crossing(const ExtractPlan& plan, const VoxelIndex& voxel, int axis,
                                 int64_t row) {
  const Volume& volume = plan.volume;
  const VoxelIndex next = voxel.moved(axis, 1);
  const double a = field_at(volume.tsdf, voxel), b = field_at(volume.tsdf, next);
  const double w = a / (a - b);
  double point[3], normal[3], color[3];
  for (int i = 0; i < 3; ++i) {
    const double steps = static_cast<double>(voxel.at[i]) + 0.5 + (i == axis ? w : 0);
    point[i] = volume.grid.origin[i] + steps * volume.grid.size[i];
  }
  store_vector(plan.points, row, point);
  if (plan.normals) {
    for (int i = 0; i < 3; ++i) {
      normal[i] = (1 - w) * slope_at(plan, voxel, i) + w * slope_at(plan, next, i);
    }
    normalize(normal);
    store_vector(plan.normals, row, normal);
  }
  if (plan.colors) {
    for (int i = 0; i < 3; ++i) {
      color[i] = (1 - w) * field_at(volume.color, voxel, i) + w * field_at(volume.color, next, i);
    }
    store_vector(plan.colors, row, color);
  }
}

// Writes the crossings of a voxel from row `row` on, as far as there is room.
RC_HD inline void write_crossings(const ExtractPlan& plan, const VoxelIndex& voxel, int axes,
                                  int64_t row) {
  for (int axis = 0; axis < 3; ++axis) {
    if ((axes >> axis & 1) == 0) continue;
    if (row < plan.capacity) write_crossing(plan, voxel, axis, row);
    ++row;
  }
}

// Fills a row that no point has.
RC_HD inline void clear_crossing(const ExtractPlan& plan, int64_t row) {
  const double nan = bit_cast<double>(uint64_t{0x7ff8000000000000});
  const double nothing[3] = {nan, nan, nan};
  store_vector(plan.points, row, nothing);
  if (plan.normals) store_vector(plan.normals, row, nothing);
  if (plan.colors) store_vector(plan.colors, row, nothing);
}

RC_KERNELS_END
