// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_extract_points on a CUDA device. Without `launch` nothing is enqueued: the call only takes
// its memory from `carver`, so that it tells how much it needs.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/tsdf/extract_plan.h"

namespace rc {

cudaError_t tsdf_extract_cuda(const ExtractPlan& plan, Carver& carver, bool launch,
                              cudaStream_t stream);

}  // namespace rc
