// SPDX-License-Identifier: Apache-2.0
// Divisions and roots of numbers of a usual size: the steps that compilers make of them, without the look
// at each operand.
#pragma once

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

// No step below overflows or loses digits between these.
constexpr float kLeastUsual = 0x1p-40f, kMostUsual = 0x1p40f;
RC_HD inline bool is_usual(float x) { return (x > kLeastUsual) & (x < kMostUsual); }

// 1 / x, rounded as a division is, for x in (2^-100, 2^100).
__device__ inline float inverse_of(float x) {
  float about;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(about) : "f"(x));
  return fmaf(about, fmaf(-x, about, 1), about);
}

// a / x, rounded, for a usual x, its rounded inverse, and a = 0 or in size from 2^-64 to 2^40.
__device__ inline float quotient_of(float a, float x, float inverse) {
  const float about = a * inverse;
  return fmaf(fmaf(-x, about, a), inverse, about);
}

// The square root, rounded, of x in [1, 2^122).
__device__ inline float root_of(float x) {
  float inverse;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(inverse) : "f"(x));
  const float about = x * inverse;
  return fmaf(fmaf(-about, about, x), inverse * 0.5f, about);
}

RC_KERNELS_END
