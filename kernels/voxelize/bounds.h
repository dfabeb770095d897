// SPDX-License-Identifier: Apache-2.0
// Bounds of clouds. Doubles hold coordinates of every type exactly.
#pragma once

#include "kernels/voxelize/cell.h"
#include "kernels/voxelize/exact_sum.h"

namespace rc {

// The least and the greatest coordinates of some points. Plain data, shared by all levels.
struct Bounds {
  double least[3], greatest[3];
};

}  // namespace rc

RC_KERNELS_BEGIN

RC_HD inline Bounds no_bounds() {
  return {{HUGE_VAL, HUGE_VAL, HUGE_VAL}, {-HUGE_VAL, -HUGE_VAL, -HUGE_VAL}};
}

RC_HD inline void merge(Bounds& bounds, const Bounds& other) {
  for (int axis = 0; axis < 3; ++axis) {
    bounds.least[axis] = lesser_of(bounds.least[axis], other.least[axis]);
    bounds.greatest[axis] = greater_of(bounds.greatest[axis], other.greatest[axis]);
  }
}

// Takes in the point whose first coordinate is number `start` of the array, if it is finite. T is
// the type of the points.
template <class T>
RC_HD inline void add_point(Bounds& bounds, const Array& points, int64_t start) {
  const T* const p = reinterpret_cast<const T*>(points.data) + start;
  const double x = to_double(p[0]), y = to_double(p[points.channel]),
               z = to_double(p[2 * points.channel]);
  if (is_finite(x) && is_finite(y) && is_finite(z)) merge(bounds, {{x, y, z}, {x, y, z}});
}

// The same, for points of any type.
RC_HD inline void add_point(Bounds& bounds, const Array& points, int64_t start) {
  switch (points.type) {
    case Type::f16:
      return add_point<Half>(bounds, points, start);
    case Type::f64:
      return add_point<double>(bounds, points, start);
    default:
      return add_point<float>(bounds, points, start);
  }
}

RC_HD inline void store_bounds(const BoundsPlan& plan, int64_t cloud, const Bounds& bounds) {
  const Array& array = plan.bounds;
  const bool empty = bounds.least[0] > bounds.greatest[0];
  const double nothing = HUGE_VAL - HUGE_VAL;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t element = cloud * array.row + axis * array.channel;
    store(array.type, array.data, element, empty ? nothing : bounds.least[axis]);
    store(array.type, array.data, element + array.step, empty ? nothing : bounds.greatest[axis]);
  }
}

RC_KERNELS_END
