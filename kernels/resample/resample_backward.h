// SPDX-License-Identifier: Apache-2.0
// The CPU kernels of rc_resample_backward and rc_fuse_backward.
#pragma once

#include "kernels/resample/gradient.h"

namespace rc {

// Writes `plan.row_begin` and `plan.rows`, when the plan has sequence_ids.
void list_rows(const GradientPlan& plan);

// Writes the gradient of all samples of sequence e, which is within [forward.first_sequence,
// forward.last_sequence).
void resample_gradient(const GradientPlan& plan, int64_t e);

// Writes zeros for packed samples that are part of no sequence.
void clear_unused_gradient(const GradientPlan& plan);

}  // namespace rc
