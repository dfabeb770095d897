// SPDX-License-Identifier: Apache-2.0
/** rc_tsdf_integrate does not ask the voxels of a box of which it knows what a camera sees. Here all of
 * them are asked: with cameras whose pictures' edges cut through boxes, that stand in them, and before
 * depth images that are near, far, stepped, noisy, and not everywhere there. */
#include <cmath>
#include <vector>

#include "check.h"
#include "kernels/tsdf/sight.h"
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

float at_corner(const rc::Camera& camera, int row, const rc::Box& box) {
  return rc::dot(camera.rows[row], box.low[0], box.low[1], box.low[2]);
}

/** Moves a camera until a box lies before it, on the picture or beside it. */
void aim_at(Random& random, rc::Camera& camera, const rc::Box& box) {
  const auto wanted = static_cast<float>(std::pow(10, random.real(-1, 3)));
  camera.rows[2][3] += wanted - at_corner(camera, 2, box);
  const float z = at_corner(camera, 2, box);
  for (int side = 0; side < 2; ++side) {
    camera.middle[side] =
        static_cast<float>(random.real(-20, 150)) - at_corner(camera, side, box) / z;
  }
}

/** A frame of about the depth z. */
struct Frame {
  std::vector<float> depth;
  std::vector<rc::DepthTile> tiles;
  rc::IntegratePlan plan = {};

  Frame(Random& random, float z) {
    plan.width = random.integer(1, 150);
    plan.height = random.integer(1, 150);
    plan.carving = random.chance(80) ? 1 : 0;
    plan.inverse_square = random.chance(10) ? 1 : 0;
    plan.truncation = std::fabs(z) * random.pick<float>({0.01f, 0.1f}) + 1e-6f;
    plan.edge = plan.max_weight = INFINITY;
    plan.depth_limit = 3e38f;
    plan.depth_scale = random.pick<float>({1, 0.25f});
    const float base = z / plan.depth_scale;
    const float near = base * random.pick<float>({0.3f, 0.97f, 1, 1.5f});
    const float far = random.chance(50) ? near : base * random.pick<float>({1, 2, 100});
    const int64_t step = random.integer(0, plan.width);
    const double noise = random.pick<double>({0, 0.001, 0.3});
    const int holes = random.pick<int>({0, 0, 1, 10});
    for (int64_t v = 0; v < plan.height; ++v) {
      for (int64_t u = 0; u < plan.width; ++u) {
        const auto factor = static_cast<float>(1 + noise * random.real(-1, 1));
        const bool is_hole = random.chance(holes);
        depth.push_back(is_hole ? random.pick<float>({0, -1, NAN, INFINITY})
                                : (u < step ? near : far) * factor);
      }
    }
    plan.depth = {reinterpret_cast<char*>(depth.data()), rc::Type::f32, 0, plan.width, 1, 0};
  }

  rc::DepthTiles make_tiles() {
    rc::DepthTiles made(nullptr, plan.height, plan.width);
    tiles.assign(static_cast<size_t>(made.frame), rc::kNoPixels);
    made.data = tiles.data();
    for (int64_t i = 0; i < plan.height * plan.width; ++i) {
      const float number = depth[static_cast<size_t>(i)];
      const bool is_measured = rc::is_measurement(number, plan.depth_limit);
      for (int l = 0; l < rc::kTileLevels; ++l) {
        const int shift = rc::kTileShift + l;
        const int64_t v = i / plan.width >> shift, u = i % plan.width >> shift;
        rc::join(made.data[made.level[l] + v * made.width[l] + u],
                 rc::tile_of(is_measured, number * plan.depth_scale));
      }
    }
    return made;
  }
};

/** What the voxels of a box see. */
struct Seen {
  int64_t voxels = 0, on_image = 0, measured = 0, observed = 0, free = 0;
};

Seen ask_all(const Frame& frame, const rc::Camera& camera, const rc::Box& box) {
  Seen seen;
  for (float x = box.low[0]; x <= box.high[0]; ++x) {
    for (float y = box.low[1]; y <= box.high[1]; ++y) {
      for (float z = box.low[2]; z <= box.high[2]; ++z) {
        ++seen.voxels;
        rc::Pixel pixel;
        if (!rc::pixel_of(frame.plan, camera, x, y, z, pixel)) continue;
        ++seen.on_image;
        const auto i = static_cast<size_t>(pixel.row * frame.plan.width + pixel.column);
        seen.measured += rc::is_measurement(frame.depth[i], frame.plan.depth_limit);
        rc::FieldState state = {};
        if (!rc::observe<false>(frame.plan, camera, 0, pixel, frame.depth[i], state)) continue;
        ++seen.observed;
        seen.free += state.tsdf == 1 && state.weight == 1;
      }
    }
  }
  return seen;
}

/** A part of a brick in some way, or all of it. */
rc::Box any_part(Random& random, const rc::Box& brick) {
  const auto number = static_cast<int>(random.integer(0, 7));
  switch (random.integer(0, 3)) {
    case 0:
      return rc::PartsOf<2, 4, 8>::part(brick, number);
    case 1:
      return rc::PartsOf<4, 4, 8>::part(brick, number % 4);
    case 2:
      return rc::PartsOf<4, 4, 4>::part(brick, number);
    default:
      return brick;
  }
}

}  // namespace

int main() {
  Random random(5);
  int64_t left_out = 0, observed = 0, hidden = 0, counts[5] = {};
  for (int round = 0; round < 12000; ++round) {
    rc::Grid grid = {};
    for (int64_t& dim : grid.dims) dim = random.integer(1, 1000);
    rc::Camera camera = any_camera(random, 150, 150);
    const auto any_brick = [&] {
      return rc::box_of(rc::brick_at(grid, random.integer(0, rc::bricks_along(grid, 0) - 1),
                                     random.integer(0, rc::bricks_along(grid, 1) - 1),
                                     random.integer(0, rc::bricks_along(grid, 2) - 1)));
    };
    const rc::Box aim = any_brick();
    if (random.chance(80)) aim_at(random, camera, aim);
    Frame frame(random, at_corner(camera, 2, aim));
    const rc::DepthTiles tiles = frame.make_tiles();
    for (int i = 0; i < 12; ++i) {
      const rc::Box brick = i < 6 ? aim : any_brick();
      const rc::Box box = any_part(random, brick);
      if (rc::is_empty(box)) continue;
      const rc::Sight sight = rc::sight_of(frame.plan, camera, tiles, 0, box);
      const bool may_see = rc::may_see(frame.plan, camera, box);
      const Seen seen = ask_all(frame, camera, box);
      CHECK(may_see || seen.on_image == 0);
      CHECK(sight != rc::Sight::none || seen.observed == 0);
      CHECK(sight != rc::Sight::free || seen.free == seen.voxels);
      const bool has_holes = sight == rc::Sight::holes;
      CHECK(!has_holes || seen.on_image == seen.voxels);
      CHECK(!(has_holes || sight == rc::Sight::edge) ||
            (seen.observed == seen.measured && seen.free == seen.measured));
      left_out += !may_see;
      observed += seen.observed > 0;
      hidden += sight == rc::Sight::none && seen.on_image == seen.voxels;
      ++counts[static_cast<int>(sight)];
    }
  }
  // All of it happens often, or this has shown nothing.
  CHECK(left_out > 10000 && observed > 3000 && hidden > 1000);
  for (const int64_t count : counts) CHECK(count > 500);
  return failed_checks != 0;
}
