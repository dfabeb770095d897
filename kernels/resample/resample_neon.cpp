// SPDX-License-Identifier: Apache-2.0
// rc_resample compiled for NEON: the loops of rows.h become vector code.
#define RC_LEVEL neon
#include "kernels/resample/resample.h"
#include "kernels/resample/targets.h"

void rc::resample_targets_neon(const ResamplePlan& plan, int64_t begin, int64_t end) {
  resample_targets(plan, begin, end);
}
