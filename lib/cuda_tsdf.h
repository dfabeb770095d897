// SPDX-License-Identifier: Apache-2.0
/** Plans of tsdf.h on a CUDA device, which is current. */
#pragma once

#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/points_plan.h"
#include "kernels/tsdf/unproject_plan.h"
#include "lib/cuda_call.h"

namespace rc {

uint64_t cuda_tsdf_integrate_workspace(const IntegratePlan& plan);
void cuda_tsdf_integrate(const IntegratePlan& plan, const CameraPass& pass, char* workspace,
                         const CudaCall& call);
void cuda_depth_to_points(const UnprojectPlan& plan, const PinholePass& pass, const CudaCall& call);

uint64_t cuda_from_points_workspace(const TsdfPointsPlan& plan);
void cuda_from_points(const TsdfPointsPlan& plan, char* workspace, const CudaCall& call);

}  // namespace rc
