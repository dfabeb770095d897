// SPDX-License-Identifier: Apache-2.0
// The range of rows of float, Half or BFloat16 that a block has in shared memory.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/voxelize/range_cuda.cuh"

RC_KERNELS_BEGIN

// The greatest magnitude of kChannels channels that a thread has seen, of one cloud at a time.
template <class T>
class MagnitudeWatch {
 public:
  // `exponents` [clouds, width], from the first one of the channels on.
  __device__ MagnitudeWatch(int32_t* exponents, int64_t width, int channels)
      : exponents_(exponents), width_(width), channels_(channels) {}

  __device__ void see(int cloud, const Quad<T>& row) {
    if (cloud != cloud_) {
      tell();
      cloud_ = cloud;
      for (uint32_t& magnitude : greatest_) magnitude = 0;
    }
    look(row);
  }
  // To be called by whole warps.
  __device__ void finish() {
    if (speaks_for_warp(cloud_, greatest_)) tell();
  }

 private:
  static constexpr uint32_t kInfinite = 0x7f800000u;

  __device__ void look(const Quad<T>& row) {
    for (int k = 0; k < kChannels; ++k) {
      const uint32_t magnitude =
          bit_cast<uint32_t>(static_cast<float>(to_double(row.of[k]))) & 0x7fffffffu;
      if (magnitude < kInfinite) greatest_[k] = max(greatest_[k], magnitude);
    }
  }

  __device__ void tell() const {
    if (cloud_ < 0) return;
    int32_t highest[kChannels];
    for (int k = 0; k < kChannels; ++k) {
      const auto magnitude = static_cast<double>(bit_cast<float>(greatest_[k]));
      highest[k] = greatest_[k] == 0 ? kNoExponent : exponent_of(magnitude);
    }
    raise_exponents(exponents_ + cloud_ * width_, channels_, highest);
  }

  int32_t* const exponents_;
  const int64_t width_;
  const int channels_;
  int cloud_ = -1;
  uint32_t greatest_[kChannels] = {};
};

RC_KERNELS_END
