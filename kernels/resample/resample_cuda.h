// SPDX-License-Identifier: Apache-2.0
// The CUDA kernels of rc_resample and rc_fuse, in the order in which a call uses them: check, order,
// finite, resample. All enqueue on `stream` and return.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/carver.h"
#include "kernels/common/fault_record.h"
#include "kernels/resample/plan.h"

namespace rc {

// The checks of the data, if `plan.validate` asks for them. Faults go to `record` under the number
// `call`.
cudaError_t check_cuda(const ResamplePlan& plan, FaultRecord* record, uint64_t call,
                       cudaStream_t stream);

// Takes `plan.sorted` and `plan.sorted_count`, if the plan needs them.
void take_order(ResamplePlan& plan, Carver& carver);

// Writes them for all sequences. The carver gives the memory for that; without `launch` it is only
// asked.
cudaError_t order_cuda(const ResamplePlan& plan, Carver& carver, bool launch, cudaStream_t stream);

// Takes `plan.finite`, if the plan needs it.
void take_finite(ResamplePlan& plan, Carver& carver);

// Writes it, when the order is there.
cudaError_t finite_cuda(const ResamplePlan& plan, cudaStream_t stream);

// Serves all targets.
cudaError_t resample_cuda(const ResamplePlan& plan, cudaStream_t stream);

}  // namespace rc
