// SPDX-License-Identifier: Apache-2.0
#include "linkage.hpp"

using namespace robocache;

bool bounds_without_exceptions(rc_context* handle, const float (&points)[2][3],
                               float (&bounds)[2][3]) {
  Context context = Context::adopt(handle);
  const Result<void> result = pointcloud_bounds(context, points, bounds);
  static_cast<void>(context.release());
  return result.has_value();
}
