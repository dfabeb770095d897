// SPDX-License-Identifier: Apache-2.0
// Four channels of a point at once, as vectors that compilers lower to what the SIMD level has.
#pragma once

#include "kernels/common/numbers.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

RC_KERNELS_BEGIN

constexpr int64_t kLanes = 4;
typedef double Doubles __attribute__((vector_size(32)));
typedef int64_t Longs __attribute__((vector_size(32)));
typedef uint64_t Words __attribute__((vector_size(32)));
typedef float Floats __attribute__((vector_size(16)));

// Those of a canonical NaN.
constexpr int64_t kNaNBits = 0x7ff8000000000000;

// Calls f(stride, channels) with numbers that the compiler knows where elements of type T are vectors
// then.
template <class T, class F>
void with_layout(int64_t stride, int64_t channels, F f) {
  using std::integral_constant;
  if (std::is_same_v<T, float> && stride == 1) {
    const integral_constant<int64_t, 1> one;
    if (channels == 4) return f(one, integral_constant<int64_t, 4>());
    if (channels == 3) return f(one, integral_constant<int64_t, 3>());
  }
  f(stride, channels);
}

// Calls f(type, stride, channels) so, of an array whose type is not known.
template <class F>
void with_layout(Type type, int64_t stride, int64_t channels, F f) {
  if (type != Type::f32) return f(type, stride, channels);
  with_layout<float>(stride, channels, [&](auto its_stride, auto its_channels) {
    f(std::integral_constant<Type, Type::f32>(), its_stride, its_channels);
  });
}

// Whether all lanes of a mask are set.
RC_INLINE bool all_of(const Longs& mask) {
#if defined(__AVX__)
  return _mm256_movemask_pd(reinterpret_cast<__m256d>(mask)) == 0xf;
#else
  return (mask[0] & mask[1] & mask[2] & mask[3]) != 0;
#endif
}

// Floats as doubles, exactly, and back, rounded.
RC_INLINE void to_doubles(const Floats& floats, Doubles& values) {
#if defined(__AVX__)
  values = _mm256_cvtps_pd(floats);
#else
  values = __builtin_convertvector(floats, Doubles);
#endif
}
RC_INLINE void to_floats(const Doubles& values, Floats& floats) {
#if defined(__AVX__)
  floats = _mm256_cvtpd_ps(values);
#else
  floats = __builtin_convertvector(values, Floats);
#endif
}

// The doubles that are nearest to integers.
RC_INLINE void to_doubles(const Longs& integers, Doubles& values) {
#if defined(__x86_64__) && !defined(__AVX512DQ__)
  // Of no instruction, so by halves of 32 bits, the upper one as a number above -2^31: each becomes the
  // lowest bits of a double whose exponent gives them their worth. Only the last sum rounds.
  const Words bits = reinterpret_cast<Words>(integers);
  const Words low = (bits & 0xffffffff) | bit_cast<uint64_t>(0x1p52);
  const Words high = bits >> 32 ^ (bit_cast<uint64_t>(0x1p84) | 0x80000000);
  values = (reinterpret_cast<Doubles>(high) - (0x1p84 + 0x1p63 + 0x1p52)) +
           reinterpret_cast<Doubles>(low);
#else
  values = __builtin_convertvector(integers, Doubles);
#endif
}

// The first `channels` of four features that are `stride` apart, exactly; the others are 0.
template <class T>
RC_INLINE void load_lanes(const T* features, int64_t stride, int64_t channels, Doubles& lanes) {
  // Neither is a loop, which would build the vector in memory.
  if constexpr (std::is_same_v<T, float>) {
    Floats floats;
    if (channels == kLanes && stride == 1) {
      memcpy(&floats, features, sizeof floats);
    } else {
      floats =
          Floats{features[0], channels > 1 ? features[stride] : 0,
                 channels > 2 ? features[2 * stride] : 0, channels > 3 ? features[3 * stride] : 0};
    }
    to_doubles(floats, lanes);
  } else {
    lanes = Doubles{to_double(features[0]), channels > 1 ? to_double(features[stride]) : 0,
                    channels > 2 ? to_double(features[2 * stride]) : 0,
                    channels > 3 ? to_double(features[3 * stride]) : 0};
  }
}

// Rounds the first `channels` lanes into elements that are `stride` apart.
inline void store_each(Type type, char* data, int64_t element, int64_t stride, int64_t channels,
                       const Doubles& lanes) {
  with_type(type, [&](auto* p) {
    using T = std::remove_pointer_t<decltype(p)>;
    T* const target = reinterpret_cast<T*>(data) + element;
    for (int64_t k = 0; k < channels; ++k) target[k * stride] = from_double<T>(lanes[k]);
  });
}
RC_INLINE void store_lanes(Type type, char* data, int64_t element, int64_t stride, int64_t channels,
                           const Doubles& lanes) {
  if (type != Type::f32 || stride != 1) {
    return store_each(type, data, element, stride, channels, lanes);
  }
  const Doubles values = lanes == lanes ? lanes : reinterpret_cast<Doubles>(Longs{} + kNaNBits);
  Floats floats;
  to_floats(values, floats);
  auto* const target = reinterpret_cast<float*>(data) + element;
  if (channels == kLanes) {
    memcpy(target, &floats, sizeof floats);
  } else {
    for (int64_t k = 0; k < channels; ++k) target[k] = floats[k];
  }
}

// The first `channels` of four words, and back. What is loaded soon after it was stored has to be loaded
// in the same parts, or it waits for the cache.
RC_INLINE void load_words(const uint64_t* from, int64_t channels, Words& words) {
  if (channels == kLanes) {
    memcpy(&words, from, sizeof words);
    return;
  }
#if defined(__AVX__)
  if (channels == 3) {
    const __m128i two = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i one = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + 2));
    words = reinterpret_cast<Words>(_mm256_set_m128i(one, two));
    return;
  }
#endif
  words = Words{from[0], channels > 1 ? from[1] : 0, channels > 2 ? from[2] : 0, 0};
}
RC_INLINE void store_words(const Words& words, int64_t channels, uint64_t* to) {
  if (channels == kLanes) {
    memcpy(to, &words, sizeof words);
  } else {
    to[0] = words[0];
    if (channels > 1) to[1] = words[1];
    if (channels > 2) to[2] = words[2];
  }
}

RC_KERNELS_END
