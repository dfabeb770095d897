// SPDX-License-Identifier: Apache-2.0
// What a thread makes of the few points of one voxel, one after the other. On the way to shared memory
// the features of a point become floats:
//
//   SumChain      the integers of the header's fixed point, which floats hold exactly
//   ExtremeChain  the features themselves
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/voxelize/channels_cuda.cuh"
#include "kernels/voxelize/sums_cuda.cuh"

RC_KERNELS_BEGIN

// Points of a tile whose voxels are reduced so. Doubles hold all sums of so few integers.
constexpr uint32_t kChained = 2880;
static_assert(kChained < 1 << 12);

// Rounds to T once.
template <class T>
__device__ T narrow_float(float x);
template <>
__device__ inline float narrow_float<float>(float x) {
  return canonical(x);
}
template <>
__device__ inline Half narrow_float<Half>(float x) {
  Half rounded;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(rounded.bits) : "f"(x));
  return is_nan(x) ? Half{0x7e00} : rounded;
}
template <>
__device__ inline BFloat16 narrow_float<BFloat16>(float x) {
  if (is_nan(x)) return BFloat16{0x7fc0};
  const uint32_t bits = bit_cast<uint32_t>(x);
  return BFloat16{static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

struct alignas(16) Floats {
  float of[kChannels];
};

template <class T>
class SumChain {
 public:
  using Number = T;
  using Row = Quad<T>;
  struct Held {
    double sums[kChannels];
  };

  // What the threads of a block share.
  struct Scales {
    Floats up, down;
    float bound;  // of all channels
  };
  __device__ static void set(Scales& scales, int k, const ChannelScale& scale) {
    scales.up.of[k] = static_cast<float>(scale.up.first * scale.up.second);
    scales.down.of[k] = static_cast<float>(scale.down[0] * scale.down[1]);
    scales.bound = static_cast<float>(scale.up.bound);
  }

  // `exact` are the scales of kChannels channels.
  __device__ SumChain(const VoxelPlan& plan, const Scales& scales, const ChannelScale* exact)
      : mean_(plan.reduce == RC_REDUCE_MEAN), scales_(scales), exact_(exact) {}
  // Whether floats can hold all that this takes. Powers of two and their inverses must be normal.
  __device__ static bool serves(const ChannelScale& scale) {
    constexpr int kMostPlaces = 126;
    const double bound = scale.up.bound;
    return scale.up.places >= -kMostPlaces && scale.up.places <= kMostPlaces &&
           static_cast<double>(static_cast<float>(bound)) == bound;
  }
  // False where a feature is not finite.
  __device__ bool prepare(const Row& row, Floats& floats) const {
    float zero = 0;
    const Floats up = scales_.up;
    const float bound = scales_.bound;
    for (int k = 0; k < kChannels; ++k) {
      const auto x = static_cast<float>(to_double(row.of[k]));
      zero = __fmaf_rn(x, 0.0f, zero);
      // An integer 0 has no sign.
      floats.of[k] = rintf(fminf(fmaxf(x, -bound), bound) * up.of[k]) + 0.0f;
    }
    return zero == 0;
  }
  __device__ void take(Held& held, const Floats& floats) const {
    for (int k = 0; k < kChannels; ++k) held.sums[k] += static_cast<double>(floats.of[k]);
  }
  __device__ Row finish(const Held& held, uint32_t count) const {
    return finish(held.sums[0], held.sums[1], held.sums[2], held.sums[3], count, mean_, exact_);
  }
  // Of one point.
  __device__ Row finish(const Floats& floats) const {
    const Floats down = scales_.down;
    Row row;
    for (int k = 0; k < kChannels; ++k) row.of[k] = narrow_float<T>(floats.of[k] * down.of[k]);
    return row;
  }

 private:
  // Not inlined: its registers are those that the loops over points need.
  static __device__ __noinline__ Row finish(double a, double b, double c, double d, uint32_t count,
                                            bool mean, const ChannelScale* exact) {
    const double sums[kChannels] = {a, b, c, d};
    const VoxelState state = {0, 0, count};
    const Divisor points(static_cast<double>(count));
    Row row;
    for (int k = 0; k < kChannels; ++k) {
      const double sum = sums[k] * exact[k].down[0] * exact[k].down[1];
      row.of[k] = from_double<T>(finish_sum(mean, sum, state, points));
    }
    return row;
  }

  bool mean_;
  const Scales& scales_;
  const ChannelScale* const exact_;
};

template <class T>
class ExtremeChain {
 public:
  using Number = T;
  using Row = Quad<T>;
  struct Held {
    float best[kChannels];
    bool any;
  };

  struct Scales {};
  __device__ static void set(Scales&, int, const ChannelScale&) {}

  __device__ ExtremeChain(const VoxelPlan& plan, const Scales&, const ChannelScale*)
      : max_(plan.reduce == RC_REDUCE_MAX) {}
  __device__ static bool serves(const ChannelScale&) { return true; }
  __device__ bool prepare(const Row& row, Floats& floats) const {
    for (int k = 0; k < kChannels; ++k) floats.of[k] = static_cast<float>(to_double(row.of[k]));
    return true;
  }
  __device__ void take(Held& held, const Floats& floats) const {
    for (int k = 0; k < kChannels; ++k) {
      const float x = floats.of[k];
      held.best[k] = !held.any ? x : max_ ? greater(held.best[k], x) : lesser(held.best[k], x);
    }
    held.any = true;
  }
  __device__ Row finish(const Held& held, uint32_t) const {
    Row row;
    for (int k = 0; k < kChannels; ++k) row.of[k] = narrow_float<T>(held.best[k]);
    return row;
  }
  __device__ Row finish(const Floats& floats) const {
    Row row;
    for (int k = 0; k < kChannels; ++k) row.of[k] = narrow_float<T>(floats.of[k]);
    return row;
  }

 private:
  // NaN if one is, and -0 is less than +0.
  __device__ static float greater(float a, float b) {
    float result;
    asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
    return result;
  }
  __device__ static float lesser(float a, float b) {
    float result;
    asm("min.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
    return result;
  }

  bool max_;
};

RC_KERNELS_END
