// SPDX-License-Identifier: Apache-2.0
// The range of features on a CUDA device: the highest exponent of each channel of each cloud.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/cell.h"
#include "kernels/voxelize/channels_cuda.cuh"
#include "kernels/voxelize/reduce.h"

RC_KERNELS_BEGIN

// What a thread has seen of kChannels channels from `first` on. Threads meet where they tell it, so
// each should see many points, of one cloud as long as it can.
class RangeWatch {
 public:
  __device__ RangeWatch(const VoxelPlan& plan, int32_t* exponents, int64_t first)
      : features_(plan.features), exponents_(exponents), width_(plan.width), first_(first) {
    forget();
  }

  // Looks at the features of a point that has a cell.
  __device__ void see(const PointPlace& place) {
    if (place.cloud != cloud_) {
      tell();
      forget();
      cloud_ = place.cloud;
    }
    double values[kChannels];
    const int64_t start = start_of(features_, place) + first_ * features_.channel;
    load_channels(features_.type, features_.data, start, features_.channel, width_ - first_,
                  values);
    for (int k = 0; k < kChannels; ++k) {
      const bool counts = values[k] != 0 && is_finite(values[k]);
      if (counts) highest_[k] = max(highest_[k], exponent_of(values[k]));
    }
  }

  // To be called by all threads of a warp, which speak with one voice where they end in one cloud.
  __device__ void finish() {
    int same;
    __match_all_sync(0xffffffffu, cloud_, &same);
    if (same) {
      for (int32_t& exponent : highest_) exponent = __reduce_max_sync(0xffffffffu, exponent);
    }
    if (!same || threadIdx.x % 32 == 0) tell();
  }

 private:
  __device__ void forget() {
    for (int32_t& exponent : highest_) exponent = kNoExponent;
  }

  // Raises the exponents in memory; few threads have news, most need only look.
  __device__ void tell() const {
    if (cloud_ < 0) return;
    int32_t* const exponents = exponents_ + cloud_ * width_ + first_;
    for (int k = 0; k < kChannels; ++k) {
      if (k >= width_ - first_) break;
      if (*static_cast<volatile int32_t*>(exponents + k) < highest_[k]) {
        atomicMax(exponents + k, highest_[k]);
      }
    }
  }

  const Array& features_;
  int32_t* exponents_;
  int64_t width_, first_, cloud_ = -1;
  int32_t highest_[kChannels];
};

// No range seen yet.
static __global__ void __launch_bounds__(kTile) clear_exponents(int32_t* exponents, int64_t count) {
  for_each_number(count, [&](int64_t i) { exponents[i] = kNoExponent; });
}

RC_KERNELS_END
