// SPDX-License-Identifier: Apache-2.0
// Conversions between element types: integer arithmetic on the CPU, where hardware may lack them; on
// CUDA its own instructions, which give the same bits but for those of NaN.
//
// Every type widens to double exactly. Narrowing rounds once, to nearest, ties to even. A NaN that
// a conversion or an operation yields is canonical: positive, quiet, no payload (x86 and CUDA
// produce different ones); copies of one type move bits.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/common/hd.h"
#include "kernels/common/types.h"

RC_KERNELS_BEGIN

template <class To, class From>
RC_HD inline To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From), "bit_cast keeps the size");
  To to;
  memcpy(&to, &from, sizeof(to));
  return to;
}

// Bits of the numbers 0 to `largest`.
inline int bits_of(int64_t largest) {
  int bits = 0;
  while (bits < 63 && largest >> bits != 0) ++bits;
  return bits;
}

RC_HD inline bool is_nan(double x) { return x != x; }
RC_HD inline bool is_finite(float x) { return (bit_cast<uint32_t>(x) >> 23 & 0xff) != 0xff; }
RC_HD inline bool is_finite(double x) { return (bit_cast<uint64_t>(x) >> 52 & 0x7ff) != 0x7ff; }

RC_HD inline float canonical(float x) { return x != x ? bit_cast<float>(0x7fc00000u) : x; }
RC_HD inline double canonical(double x) {
  return x != x ? bit_cast<double>(uint64_t{0x7ff8000000000000}) : x;
}

// Rounds to a 16-bit float with `Mantissa` stored bits and exponent bias `Bias`.
template <int Mantissa, int Bias>
RC_HD inline uint16_t narrow(double x) {
  constexpr uint64_t kInfinity = (uint64_t{2} * Bias + 1) << Mantissa;
  const uint64_t bits = bit_cast<uint64_t>(x);
  const uint64_t sign = bits >> 63 << 15;
  const uint64_t magnitude = bits & ~(uint64_t{1} << 63);
  if (magnitude > uint64_t{0x7ff0000000000000}) {
    return static_cast<uint16_t>(kInfinity | uint64_t{1} << (Mantissa - 1));
  }
  const int exponent = static_cast<int>(magnitude >> 52) - 1023 + Bias;
  if (exponent > 2 * Bias) return static_cast<uint16_t>(sign | kInfinity);
  // Below exponent 1 the result is subnormal: the same mantissa, shifted farther.
  const int shift = 52 - Mantissa + (exponent < 1 ? 1 - exponent : 0);
  if (shift > 53) return static_cast<uint16_t>(sign);
  const uint64_t mantissa = (magnitude & 0xfffffffffffff) | uint64_t{1} << 52;
  const uint64_t kept = mantissa >> shift;
  const uint64_t rest = mantissa & ((uint64_t{1} << shift) - 1);
  const uint64_t half = uint64_t{1} << (shift - 1);
  const uint64_t rounded = kept + (rest > half || (rest == half && (kept & 1)) ? 1 : 0);
  // `kept` still holds the implicit bit, which adds one to the exponent below; a carry out of the
  // mantissa does the same, up to infinity.
  const uint64_t base = exponent < 1 ? 0 : static_cast<uint64_t>(exponent - 1) << Mantissa;
  return static_cast<uint16_t>(sign | (base + rounded));
}

// Exact value of a 16-bit float.
template <int Mantissa, int Bias>
RC_HD inline double widen(uint16_t bits) {
  const uint64_t sign = static_cast<uint64_t>(bits >> 15) << 63;
  const uint64_t exponent = bits >> Mantissa & ((1u << (15 - Mantissa)) - 1);
  const uint64_t mantissa = bits & ((1u << Mantissa) - 1);
  if (exponent == 2 * Bias + 1) {
    return mantissa ? canonical(bit_cast<double>(uint64_t{0x7ff8000000000000}))
                    : bit_cast<double>(sign | uint64_t{0x7ff} << 52);
  }
  if (exponent == 0) {
    // Subnormal: an integer times a power of two, both exact.
    const double unit = bit_cast<double>(static_cast<uint64_t>(1023 + 1 - Bias - Mantissa) << 52);
    const double value = static_cast<double>(mantissa) * unit;
    return sign ? -value : value;
  }
  return bit_cast<double>(sign | (exponent + 1023 - Bias) << 52 | mantissa << (52 - Mantissa));
}

