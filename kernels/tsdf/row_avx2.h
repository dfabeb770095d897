// SPDX-License-Identifier: Apache-2.0
// The eight voxels of a row of a brick in vectors of AVX2, each in a lane.
#pragma once

#include <immintrin.h>

#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/observe.h"

static_assert(rc::kBrick == 8, "a row of a brick fills a vector");

RC_KERNELS_BEGIN

using Floats = __m256;

inline Floats all(float x) { return _mm256_set1_ps(x); }
inline Floats greater(Floats a, Floats b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
inline Floats at_least(Floats a, Floats b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
inline Floats both(Floats a, Floats b) { return _mm256_and_ps(a, b); }
inline Floats choose(Floats mask, Floats yes, Floats no) { return _mm256_blendv_ps(no, yes, mask); }
inline bool none(Floats mask) { return _mm256_movemask_ps(mask) == 0; }

// Calls f(lane) for the lanes of a mask.
template <class F>
inline void for_each_lane(Floats mask, F f) {
  for (int lanes = _mm256_movemask_ps(mask); lanes != 0; lanes &= lanes - 1) {
    f(__builtin_ctz(static_cast<unsigned>(lanes)));
  }
}

// One float of each lane, somewhere in memory.
struct LaneFloats {
  alignas(32) float at[kBrick] = {};
  Floats get() const { return _mm256_load_ps(at); }
  void set(Floats x) { _mm256_store_ps(at, x); }
};

// The eight voxels of a row, of which the first `count` are there.
struct RowState {
  Floats tsdf, weight, color[3];
};

struct VoxelRow {
  int64_t x, y, z, count;

  Floats load(const GridArray& array, int64_t channel) const {
    const float* const data = start(array, channel);
    if (array.axis[2] == 1 && count == kBrick) return _mm256_loadu_ps(data);
    LaneFloats lanes;
    for (int64_t k = 0; k < count; ++k) lanes.at[k] = data[k * array.axis[2]];
    return lanes.get();
  }
  void store(const GridArray& array, int64_t channel, Floats values, Floats mask) const {
    float* const data = start(array, channel);
    LaneFloats lanes;
    lanes.set(values);
    for_each_lane(mask, [&](int k) { data[k * array.axis[2]] = lanes.at[k]; });
  }

 private:
  float* start(const GridArray& array, int64_t channel) const {
    return reinterpret_cast<float*>(array.data) + element_in(array, x, y, z) +
           channel * array.channel;
  }
};

inline RowState load_row(const Volume& volume, const VoxelRow& row) {
  RowState state = {};
  state.weight = row.load(volume.weight, 0);
  const Floats seen = greater(state.weight, all(0));
  state.weight = both(state.weight, seen);
  state.tsdf = both(row.load(volume.tsdf, 0), seen);
  for (int c = 0; volume.color && c < 3; ++c) {
    state.color[c] = both(row.load(volume.color, c), seen);
  }
  return state;
}

inline void store_row(const Volume& volume, const VoxelRow& row, const RowState& state,
                      Floats mask) {
  row.store(volume.tsdf, 0, state.tsdf, mask);
  row.store(volume.weight, 0, state.weight, mask);
  for (int c = 0; volume.color && c < 3; ++c) row.store(volume.color, c, state.color[c], mask);
}

inline Floats canonical(Floats x) {
  return choose(_mm256_cmp_ps(x, x, _CMP_UNORD_Q), all(bit_cast<float>(0x7fc00000u)), x);
}

inline Floats average(Floats old, Floats before, Floats seen, Floats weight) {
  return canonical(_mm256_div_ps(_mm256_fmadd_ps(old, before, _mm256_mul_ps(seen, weight)),
                                 _mm256_add_ps(before, weight)));
}

RC_KERNELS_END
