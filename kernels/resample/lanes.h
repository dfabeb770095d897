// SPDX-License-Identifier: Apache-2.0
// Vectors of a SIMD level: how elements become numbers to compute with, and back. Vectors are those of
// GCC and Clang, which know their arithmetic; what has an instruction of its own that compilers do not
// find is written with it here, and nowhere else.
//
// Rounding is that of numbers.h, to the bit: once, to nearest even, and NaN is made canonical before
// it is stored.
#pragma once

#include <cstdint>
#include <utility>

#include "kernels/common/numbers.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

RC_KERNELS_BEGIN

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

// Elements of type T in a vector.
template <class T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <class T, int N>
struct VectorOf {
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};
template <class T>
struct VectorOf<T, 1> {
  typedef T type;
};
// N numbers; one is a plain number.
template <class T, int N>
using Vector = typename VectorOf<T, N>::type;

// A number of lanes as a type.
template <int N>
using Lanes = std::integral_constant<int, N>;

// Calls chunk(Lanes<n>, i) for runs of n elements from i on that cover [0, count). Where count is no
// multiple of n the last run begins earlier and covers some elements again.
template <int N, class Chunk>
inline void cover(int64_t count, const Chunk& chunk) {
  if constexpr (N < 4) {
    for (int64_t i = 0; i < count; ++i) chunk(Lanes<1>(), i);
  } else if (count < N) {
    cover<N / 2>(count, chunk);
  } else {
    int64_t i = 0;
    for (; i + N <= count; i += N) chunk(Lanes<N>(), i);
    if (i < count) chunk(Lanes<N>(), count - N);
  }
}

// What elements of type T are computed in.
template <class T>
using Compute = std::conditional_t<std::is_same_v<T, double>, double, float>;

// Float32 widened exactly from 16 bits of either kind, and 16 bits rounded from it.
template <int N>
inline void widen_lanes(const BFloat16* from, Vector<float, N>& to) {
  Vector<uint16_t, N> bits;
  memcpy(&bits, from, sizeof bits);
  to = (Vector<float, N>)(__builtin_convertvector(bits, Vector<uint32_t, N>) << 16);
}
template <int N>
inline void widen_lanes(const Half* from, Vector<float, N>& to) {
#if defined(__AVX512F__)
  if constexpr (N == 16) {
    to = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    return;
  }
#endif
#if defined(__F16C__)
  if constexpr (N == 8) {
    to = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    return;
  } else if constexpr (N == 4) {
    to = _mm_cvtph_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
    return;
  }
#elif defined(__ARM_NEON)
  if constexpr (N == 4) {
    to = vcvt_f32_f16(vld1_f16(reinterpret_cast<const float16_t*>(from)));
    return;
  }
#endif
  for (int i = 0; i < N; ++i) to[i] = static_cast<float>(to_double(from[i]));
}
template <int N>
inline void narrow_lanes(const Vector<float, N>& from, BFloat16* to) {
  using Bits = Vector<uint32_t, N>;
  Bits bits = (Bits)from;
  const Bits rounded = bits + 0x7fff + (bits >> 16 & 1);
  bits = (from == from ? rounded : bits) >> 16;
  const auto narrow = __builtin_convertvector(bits, Vector<uint16_t, N>);
  memcpy(to, &narrow, sizeof narrow);
}
template <int N>
inline void narrow_lanes(const Vector<float, N>& from, Half* to) {
#if defined(__AVX512F__)
  if constexpr (N == 16) {
    const __m256i bits = _mm512_cvtps_ph(from, _MM_FROUND_TO_NEAREST_INT);
    return _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bits);
  }
#endif
#if defined(__F16C__)
  if constexpr (N == 8) {
    const __m128i bits = _mm256_cvtps_ph(from, _MM_FROUND_TO_NEAREST_INT);
    return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bits);
  } else if constexpr (N == 4) {
    const __m128i bits = _mm_cvtps_ph(from, _MM_FROUND_TO_NEAREST_INT);
    return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bits);
  }
#elif defined(__ARM_NEON)
  if constexpr (N == 4) {
    return vst1_f16(reinterpret_cast<float16_t*>(to), vcvt_f16_f32(from));
  }
#endif
  for (int i = 0; i < N; ++i) to[i] = from_double<Half>(from[i]);
}

// Elements as numbers: exactly, but for int32, which is rounded once.
template <int N, class T>
inline void load_lanes(const T* from, Vector<Compute<T>, N>& to) {
  if constexpr (N == 1) {
    to = static_cast<Compute<T>>(to_double(*from));
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    widen_lanes<N>(from, to);
  } else {
    Vector<T, N> elements;
    memcpy(&elements, from, sizeof elements);
    if constexpr (sizeof(T) == 1) {
      to = __builtin_convertvector(__builtin_convertvector(elements, Vector<int16_t, N>),
                                   Vector<float, N>);
    } else {
      to = __builtin_convertvector(elements, Vector<Compute<T>, N>);
    }
  }
}

// Elements in float64, exactly.
template <int N, class T>
RC_INLINE void load_doubles(const T* from, Vector<double, N>& to) {
  if constexpr (N == 1) {
    to = to_double(*from);
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    Vector<float, N> floats;
    widen_lanes<N>(from, floats);
    to = __builtin_convertvector(floats, Vector<double, N>);
  } else {
    Vector<T, N> elements;
    memcpy(&elements, from, sizeof elements);
    to = __builtin_convertvector(elements, Vector<double, N>);
  }
}

