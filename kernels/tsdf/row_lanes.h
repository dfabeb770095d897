// SPDX-License-Identifier: Apache-2.0
// The voxels of rows of a brick, each in a lane.
#pragma once

#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/lanes.h"
#include "kernels/tsdf/observe.h"

RC_KERNELS_BEGIN

// Rows that fill the lanes.
constexpr int kRows = kLanes / kBrick;
static_assert(kLanes % kBrick == 0 && kBrick % kRows == 0, "a brick is made of as many rows");

inline bool none(Mask mask) { return bits_of(mask) == 0; }

// Calls f(lane) for the lanes of a mask.
template <class F>
inline void for_each_lane(Mask mask, F f) {
  for (unsigned lanes = bits_of(mask); lanes != 0; lanes &= lanes - 1) f(__builtin_ctz(lanes));
}

inline Floats lesser(Floats a, Floats b) { return choose(greater(b, a), a, b); }

// Of the voxels of some rows.
struct RowState {
  Floats tsdf, weight, color[3];
};

// The row that a lane has a voxel of, and the number of that voxel in it.
struct LaneNumbers {
  float row[kLanes], voxel[kLanes];
};
constexpr LaneNumbers lane_numbers() {
  LaneNumbers numbers = {};
  for (int k = 0; k < kLanes; ++k) {
    const int row = k / kBrick;
    numbers.row[k] = static_cast<float>(row);
    numbers.voxel[k] = static_cast<float>(k - row * kBrick);
  }
  return numbers;
}

// Rows of a brick side by side: from (x, y, z) on `rows` along y with `count` voxels along z.
struct VoxelRows {
  int64_t x, y, z, rows, count;

  Floats load(const GridArray& array, int64_t channel) const {
    const float* const data = start(array, channel);
    if (array.axis[2] == 1 && count == kBrick && rows == kRows) {
      return load_rows(data, array.axis[1]);
    }
    float lanes[kLanes] = {};
    for (int k = 0; k < kLanes; ++k) {
      if (k / kBrick < rows && k % kBrick < count) lanes[k] = data[offset(array, k)];
    }
    return rc::load(lanes);
  }
  void store(const GridArray& array, int64_t channel, Floats values, Mask mask) const {
    float* const data = start(array, channel);
    if (array.axis[2] == 1) return store_rows(data, array.axis[1], mask, values);
    float lanes[kLanes];
    rc::store(lanes, values);
    for_each_lane(mask, [&](int k) { data[offset(array, k)] = lanes[k]; });
  }

 private:
  static int64_t offset(const GridArray& array, int k) {
    return k / kBrick * array.axis[1] + k % kBrick * array.axis[2];
  }
  float* start(const GridArray& array, int64_t channel) const {
    return reinterpret_cast<float*>(array.data) + element_in(array, x, y, z) +
           channel * array.channel;
  }
};

inline RowState load_state(const Volume& volume, const VoxelRows& rows) {
  RowState state = {};
  const Floats weight = rows.load(volume.weight, 0), nothing = all(0);
  const Mask seen = greater(weight, nothing);
  state.weight = choose(seen, weight, nothing);
  state.tsdf = choose(seen, rows.load(volume.tsdf, 0), nothing);
  for (int c = 0; volume.color && c < 3; ++c) {
    state.color[c] = choose(seen, rows.load(volume.color, c), nothing);
  }
  return state;
}

inline void store_state(const Volume& volume, const VoxelRows& rows, const RowState& state,
                        Mask mask) {
  rows.store(volume.tsdf, 0, state.tsdf, mask);
  rows.store(volume.weight, 0, state.weight, mask);
  for (int c = 0; volume.color && c < 3; ++c) rows.store(volume.color, c, state.color[c], mask);
}

inline Floats canonical(Floats x) {
  return choose(is_nan(x), all(bit_cast<float>(0x7fc00000u)), x);
}

inline Floats average(Floats old, Floats before, Floats seen, Floats weight) {
  return canonical(multiply_add(old, before, seen * weight) / (before + weight));
}

RC_KERNELS_END
