// SPDX-License-Identifier: Apache-2.0
// rc_resample with what every processor has. Reads targets.h.
#define RC_LEVEL baseline
#include "kernels/resample/resample.h"
#include "kernels/resample/targets.h"

void rc::resample_targets_baseline(const ResamplePlan& plan, int64_t begin, int64_t end) {
  resample_targets(plan, begin, end);
}
