// SPDX-License-Identifier: Apache-2.0
// Some neighbouring channels of one point or voxel on a CUDA device, in one access where they lie side
// by side.
#pragma once

#include "kernels/common/numbers.h"

RC_KERNELS_BEGIN

constexpr int kChannels = 4;

template <class T>
struct alignas(kChannels * sizeof(T)) Quad {
  T of[kChannels];
};

template <class T>
__device__ bool is_quad(const T* data, int64_t step, int64_t channels) {
  return step == 1 && channels >= kChannels &&
         reinterpret_cast<uintptr_t>(data) % sizeof(Quad<T>) == 0;
}

// Elements from `first` on, `step` apart; 0 where there are fewer channels.
template <class T>
__device__ Quad<T> load_quad(const T* first, int64_t step, int64_t channels) {
  if (is_quad(first, step, channels)) return *reinterpret_cast<const Quad<T>*>(first);
  Quad<T> quad = {};
  for (int k = 0; k < kChannels; ++k) {
    if (k < channels) quad.of[k] = first[k * step];
  }
  return quad;
}

// The same of an array, from number `start` on.
__device__ inline void load_channels(Type type, const char* data, int64_t start, int64_t step,
                                     int64_t channels, double (&values)[kChannels]) {
  with_type(type, [&](auto* p) {
    using T = std::remove_pointer_t<decltype(p)>;
    const Quad<T> quad = load_quad(reinterpret_cast<const T*>(data) + start, step, channels);
    for (int k = 0; k < kChannels; ++k) values[k] = to_double(quad.of[k]);
  });
}

// The first `channels` of a quad, as they are.
template <class T>
__device__ void store_quad(T* first, int64_t step, int64_t channels, const Quad<T>& quad) {
  if (is_quad(first, step, channels)) {
    *reinterpret_cast<Quad<T>*>(first) = quad;
  } else {
    for (int k = 0; k < kChannels; ++k) {
      if (k < channels) first[k * step] = quad.of[k];
    }
  }
}

__device__ inline void store_channels(Type type, char* data, int64_t start, int64_t step,
                                      int64_t channels, const double (&values)[kChannels]) {
  with_type(type, [&](auto* p) {
    using T = std::remove_pointer_t<decltype(p)>;
    Quad<T> quad;
    for (int k = 0; k < kChannels; ++k) quad.of[k] = from_double<T>(values[k]);
    store_quad(reinterpret_cast<T*>(data) + start, step, channels, quad);
  });
}

RC_KERNELS_END
