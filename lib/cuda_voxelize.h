// SPDX-License-Identifier: Apache-2.0
/** Plans of voxelize.h on a CUDA device, and the workspace between their kernels. The device is
 * current. Plan is DensePlan, VoxelGradientPlan or SparsePlan. */
#pragma once

#include "kernels/voxelize/plan.h"
#include "lib/cuda_call.h"

namespace rc {

template <class Plan>
uint64_t cuda_voxelize_workspace(const Plan& plan);
template <class Plan>
void cuda_voxelize(const Plan& plan, char* workspace, const CudaCall& call);

uint64_t cuda_bounds_workspace(const BoundsPlan& plan);
void cuda_bounds(const BoundsPlan& plan, char* workspace, const CudaCall& call);

}  // namespace rc
