// SPDX-License-Identifier: Apache-2.0
/** Runs gradient plans on the threads of a CPU context. */
#pragma once

#include <cstdint>

#include "kernels/resample/gradient.h"
#include "lib/context.h"

namespace rc {

/** Bytes that the plans, done one after the other, need: sums in float64, the order of samples, the
 * rows of each sequence. */
uint64_t resample_backward_workspace(const GradientPlan* plans, int64_t count);

/** Checks the data of all plans, then writes the gradients. Work beyond the context's workspace limit
 * is done some sequences at a time. */
void resample_backward_cpu(rc_context& context, GradientPlan* plans, int64_t count, void* workspace,
                           uint64_t workspace_size);

}  // namespace rc
