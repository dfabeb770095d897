// SPDX-License-Identifier: Apache-2.0
#include "lib/resample_run.h"

#include "lib/resample_backward_cpu.h"
#include "lib/resample_cpu.h"

namespace rc {

uint64_t workspace_to_resample(rc_context& context, const ResamplePlan* plans, int64_t count) {
  return context.cuda != nullptr ? context.cuda->resample_workspace(plans, count)
                                 : resample_workspace(plans, count);
}

void run_resample(rc_context& context, ResamplePlan* plans, int64_t count, void* workspace,
                  uint64_t workspace_size) {
  if (context.cuda == nullptr) {
    return resample_cpu(context, plans, count, workspace, workspace_size);
  }
  const Workspace memory(context, context.cuda->resample_workspace(plans, count), workspace,
                         workspace_size);
  context.cuda->resample(plans, count, memory.data());
}

uint64_t workspace_for_gradient(rc_context& context, const GradientPlan* plans, int64_t count) {
  return context.cuda != nullptr ? context.cuda->backward_workspace(plans, count)
                                 : resample_backward_workspace(plans, count);
}

void run_backward(rc_context& context, GradientPlan* plans, int64_t count, void* workspace,
                  uint64_t workspace_size) {
  if (context.cuda == nullptr) {
    return resample_backward_cpu(context, plans, count, workspace, workspace_size);
  }
  const Workspace memory(context, context.cuda->backward_workspace(plans, count), workspace,
                         workspace_size);
  context.cuda->backward(plans, count, memory.data());
}

}  // namespace rc
