// SPDX-License-Identifier: Apache-2.0
// Sums of features that do not depend on the order: fixed point, the rule of the header.
#pragma once

#include "kernels/common/numbers.h"
#include "kernels/voxelize/plan.h"

RC_KERNELS_BEGIN

// 2^k, for k of normal numbers.
RC_HD inline double power_of_two(int k) {
  return bit_cast<double>(static_cast<uint64_t>(k + 1023) << 52);
}

// x * 2^k in two steps, each with a factor that is a normal number.
RC_HD inline double times_power_of_two(double x, int k) {
  const int half = k / 2;
  return x * power_of_two(half) * power_of_two(k - half);
}

// The e with 2^(e-1) <= |x| < 2^e of a finite x that is not 0.
RC_HD inline int exponent_of(double x) {
  const int biased = static_cast<int>(bit_cast<uint64_t>(x) >> 52 & 0x7ff);
  if (biased != 0) return biased - 1022;
  // Subnormal: 2^54 of it is not.
  return static_cast<int>(bit_cast<uint64_t>(x * power_of_two(54)) >> 52 & 0x7ff) - 1022 - 54;
}

// Binary places that features keep behind the point: s of the header. `exponent` is the range's.
RC_HD inline int places_of(Type features, int exponent) {
  switch (features) {
    case Type::f16:
      return 24;
    case Type::f64:
      return 62 - exponent;
    case Type::bf16:
    case Type::f32:
      return 38 - exponent;
    default:
      return 0;
  }
}

// How the features of a channel become integers.
struct Scale {
  int places;
  // 2^places, as two factors that are normal numbers.
  double first, second;
  // Largest absolute value; infinite for none.
  double bound;
};

RC_HD inline Scale scale_of(int places, double bound) {
  const bool one = places <= 1023;
  return {places, power_of_two(one ? places : 1023), power_of_two(one ? 0 : places - 1023), bound};
}

// To the nearest integer, ties to even, of a number whose magnitude is at most 2^62.
RC_HD inline int64_t round_to_integer(double x) {
  constexpr double kIntegers = 4503599627370496.0;  // 2^52: from here on there are no fractions
  if (!(x < kIntegers && x > -kIntegers)) return static_cast<int64_t>(x);
  return static_cast<int64_t>(x < 0 ? (x - kIntegers) + kIntegers : (x + kIntegers) - kIntegers);
}

// The integer of a finite feature.
RC_HD inline int64_t fixed_point(double x, const Scale& scale) {
  const double limited = x > scale.bound ? scale.bound : x < -scale.bound ? -scale.bound : x;
  return round_to_integer(limited * scale.first * scale.second);
}

// The sum of up to 2^31 integers of 64 bits, and what was not finite among them. Zeroed at first.
struct ExactSum {
  uint64_t low;
  int64_t high;
  // Bits: NaN, +infinity, -infinity.
  uint32_t special;
};

constexpr uint32_t kNaNSeen = 1, kPlusInfinitySeen = 2, kMinusInfinitySeen = 4;
constexpr int kSpecialBits = 3;

// The bit of a feature that is not finite.
RC_HD inline uint32_t special_of(double x) {
  return is_nan(x) ? kNaNSeen : x > 0 ? kPlusInfinitySeen : kMinusInfinitySeen;
}

RC_HD inline void add(ExactSum& sum, int64_t q) {
  sum.low += static_cast<uint64_t>(q);
  sum.high += (q >> 63) + (sum.low < static_cast<uint64_t>(q));
}

RC_HD inline void add(ExactSum& sum, const ExactSum& other) {
  sum.low += other.low;
  sum.high += other.high + (sum.low < other.low);
  sum.special |= other.special;
}

// Adds a feature.
RC_HD inline void add(ExactSum& sum, double x, const Scale& scale) {
  if (is_finite(x)) {
    add(sum, fixed_point(x, scale));
  } else {
    sum.special |= special_of(x);
  }
}

// Rounded to the nearest double, ties to even.
RC_HD inline double to_double(const ExactSum& sum) {
  // Nearly all sums fit 64 bits.
  const int64_t whole = static_cast<int64_t>(sum.low);
  if (sum.high == whole >> 63) return static_cast<double>(whole);
  const bool negative = sum.high < 0;
  uint64_t low = sum.low, high = static_cast<uint64_t>(sum.high);
  if (negative) {
    low = ~low + 1;
    high = ~high + (low == 0);
  }
  int exponent = 0;
  // The leading 64 bits; a bit that was cut off lives on in the last one, far below the rounding.
  for (; high != 0; high >>= 1, ++exponent) low = low >> 1 | (low & 1) | high << 63;
  const double magnitude = static_cast<double>(low) * power_of_two(exponent);
  return negative ? -magnitude : magnitude;
}

// The sum of the features, as a double.
RC_HD inline double value_of(const ExactSum& sum, const Scale& scale) {
  if (sum.special != 0) {
    if (sum.special == kPlusInfinitySeen) return bit_cast<double>(uint64_t{0x7ff} << 52);
    if (sum.special == kMinusInfinitySeen) return bit_cast<double>(uint64_t{0xfff} << 52);
    return bit_cast<double>(uint64_t{0x7ff8} << 48);
  }
  return times_power_of_two(to_double(sum), -scale.places);
}

// The greater of two features: NaN if one is, and -0 is less than +0.
RC_HD inline double greater_of(double a, double b) {
  if (is_nan(a) || is_nan(b)) return canonical(is_nan(a) ? a : b);
  if (a == b) return bit_cast<int64_t>(a) < 0 ? b : a;
  return a > b ? a : b;
}

// The lesser of two features, likewise.
RC_HD inline double lesser_of(double a, double b) {
  if (is_nan(a) || is_nan(b)) return canonical(is_nan(a) ? a : b);
  if (a == b) return bit_cast<int64_t>(a) < 0 ? a : b;
  return a < b ? a : b;
}

RC_KERNELS_END
