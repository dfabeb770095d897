// SPDX-License-Identifier: Apache-2.0
// Frames as the kernel that integrates them has them: where a voxel falls on one, and what is there.
#pragma once

#include "kernels/tsdf/integrate.h"
#include "kernels/tsdf/scratch_cuda.cuh"
#include "kernels/tsdf/usual_cuda.cuh"

RC_KERNELS_BEGIN

// The bits of 2^23 + n, for n in [0, 2^22), as many pixels as an image may have along a side, number
// pixel n: no conversions, which devices do slowly.
constexpr float kPixelZero = 0x1p23f;
constexpr int32_t kPixel = 0x4b000000;
struct Place {
  int32_t row, column;
};

// Numbers of a call. Index: an unsigned type whose numbers, modulo its size, are elements of a frame.
template <class Index>
struct Numbers {
  // Bits of the greatest depth that counts.
  uint32_t greatest;
  // What is farther in front of what is measured is free space.
  float least_free;
  // z of a voxel whose numbers may be of a usual size is greater.
  float nearest;
  float per_truncation;
  // Pixel (r, c) is element `first + (kPixel + r) * row + (kPixel + c) * column` of its depth image.
  Index first, row, column;
  // Words of 32 columns of masks.
  Index strip;
  // Whether the voxels of a thread are one access.
  bool has_pairs;
};

// A frame of a pass. Each row of the camera is one access.
template <class Depth>
struct alignas(16) View {
  Camera camera;
  const Depth* depth;
  // The word of a place is Masks::word_of() behind.
  const uint32_t* masks;
};

// False where the frame does not see voxel (x, y, z) in front of the camera, 1 / z being `inverse`. As
// numbers without a sign rows and columns beside the image are too great, whatever they are made of.
__device__ inline bool place_of(const IntegratePlan& plan, const Camera& camera, float x, float y,
                                float z, float inverse, Place& place) {
  const auto at = [&](int side) {
    const float pixel = fmaf(dot(camera.rows[side], x, y, z), inverse, camera.middle[side]);
    return __float_as_int(__fadd_rd(pixel, kPixelZero));
  };
  place = {at(1), at(0)};
  const auto is_in = [](int32_t pixel, int64_t size) {
    return static_cast<uint32_t>(pixel - kPixel) < static_cast<uint32_t>(size);
  };
  return is_in(place.column, plan.width) && is_in(place.row, plan.height);
}

// What a frame has where a voxel falls on it: the bits of the depth, 0, which is no measurement, beside
// the image.
struct Sample {
  Place place;
  float z;
  uint32_t depth;
};

template <class Depth, class Index>
__device__ Sample sample_at(const IntegratePlan& plan, const Numbers<Index>& numbers,
                            const View<Depth>& view, float x, float y, float z) {
  Sample sample;
  sample.z = dot(view.camera.rows[2], x, y, z);
  sample.depth = 0;
  if (place_of(plan, view.camera, x, y, z, inverse_of(sample.z), sample.place)) {
    const Index element = numbers.first + static_cast<Index>(sample.place.row) * numbers.row +
                          static_cast<Index>(sample.place.column) * numbers.column;
    using Bits = std::conditional_t<std::is_same_v<Depth, float>, uint32_t, Depth>;
    sample.depth = __ldg(reinterpret_cast<const Bits*>(view.depth) +
                         static_cast<std::make_signed_t<Index>>(element));
  }
  return sample;
}

template <class Index>
__device__ bool is_usual(const Numbers<Index>& numbers, const Sample& sample) {
  return (sample.z > numbers.nearest) & (sample.z < kMostUsual);
}

// is_measurement() of depths as images have them: numbers above 0 are in the order of their bits.
template <class Index>
__device__ bool is_measured(const Numbers<Index>& numbers, const Sample& sample) {
  return sample.depth - 1 < numbers.greatest;
}

template <class Depth>
__device__ float measurement_of(const IntegratePlan& plan, const Sample& sample) {
  const bool is_float = std::is_same_v<Depth, float>;
  return (is_float ? __uint_as_float(sample.depth) : static_cast<float>(sample.depth)) *
         plan.depth_scale;
}

// --- On the host.

// Whether the squares of the slopes of all rays add up to a number of a usual size.
inline bool has_usual_rays(const IntegratePlan& plan, const CameraPass& pass) {
  const float sizes[2] = {static_cast<float>(plan.width), static_cast<float>(plan.height)};
  for (int f = 0; f < pass.count; ++f) {
    const Camera& camera = pass.cameras[f];
    for (int side = 0; side < 2; ++side) {
      const float first = std::fabs(camera.principal[side]);
      const float last = std::fabs(sizes[side] - camera.principal[side]);
      if (!(most_of(first, last) * std::fabs(camera.slope[side]) < 0x1p19f)) return false;
    }
  }
  return true;
}

// Whether each two voxels along z, from an even one on, lie side by side in aligned words of 8 bytes.
inline bool has_pairs(const GridArray& array) {
  return array.axis[2] == 1 && array.axis[0] % 2 == 0 && array.axis[1] % 2 == 0 &&
         reinterpret_cast<uintptr_t>(array.data) % sizeof(float2) == 0;
}

template <class Depth, class Index>
Numbers<Index> numbers_of(const IntegratePlan& plan, const CameraPass& pass, const Masks& masks) {
  Numbers<Index> numbers;
  numbers.greatest = std::is_same_v<Depth, float>
                         ? bit_cast<uint32_t>(plan.depth_limit)
                         : static_cast<uint32_t>(std::min(plan.depth_limit, 65535.0f));
  const bool is_free = plan.carving != 0 && plan.inverse_square == 0;
  numbers.least_free = is_free ? plan.truncation : kInfinity;
  const bool may_be_usual = is_usual(plan.truncation) && has_usual_rays(plan, pass);
  numbers.nearest = may_be_usual ? kLeastUsual : kInfinity;
  numbers.per_truncation = 1 / plan.truncation;
  numbers.row = static_cast<Index>(plan.depth.row);
  numbers.column = static_cast<Index>(plan.depth.column);
  numbers.first = 0 - Index{kPixel} * (numbers.row + numbers.column);
  numbers.strip = static_cast<Index>(masks.strip);
  numbers.has_pairs = has_pairs(plan.volume.tsdf) && has_pairs(plan.volume.weight);
  return numbers;
}

// Whether 32 bits hold the elements of a frame, and of its masks: modulo 2^32 that of pixel (0, 0) from
// View::masks on is a multiple of 2^24, so that as many words lie behind it.
inline bool is_small(const IntegratePlan& plan, const Masks& masks) {
  constexpr int64_t kWords = 1 << 24;
  static_assert(Masks::word_of(uint64_t{kRegion}, kPixel, kPixel) % kWords == 0);
  const auto span = [](int64_t stride, int64_t count) {
    return std::fabs(static_cast<double>(stride)) * static_cast<double>(count);
  };
  const Images& depth = plan.depth;
  return masks.frame <= kWords &&
         span(depth.row, plan.height) + span(depth.column, plan.width) < 0x1p31;
}

RC_KERNELS_END
