// SPDX-License-Identifier: Apache-2.0
// rc_resample_backward on a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/resample/gradient.h"

namespace rc {

// Writes the gradient of a plan that is checked but for its data. The carver gives the memory for
// that; without `launch` it is only asked.
cudaError_t resample_backward_cuda(GradientPlan& plan, Carver& carver, bool launch,
                                   cudaStream_t stream);

// Whether gather_gradient_cuda can serve a plan: a sequence to a row, samples in order and on the targets'
// clock, no search for finite ones, no mean of duplicates, no mode that needs more than two of them.
bool is_for_gathering_cuda(const GradientPlan& plan);

// Writes the gradient of such a plan, but for sequences that is_unordered() tells of afterwards, whose sums
// it clears.
cudaError_t gather_gradient_cuda(const GradientPlan& plan, cudaStream_t stream);

}  // namespace rc

RC_KERNELS_BEGIN

// Whether all rows have the same targets.
RC_HD inline bool has_one_order(const ResamplePlan& plan) {
  return !plan.packed_targets() && (plan.target_times.row == 0 || plan.rows <= 1);
}

// Entries of GradientPlan::unordered.
RC_HD inline int64_t count_of_flags(const ResamplePlan& plan) {
  return plan.rows <= 1 || has_one_order(plan) ? 2 : plan.rows + 1;
}

// Whether the targets of a row are in no order, once that is noted.
RC_HD inline bool is_unordered(const GradientPlan& plan, int64_t row) {
  return plan.unordered[0] != 0 && plan.unordered[has_one_order(plan.forward) ? 1 : 1 + row] != 0;
}

// Where a stored sample lies in the gradient of the values.
RC_HD inline int64_t place_of_sample(const GradientPlan& plan, int64_t sample) {
  const Array& out = plan.grad_values;
  const int64_t samples = plan.forward.samples;
  // Without a division, as a rule.
  const bool in_line = plan.forward.sequences == 1 || out.row == samples * out.step;
  if (plan.forward.offsets || in_line) return sample * out.step;
  const int64_t e = sample / samples;
  return e * out.row + (sample - e * samples) * out.step;
}

RC_KERNELS_END
