// SPDX-License-Identifier: Apache-2.0
// From a pixel of a depth image to a point, in float64.
#pragma once

#include "kernels/common/numbers.h"
#include "kernels/tsdf/unproject_plan.h"

RC_KERNELS_BEGIN

RC_HD inline double depth_number(const Images& images, int64_t element) {
  return images.type == Type::u16 ? reinterpret_cast<const uint16_t*>(images.data)[element]
                                  : reinterpret_cast<const float*>(images.data)[element];
}

// Writes the point of pixel (u, v): NaN where nothing was measured.
RC_HD inline void unproject(const UnprojectPlan& plan, const Pinhole& camera, int64_t frame,
                            int64_t v, int64_t u) {
  const DepthImages& depth = plan.depth;
  const double z = depth_number(depth.images, depth.images.element(frame, v, u)) * depth.scale;
  const double nan = bit_cast<double>(uint64_t{0x7ff8000000000000});
  double point[3] = {nan, nan, nan};
  if (z > 0 && z <= depth.max_depth && is_finite(z)) {
    const double ray[3] = {(static_cast<double>(u) - camera.cx) / camera.fx * z,
                           (static_cast<double>(v) - camera.cy) / camera.fy * z, z};
    for (int a = 0; a < 3; ++a) {
      const auto& row = camera.rotation[a];
      point[a] = plan.posed
                     ? row[0] * ray[0] + row[1] * ray[1] + row[2] * ray[2] + camera.position[a]
                     : ray[a];
    }
  }
  const Images& points = plan.points;
  const int64_t element = points.element(frame, v, u);
  for (int a = 0; a < 3; ++a) {
    store(points.type, points.data, element + a * points.channel, point[a]);
  }
}

RC_KERNELS_END
