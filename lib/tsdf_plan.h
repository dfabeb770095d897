// SPDX-License-Identifier: Apache-2.0
/** From checked arguments of tsdf.h to what the kernels take. */
#pragma once

#include "kernels/tsdf/integrate_plan.h"
#include "lib/scratch.h"

namespace rc {

/** A finite number greater than 0, in float32 too, and so is its inverse. */
void check_truncation(double truncation);
/** 0 or more. */
void check_max_weight(double max_weight);
/** One of rc_tsdf_weight. */
void check_weighting(int32_t weighting);

/** From which distance behind a surface on an observation loses weight, as a number greater than 0:
 * infinity where it never does. */
double dropoff_edge(const Grid& grid, int32_t weighting, double truncation);

/** Whether observations weigh 1 / z^2. */
bool is_inverse_square(int32_t weighting);

/** `max_weight` of checked options; infinity for none. */
float weight_limit(double max_weight);

/** Voxels to pixels, computed in float64. */
Camera camera_of(const Pinhole& pinhole, const Grid& grid);

/** Frames first, first + 1, ... of a call. */
CameraPass camera_pass(const ScratchVector<Camera>& cameras, int64_t first);

/** Greatest depth, in the numbers of the image, that counts as a measurement. */
float depth_limit(const DepthImages& depth);

}  // namespace rc
