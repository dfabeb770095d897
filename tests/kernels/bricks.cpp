// SPDX-License-Identifier: Apache-2.0
/** rc_tsdf_integrate leaves out the bricks that a camera cannot see. None of their voxels may be one
 * that it sees: checked with cameras whose pictures' edges cut through bricks. */
#include <cmath>

#include "check.h"
#include "kernels/tsdf/integrate.h"
#include "random.h"

namespace {

/** Any rows and lens: a camera needs not be rigid here. */
rc::Camera any_camera(Random& random, double width, double height) {
  rc::Camera camera = {};
  const double far = std::pow(10, random.real(-2, 4));
  for (int row = 0; row < 3; ++row) {
    const double focal = row == 2 ? 1 : random.real(0.2, 2) * (row == 0 ? width : height);
    for (int i = 0; i < 3; ++i) {
      camera.rows[row][i] = static_cast<float>(focal * random.real(-0.1, 0.1));
    }
    camera.rows[row][3] = static_cast<float>(focal * far * random.real(row == 2 ? 0 : -0.5, 0.5));
  }
  camera.middle[0] = static_cast<float>(width * random.real(-0.5, 1.5));
  camera.middle[1] = static_cast<float>(height * random.real(-0.5, 1.5));
  camera.slope[0] = camera.slope[1] = 1;
  return camera;
}

}  // namespace

int main() {
  Random random(5);
  int64_t left_out = 0, seen = 0;
  for (int round = 0; round < 4000; ++round) {
    rc::IntegratePlan plan = {};
    for (int64_t& dim : plan.volume.grid.dims) dim = random.integer(1, 1000);
    plan.width = random.integer(1, 2000);
    plan.height = random.integer(1, 2000);
    plan.carving = 1;
    plan.truncation = 1e30f;
    plan.edge = plan.max_weight = INFINITY;
    plan.depth_limit = 3e38f;
    plan.depth_scale = 1;
    // Every pixel has the same depth.
    const float depth = 1;
    const rc::Camera camera =
        any_camera(random, static_cast<double>(plan.width), static_cast<double>(plan.height));
    const rc::Grid& grid = plan.volume.grid;
    for (int i = 0; i < 20; ++i) {
      const rc::Brick brick = rc::brick_at(grid, random.integer(0, rc::bricks_along(grid, 0) - 1),
                                           random.integer(0, rc::bricks_along(grid, 1) - 1),
                                           random.integer(0, rc::bricks_along(grid, 2) - 1));
      const bool may_see = rc::may_see(plan, camera, rc::box_of(brick));
      int64_t voxels = 0;
      for (int64_t x = brick.low[0]; x <= brick.high[0]; ++x) {
        for (int64_t y = brick.low[1]; y <= brick.high[1]; ++y) {
          for (int64_t z = brick.low[2]; z <= brick.high[2]; ++z) {
            rc::FieldState state = {};
            rc::Pixel pixel;
            voxels += rc::pixel_of(plan, camera, static_cast<float>(x), static_cast<float>(y),
                                   static_cast<float>(z), pixel) &&
                      rc::observe<false>(plan, camera, 0, pixel, depth, state);
          }
        }
      }
      CHECK(may_see || voxels == 0);
      left_out += !may_see;
      seen += voxels > 0;
    }
  }
  // Both happen often, or this has shown nothing.
  CHECK(left_out > 10000 && seen > 3000);
  return failed_checks != 0;
}
