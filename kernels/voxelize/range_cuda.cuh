// SPDX-License-Identifier: Apache-2.0
// The range of features on a CUDA device: the highest exponent of each channel of each cloud, and the
// scales that follow from it.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/cell.h"
#include "kernels/voxelize/channels_cuda.cuh"
#include "kernels/voxelize/sums_cuda.cuh"

RC_KERNELS_BEGIN

// Whether a thread is to tell of what it has seen of a cloud: one for its warp, where all threads end in one
// cloud. That one then knows the greatest. To be called by whole warps.
template <class Cloud, class Number>
__device__ bool speaks_for_warp(Cloud cloud, Number (&greatest)[kChannels]) {
  int same;
  __match_all_sync(0xffffffffu, cloud, &same);
  if (same) {
    for (Number& number : greatest) number = __reduce_max_sync(0xffffffffu, number);
  }
  return !same || threadIdx.x % 32 == 0;
}

// Raises exponents of kChannels channels, or of fewer; few threads have news, most need only look.
__device__ inline void raise_exponents(int32_t* exponents, int64_t channels,
                                       const int32_t (&highest)[kChannels]) {
  // All loads on their way before the first answer is needed.
  int32_t known[kChannels];
  for (int k = 0; k < kChannels; ++k) {
    known[k] = k < channels ? *static_cast<volatile int32_t*>(exponents + k) : INT32_MAX;
  }
  for (int k = 0; k < kChannels; ++k) {
    if (known[k] < highest[k]) atomicMax(exponents + k, highest[k]);
  }
}

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
    double values[kChannels];
    const int64_t start = start_of(features_, place) + first_ * features_.channel;
    load_channels(features_.type, features_.data, start, features_.channel, width_ - first_,
                  values);
    look(place.cloud, values);
  }

  // To be called by whole warps.
  __device__ void finish() {
    if (speaks_for_warp(cloud_, highest_)) tell();
  }

 private:
  __device__ void look(int64_t cloud, const double (&values)[kChannels]) {
    if (cloud != cloud_) {
      tell();
      forget();
      cloud_ = cloud;
    }
    for (int k = 0; k < kChannels; ++k) {
      const bool counts = values[k] != 0 && is_finite(values[k]);
      if (counts) highest_[k] = max(highest_[k], exponent_of(values[k]));
    }
  }

  __device__ void forget() {
    for (int32_t& exponent : highest_) exponent = kNoExponent;
  }

  __device__ void tell() const {
    if (cloud_ < 0) return;
    raise_exponents(exponents_ + cloud_ * width_ + first_, width_ - first_, highest_);
  }

  const Array& features_;
  int32_t* exponents_;
  int64_t width_, first_, cloud_ = -1;
  int32_t highest_[kChannels];
};

// Blocks that measure ranges: few enough for their threads to see many points each.
inline unsigned range_blocks(int64_t points) {
  constexpr int64_t kMost = 2048;
  return static_cast<unsigned>(std::min<int64_t>(blocks_for(points), kMost));
}

// No range seen yet.
static __global__ void __launch_bounds__(kTile) clear_exponents(int32_t* exponents, int64_t count) {
  for_each_number(count, [&](int64_t i) { exponents[i] = kNoExponent; });
}

// What sums need to know of the features; their gradients do not.
struct Ranges {
  int32_t* exponents;    // [clouds, width], where the plan measures their range
  ChannelScale* scales;  // where they are summed
};

inline Ranges take_ranges(const VoxelPlan& plan, Carver& carver) {
  const bool sums = plan.reduce == RC_REDUCE_SUM || plan.reduce == RC_REDUCE_MEAN;
  Ranges ranges = {};
  if (plan.measures_range()) ranges.exponents = carver.take<int32_t>(scales_of(plan));
  if (sums && plan.op != RC_OP_VOXELIZE_BACKWARD) {
    ranges.scales = carver.take<ChannelScale>(scales_of(plan));
  }
  return ranges;
}

inline void clear_ranges(const VoxelPlan& plan, const Ranges& ranges, cudaStream_t stream) {
  if (ranges.exponents == nullptr) return;
  const int64_t count = scales_of(plan);
  clear_exponents<<<blocks_for(count), kTile, 0, stream>>>(ranges.exponents, count);
}

// Once the range is known.
inline void scale_ranges(const VoxelPlan& plan, const Ranges& ranges, cudaStream_t stream) {
  if (ranges.scales == nullptr) return;
  const int64_t count = scales_of(plan);
  make_scales<<<blocks_for(count), kTile, 0, stream>>>(plan, ranges.exponents, ranges.scales,
                                                       count);
}

RC_KERNELS_END
