// SPDX-License-Identifier: Apache-2.0
/** The plans of tsdf.h on the threads of a CPU context. */
#pragma once

#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/points_plan.h"
#include "kernels/tsdf/unproject_plan.h"
#include "lib/context.h"

namespace rc {

uint64_t integrate_workspace(const IntegratePlan& plan);
/** One pass of frames. */
void tsdf_integrate_cpu(rc_context& context, const IntegratePlan& plan, const CameraPass& pass,
                        char* workspace);
void depth_to_points_cpu(rc_context& context, const UnprojectPlan& plan, const PinholePass& pass);

uint64_t from_points_workspace(const TsdfPointsPlan& plan);
/** Offsets and lengths are checked. */
void tsdf_from_points_cpu(rc_context& context, const TsdfPointsPlan& plan, char* workspace);

}  // namespace rc
