// SPDX-License-Identifier: Apache-2.0
// The voxels of a row of a brick, each in a lane.
#pragma once

#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/lanes.h"
#include "kernels/tsdf/observe.h"

RC_KERNELS_BEGIN

static_assert(kBrick == kLanes, "a row of a brick fills the lanes");

inline bool none(Mask mask) { return bits_of(mask) == 0; }

// Calls f(lane) for the lanes of a mask.
template <class F>
inline void for_each_lane(Mask mask, F f) {
  for (unsigned lanes = bits_of(mask); lanes != 0; lanes &= lanes - 1) f(__builtin_ctz(lanes));
}

inline Floats lesser(Floats a, Floats b) { return choose(greater(b, a), a, b); }

// Of the voxels of a row, of which the first `count` are there.
struct RowState {
  Floats tsdf, weight, color[3];
};

struct VoxelRow {
  int64_t x, y, z, count;

  Floats load(const GridArray& array, int64_t channel) const {
    const float* const data = start(array, channel);
    if (array.axis[2] == 1 && count == kLanes) return rc::load(data);
    float lanes[kLanes] = {};
    for (int64_t k = 0; k < count; ++k) lanes[k] = data[k * array.axis[2]];
    return rc::load(lanes);
  }
  void store(const GridArray& array, int64_t channel, Floats values, Mask mask) const {
    float* const data = start(array, channel);
    float lanes[kLanes];
    rc::store(lanes, values);
    for_each_lane(mask, [&](int k) { data[k * array.axis[2]] = lanes[k]; });
  }

 private:
  float* start(const GridArray& array, int64_t channel) const {
    return reinterpret_cast<float*>(array.data) + element_in(array, x, y, z) +
           channel * array.channel;
  }
};

inline RowState load_row(const Volume& volume, const VoxelRow& row) {
  RowState state = {};
  const Floats weight = row.load(volume.weight, 0), nothing = all(0);
  const Mask seen = greater(weight, nothing);
  state.weight = choose(seen, weight, nothing);
  state.tsdf = choose(seen, row.load(volume.tsdf, 0), nothing);
  for (int c = 0; volume.color && c < 3; ++c) {
    state.color[c] = choose(seen, row.load(volume.color, c), nothing);
  }
  return state;
}

inline void store_row(const Volume& volume, const VoxelRow& row, const RowState& state, Mask mask) {
  row.store(volume.tsdf, 0, state.tsdf, mask);
  row.store(volume.weight, 0, state.weight, mask);
  for (int c = 0; volume.color && c < 3; ++c) row.store(volume.color, c, state.color[c], mask);
}

inline Floats canonical(Floats x) {
  return choose(is_nan(x), all(bit_cast<float>(0x7fc00000u)), x);
}

inline Floats average(Floats old, Floats before, Floats seen, Floats weight) {
  return canonical(multiply_add(old, before, seen * weight) / (before + weight));
}

RC_KERNELS_END
