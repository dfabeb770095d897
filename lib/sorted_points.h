// SPDX-License-Identifier: Apache-2.0
/** The points of a call in the order of their cells, on the CPU. */
#pragma once

#include <cstdint>

#include "kernels/common/carver.h"
#include "kernels/voxelize/voxelize.h"
#include "lib/context.h"

namespace rc {

/** The kernels of the SIMD level of a context. */
const PointKernels& point_kernels(const rc_context& context);
template <class Key>
const VoxelKernels<Key>& voxel_kernels(const rc_context& context);

/** Lists and sorts the points and counts what is left out, in `workspace`. */
template <class Key>
SortedPoints<Key> sort_points(rc_context& context, const VoxelPlan& plan, char* workspace);

/** Bytes that this needs. */
uint64_t sort_workspace(const VoxelPlan& plan);

}  // namespace rc
