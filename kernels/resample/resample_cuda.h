// SPDX-License-Identifier: Apache-2.0
// rc_resample on a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/fault_record.h"
#include "kernels/resample/plan.h"

namespace rc {

// Enqueues the checks of the data that `plan.validate` asks for, and the work. Faults go to
// `record` under the number `call`.
cudaError_t resample_cuda(const ResamplePlan& plan, FaultRecord* record, uint64_t call,
                          cudaStream_t stream);

}  // namespace rc
