// SPDX-License-Identifier: Apache-2.0
// What frames make of the voxels of a thread, by the operations of integrate.h. Where all numbers are of a
// usual size there are no branches among them; elsewhere each voxel is asked as on a CPU.
#pragma once

#include "kernels/tsdf/look_cuda.cuh"

RC_KERNELS_BEGIN

// Lets `count` frames observe a voxel as free space.
__device__ inline void add_free_space(FieldState& state, int count, float max_weight) {
  // Whole numbers up to 2^24 add up without rounding.
  const bool is_whole = (state.weight + 0x1p23f) - 0x1p23f == state.weight;
  const bool is_small = state.weight < 0x1p22f;
  if ((state.tsdf == 1 || state.weight == 0) && is_whole && is_small) {
    state.tsdf = 1;
    state.weight = fminf(state.weight + static_cast<float>(count), max_weight);
    return;
  }
  if (is_small && fabsf(state.tsdf) <= 2) {
    // add_distance() of numbers that are 0 or of a usual size.
#pragma unroll 1
    for (int i = 0; i < count; ++i) {
      const float sum = state.weight + 1;
      state.tsdf = quotient_of(fmaf(state.tsdf, state.weight, 1), sum, inverse_of(sum));
      state.weight = fminf(sum, max_weight);
    }
    return;
  }
#pragma unroll 1
  for (int i = 0; i < count; ++i) add_distance(state, 1, 1, max_weight);
}

// The voxels of a thread, and the bits of those that some frame observed.
struct Asked {
  FieldState states[kVoxels];
  uint32_t seen;
};

// A frame asked for each voxel, as on a CPU. Called rarely: in line it would take registers from what is.
template <class Depth, bool kColors>
__device__ __noinline__ Asked ask_each(const IntegratePlan& plan, const Camera& camera,
                                       int64_t frame, float x, float y, float z, Asked asked) {
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    Pixel pixel;
    if (!pixel_of(plan, camera, x, y, z + static_cast<float>(i), pixel)) continue;
    const float depth =
        number_at<Depth>(plan.depth, plan.depth.element(frame, pixel.row, pixel.column));
    if (observe<kColors>(plan, camera, frame, pixel, depth, asked.states[i])) asked.seen |= 1u << i;
  }
  return asked;
}

// What a frame tells a voxel: nothing, or a distance as a part of the truncation distance.
struct Observation {
  bool anything, within;
  float distance, weight;
};

// Of a voxel that falls on a pixel `difference` before what is measured there, with the weight `weight`.
template <class Index>
__device__ Observation observation_of(const IntegratePlan& plan, const Numbers<Index>& numbers,
                                      const Camera& camera, const Place& place, float difference,
                                      float weight) {
  const auto pixel = [](int32_t at) { return __int_as_float(at) - kPixelZero; };
  const float a = (pixel(place.column) - camera.principal[0]) * camera.slope[0];
  const float b = (pixel(place.row) - camera.principal[1]) * camera.slope[1];
  // What is farther than the truncation distance along z is so along the ray: the root is at least 1.
  const float d = difference * root_of(fmaf(a, a, fmaf(b, b, 1.0f)));
  Observation told;
  told.within = d <= plan.truncation;
  told.weight = weight_behind(plan, d, weight);
  told.anything = (d >= -plan.truncation) & (told.within | (plan.carving != 0)) & (told.weight > 0);
  told.distance = told.within ? quotient_of(d, plan.truncation, numbers.per_truncation) : 1.0f;
  return told;
}

// Lets a frame observe the voxels from (x, y, z) on. All steps of both are made, without branches, and used
// or not.
template <class Depth, bool kColors, class Index>
__device__ void ask(const IntegratePlan& plan, const Numbers<Index>& numbers,
                    const View<Depth>& view, int64_t frame, float x, float y, float z,
                    Asked& asked) {
  Sample samples[kVoxels];
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    samples[i] = sample_at(plan, numbers, view, x, y, z + static_cast<float>(i));
  }
  Observation told[kVoxels];
  float sums[kVoxels], means[kVoxels];
  bool all_usual = true;
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    const FieldState& state = asked.states[i];
    const float measured = measurement_of<Depth>(plan, samples[i]);
    told[i] = observation_of(plan, numbers, view.camera, samples[i].place, measured - samples[i].z,
                             weight_of(plan, measured));
    told[i].anything &= is_measured(numbers, samples[i]);
    sums[i] = state.weight + told[i].weight;
    const float total = fmaf(state.tsdf, state.weight, told[i].distance * told[i].weight);
    means[i] = quotient_of(total, sums[i], inverse_of(sums[i]));
    const bool usual = is_usual(sums[i]) & is_usual(fabsf(total));
    all_usual &= is_usual(numbers, samples[i]) & (usual | !told[i].anything);
  }
  if (!all_usual) {
    asked = ask_each<Depth, kColors>(plan, view.camera, frame, x, y, z, asked);
    return;
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (!told[i].anything) continue;
    FieldState& state = asked.states[i];
    if (kColors && plan.color && told[i].within) {
      const Place& place = samples[i].place;
      float color[3];
      color_at(plan.color, plan.color.element(frame, place.row - kPixel, place.column - kPixel),
               color);
      add_color(state, color, told[i].weight);
    }
    state.tsdf = means[i];
    state.weight = fminf(sums[i], plan.max_weight);
    asked.seen |= 1u << i;
  }
}

RC_KERNELS_END
