// SPDX-License-Identifier: Apache-2.0
// Eight float32 in lanes, by AVX2 and FMA.
#pragma once

#include <immintrin.h>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

constexpr int kLanes = 8;

struct Mask {
  __m256 bits;
};
struct Ints {
  __m256i lanes;
};
// Compilers know + - * / of it.
using Floats = __m256;

inline Floats all(float x) { return _mm256_set1_ps(x); }
inline Floats load(const float* from) { return _mm256_loadu_ps(from); }
// Eight numbers from each `stride` of memory.
inline Floats load_rows(const float* from, int64_t) { return load(from); }
inline void store(float* to, Floats x) { _mm256_storeu_ps(to, x); }
inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Floats root(Floats x) { return _mm256_sqrt_ps(x); }

inline Mask greater(Floats a, Floats b) { return {_mm256_cmp_ps(a, b, _CMP_GT_OQ)}; }
inline Mask at_least(Floats a, Floats b) { return {_mm256_cmp_ps(a, b, _CMP_GE_OQ)}; }
inline Mask is_nan(Floats x) { return {_mm256_cmp_ps(x, x, _CMP_UNORD_Q)}; }
inline Mask both(Mask a, Mask b) { return {_mm256_and_ps(a.bits, b.bits)}; }
inline Mask either(Mask a, Mask b) { return {_mm256_or_ps(a.bits, b.bits)}; }
inline Floats choose(Mask mask, Floats yes, Floats no) {
  return _mm256_blendv_ps(no, yes, mask.bits);
}
// Bit k is that of lane k.
inline unsigned bits_of(Mask mask) { return static_cast<unsigned>(_mm256_movemask_ps(mask.bits)); }

// The lanes of a mask, laid out as load_rows() has them.
inline void store_rows(float* to, int64_t, Mask mask, Floats x) {
  _mm256_maskstore_ps(to, _mm256_castps_si256(mask.bits), x);
}

// Towards zero.
inline Ints to_ints(Floats x) { return {_mm256_cvttps_epi32(x)}; }
inline Floats to_floats(Ints x) { return _mm256_cvtepi32_ps(x.lanes); }
inline void store(int32_t* to, Ints x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x.lanes);
}
inline Ints operator+(Ints a, Ints b) { return {_mm256_add_epi32(a.lanes, b.lanes)}; }
inline Ints operator*(Ints a, int32_t b) {
  return {_mm256_mullo_epi32(a.lanes, _mm256_set1_epi32(b))};
}

// from[i] of the lanes of a mask, 0 of the others.
inline Floats gather(Mask mask, const float* from, Ints i) {
  return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), from, i.lanes, mask.bits, sizeof(float));
}

RC_KERNELS_END
