// SPDX-License-Identifier: Apache-2.0
// rc_resample compiled for AVX2, FMA and F16C: the loops of rows.h become vector code, and fma one
// instruction instead of a call.
#define RC_LEVEL avx2
#include "kernels/resample/resample.h"
#include "kernels/resample/targets.h"

void rc::resample_targets_avx2(const ResamplePlan& plan, int64_t begin, int64_t end) {
  resample_targets(plan, begin, end);
}