// What a vector, or a plain number, holds.
template <class V>
struct ElementOf {
  using type = std::decay_t<decltype(std::declval<V>()[0])>;
};
template <>
struct ElementOf<float> {
  using type = float;
};
template <>
struct ElementOf<double> {
  using type = double;
};

// Whether a comparison holds anywhere.
template <class Mask>
inline bool any_lane(const Mask& mask) {
#if defined(__AVX2__)
  if constexpr (sizeof mask == 32) return _mm256_movemask_epi8((__m256i)mask) != 0;
#endif
#if defined(__SSE2__)
  if constexpr (sizeof mask == 16) return _mm_movemask_epi8((__m128i)mask) != 0;
#elif defined(__ARM_NEON)
  if constexpr (sizeof mask == 16) return vmaxvq_u32((uint32x4_t)mask) != 0;
#endif
  bool any = false;
  for (size_t i = 0; i < sizeof mask / sizeof mask[0]; ++i) any |= mask[i] != 0;
  return any;
}

// Numbers whose NaN are canonical, as elements.
template <int N, class V, class T>
inline void store_lanes(const V& from, T* to) {
  using From = typename ElementOf<V>::type;
  if constexpr (N == 1) {
    *to = from_double<T>(from);
  } else if constexpr (std::is_same_v<T, From>) {
    memcpy(to, &from, sizeof from);
  } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    const auto converted = __builtin_convertvector(from, Vector<T, N>);
    memcpy(to, &converted, sizeof converted);
  } else if constexpr (std::is_same_v<From, float>) {
    narrow_lanes<N>(from, to);
  } else {
    for (int i = 0; i < N; ++i) to[i] = from_double<T>(from[i]);
  }
}

// Makes c = fma(a, b, c). Compilers do not always make one instruction of the loop.
template <int N, class T, class V>
inline void fma_lanes(T a, const V& b, V& c) {
  if constexpr (N == 1) {
    c = std::fma(a, b, c);
#if defined(__AVX512F__)
  } else if constexpr (std::is_same_v<V, Vector<float, 16>>) {
    c = _mm512_fmadd_ps(_mm512_set1_ps(a), b, c);
  } else if constexpr (std::is_same_v<V, Vector<double, 8>>) {
    c = _mm512_fmadd_pd(_mm512_set1_pd(a), b, c);
#endif
#if defined(__FMA__)
  } else if constexpr (std::is_same_v<V, Vector<float, 8>>) {
    c = _mm256_fmadd_ps(_mm256_set1_ps(a), b, c);
  } else if constexpr (std::is_same_v<V, Vector<float, 4>>) {
    c = _mm_fmadd_ps(_mm_set1_ps(a), b, c);
  } else if constexpr (std::is_same_v<V, Vector<double, 4>>) {
    c = _mm256_fmadd_pd(_mm256_set1_pd(a), b, c);
#elif defined(__ARM_NEON)
  } else if constexpr (std::is_same_v<V, Vector<float, 4>>) {
    c = vfmaq_n_f32(c, b, a);
#endif
  } else {
    for (int i = 0; i < N; ++i) c[i] = std::fma(a, b[i], c[i]);
  }
}

// Whether there was a NaN among the vectors that it saw.
template <class V>
class NaNWatch {
 public:
  void see(const V& numbers) { seen_ |= numbers != numbers; }
  bool any() const { return any_lane(seen_); }

 private:
  decltype(std::declval<V>() != std::declval<V>()) seen_ = {};
};
#if defined(__AVX512F__)
template <>
class NaNWatch<Vector<float, 16>> {
 public:
  void see(__m512 numbers) { seen_ |= _mm512_cmp_ps_mask(numbers, numbers, _CMP_UNORD_Q); }
  bool any() const { return seen_ != 0; }

 private:
  __mmask16 seen_ = 0;
};
template <>
class NaNWatch<Vector<double, 8>> {
 public:
  void see(__m512d numbers) { seen_ |= _mm512_cmp_pd_mask(numbers, numbers, _CMP_UNORD_Q); }
  bool any() const { return seen_ != 0; }

 private:
  __mmask8 seen_ = 0;
};
#endif

// Makes all NaN canonical; whether there was one.
template <int N, class V>
inline bool canonical_lanes(V& numbers) {
  using T = typename ElementOf<V>::type;
  const T nan = canonical(static_cast<T>(__builtin_nan("")));
  if constexpr (N == 1) {
    if (numbers == numbers) return false;
    numbers = nan;
    return true;
#if defined(__AVX512F__)
  } else if constexpr (std::is_same_v<V, Vector<float, 16>>) {
    const __mmask16 is_nan = _mm512_cmp_ps_mask(numbers, numbers, _CMP_UNORD_Q);
    numbers = _mm512_mask_blend_ps(is_nan, numbers, _mm512_set1_ps(nan));
    return is_nan != 0;
  } else if constexpr (std::is_same_v<V, Vector<double, 8>>) {
    const __mmask8 is_nan = _mm512_cmp_pd_mask(numbers, numbers, _CMP_UNORD_Q);
    numbers = _mm512_mask_blend_pd(is_nan, numbers, _mm512_set1_pd(nan));
    return is_nan != 0;
#endif
  } else {
    const auto is_nan = numbers != numbers;
    numbers = is_nan ? V{} + nan : numbers;
    return any_lane(is_nan);
  }
}

RC_KERNELS_END
