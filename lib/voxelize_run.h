// SPDX-License-Identifier: Apache-2.0
/** Runs the plans of voxelize.h (dense, gradient, sparse) on the device of a context, in workspace of
 * the caller or of the context. */
#pragma once

#include "lib/voxelize_cpu.h"

namespace rc {

template <class Plan>
uint64_t workspace_to_voxelize(rc_context& context, const Plan& plan) {
  return context.cuda != nullptr ? context.cuda->voxelize_workspace(plan)
                                 : voxelize_workspace(context, plan);
}

template <class Plan>
void run_voxelize(rc_context& context, const Plan& plan, void* workspace, uint64_t workspace_size) {
  if (context.cuda == nullptr) check_cloud_data(plan.voxels.op, plan.voxels.cloud);
  const Workspace memory(context, workspace_to_voxelize(context, plan), workspace, workspace_size);
  if (context.cuda != nullptr) {
    context.cuda->voxelize(plan, memory.data());
  } else {
    voxelize_cpu(context, plan, memory.data());
  }
}

}  // namespace rc
