// SPDX-License-Identifier: Apache-2.0
// Sums and means on a CUDA device, with what voxels have in common computed once.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/reduce.h"

RC_KERNELS_BEGIN

// The scale of a channel of a cloud.
struct ChannelScale {
  Scale up;
  double down[2];  // the two factors of its inverse
};

// `exponents` [clouds, width] is read where the range is measured.
__device__ inline ChannelScale channel_scale(const VoxelPlan& plan, const int32_t* exponents,
                                             int64_t cloud, int64_t channel) {
  const bool any = plan.width != 0 && plan.features;
  const Scale up = any ? scale_of(plan, exponents, cloud, channel) : scale_of(0, HUGE_VAL);
  const int half = -up.places / 2;
  return {up, {power_of_two(half), power_of_two(-up.places - half)}};
}

// Scales [clouds, width] from exponents, or one that nothing uses where there are no channels.
static __global__ void __launch_bounds__(kTile)
    make_scales(const __grid_constant__ VoxelPlan plan, const int32_t* exponents,
                ChannelScale* scales, int64_t count) {
  for_each_number(count, [&](int64_t i) {
    const int64_t width = max(plan.width, int64_t{1});
    scales[i] = channel_scale(plan, exponents, i / width, i % width);
  });
}

// Entries of that array.
inline int64_t scales_of(const VoxelPlan& plan) {
  return std::max<int64_t>(plan.cloud.clouds * plan.width, 1);
}

__device__ inline double value_of(const ExactSum& sum, const ChannelScale& scale) {
  if (sum.special != 0) return value_of(sum, scale.up);
  return to_double(sum) * scale.down[0] * scale.down[1];
}

// An integer below 2^53 to divide by more than once.
class Divisor {
 public:
  explicit __device__ Divisor(double n) : n_(n), inverse_(1 / n) {}

  // a / n, to the same bits: the residual of the first guess is exact, and its correction rounds
  // right (P. Markstein, Computation of elementary functions on the IBM RISC System/6000 processor,
  // IBM J. Res. Dev. 34, 1990, theorem 7), unless all bits of n are ones or something leaves the
  // range of normal numbers.
  __device__ double of(double a) const {
    const double magnitude = a < 0 ? -a : a;
    if (!(magnitude > 0x1p-800 && magnitude < 0x1p900)) return a / n_;
    const double guess = a * inverse_;
    return fma(fma(-n_, guess, a), inverse_, guess);
  }

 private:
  double n_, inverse_;
};

// As on the CPU; `points` are those of the voxel, old ones too.
__device__ inline double finish_sum(bool mean, double sum, const VoxelState& state,
                                    const Divisor& points) {
  const double total = total_of(mean, sum, state);
  return mean ? points.of(total) : total;
}

RC_KERNELS_END
