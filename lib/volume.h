// SPDX-License-Identifier: Apache-2.0
/** The volume of a call of tsdf.h, from its arguments. */
#pragma once

#include "robocache/voxelize.h"

#include "kernels/tsdf/volume.h"
#include "lib/tensors.h"

namespace rc {

/** Whether a call only reads its volume. */
enum class VolumeAccess { read, write };

/** Reads `grid`, `tsdf` and `weight`, and `color` unless that is NULL. */
Volume read_volume(Tensors& tensors, const rc_grid* grid, const rc_tensor* tsdf,
                   const rc_tensor* weight, const rc_tensor* color, VolumeAccess access);

}  // namespace rc
