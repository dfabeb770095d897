// SPDX-License-Identifier: Apache-2.0
/** From the arguments of a backward call to the plan that kernels take. */
#pragma once

#include "kernels/resample/gradient.h"
#include "lib/resample_plan.h"

namespace rc {

struct PreparedGradient {
  GradientPlan plan;
  /** As in `Prepared`. */
  bool single;
};

/** Layout and rules, and where the gradient of the values goes; no gradient of the output yet. */
PreparedGradient make_gradient_plan(Tensors& tensors, const Source& source, const Targets& targets,
                                    const rc_tensor* grad_values);

/** Reads the gradient of the output of this plan alone. */
void read_grad_output(Tensors& tensors, const rc_tensor* grad_output, const char* argument,
                      PreparedGradient& prepared);

}  // namespace rc
