// SPDX-License-Identifier: Apache-2.0
// Whole runs of channels of one target, for the modes that need no more than one or two samples: the
// same results as evaluate(), one loop per pair of types.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/common/numbers.h"
#include "kernels/resample/plan.h"

RC_KERNELS_BEGIN

// A run of channels: elements `stride` apart.
template <class Byte>
struct Run {
  Byte* data;
  int64_t stride;
};

// Loops for one pair of types. `linear` is null where the pair does not interpolate.
struct RowKernels {
  void (*copy)(Run<const char> from, Run<char> to, int64_t count);
  void (*linear)(Run<const char> v0, Run<const char> v1, double w, Run<char> to, int64_t count);
};

// In float32, exactly or rounded once.
template <class T>
inline float to_float(T x) {
  return static_cast<float>(to_double(x));
}
inline float to_float(float x) { return x; }
inline float to_float(BFloat16 x) { return bit_cast<float>(static_cast<uint32_t>(x.bits) << 16); }

template <class T>
inline T from_float(float x) {
  return from_double<T>(static_cast<double>(x));
}
template <>
inline float from_float<float>(float x) {
  return canonical(x);
}
template <>
inline BFloat16 from_float<BFloat16>(float x) {
  const uint32_t bits = bit_cast<uint32_t>(canonical(x));
  const uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
  return {static_cast<uint16_t>((x != x ? bits : rounded) >> 16)};
}

template <class In, class Out>
inline void copy_run(Run<const char> from, Run<char> to, int64_t count) {
  const auto* in = reinterpret_cast<const In*>(from.data);
  auto* out = reinterpret_cast<Out*>(to.data);
  if constexpr (std::is_same_v<In, Out>) {
    if (from.stride == 1 && to.stride == 1) {
      memcpy(out, in, static_cast<size_t>(count) * sizeof(In));
      return;
    }
    for (int64_t i = 0; i < count; ++i)
      memcpy(out + i * to.stride, in + i * from.stride, sizeof(In));
  } else {
    for (int64_t i = 0; i < count; ++i) {
      out[i * to.stride] = from_double<Out>(to_double(in[i * from.stride]));
    }
  }
}

template <class In, class Out>
inline Out linear_element(In v0, In v1, double w) {
  if constexpr (std::is_same_v<In, double>) {
    return from_double<Out>(linear(v0, v1, w));
  } else {
    return from_float<Out>(linear(to_float(v0), to_float(v1), static_cast<float>(w)));
  }
}

// Flattened: a call that is not inlined would keep the loop from becoming vector code.
template <class In, class Out>
__attribute__((flatten)) inline void linear_run(Run<const char> v0, Run<const char> v1, double w,
                                                Run<char> to, int64_t count) {
  const auto* a = reinterpret_cast<const In*>(v0.data);
  const auto* b = reinterpret_cast<const In*>(v1.data);
  auto* out = reinterpret_cast<Out*>(to.data);
  if (v0.stride == 1 && to.stride == 1) {  // a loop that compilers vectorise
    for (int64_t i = 0; i < count; ++i) out[i] = linear_element<In, Out>(a[i], b[i], w);
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    out[i * to.stride] = linear_element<In, Out>(a[i * v0.stride], b[i * v1.stride], w);
  }
}

inline RowKernels row_kernels(Type from, Type to) {
  RowKernels kernels = {};
  with_type(from, [&](auto* in) {
    using In = std::remove_pointer_t<decltype(in)>;
    with_type(to, [&](auto* out) {
      using Out = std::remove_pointer_t<decltype(out)>;
      if constexpr (!std::is_integral_v<Out>) {
        kernels = {copy_run<In, Out>, linear_run<In, Out>};
      } else if constexpr (std::is_same_v<In, Out>) {
        kernels = {copy_run<In, Out>, nullptr};
      }
    });
  });
  return kernels;
}

RC_KERNELS_END
