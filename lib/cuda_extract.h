// SPDX-License-Identifier: Apache-2.0
/** rc_tsdf_extract_points on a CUDA device, which is current. */
#pragma once

#include "kernels/tsdf/extract_plan.h"
#include "lib/cuda_call.h"

namespace rc {

uint64_t cuda_extract_workspace(const ExtractPlan& plan);
void cuda_extract(const ExtractPlan& plan, char* workspace, const CudaCall& call);

}  // namespace rc
