// SPDX-License-Identifier: Apache-2.0
// Which cell a point falls into.
#pragma once

#include <cmath>

#include "kernels/common/numbers.h"
#include "kernels/common/search.h"
#include "kernels/voxelize/plan.h"

RC_KERNELS_BEGIN

// Instead of a cell: the point is left out.
constexpr int64_t kOutside = -1;
constexpr int64_t kNotFinite = -2;
// It belongs to no cloud: padding, or between the clouds of `offsets`.
constexpr int64_t kNoCloud = -3;

// Where a position lies: its cloud, and its index along the axis of points.
struct Place {
  int64_t cloud, index;
};

// `cloud` is -1 for a position that belongs to none. Wrong offsets give a wrong cloud, but one in
// range.
RC_HD inline Place place_of(const Cloud& cloud, int64_t position) {
  if (cloud.offsets) {
    const int64_t next =
        border(0, cloud.clouds + 1, [&](int64_t b) { return cloud.offsets[b] <= position; });
    return {next <= cloud.clouds ? next - 1 : -1, position};
  }
  const int64_t b = position / cloud.points, i = position - b * cloud.points;
  return {cloud.lengths && i >= cloud.lengths[b] ? -1 : b, i};
}

// Index of the first coordinate of a point.
RC_HD inline int64_t start_of(const Array& array, const Place& place) {
  return place.cloud * array.row + place.index * array.step;
}

RC_HD inline float to_arithmetic(Half x) { return static_cast<float>(to_double(x)); }
RC_HD inline float to_arithmetic(float x) { return x; }
RC_HD inline double to_arithmetic(double x) { return x; }

// The rule of the header. Real is the type of the arithmetic, float or double. Returns a cell of
// cloud 0, or one of the constants above.
template <class Real>
RC_HD inline int64_t cell_in_grid(const Grid& grid, const Real (&point)[3]) {
  int64_t cell = 0;
  bool inside = true;
  for (int axis = 0; axis < 3; ++axis) {
    if (!is_finite(point[axis])) return kNotFinite;
    const Real f = std::floor((point[axis] - static_cast<Real>(grid.origin[axis])) /
                              static_cast<Real>(grid.size[axis]));
    // Of a dims beyond the precision of Real: what it rounds to may be one too many.
    inside = inside && f >= 0 && static_cast<double>(f) < static_cast<double>(grid.dims[axis]);
    const int64_t i = inside ? static_cast<int64_t>(f) : 0;
    inside = inside && i < grid.dims[axis];
    cell = cell * grid.dims[axis] + i;
  }
  return inside ? cell : kOutside;
}

// The cell of the point at `position`, over all clouds, or one of the constants above. T is the type
// of the points.
template <class T>
RC_HD inline int64_t cell_at(const Cloud& cloud, const Grid& grid, const Place& place) {
  if (place.cloud < 0) return kNoCloud;
  const T* const coordinates = reinterpret_cast<const T*>(cloud.array.data);
  const int64_t start = start_of(cloud.array, place);
  using Real = decltype(to_arithmetic(T{}));
  const Real point[3] = {to_arithmetic(coordinates[start]),
                         to_arithmetic(coordinates[start + cloud.array.channel]),
                         to_arithmetic(coordinates[start + 2 * cloud.array.channel])};
  const int64_t cell = cell_in_grid(grid, point);
  return cell < 0 ? cell : place.cloud * grid.cells() + cell;
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
