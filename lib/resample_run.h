// SPDX-License-Identifier: Apache-2.0
/** Runs plans on the device of a context, whichever that is. */
#pragma once

#include <cstdint>

#include "kernels/resample/gradient.h"
#include "lib/context.h"

namespace rc {

/** Bytes that the plans of one call need there. */
uint64_t workspace_to_resample(rc_context& context, const ResamplePlan* plans, int64_t count);

/** Serves the plans of one call, in the caller's workspace or in one of the context. */
void run_resample(rc_context& context, ResamplePlan* plans, int64_t count, void* workspace,
                  uint64_t workspace_size);

/** The same for the gradients of one call. */
uint64_t workspace_for_gradient(rc_context& context, const GradientPlan* plans, int64_t count);
void run_backward(rc_context& context, GradientPlan* plans, int64_t count, void* workspace,
                  uint64_t workspace_size);

}  // namespace rc
