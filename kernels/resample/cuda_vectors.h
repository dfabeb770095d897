// SPDX-License-Identifier: Apache-2.0
// A few neighbouring channels at a time, in one access of up to 16 bytes. Conversions are the
// hardware's: they agree with numbers.h but for NaN.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "kernels/common/numbers.h"

RC_KERNELS_BEGIN

// What one access reads or writes, in words that stay in registers.
template <int kBytes>
struct Words {
  static constexpr int kCount = (kBytes + 3) / 4;
  unsigned words[kCount];
};

// The type of an access of so many bytes.
template <int kBytes>
struct AccessOf;
template <>
struct AccessOf<16> {
  using Type = uint4;
};
template <>
struct AccessOf<8> {
  using Type = uint2;
};
template <>
struct AccessOf<4> {
  using Type = unsigned;
};
template <>
struct AccessOf<2> {
  using Type = unsigned short;
};
template <>
struct AccessOf<1> {
  using Type = unsigned char;
};

template <int kBytes>
__device__ Words<kBytes> words_of(const typename AccessOf<kBytes>::Type& v) {
  if constexpr (kBytes == 16) {
    return {{v.x, v.y, v.z, v.w}};
  } else if constexpr (kBytes == 8) {
    return {{v.x, v.y}};
  } else {
    return {{v}};
  }
}
template <int kBytes>
__device__ typename AccessOf<kBytes>::Type access_of(const Words<kBytes>& v) {
  if constexpr (kBytes == 16) {
    return make_uint4(v.words[0], v.words[1], v.words[2], v.words[3]);
  } else if constexpr (kBytes == 8) {
    return make_uint2(v.words[0], v.words[1]);
  } else {
    return static_cast<typename AccessOf<kBytes>::Type>(v.words[0]);
  }
}

template <int kBytes>
__device__ Words<kBytes> load_words(const char* from) {
  return words_of<kBytes>(__ldg(reinterpret_cast<const typename AccessOf<kBytes>::Type*>(from)));
}

// What is written is not read again by this call: it leaves the cache first.
template <int kBytes>
__device__ void store_words(char* to, const Words<kBytes>& v) {
  __stcs(reinterpret_cast<typename AccessOf<kBytes>::Type*>(to), access_of<kBytes>(v));
}

// Element k as float32, which holds all values of these types.
template <class T, int kBytes>
__device__ float float_at(const Words<kBytes>& v, int k) {
  if constexpr (std::is_same_v<T, float>) {
    return __uint_as_float(v.words[k]);
  } else if constexpr (sizeof(T) == 2) {
    const unsigned bits = v.words[k / 2] >> (k % 2 * 16);
    if constexpr (std::is_same_v<T, BFloat16>) {
      return __uint_as_float(bits << 16);
    } else if constexpr (std::is_same_v<T, Half>) {
      return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
    } else {
      return static_cast<float>(static_cast<T>(bits));
    }
  } else {
    return static_cast<float>(static_cast<T>(v.words[k / 4] >> (k % 4 * 8)));
  }
}

template <int kBytes>
__device__ double double_at(const Words<kBytes>& v, int k) {
  return __hiloint2double(static_cast<int>(v.words[2 * k + 1]), static_cast<int>(v.words[2 * k]));
}
template <int kBytes>
__device__ void set_double(Words<kBytes>& v, int k, double x) {
  v.words[2 * k] = static_cast<unsigned>(__double2loint(x));
  v.words[2 * k + 1] = static_cast<unsigned>(__double2hiint(x));
}

// Two float32 results as elements of T, a 16-bit type, side by side.
template <class T>
__device__ unsigned round_pair(float low, float high) {
  if constexpr (std::is_same_v<T, Half>) {
    return bit_cast<unsigned>(__floats2half2_rn(low, high));
  } else {
    return bit_cast<unsigned>(__floats2bfloat162_rn(low, high));
  }
}

// float32 results that are no NaN as elements of T, a type of 16 bits or float32.
template <class T, int kCount>
__device__ Words<kCount * sizeof(T)> round_numbers(const float (&x)[kCount]) {
  Words<kCount * sizeof(T)> out;
  if constexpr (std::is_same_v<T, float>) {
#pragma unroll
    for (int k = 0; k < kCount; ++k) out.words[k] = __float_as_uint(x[k]);
  } else {
#pragma unroll
    for (int k = 0; k < kCount; k += 2) {
      out.words[k / 2] = round_pair<T>(x[k], k + 1 < kCount ? x[k + 1] : 0.0f);
    }
  }
  return out;
}

// float32 results as elements of T.
template <class T, int kCount>
__device__ Words<kCount * sizeof(T)> round_all(const float (&x)[kCount]) {
  Words<kCount * sizeof(T)> out;
  if constexpr (std::is_same_v<T, float>) {
#pragma unroll
    for (int k = 0; k < kCount; ++k) out.words[k] = __float_as_uint(canonical(x[k]));
  } else if constexpr (std::is_same_v<T, double>) {
#pragma unroll
    for (int k = 0; k < kCount; ++k) set_double(out, k, canonical(static_cast<double>(x[k])));
  } else {
    bool nan = false;
#pragma unroll
    for (int k = 0; k < kCount; ++k) nan = nan || x[k] != x[k];
    out = round_numbers<T>(x);
    if (!nan) return out;
    constexpr unsigned kNan = std::is_same_v<T, Half> ? 0x7e00 : 0x7fc0;
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      const unsigned shift = k % 2 * 16, kept = out.words[k / 2] & ~(0xffffu << shift);
      out.words[k / 2] = x[k] != x[k] ? kept | kNan << shift : out.words[k / 2];
    }
  }
  return out;
}

RC_KERNELS_END
