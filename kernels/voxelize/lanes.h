// SPDX-License-Identifier: Apache-2.0
// Four channels of a point at once, as vectors that compilers lower to what the SIMD level has.
#pragma once

#include "kernels/common/numbers.h"

RC_KERNELS_BEGIN

constexpr int64_t kLanes = 4;
typedef double Doubles __attribute__((vector_size(32)));
typedef int64_t Longs __attribute__((vector_size(32)));
typedef uint64_t Words __attribute__((vector_size(32)));
typedef float Floats __attribute__((vector_size(16)));

// Those of a canonical NaN.
constexpr int64_t kNaNBits = 0x7ff8000000000000;

// The first `channels` of four features that are `stride` apart, exactly; the others are 0.
template <class T>
inline void load_lanes(const T* features, int64_t stride, int64_t channels, Doubles& lanes) {
  if constexpr (std::is_same_v<T, float>) {
    if (channels == kLanes && stride == 1) {
      Floats floats;
      memcpy(&floats, features, sizeof floats);
      lanes = __builtin_convertvector(floats, Doubles);
      return;
    }
  }
  // Not a loop, which would build the vector in memory.
  lanes = Doubles{to_double(features[0]), channels > 1 ? to_double(features[stride]) : 0,
                  channels > 2 ? to_double(features[2 * stride]) : 0,
                  channels > 3 ? to_double(features[3 * stride]) : 0};
}

// Rounds the first `channels` lanes into elements that are `stride` apart.
inline void store_lanes(Type type, char* data, int64_t element, int64_t stride, int64_t channels,
                        const Doubles& lanes) {
  if (type == Type::f32 && channels == kLanes && stride == 1) {
    const Doubles values = lanes == lanes ? lanes : reinterpret_cast<Doubles>(Longs{} + kNaNBits);
    const Floats floats = __builtin_convertvector(values, Floats);
    memcpy(data + element * 4, &floats, sizeof floats);
    return;
  }
  with_type(type, [&](auto* p) {
    using T = std::remove_pointer_t<decltype(p)>;
    T* const target = reinterpret_cast<T*>(data) + element;
    for (int64_t k = 0; k < channels; ++k) target[k * stride] = from_double<T>(lanes[k]);
  });
}

RC_KERNELS_END
