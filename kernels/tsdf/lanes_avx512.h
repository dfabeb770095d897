// SPDX-License-Identifier: Apache-2.0
// Sixteen float32 in lanes, by AVX-512.
#pragma once

#include <immintrin.h>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

constexpr int kLanes = 16;

struct Mask {
  __mmask16 bits;
};
struct Ints {
  __m512i lanes;
};
// Compilers know + - * / of it.
using Floats = __m512;

inline Floats all(float x) { return _mm512_set1_ps(x); }
inline Floats load(const float* from) { return _mm512_loadu_ps(from); }
// Eight numbers from each `stride` of memory.
inline Floats load_rows(const float* from, int64_t stride) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(from)),
                            _mm256_loadu_ps(from + stride), 1);
}
inline void store(float* to, Floats x) { _mm512_storeu_ps(to, x); }
inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Floats root(Floats x) { return _mm512_sqrt_ps(x); }

inline Mask greater(Floats a, Floats b) { return {_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ)}; }
inline Mask at_least(Floats a, Floats b) { return {_mm512_cmp_ps_mask(a, b, _CMP_GE_OQ)}; }
inline Mask is_nan(Floats x) { return {_mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q)}; }
inline Mask both(Mask a, Mask b) { return {_kand_mask16(a.bits, b.bits)}; }
inline Mask either(Mask a, Mask b) { return {_kor_mask16(a.bits, b.bits)}; }
inline Floats choose(Mask mask, Floats yes, Floats no) {
  return _mm512_mask_blend_ps(mask.bits, no, yes);
}
// Bit k is that of lane k.
inline unsigned bits_of(Mask mask) { return _cvtmask16_u32(mask.bits); }

// The lanes of a mask, laid out as load_rows() has them.
inline void store_rows(float* to, int64_t stride, Mask mask, Floats x) {
  __m256 second = _mm512_extractf32x8_ps(x, 1);
  // Not in one instruction with the store below, as GCC has it: unlike stores, VEXTRACTF32X8 into memory
  // that is not mapped faults even if no lane of the mask goes there.
  asm("" : "+v"(second));
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>(mask.bits & 0xff), x);
  _mm256_mask_storeu_ps(to + stride, static_cast<__mmask8>(mask.bits >> 8), second);
}

// Towards zero.
inline Ints to_ints(Floats x) { return {_mm512_cvttps_epi32(x)}; }
inline Floats to_floats(Ints x) { return _mm512_cvtepi32_ps(x.lanes); }
inline void store(int32_t* to, Ints x) { _mm512_storeu_si512(to, x.lanes); }
inline Ints operator+(Ints a, Ints b) { return {_mm512_add_epi32(a.lanes, b.lanes)}; }
inline Ints operator*(Ints a, int32_t b) {
  return {_mm512_mullo_epi32(a.lanes, _mm512_set1_epi32(b))};
}

// from[i] of the lanes of a mask, 0 of the others.
inline Floats gather(Mask mask, const float* from, Ints i) {
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask.bits, i.lanes, from, sizeof(float));
}

RC_KERNELS_END
