// SPDX-License-Identifier: Apache-2.0
// Division by a number that is known before a launch, by a product: dividing takes a device some twenty
// instructions (T. Granlund and P. Montgomery, Division by Invariant Integers using Multiplication, 1994).
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"

namespace rc {

struct FixedDivisor {
  uint32_t value, inverse, shift;
};

// `value`: from 1 to 2^31.
inline FixedDivisor fixed_divisor(uint32_t value) {
  uint32_t shift = 0;
  while (uint64_t{2} << shift < value) ++shift;
  return {value, static_cast<uint32_t>(((uint64_t{1} << (32 + shift)) + value - 1) / value), shift};
}

}  // namespace rc

RC_KERNELS_BEGIN

RC_HD inline uint32_t upper_half(uint32_t a, uint32_t b) {
#if defined(__CUDA_ARCH__)
  return __umulhi(a, b);
#else
  return static_cast<uint32_t>(uint64_t{a} * b >> 32);
#endif
}

// Exact for numbers below 2^31.
RC_HD inline uint32_t divide(uint32_t number, const FixedDivisor& by) {
  return by.value == 1 ? number : upper_half(number, by.inverse) >> by.shift;
}

// For numbers whose product with the divisor is less than 2^32, and for those less than the divisor, without a
// shift: (number + 1) * inverse is less than one part in `value` of 2^32 below (number + 1) / value * 2^32.
RC_HD constexpr uint32_t inverse_of(uint32_t value) { return UINT32_MAX / value; }
RC_HD inline uint32_t divide_by_inverse(uint32_t number, uint32_t inverse) {
  return upper_half(number + 1, inverse);
}

RC_KERNELS_END
