// SPDX-License-Identifier: Apache-2.0
/** Depth images and the cameras that took them, from the arguments of a call. */
#pragma once

#include "kernels/tsdf/images.h"
#include "lib/tensors.h"

namespace rc {

/** Reads `depth`: [K,H,W], or [H,W] for one frame. */
DepthImages read_depth(Tensors& tensors, const rc_tensor* depth, double depth_scale,
                       double max_depth);

/** `view` as [K,H,W,channels], beside [H,W] without K. */
Images images_beside(const View& view, const char* argument, const DepthImages& depth,
                     int64_t channels);

/** Reads `intrinsics` and, unless that is NULL, `poses`: one camera for each frame. What they hold is
 * checked too: it lies in CPU memory. */
ScratchVector<Pinhole> read_cameras(Tensors& tensors, const rc_tensor* intrinsics,
                                    const rc_tensor* poses, const DepthImages& depth);

}  // namespace rc
