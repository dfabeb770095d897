// SPDX-License-Identifier: Apache-2.0
/** Points that are grouped by slabs of cells, on the CPU, whose voxels then stay in the cache of a core
 * while points are added to them: that takes less time than to sort all points by cell. */
#pragma once

#include <cstdint>

#include "kernels/voxelize/voxelize.h"
#include "lib/context.h"

namespace rc {

/** Whether the points of a plan are served so. */
bool uses_slabs(const rc_context& context, const DensePlan& plan);
bool uses_slabs(const rc_context& context, const SparsePlan& plan);

/** Bytes of workspace that this needs. */
uint64_t slab_workspace(const rc_context& context, const VoxelPlan& plan);

/** Writes the whole grid. */
void reduce_slabs(rc_context& context, const DensePlan& plan, char* workspace);

/** Writes the rows of the voxels, and says how many of these there are. */
int64_t list_slabs(rc_context& context, const SparsePlan& plan, char* workspace);

}  // namespace rc
