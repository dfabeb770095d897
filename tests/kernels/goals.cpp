// SPDX-License-Identifier: Apache-2.0
/** plain_goals.h, which only the CUDA path uses, on the host: where it is sure of a point's tile and voxel,
 * they are those of the rule as it is written; and it is sure of nearly all. */
#include <cmath>
#include <cstdio>

#include "check.h"
#include "kernels/voxelize/plain_goals.h"
#include "random.h"

namespace {

using namespace rc;

VoxelPlan any_plan(Random& random) {
  VoxelPlan plan = {};
  plan.cloud.clouds = 1;
  const int64_t most = random.pick<int64_t>({4, 100, 600, 5000});
  for (int axis = 0; axis < 3; ++axis) {
    Grid& grid = plan.grid;
    grid.dims[axis] = random.chance(5) ? 1 << 20 : random.integer(1, most);
    // Sizes of all exponents, some of them powers of two, about an origin that need not be near.
    grid.size[axis] = random.chance(30) ? std::ldexp(1, static_cast<int>(random.integer(-20, 20)))
                                        : std::pow(10, random.real(-30, 30));
    grid.size[axis] = static_cast<float>(grid.size[axis]);
    const double span = grid.size[axis] * static_cast<double>(grid.dims[axis]);
    grid.origin[axis] = static_cast<float>(random.pick({0.0, -0.5, 3.0, 1e3}) * span);
  }
  return plan;
}

float any_coordinate(Random& random, const Grid& grid, int axis) {
  const auto origin = static_cast<float>(grid.origin[axis]);
  const auto size = static_cast<float>(grid.size[axis]);
  const double dim = static_cast<double>(grid.dims[axis]);
  if (random.chance(1)) {
    return random.pick({0.0f, -0.0f, NAN, INFINITY, -INFINITY, 1e-45f, -1e-45f, 3e38f, -3e38f});
  }
  if (random.chance(50)) {
    return static_cast<float>(origin + random.real(-0.01, 1.01) * dim * size);
  }
  // At a border between voxels, or some floats beside it.
  const int64_t border = random.chance(20) ? random.pick({int64_t{0}, grid.dims[axis]})
                                           : random.integer(0, grid.dims[axis]);
  float x = origin + static_cast<float>(border) * size;
  for (int64_t steps = random.integer(-3, 3); steps != 0; steps += steps < 0 ? 1 : -1) {
    x = std::nextafter(x, steps < 0 ? -INFINITY : INFINITY);
  }
  return x;
}

uint32_t goal_by_rule(const Grid& grid, const Tiling& tiling, uint32_t first, uint32_t count,
                      uint32_t lost, const float (&point)[3]) {
  const Voxel voxel = voxel_in_grid(grid, point);
  if (voxel.left_out == kOutside) return lost << tiling.local_bits();
  if (voxel.left_out != 0) return kNowhere;
  uint32_t index[3];
  for (int axis = 0; axis < 3; ++axis) index[axis] = static_cast<uint32_t>(voxel.index[axis]);
  const uint32_t tile = tiling.tile_of(0, index) - first;
  return tile < count ? tile << tiling.local_bits() | tiling.local_of(index) : kElsewhere;
}

struct Totals {
  int64_t points = 0, glances = 0, looks = 0;
};

void goals_follow_the_rule(Random& random, Totals& totals) {
  const VoxelPlan plan = any_plan(random);
  const Tiling tiling(plan, random.pick({10, 12, 14}));
  if (!PlainGoals::serve(plan.grid, tiling)) return;
  const auto tiles = static_cast<uint32_t>(tiling.count);
  // All tiles at once, or some of them, whose turn it is.
  const auto first = static_cast<uint32_t>(random.chance(70) ? 0 : random.integer(0, tiles - 1));
  const auto count = static_cast<uint32_t>(
      first == 0 && random.chance(70) ? tiles : random.integer(1, tiles - first));
  const auto lost = static_cast<uint32_t>(count + random.integer(0, 3));
  const PlainGoals goals(plan.grid, tiling, first, count, lost);
  for (int n = 0; n < 2000; ++n) {
    float point[3];
    for (int axis = 0; axis < 3; ++axis) point[axis] = any_coordinate(random, plan.grid, axis);
    const uint32_t exact = goal_by_rule(plan.grid, tiling, first, count, lost, point);
    const uint32_t glance = goals.of<false>(point), look = goals.of<true>(point);
    CHECK(glance == kUnsure || glance == exact);
    CHECK(look == kUnsure || look == exact);
    ++totals.points;
    totals.glances += glance != kUnsure;
    totals.looks += look != kUnsure;
  }
}

void most_are_sure(Random& random) {
  VoxelPlan plan = {};
  plan.cloud.clouds = 1;
  for (int axis = 0; axis < 3; ++axis) plan.grid.dims[axis] = 256, plan.grid.size[axis] = 0.1f;
  const Tiling tiling(plan, 14);
  const PlainGoals goals(plan.grid, tiling, 0, static_cast<uint32_t>(tiling.count),
                         static_cast<uint32_t>(tiling.count));
  constexpr int kPoints = 300000;
  int unsure[2] = {};
  for (int n = 0; n < kPoints; ++n) {
    float point[3];
    for (float& x : point) x = static_cast<float>(random.real(0, 25.6));
    unsure[0] += goals.of<false>(point) == kUnsure;
    unsure[1] += goals.of<true>(point) == kUnsure;
  }
  // 2 * 257 / 2^22 of each axis; and what lies within a unit in the last place of a border.
  CHECK(unsure[0] > kPoints / 10000 && unsure[0] < kPoints / 2000);
  CHECK(unsure[1] < kPoints / 5000);
  std::printf("%d and %d of %d random points are not sure\n", unsure[0], unsure[1], kPoints);
}

}  // namespace

int main() {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Random random(seed);
  Totals totals;
  for (int n = 0; n < 600; ++n) goals_follow_the_rule(random, totals);
  // Half of the coordinates lie on borders or beside them.
  CHECK(totals.points > 300000 && totals.glances > totals.points / 20);
  CHECK(totals.looks > totals.glances);
  std::printf("%lld points: sure of %lld at a glance, of %lld at a close look\n",
              static_cast<long long>(totals.points), static_cast<long long>(totals.glances),
              static_cast<long long>(totals.looks));
  most_are_sure(random);
  (void)new_cpu_context;
  return failed_checks != 0;
}
