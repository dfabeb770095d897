// SPDX-License-Identifier: Apache-2.0
// What a point observes: in float64, each operation rounded by itself, so that both paths agree.
#pragma once

#include <cmath>

#include "kernels/tsdf/observe.h"
#include "kernels/tsdf/points_plan.h"
#include "kernels/voxelize/cell.h"

RC_KERNELS_BEGIN

// A line through a point: `point + s * direction` for s in [begin, end].
struct Ray {
  double point[3], direction[3];
  double begin, end;
  // Of an observation that does not fall off.
  double weight;
};

RC_HD inline void load_vector(const Array& array, int64_t start, double (&vector)[3]) {
  for (int a = 0; a < 3; ++a) vector[a] = load(array.type, array.data, start + a * array.channel);
}

// Makes a vector one of length 1; says how long it was: NaN or infinite for one that is not finite.
RC_HD inline double normalize_direction(double (&vector)[3]) {
  double largest = 0;
  for (const double x : vector) {
    if (!is_finite(x)) return x - x;
    if (std::fabs(x) > largest) largest = std::fabs(x);
  }
  if (largest == 0) return 0;
  // Squares neither overflow nor vanish.
  for (double& x : vector) x /= largest;
  const double length =
      std::sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
  for (double& x : vector) x /= length;
  return largest * length;
}

// The ray of a point of a cloud; false where it has none.
RC_HD inline bool make_ray(const TsdfPointsPlan& plan, const PointPlace& place, Ray& ray) {
  load_vector(plan.cloud.array, start_of(plan.cloud.array, place), ray.point);
  for (const double x : ray.point) {
    if (!is_finite(x)) return false;
  }
  if (plan.normals) {
    load_vector(plan.normals, start_of(plan.normals, place), ray.direction);
  } else {
    load_vector(plan.sensors, place.cloud * plan.sensors.row, ray.direction);
    for (int a = 0; a < 3; ++a) ray.direction[a] -= ray.point[a];
  }
  const double length = normalize_direction(ray.direction);
  if (!(length > 0) || !is_finite(length)) return false;
  ray.begin = -plan.truncation;
  ray.end = plan.sensors && plan.carving ? length : plan.truncation;
  ray.weight = 1;
  if (plan.inverse_square) {
    const double weight = 1 / (length * length);
    ray.weight = weight < kMostPointWeight ? weight : kMostPointWeight;
  }
  return true;
}

// Cuts a ray to the part that lies in the grid; false where nothing is left.
RC_HD inline bool clip(const Grid& grid, Ray& ray) {
  for (int a = 0; a < 3; ++a) {
    const double p = ray.point[a], n = ray.direction[a];
    const double low = grid.origin[a];
    const double high = low + static_cast<double>(grid.dims[a]) * grid.size[a];
    if (n == 0) {
      if (!(p >= low && p < high)) return false;
      continue;
    }
    const double at_low = (low - p) / n, at_high = (high - p) / n;
    const double enters = n > 0 ? at_low : at_high, leaves = n > 0 ? at_high : at_low;
    if (enters > ray.begin) ray.begin = enters;
    if (leaves < ray.end) ray.end = leaves;
  }
  return ray.begin < ray.end;
}

// Calls visit(index) for the voxels of which a clipped ray passes more than a corner, each once (J.
// Amanatides and A. Woo, Eurographics 1987). Each border is computed from its number, so that no error
// adds up.
template <class Visit>
RC_HD inline void for_each_passed(const Grid& grid, const Ray& ray, Visit visit) {
  int64_t index[3] = {0, 0, 0};
  double next[3];
  const auto border = [&](int a) {
    const double n = ray.direction[a];
    if (n == 0) return bit_cast<double>(uint64_t{0x7ff0000000000000});
    const int64_t number = index[a] + (n > 0 ? 1 : 0);
    return (grid.origin[a] + static_cast<double>(number) * grid.size[a] - ray.point[a]) / n;
  };
  for (int a = 0; a < 3; ++a) {
    const double start = ray.point[a] + ray.begin * ray.direction[a];
    const double number = std::floor((start - grid.origin[a]) / grid.size[a]);
    const int64_t last = grid.dims[a] - 1;
    // Not below 0 nor behind the last, also where the grid is entered.
    index[a] = !(number > 0)                        ? 0
               : number < static_cast<double>(last) ? static_cast<int64_t>(number)
                                                    : last;
    next[a] = border(a);
  }
  double entered = ray.begin;
  for (;;) {
    int a = next[1] < next[0] ? 1 : 0;
    if (next[2] < next[a]) a = 2;
    const double left = next[a] < ray.end ? next[a] : ray.end;
    if (left > entered) {
      visit(index);
      entered = left;
    }
    if (!(next[a] < ray.end)) return;
    index[a] += ray.direction[a] > 0 ? 1 : -1;
    if (index[a] < 0 || index[a] >= grid.dims[a]) return;
    next[a] = border(a);
  }
}

RC_HD inline int64_t to_units(double x) {
  const double units = x * kWeightUnit;
  return static_cast<int64_t>(units < 0 ? units - 0.5 : units + 0.5);
}

// The observation of one voxel by a ray.
RC_HD inline VoxelSums observation_of(const TsdfPointsPlan& plan, const Ray& ray,
                                      const int64_t (&index)[3]) {
  const Grid& grid = plan.volume.grid;
  double d = 0;
  for (int a = 0; a < 3; ++a) {
    const double middle = grid.origin[a] + (static_cast<double>(index[a]) + 0.5) * grid.size[a];
    d += (middle - ray.point[a]) * ray.direction[a];
  }
  double weight = ray.weight;
  if (d < -plan.edge) weight *= d > -plan.truncation ? (d + plan.truncation) * plan.fall : 0;
  const double part = d / plan.truncation;
  const double limited = part < -1 ? -1 : part < 1 ? part : 1;
  const int64_t units = to_units(weight);
  return {units - to_units(limited * weight), units};
}

RC_HD inline int64_t cell_of_volume(const Grid& grid, const int64_t (&index)[3]) {
  return (index[0] * grid.dims[1] + index[1]) * grid.dims[2] + index[2];
}

// Lets the sums of all points, taken as one observation, enter a voxel.
RC_HD inline void merge_sums(const TsdfPointsPlan& plan, const VoxelSums& sums, int64_t x,
                             int64_t y, int64_t z) {
  if (sums.weight == 0) return;
  const auto total = static_cast<double>(sums.weight);
  FieldState state = load_voxel(plan.volume, x, y, z);
  const auto distance = static_cast<double>(sums.weight - sums.missing);
  add_distance(state, static_cast<float>(distance / total), static_cast<float>(total / kWeightUnit),
               plan.max_weight);
  store_voxel(plan.volume, x, y, z, state);
}

RC_KERNELS_END
