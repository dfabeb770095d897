// SPDX-License-Identifier: Apache-2.0
#include "linkage.hpp"

using namespace robocache;

void bounds_in_another_part(Context& context, const ConstTensor& points, const Tensor& bounds) {
  pointcloud_bounds(context, points, bounds);
}
