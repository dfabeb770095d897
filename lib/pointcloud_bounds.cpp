// SPDX-License-Identifier: Apache-2.0
#include "robocache/voxelize.h"

#include "lib/cloud.h"
#include "lib/error.h"
#include "lib/view_rules.h"
#include "lib/voxelize_cpu.h"

namespace rc {

/** rc_pointcloud_bounds, but for its data. */
static BoundsPlan prepare(Tensors& tensors, const rc_tensor* points, const rc_tensor* offsets,
                          const rc_tensor* lengths, const rc_tensor* bounds) {
  const Points p = read_points(tensors, points, offsets, lengths, true);
  const View& v = tensors.write(bounds, "bounds");
  if (v.type != p.cloud.array.type) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "bounds: expected %s, as the points have, got %s",
         name(p.cloud.array.type), describe(v).c_str());
  }
  require_shape(v, "bounds", p.single ? Shape{2, 3} : Shape{p.cloud.clouds, 2, 3});
  const int32_t first = p.single ? 0 : 1;
  tensors.check_disjoint();
  return {RC_OP_POINTCLOUD_BOUNDS,
          p.cloud,
          {v.data, v.type, first == 1 ? v.strides[0] : 0, v.strides[first], v.strides[first + 1]}};
}

}  // namespace rc

using namespace rc;

rc_status rc_pointcloud_bounds(rc_context* context, const rc_tensor* points,
                               const rc_tensor* offsets, const rc_tensor* lengths,
                               rc_tensor* bounds) {
  return entry("rc_pointcloud_bounds", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_POINTCLOUD_BOUNDS);
    Tensors tensors(c);
    const BoundsPlan plan = prepare(tensors, points, offsets, lengths, bounds);
    if (c.cuda != nullptr) {
      const Workspace memory(c, c.cuda->bounds_workspace(plan), nullptr, 0);
      c.cuda->pointcloud_bounds(plan, memory.data());
    } else {
      check_cloud_data(plan.op, plan.cloud);
      pointcloud_bounds_cpu(c, plan);
    }
    measured.done(plan.cloud.positions(), tensors.bytes());
  });
}
