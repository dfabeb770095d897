// SPDX-License-Identifier: Apache-2.0
// The CUDA path of rc_tsdf_integrate and rc_depth_to_points. Without `launch` nothing is enqueued: the
// call only takes its memory from `carver`, so that it tells how much it needs.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/unproject_plan.h"

namespace rc {

cudaError_t tsdf_integrate_cuda(const IntegratePlan& plan, const CameraPass& pass, Carver& carver,
                                bool launch, cudaStream_t stream);
cudaError_t depth_to_points_cuda(const UnprojectPlan& plan, const PinholePass& pass,
                                 cudaStream_t stream);

}  // namespace rc
