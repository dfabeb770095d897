// SPDX-License-Identifier: Apache-2.0
#include "lib/volume.h"

#include "lib/cloud.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

/** What the checks of grids and dense arrays take for a cloud: there is one volume, in float64. */
Points one_cloud() {
  Points points = {};
  points.cloud.clouds = 1;
  points.cloud.array.type = Type::f64;
  points.single = true;
  return points;
}

}  // namespace

Volume read_volume(Tensors& tensors, const rc_grid* grid, const rc_tensor* tsdf,
                   const rc_tensor* weight, const rc_tensor* color, VolumeAccess access) {
  const Points points = one_cloud();
  Volume volume = {};
  volume.grid = read_grid(grid, points.cloud);
  const auto array = [&](const rc_tensor* tensor, const char* argument, int64_t channels) {
    const View& v = access == VolumeAccess::write ? tensors.write(tensor, argument)
                                                  : tensors.read(tensor, argument);
    require_type(v, argument, Type::f32);
    return grid_array(v, argument, points, volume.grid.dims, channels);
  };
  volume.tsdf = array(tsdf, "tsdf", -1);
  volume.weight = array(weight, "weight", -1);
  if (color != nullptr) volume.color = array(color, "color", 3);
  return volume;
}

}  // namespace rc
