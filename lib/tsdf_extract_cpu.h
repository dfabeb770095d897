// SPDX-License-Identifier: Apache-2.0
/** rc_tsdf_extract_points on the CPU. */
#pragma once

#include "kernels/tsdf/extract_plan.h"
#include "lib/context.h"

namespace rc {

uint64_t extract_workspace(const ExtractPlan& plan);
void tsdf_extract_cpu(rc_context& context, const ExtractPlan& plan, char* workspace);

}  // namespace rc
