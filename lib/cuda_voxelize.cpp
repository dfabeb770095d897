// SPDX-License-Identifier: Apache-2.0
#include "lib/cuda_voxelize.h"

#include "kernels/voxelize/voxelize_cuda.h"
#include "lib/cuda_support.h"

namespace rc {

template <class Plan>
uint64_t cuda_voxelize_workspace(const Plan& plan) {
  Carver carver(nullptr);
  check(voxelize_cuda(plan, carver, false, nullptr), "asking for workspace");
  return carver.most();
}

template <class Plan>
void cuda_voxelize(const Plan& plan, char* workspace, const CudaCall& call) {
  const VoxelPlan& voxels = plan.voxels;
  check(check_cloud_cuda(voxels.op, voxels.cloud, call.record, call.number, call.stream),
        "checking the data");
  Carver carver(workspace);
  check(voxelize_cuda(plan, carver, true, call.stream), "launching the kernels");
}

template uint64_t cuda_voxelize_workspace(const DensePlan&);
template uint64_t cuda_voxelize_workspace(const VoxelGradientPlan&);
template uint64_t cuda_voxelize_workspace(const SparsePlan&);
template void cuda_voxelize(const DensePlan&, char*, const CudaCall&);
template void cuda_voxelize(const VoxelGradientPlan&, char*, const CudaCall&);
template void cuda_voxelize(const SparsePlan&, char*, const CudaCall&);

uint64_t cuda_bounds_workspace(const BoundsPlan& plan) {
  Carver carver(nullptr);
  check(pointcloud_bounds_cuda(plan, carver, false, nullptr), "asking for workspace");
  return carver.most();
}

void cuda_bounds(const BoundsPlan& plan, char* workspace, const CudaCall& call) {
  check(check_cloud_cuda(plan.op, plan.cloud, call.record, call.number, call.stream),
        "checking the data");
  Carver carver(workspace);
  check(pointcloud_bounds_cuda(plan, carver, true, call.stream), "launching the kernels");
}

}  // namespace rc
