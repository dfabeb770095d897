// SPDX-License-Identifier: Apache-2.0
// rc_resample compiled for AVX-512: the loops of rows.h take twice as many elements a step.
#define RC_LEVEL avx512
#include "kernels/resample/resample.h"
#include "kernels/resample/targets.h"

void rc::resample_targets_avx512(const ResamplePlan& plan, int64_t begin, int64_t end) {
  resample_targets(plan, begin, end);
}
