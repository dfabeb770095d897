// SPDX-License-Identifier: Apache-2.0
// What one observation makes of a voxel.
#pragma once

#include <cmath>
#include <limits>

#include "kernels/common/numbers.h"
#include "kernels/tsdf/volume.h"

RC_KERNELS_BEGIN

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct FieldState {
  float tsdf, weight;
  float color[3];
  // Whether `color` is news.
  bool colored;
};

RC_HD inline int64_t element_in(const GridArray& array, int64_t x, int64_t y, int64_t z) {
  return x * array.axis[0] + y * array.axis[1] + z * array.axis[2];
}

// What lies in an unseen voxel is not read.
RC_HD inline FieldState load_voxel(const Volume& volume, int64_t x, int64_t y, int64_t z) {
  FieldState state = {0, 0, {0, 0, 0}, false};
  const auto weights = reinterpret_cast<const float*>(volume.weight.data);
  state.weight = weights[element_in(volume.weight, x, y, z)];
  if (!(state.weight > 0)) {
    state.weight = 0;
    return state;
  }
  const auto distances = reinterpret_cast<const float*>(volume.tsdf.data);
  state.tsdf = distances[element_in(volume.tsdf, x, y, z)];
  if (volume.color) {
    const auto color =
        reinterpret_cast<const float*>(volume.color.data) + element_in(volume.color, x, y, z);
    for (int c = 0; c < 3; ++c) state.color[c] = color[c * volume.color.channel];
  }
  return state;
}

RC_HD inline void store_voxel(const Volume& volume, int64_t x, int64_t y, int64_t z,
                              const FieldState& state) {
  reinterpret_cast<float*>(volume.tsdf.data)[element_in(volume.tsdf, x, y, z)] = state.tsdf;
  reinterpret_cast<float*>(volume.weight.data)[element_in(volume.weight, x, y, z)] = state.weight;
  if (volume.color) {
    const auto color =
        reinterpret_cast<float*>(volume.color.data) + element_in(volume.color, x, y, z);
    for (int c = 0; c < 3; ++c) color[c * volume.color.channel] = state.color[c];
  }
}

// The average of `old` with the weight `before` and `seen` with `weight`, which is greater than 0. Of
// equal numbers it is that number, to the bit, as long as the weights are finite.
RC_HD inline float average(float old, float before, float seen, float weight) {
  return canonical(std::fma(old, before, seen * weight) / (before + weight));
}

RC_HD inline bool is_finite_float(float x) { return std::fabs(x) < kInfinity; }

// `distance` is a part of the truncation distance, limited to [-1, 1].
RC_HD inline void add_distance(FieldState& state, float distance, float weight, float max_weight) {
  const float sum = state.weight + weight;
  // Free space that is seen again, or first: no need to divide.
  const bool free = distance == 1 && (state.tsdf == 1 || state.weight == 0) && sum < kInfinity;
  state.tsdf = free ? 1 : average(state.tsdf, state.weight, distance, weight);
  state.weight = sum < max_weight ? sum : max_weight;
}

// To be called before `add_distance`. A voxel that has been seen as free space alone has no colour
// yet. A colour that is not finite is none.
RC_HD inline void add_color(FieldState& state, const float (&color)[3], float weight) {
  if (!is_finite_float(color[0]) || !is_finite_float(color[1]) || !is_finite_float(color[2]))
    return;
  const float before = state.tsdf < 1 ? state.weight : 0;
  state.colored = true;
  for (int c = 0; c < 3; ++c) {
    state.color[c] = before > 0 ? average(state.color[c], before, color[c], weight) : color[c];
  }
}

RC_KERNELS_END
