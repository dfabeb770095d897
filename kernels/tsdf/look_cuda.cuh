// SPDX-License-Identifier: Apache-2.0
// What frames tell the voxels of a part of a brick: that they are free space, or something that has to be
// computed.
#pragma once

#include "kernels/tsdf/view_cuda.cuh"

RC_KERNELS_BEGIN

// Voxels of a thread, side by side along z; and of a column, whose two threads are neighbours.
constexpr int kVoxels = 2, kColumn = 2 * kVoxels;
static_assert(kWarp * kVoxels == kPartX * kPartY * kPartZ, "a part is a warp's");

struct Column {
  float x, y, z[kColumn];
};

// Frames, a bit each, that a voxel learns from: that it is free space, with the weight 1; or that it may
// be near what is measured, or that its numbers are not usual.
struct Told {
  uint32_t free, near;
};

// Takes the last of some frames away.
__device__ inline int take_last(uint32_t& frames) {
  const int last = 31 - __clz(static_cast<int>(frames));
  frames ^= 1u << last;
  return last;
}

// Of frames that see a column as free space where there is a measurement. `kInside`: all voxels fall on
// their images. They lie before the cameras.
template <bool kInside, class Depth, class Index>
__device__ void look_for_measurements(const IntegratePlan& plan, const Numbers<Index>& numbers,
                                      const View<Depth> (&views)[kFramesOfPass], uint32_t frames,
                                      const Column& column, Told (&told)[kColumn]) {
  while (frames != 0) {
    const int f = take_last(frames);
    const View<Depth>& view = views[f];
    Place places[kColumn];
    uint32_t masks[kColumn];
#pragma unroll
    for (int i = 0; i < kColumn; ++i) {
      const float z = column.z[i];
      const float inverse = inverse_of(dot(view.camera.rows[2], column.x, column.y, z));
      const bool inside = place_of(plan, view.camera, column.x, column.y, z, inverse, places[i]);
      const auto word = Masks::word_of(numbers.strip, places[i].row, places[i].column);
      masks[i] = kInside || inside ? __ldg(view.masks + word) : 0;
    }
#pragma unroll
    for (int i = 0; i < kColumn; ++i) {
      // From the bit of the column to that of the frame.
      told[i].free |= __funnelshift_r(masks[i], masks[i], places[i].column - f) & 1u << f;
    }
  }
}

// Of frames that may tell anything.
template <class Depth, class Index>
__device__ void look_at_depths(const IntegratePlan& plan, const Numbers<Index>& numbers,
                               const View<Depth> (&views)[kFramesOfPass], uint32_t frames,
                               const Column& column, Told (&told)[kColumn]) {
  while (frames != 0) {
    const int f = take_last(frames);
    Sample samples[kColumn];
#pragma unroll
    for (int i = 0; i < kColumn; ++i) {
      samples[i] = sample_at(plan, numbers, views[f], column.x, column.y, column.z[i]);
    }
#pragma unroll
    for (int i = 0; i < kColumn; ++i) {
      const Sample& sample = samples[i];
      // Along the ray it is the same times a number of at least 1.
      const float d = measurement_of<Depth>(plan, sample) - sample.z;
      const bool counts = is_measured(numbers, sample) & (d >= -plan.truncation);
      const bool is_free = d > numbers.least_free, usual = is_usual(numbers, sample);
      if (!usual | (counts & !is_free)) told[i].near |= 1u << f;
      if (usual & counts & is_free) told[i].free |= 1u << f;
    }
  }
}

// What the frames of a part tell the voxels of each thread of a warp, (x, y, z) being the first. Both
// threads of a column look at all of it, each at some frames: what is the same for all voxels of a column
// is computed once for four.
template <class Depth, class Index>
__device__ void look(const IntegratePlan& plan, const Numbers<Index>& numbers,
                     const View<Depth> (&views)[kFramesOfPass], const SeenPart& part, int x, int y,
                     int z, Told (&told)[kVoxels]) {
  // All bits in the second thread of a column.
  const uint32_t second = 0 - (threadIdx.x & 1);
  const auto number_in = [&](int i, int axis) {
    // Beside the grid its last voxels again: sights are of those in it.
    return static_cast<float>(min(i, static_cast<int>(plan.volume.grid.dims[axis]) - 1));
  };
  Column column = {number_in(x, 0), number_in(y, 1), {}};
#pragma unroll
  for (int i = 0; i < kColumn; ++i) {
    column.z[i] = number_in(z - static_cast<int>(second & kVoxels) + i, 2);
  }
  const uint32_t mine = part.second ^ ~second;
  Told all[kColumn] = {};
  look_for_measurements<true>(plan, numbers, views, part.frames.holes & mine, column, all);
  look_for_measurements<false>(plan, numbers, views, part.frames.edge & mine, column, all);
  look_at_depths(plan, numbers, views, part.frames.mixed & mine, column, all);
  const auto join = [&](uint32_t first_half, uint32_t second_half) {
    const uint32_t other = (first_half & second) | (second_half & ~second);
    return (first_half & ~second) | (second_half & second) | __shfl_xor_sync(0xffffffffu, other, 1);
  };
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    told[i].free = part.frames.free | join(all[i].free, all[i + kVoxels].free);
    told[i].near = join(all[i].near, all[i + kVoxels].near);
  }
}

RC_KERNELS_END
