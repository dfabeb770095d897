// SPDX-License-Identifier: Apache-2.0
// The CUDA path of voxelize.h. Without `launch` the functions enqueue nothing: they only take their
// memory from `carver`, so that it tells how much they need.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/carver.h"
#include "kernels/common/fault_record.h"
#include "kernels/voxelize/plan.h"

namespace rc {

cudaError_t voxelize_cuda(const DensePlan& plan, Carver& carver, bool launch, cudaStream_t stream);
cudaError_t voxelize_cuda(const VoxelGradientPlan& plan, Carver& carver, bool launch,
                          cudaStream_t stream);
cudaError_t voxelize_cuda(const SparsePlan& plan, Carver& carver, bool launch, cudaStream_t stream);
cudaError_t pointcloud_bounds_cuda(const BoundsPlan& plan, Carver& carver, bool launch,
                                   cudaStream_t stream);

// Reports faults in offsets and lengths under the number of the call. Nothing but the check relies on
// what they hold: wrong ones give wrong voxels, and touch no memory outside the arrays.
cudaError_t check_cloud_cuda(int32_t op, const Cloud& cloud, FaultRecord* record, uint64_t call,
                             cudaStream_t stream);

}  // namespace rc
