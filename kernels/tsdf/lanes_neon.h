// SPDX-License-Identifier: Apache-2.0
// Eight float32 in lanes, by NEON: two vectors of four.
#pragma once

#include <arm_neon.h>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

constexpr int kLanes = 8;

struct Mask {
  uint32x4_t low, high;
};
struct Ints {
  int32x4_t low, high;
};
struct Floats {
  float32x4_t low, high;
};

inline Floats all(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
inline Floats load(const float* from) { return {vld1q_f32(from), vld1q_f32(from + 4)}; }
// Eight numbers from each `stride` of memory.
inline Floats load_rows(const float* from, int64_t) { return load(from); }
inline void store(float* to, Floats x) {
  vst1q_f32(to, x.low);
  vst1q_f32(to + 4, x.high);
}
inline Floats operator+(Floats a, Floats b) { return {a.low + b.low, a.high + b.high}; }
inline Floats operator-(Floats a, Floats b) { return {a.low - b.low, a.high - b.high}; }
inline Floats operator*(Floats a, Floats b) { return {a.low * b.low, a.high * b.high}; }
inline Floats operator/(Floats a, Floats b) { return {a.low / b.low, a.high / b.high}; }
inline Floats multiply_add(Floats a, Floats b, Floats c) {
  return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}
inline Floats root(Floats x) { return {vsqrtq_f32(x.low), vsqrtq_f32(x.high)}; }

inline Mask greater(Floats a, Floats b) {
  return {vcgtq_f32(a.low, b.low), vcgtq_f32(a.high, b.high)};
}
inline Mask at_least(Floats a, Floats b) {
  return {vcgeq_f32(a.low, b.low), vcgeq_f32(a.high, b.high)};
}
inline Mask is_nan(Floats x) {
  return {vmvnq_u32(vceqq_f32(x.low, x.low)), vmvnq_u32(vceqq_f32(x.high, x.high))};
}
inline Mask both(Mask a, Mask b) { return {a.low & b.low, a.high & b.high}; }
inline Mask either(Mask a, Mask b) { return {a.low | b.low, a.high | b.high}; }
inline Floats choose(Mask mask, Floats yes, Floats no) {
  return {vbslq_f32(mask.low, yes.low, no.low), vbslq_f32(mask.high, yes.high, no.high)};
}
inline unsigned bits_of(Mask mask) {
  const uint32x4_t low = {1, 2, 4, 8}, high = {16, 32, 64, 128};
  return vaddvq_u32((mask.low & low) | (mask.high & high));
}

// The lanes of a mask, laid out as load_rows() has them.
inline void store_rows(float* to, int64_t, Mask mask, Floats x) {
  if (bits_of(mask) == 0xff) return store(to, x);
  float lanes[kLanes];
  store(lanes, x);
  for (unsigned rest = bits_of(mask); rest != 0; rest &= rest - 1) {
    const int k = __builtin_ctz(rest);
    to[k] = lanes[k];
  }
}

inline Ints to_ints(Floats x) { return {vcvtq_s32_f32(x.low), vcvtq_s32_f32(x.high)}; }
inline Floats to_floats(Ints x) { return {vcvtq_f32_s32(x.low), vcvtq_f32_s32(x.high)}; }
inline void store(int32_t* to, Ints x) {
  vst1q_s32(to, x.low);
  vst1q_s32(to + 4, x.high);
}
inline Ints operator+(Ints a, Ints b) {
  return {vaddq_s32(a.low, b.low), vaddq_s32(a.high, b.high)};
}
inline Ints operator*(Ints a, int32_t b) { return {vmulq_n_s32(a.low, b), vmulq_n_s32(a.high, b)}; }

inline Floats gather(Mask mask, const float* from, Ints i) {
  int32_t places[kLanes];
  float lanes[kLanes] = {};
  store(places, i);
  for (unsigned rest = bits_of(mask); rest != 0; rest &= rest - 1) {
    const int k = __builtin_ctz(rest);
    lanes[k] = from[places[k]];
  }
  return load(lanes);
}

RC_KERNELS_END
