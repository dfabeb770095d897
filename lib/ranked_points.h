// SPDX-License-Identifier: Apache-2.0
/** Points that are added to their voxels as they come, on the CPU: where a grid is not large beside
 * its cloud that takes less time than to sort them. */
#pragma once

#include <cstdint>

#include "kernels/voxelize/voxelize.h"
#include "lib/context.h"

namespace rc {

/** Whether the points of a plan are served so. */
bool uses_ranks(const rc_context& context, const SparsePlan& plan);

/** The kernels of the SIMD level of a context. */
const RankKernels& rank_kernels(const rc_context& context);

/** Finds the voxels of all points, in `workspace`, counts what is left out, and adds them up. */
RankedPoints rank_points(rc_context& context, const VoxelPlan& plan, char* workspace);

/** Bytes that this needs. */
uint64_t rank_workspace(const VoxelPlan& plan);

}  // namespace rc
