// SPDX-License-Identifier: Apache-2.0
// The weight of a line, without a division where that takes longer.
#pragma once

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

// a / b as float32, as if it were rounded to float64 in between: where the two roundings could differ it
// is divided, which is rare. a and b hold integers, b is not 0.
RC_HD inline float rounded_quotient(double a, double b) {
#if defined(__CUDA_ARCH__)
  double r;
  asm("rcp.approx.ftz.f64 %0, %1;" : "=d"(r) : "d"(b));
  double e = fma(-b, r, 1.0);
  e = fma(e, e, e);
  r = fma(r, e, r);
  double q = a * r;
  // The bits that the second rounding drops; the first may change the last few.
  constexpr unsigned kDropped = (1u << 29) - 1, kHalf = 1u << 28, kFew = 8;
  const unsigned dropped = static_cast<unsigned>(__double2loint(q)) & kDropped;
  if (((dropped - kHalf + kFew) & kDropped) <= 2 * kFew) q = a / b;
#else
  const double q = a / b;
#endif
  return static_cast<float>(q);
}

RC_KERNELS_END
