// SPDX-License-Identifier: Apache-2.0
#include "kernels/voxelize/bounds.h"
#include "kernels/voxelize/voxelize.h"

namespace rc {

Bounds bounds_of_points(const Cloud& clouds, int64_t cloud, int64_t begin, int64_t end) {
  Bounds bounds = no_bounds();
  const Array& points = clouds.array;
  with_point_type(points.type, [&](auto* type) {
    for (int64_t i = begin; i < end; ++i) {
      add_point<std::remove_pointer_t<decltype(type)>>(bounds, points,
                                                       cloud * points.row + i * points.step);
    }
  });
  return bounds;
}

void write_bounds(const BoundsPlan& plan, int64_t cloud, const Bounds* parts, int64_t count) {
  Bounds bounds = no_bounds();
  for (int64_t i = 0; i < count; ++i) merge(bounds, parts[i]);
  store_bounds(plan, cloud, bounds);
}

}  // namespace rc
