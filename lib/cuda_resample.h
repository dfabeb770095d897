// SPDX-License-Identifier: Apache-2.0
/** Which kernels serve a call on a CUDA device, and the workspace between them. The device is
 * current. */
#pragma once

#include <cstdint>

#include "kernels/resample/gradient.h"
#include "lib/cuda_call.h"

namespace rc {

/** Whether the plans of one call need workspace, and how many bytes. */
bool cuda_resample_takes_workspace(const ResamplePlan* plans, int64_t count);
uint64_t cuda_resample_workspace(const ResamplePlan* plans, int64_t count);

/** Enqueues the plans of one call of rc_resample or rc_fuse. */
void cuda_resample(ResamplePlan* plans, int64_t count, char* workspace, const CudaCall& call);

/** The same for the plans of one call of rc_resample_backward or rc_fuse_backward. */
uint64_t cuda_backward_workspace(const GradientPlan* plans, int64_t count);
void cuda_backward(GradientPlan* plans, int64_t count, char* workspace, const CudaCall& call);

}  // namespace rc
