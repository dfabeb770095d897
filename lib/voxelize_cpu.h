// SPDX-License-Identifier: Apache-2.0
/** Runs the plans of voxelize.h on the threads of a CPU context. Offsets and lengths are checked. */
#pragma once

#include <cstdint>

#include "kernels/voxelize/plan.h"
#include "lib/context.h"

namespace rc {

/** Faults in offsets and lengths are RC_ERROR_INVALID_DATA. */
void check_cloud_data(int32_t op, const Cloud& cloud);

/** Zeroes the `stats` output, where there is one. */
void clear_stats(const Array& stats, const Cloud& cloud);

/** Bytes of workspace. */
uint64_t voxelize_workspace(const rc_context& context, const DensePlan& plan);
uint64_t voxelize_workspace(const rc_context& context, const VoxelGradientPlan& plan);
uint64_t voxelize_workspace(const rc_context& context, const SparsePlan& plan);

void voxelize_cpu(rc_context& context, const DensePlan& plan, char* workspace);
void voxelize_cpu(rc_context& context, const VoxelGradientPlan& plan, char* workspace);
void voxelize_cpu(rc_context& context, const SparsePlan& plan, char* workspace);

void pointcloud_bounds_cpu(rc_context& context, const BoundsPlan& plan);

}  // namespace rc
