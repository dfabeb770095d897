// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "robocache/tsdf.h"

#include "lib/camera.h"
#include "lib/error.h"
#include "lib/tsdf_cpu.h"

namespace rc {
namespace {

UnprojectPlan prepare(Tensors& tensors, const rc_tensor* depth, double depth_scale,
                      double max_depth, bool posed, const rc_tensor* points) {
  UnprojectPlan plan = {read_depth(tensors, depth, depth_scale, max_depth), {}, posed};
  const View& v = tensors.write(points, "points");
  if (v.type != Type::f32 && v.type != Type::f64) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "points: expected float32 or float64, got %s",
         describe(v).c_str());
  }
  plan.points = images_beside(v, "points", plan.depth, 3);
  return plan;
}

PinholePass pinhole_pass(const ScratchVector<Pinhole>& cameras, int64_t first) {
  const int64_t count = std::min<int64_t>(kPinholesOfPass, cameras.size() - first);
  PinholePass pass = {first, static_cast<int32_t>(count), {}};
  std::copy_n(cameras.begin() + first, count, pass.cameras);
  return pass;
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_depth_to_points(rc_context* context, const rc_tensor* depth,
                             const rc_tensor* intrinsics, const rc_tensor* poses,
                             double depth_scale, double max_depth, rc_tensor* points) {
  return entry("rc_depth_to_points", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_DEPTH_TO_POINTS);
    Tensors tensors(c);
    const UnprojectPlan plan =
        prepare(tensors, depth, depth_scale, max_depth, poses != nullptr, points);
    const ScratchVector<Pinhole> cameras = read_cameras(tensors, intrinsics, poses, plan.depth);
    tensors.check_disjoint();
    for (int64_t first = 0; first < plan.depth.frames; first += kPinholesOfPass) {
      const PinholePass pass = pinhole_pass(cameras, first);
      if (c.cuda != nullptr) {
        c.cuda->depth_to_points(plan, pass);
      } else {
        depth_to_points_cpu(c, plan, pass);
      }
    }
    measured.done(plan.depth.frames * plan.depth.height * plan.depth.width, tensors.bytes());
  });
}
