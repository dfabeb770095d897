// SPDX-License-Identifier: Apache-2.0
// sin, cos and atan in float64, in operations that IEEE 754 defines, so that every compiler and
// device gives the same bits. Measured against wider arithmetic: within 2.5 ulp, sin and cos for
// |x| <= 1e4, atan on [0, 1].
//
// The polynomials are Chebyshev fits of (f(x)/x - 1)/x^2 in x^2, with relative errors of 5e-22 (sin
// on [0, pi/2]) and 4e-20 (atan on [0, sqrt(2) - 1]) before rounding of the coefficients.
#pragma once

#include <cmath>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

// pi in three pieces: products with integers below 2^50 cancel to the last bit in fma.
constexpr double kPi = 0x1.921fb54442d18p+1;
constexpr double kPiLow = 0x1.1a62633145c07p-53;
constexpr double kPiLowest = -0x1.f1976b7ed8fbcp-109;
constexpr double kTwoPi = 0x1.921fb54442d18p+2;

// sin(x) for |x| <= pi / 2.
RC_HD inline double sin_reduced(double x) {
  const double z = x * x;
  double p = -0x1.275efdfb3f368p-57;
  p = fma(p, z, 0x1.9507fd43389a8p-49);
  p = fma(p, z, -0x1.ae7ee3a0f8421p-41);
  p = fma(p, z, 0x1.612460b69da84p-33);
  p = fma(p, z, -0x1.ae64567e731ecp-26);
  p = fma(p, z, 0x1.71de3a556b9b4p-19);
  p = fma(p, z, -0x1.a01a01a01a00dp-13);
  p = fma(p, z, 0x1.1111111111111p-7);
  p = fma(p, z, -0x1.5555555555555p-3);
  return fma(x * z, p, x);
}

// x - n pi, for an integer n or one plus a half.
RC_HD inline double reduce(double x, double n) {
  return fma(-n, kPiLowest, fma(-n, kPiLow, fma(-n, kPi, x)));
}

RC_HD inline bool is_odd(double n) { return fma(-2.0, floor(n * 0.5), n) != 0; }

RC_HD inline double sine(double x) {
  const double n = rint(x * 0x1.45f306dc9c883p-2);
  const double s = sin_reduced(reduce(x, n));
  return is_odd(n) ? -s : s;
}

RC_HD inline double cosine(double x) {
  // cos(x) = sin(x + pi / 2)
  const double n = rint(fma(x, 0x1.45f306dc9c883p-2, 0.5));
  const double s = sin_reduced(reduce(x, n - 0.5));
  return is_odd(n) ? -s : s;
}

// atan(x) for 0 <= x <= 1.
RC_HD inline double atan_unit(double x) {
  const bool high = x > 0x1.a827999fcef32p-2;  // tan(pi / 8)
  const double y = high ? (x - 1) / (x + 1) : x;
  const double z = y * y;
  double p = -0x1.c807c7fd8901cp-7;
  p = fma(p, z, 0x1.f5ea203927f08p-6);
  p = fma(p, z, -0x1.503b1df32251dp-5);
  p = fma(p, z, 0x1.829c9a46152b5p-5);
  p = fma(p, z, -0x1.aebd143c55a36p-5);
  p = fma(p, z, 0x1.e1d8e89291b2fp-5);
  p = fma(p, z, -0x1.1110ceddb22d6p-4);
  p = fma(p, z, 0x1.3b13aea970e58p-4);
  p = fma(p, z, -0x1.745d173561ae0p-4);
  p = fma(p, z, 0x1.c71c71c6ddb13p-4);
  p = fma(p, z, -0x1.24924924920acp-3);
  p = fma(p, z, 0x1.9999999999997p-3);
  p = fma(p, z, -0x1.5555555555555p-2);
  const double a = fma(y * z, p, y);
  return high ? (kPi / 4) + (a + kPiLow / 4) : a;
}

RC_KERNELS_END
