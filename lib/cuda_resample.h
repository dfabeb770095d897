// SPDX-License-Identifier: Apache-2.0
/** Which kernels serve a call on a CUDA device, and the workspace between them. The device is
 * current. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/fault_record.h"
#include "kernels/resample/gradient.h"

namespace rc {

/** Where work goes, and where its faults are noted under the number of the call. */
struct CudaCall {
  cudaStream_t stream;
  FaultRecord* record;
  uint64_t number;
};

/** Bytes of workspace that the plans of one call need. */
uint64_t cuda_resample_workspace(const ResamplePlan* plans, int64_t count);

/** Enqueues the plans of one call of rc_resample or rc_fuse. */
void cuda_resample(ResamplePlan* plans, int64_t count, char* workspace, const CudaCall& call);

/** The same for the plans of one call of rc_resample_backward or rc_fuse_backward. */
uint64_t cuda_backward_workspace(const GradientPlan* plans, int64_t count);
void cuda_backward(GradientPlan* plans, int64_t count, char* workspace, const CudaCall& call);

}  // namespace rc
