// SPDX-License-Identifier: Apache-2.0
// A checked call of rc_tsdf_extract_points in the form that kernels take by value.
#pragma once

#include "kernels/tsdf/volume.h"

namespace rc {

struct ExtractPlan {
  Volume volume;
  double min_weight;
  int64_t capacity;       // M
  Array points;           // f32 or f64 [M,3]: step, channel
  Array normals, colors;  // f32 [M,3], or absent
  int64_t* total;         // or null

  // The voxels of one x and y: the unit of work.
  RC_SHARED int64_t rows() const { return volume.grid.dims[0] * volume.grid.dims[1]; }
};

}  // namespace rc
