// SPDX-License-Identifier: Apache-2.0
// The CUDA kernels of rc_resample and rc_fuse, in the order in which a call uses them: check, order,
// finite, resample; or for plans that warps can serve order and rows, which checks them too. All
// enqueue on `stream` and return.
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

// Whether staged_cuda serves a plan: LINEAR, PREVIOUS, NEXT or NEAREST for all channels, sequences and
// their times one behind the other and in order, targets about as dense as samples.
bool is_for_staging_cuda(const ResamplePlan& plan);

// Whether it does, and faster than lines_cuda would.
bool pays_to_stage_cuda(const ResamplePlan& plan);

// Checks such plans, if they ask for it, and serves all targets: in one launch, unless they are more
// than a launch takes (StagedPlans).
cudaError_t staged_cuda(const ResamplePlan* plans, int64_t count, FaultRecord* record,
                        uint64_t call, cudaStream_t stream);

// Whether rows_cuda can serve a plan: no mode beside LINEAR, PREVIOUS, NEXT and NEAREST, no search for
// finite samples, no mean of duplicates, channels next to each other.
bool is_for_rows_cuda(const ResamplePlan& plan);

// Checks such plans, if they ask for it, and serves all targets: in one launch, unless they are
// more than a launch takes (PackedPlans).
cudaError_t rows_cuda(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                      cudaStream_t stream);

// Whether lines_cuda can serve some plans, which are for rows too: one mode for all channels, times next to
// each other, in order and on the targets' clock, no outputs but values and validity. Several plans: all
// LINEAR, of one floating type that is also that of the output.
bool are_for_lines_cuda(const ResamplePlan* plans, int64_t count);

// Whether it serves a plan alone as a usual line, with the least instructions (usual_line.h).
bool is_usual_cuda(const ResamplePlan& plan);

// As rows_cuda, faster.
cudaError_t lines_cuda(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                       cudaStream_t stream);

// Serves all targets of any other plan.
cudaError_t resample_cuda(const ResamplePlan& plan, cudaStream_t stream);

}  // namespace rc
