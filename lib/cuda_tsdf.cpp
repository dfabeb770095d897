// SPDX-License-Identifier: Apache-2.0
#include "lib/cuda_tsdf.h"

#include "kernels/tsdf/points_cuda.h"
#include "kernels/tsdf/tsdf_cuda.h"
#include "kernels/voxelize/voxelize_cuda.h"
#include "lib/cuda_support.h"

namespace rc {

uint64_t cuda_tsdf_integrate_workspace(const IntegratePlan& plan) {
  Carver carver(nullptr);
  check(tsdf_integrate_cuda(plan, {}, carver, false, nullptr), "asking for workspace");
  return carver.most();
}

void cuda_tsdf_integrate(const IntegratePlan& plan, const CameraPass& pass, char* workspace,
                         const CudaCall& call) {
  Carver carver(workspace);
  check(tsdf_integrate_cuda(plan, pass, carver, true, call.stream), "launching the kernels");
}

void cuda_depth_to_points(const UnprojectPlan& plan, const PinholePass& pass,
                          const CudaCall& call) {
  check(depth_to_points_cuda(plan, pass, call.stream), "launching the kernels");
}

uint64_t cuda_from_points_workspace(const TsdfPointsPlan& plan) {
  Carver carver(nullptr);
  check(tsdf_from_points_cuda(plan, carver, false, nullptr), "asking for workspace");
  return carver.most();
}

void cuda_from_points(const TsdfPointsPlan& plan, char* workspace, const CudaCall& call) {
  check(check_cloud_cuda(plan.op, plan.cloud, call.record, call.number, call.stream),
        "checking the data");
  Carver carver(workspace);
  check(tsdf_from_points_cuda(plan, carver, true, call.stream), "launching the kernels");
}

}  // namespace rc