RC_HD inline double to_double(uint8_t x) { return x; }
RC_HD inline double to_double(int8_t x) { return x; }
RC_HD inline double to_double(int16_t x) { return x; }
RC_HD inline double to_double(int32_t x) { return x; }
RC_HD inline double to_double(float x) { return x; }
RC_HD inline double to_double(double x) { return x; }
RC_HD inline double to_double(Half x) {
#if defined(__CUDA_ARCH__)
  float exact;
  asm("cvt.f32.f16 %0, %1;" : "=f"(exact) : "h"(x.bits));
  return canonical(static_cast<double>(exact));
#else
  return widen<10, 15>(x.bits);
#endif
}
RC_HD inline double to_double(BFloat16 x) {
#if defined(__CUDA_ARCH__)
  return canonical(static_cast<double>(bit_cast<float>(uint32_t{x.bits} << 16)));
#else
  return widen<7, 127>(x.bits);
#endif
}

// Rounds a double to T. Integers take values that are integers of their range only.
template <class T>
RC_HD inline T from_double(double x) {
  return static_cast<T>(x);
}
template <>
RC_HD inline float from_double<float>(double x) {
  return canonical(static_cast<float>(x));
}
template <>
RC_HD inline double from_double<double>(double x) {
  return canonical(x);
}
template <>
RC_HD inline Half from_double<Half>(double x) {
#if defined(__CUDA_ARCH__)
  Half rounded;
  asm("cvt.rn.f16.f64 %0, %1;" : "=h"(rounded.bits) : "d"(x));
  return is_nan(x) ? Half{0x7e00} : rounded;
#else
  return Half{narrow<10, 15>(x)};
#endif
}
template <>
RC_HD inline BFloat16 from_double<BFloat16>(double x) {
#if defined(__CUDA_ARCH__)
  if (is_nan(x)) return BFloat16{0x7fc0};
  // Through a float that was rounded to odd, whose last bit says on which side of it x lies.
  const float toward_zero = __double2float_rz(x);
  const uint32_t bits = bit_cast<uint32_t>(toward_zero) | (toward_zero != x ? 1 : 0);
  return BFloat16{static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
#else
  return BFloat16{narrow<7, 127>(x)};
#endif
}

// Calls `f` with a null pointer to the C++ type of values or outputs.
template <class F>
RC_HD inline void with_type(Type type, F&& f) {
  switch (type) {
    case Type::u8:
    case Type::boolean:
      return f(static_cast<uint8_t*>(nullptr));
    case Type::i8:
      return f(static_cast<int8_t*>(nullptr));
    case Type::i16:
      return f(static_cast<int16_t*>(nullptr));
    case Type::i32:
      return f(static_cast<int32_t*>(nullptr));
    case Type::f16:
      return f(static_cast<Half*>(nullptr));
    case Type::bf16:
      return f(static_cast<BFloat16*>(nullptr));
    case Type::f32:
      return f(static_cast<float*>(nullptr));
    case Type::f64:
      return f(static_cast<double*>(nullptr));
    default:
      return;
  }
}

// Element `index` of an array of `type`, exactly.
RC_HD inline double load(Type type, const char* data, int64_t index) {
  double value = 0;
  with_type(type, [&](auto* p) {
    using T = std::remove_pointer_t<decltype(p)>;
    value = to_double(reinterpret_cast<const T*>(data)[index]);
  });
  return value;
}

// Rounds `value` into element `index`.
RC_HD inline void store(Type type, char* data, int64_t index, double value) {
  with_type(type, [&](auto* p) {
    using T = std::remove_pointer_t<decltype(p)>;
    reinterpret_cast<T*>(data)[index] = from_double<T>(value);
  });
}

// Copies an element: bits within one type, rounded once between two.
RC_HD inline void copy(Type from, const char* source, int64_t i, Type to, char* target, int64_t j) {
  if (from != to) return store(to, target, j, load(from, source, i));
  switch (item_size(from)) {
    case 1:
      target[j] = source[i];
      return;
    case 2:
      reinterpret_cast<uint16_t*>(target)[j] = reinterpret_cast<const uint16_t*>(source)[i];
      return;
    case 4:
      reinterpret_cast<uint32_t*>(target)[j] = reinterpret_cast<const uint32_t*>(source)[i];
      return;
    default:
      reinterpret_cast<uint64_t*>(target)[j] = reinterpret_cast<const uint64_t*>(source)[i];
  }
}

RC_KERNELS_END
