// SPDX-License-Identifier: Apache-2.0
// Which cell a point falls into.
#pragma once

#include <cmath>
#include <limits>

#include "kernels/common/numbers.h"
#include "kernels/common/search.h"
#include "kernels/voxelize/plan.h"

RC_KERNELS_BEGIN

// Why a point is left out.
constexpr int64_t kOutside = -1;
constexpr int64_t kNotFinite = -2;
// It belongs to no cloud: padding, or between the clouds of `offsets`.
constexpr int64_t kNoCloud = -3;

// a / b of numbers that are not negative: 32 bits divide faster.
RC_HD inline int64_t quotient_of(int64_t a, int64_t b) {
  if (((a | b) >> 32) != 0) return a / b;
  return static_cast<uint32_t>(a) / static_cast<uint32_t>(b);
}

// Where a position lies: its cloud, and its index along the axis of points.
struct PointPlace {
  int64_t cloud, index;
};

// `cloud` is -1 for a position that belongs to none. Wrong offsets give a wrong cloud, but one in
// range.
RC_HD inline PointPlace place_of(const Cloud& cloud, int64_t position) {
  if (cloud.offsets) {
    const int64_t next =
        border(0, cloud.clouds + 1, [&](int64_t b) { return cloud.offsets[b] <= position; });
    return {next <= cloud.clouds ? next - 1 : -1, position};
  }
  const int64_t b = cloud.clouds == 1 ? 0 : quotient_of(position, cloud.points);
  const int64_t i = position - b * cloud.points;
  return {cloud.lengths && i >= cloud.lengths[b] ? -1 : b, i};
}

// Index of the first coordinate of a point.
RC_HD inline int64_t start_of(const Array& array, const PointPlace& place) {
  return place.cloud * array.row + place.index * array.step;
}

RC_HD inline float to_arithmetic(Half x) { return static_cast<float>(to_double(x)); }
RC_HD inline float to_arithmetic(float x) { return x; }
RC_HD inline double to_arithmetic(double x) { return x; }

// A voxel of a cloud's grid. Where `left_out` is not 0 it is one of the constants above, and there
// is no voxel.
struct Voxel {
  int64_t left_out;
  int64_t index[3];
};

// The rule of the header. Real is the type of the arithmetic, float or double.
template <class Real>
RC_HD inline Voxel voxel_in_grid(const Grid& grid, const Real (&point)[3]) {
  Voxel voxel = {0, {0, 0, 0}};
  for (int axis = 0; axis < 3; ++axis) {
    if (!is_finite(point[axis])) return {kNotFinite, {0, 0, 0}};
    const Real f = std::floor((point[axis] - static_cast<Real>(grid.origin[axis])) /
                              static_cast<Real>(grid.size[axis]));
    // A double tells every f that is below 2^53 from dims; beyond it both are multiples of the same
    // power of two, or dims rounds up to an f that is then one too many.
    if (f >= 0 && static_cast<double>(f) < static_cast<double>(grid.dims[axis]) &&
        static_cast<int64_t>(f) < grid.dims[axis]) {
      voxel.index[axis] = static_cast<int64_t>(f);
    } else {
      voxel.left_out = kOutside;
    }
  }
  return voxel;
}

// The least Real that is not less than `dims`: a Real is below one where it is below the other.
template <class Real>
Real limit_of(int64_t dims) {
  const Real rounded = static_cast<Real>(dims);
  const bool less = rounded < static_cast<Real>(0x1p63) && static_cast<int64_t>(rounded) < dims;
  return less ? std::nextafter(rounded, std::numeric_limits<Real>::infinity()) : rounded;
}

// The point whose first coordinate is number `start` of the array. T is the type of the points.
template <class T>
RC_HD inline Voxel voxel_at(const Array& points, const Grid& grid, int64_t start) {
  const T* const p = reinterpret_cast<const T*>(points.data) + start;
  const decltype(to_arithmetic(T{})) point[3] = {
      to_arithmetic(p[0]), to_arithmetic(p[points.channel]), to_arithmetic(p[2 * points.channel])};
  return voxel_in_grid(grid, point);
}

RC_HD inline int64_t cell_of(const Grid& grid, int64_t cloud, const Voxel& voxel) {
  return ((cloud * grid.dims[0] + voxel.index[0]) * grid.dims[1] + voxel.index[1]) * grid.dims[2] +
         voxel.index[2];
}

// The cloud and the voxel of a cell.
struct CellPlace {
  int64_t cloud, index[3];
};

// `Cell` is a type that the number of cells fits: 32 bits divide faster.
template <class Cell>
RC_HD inline CellPlace place_of_cell(const Grid& grid, Cell cell) {
  CellPlace place;
  for (int axis = 2; axis >= 0; --axis) {
    const Cell entries = static_cast<Cell>(grid.dims[axis]), rest = cell / entries;
    place.index[axis] = static_cast<int64_t>(cell - rest * entries);
    cell = rest;
  }
  place.cloud = static_cast<int64_t>(cell);
  return place;
}

// Where the element of a voxel lies in a dense array.
RC_HD inline int64_t element_of(const GridArray& array, int64_t cloud, const int64_t (&index)[3]) {
  return cloud * array.cloud + index[0] * array.axis[0] + index[1] * array.axis[1] +
         index[2] * array.axis[2];
}

// Calls `f` with a null pointer to the C++ type of points.
template <class F>
RC_HD inline auto with_point_type(Type type, F&& f) {
  switch (type) {
    case Type::f16:
      return f(static_cast<Half*>(nullptr));
    case Type::f64:
      return f(static_cast<double*>(nullptr));
    default:
      return f(static_cast<float*>(nullptr));
  }
}

RC_KERNELS_END
