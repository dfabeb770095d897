// SPDX-License-Identifier: Apache-2.0
// The rows of a sparse result on a CUDA device.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/channels_cuda.cuh"
#include "kernels/voxelize/fill_cuda.cuh"
#include "kernels/voxelize/segments.h"

RC_KERNELS_BEGIN

// Number of the first element of what belongs to the point at `position`, whatever its cloud.
__device__ inline int64_t start_of_position(const VoxelPlan& plan, const Array& array,
                                            uint32_t position) {
  const bool one = plan.cloud.offsets || plan.cloud.clouds == 1;
  return start_of(plan, array, one ? 0 : quotient_of(position, plan.cloud.points), position);
}

// Stores cloud, x, y, z of a row, at once where they lie side by side.
__device__ inline void put_coords(const SparsePlan& plan, int64_t row, const CellPlace& place) {
  const Array& coords = plan.coords;
  if (coords.type == Type::i32) {
    auto* const first = reinterpret_cast<int32_t*>(coords.data) + row * coords.step;
    store_quad<int32_t>(
        first, coords.channel, kChannels,
        {{static_cast<int32_t>(place.cloud), static_cast<int32_t>(place.index[0]),
          static_cast<int32_t>(place.index[1]), static_cast<int32_t>(place.index[2])}});
  } else {
    store_coords(plan, row, place);
  }
}

__device__ inline void put_count(const SparsePlan& plan, int64_t row, int64_t count) {
  if (!plan.counts) return;
  reinterpret_cast<int32_t*>(plan.counts.data)[row * plan.counts.step] =
      static_cast<int32_t>(count);
}

// Fills a row that no voxel has; hard voxels are filled before.
__device__ inline void clear_row(const SparsePlan& plan, int64_t row) {
  put_coords(plan, row, {-1, {-1, -1, -1}});
  put_count(plan, row, 0);
  const Array& reduced = plan.reduced;
  const double fill = plan.voxels.fill_value;
  for (int64_t c = 0; reduced && c < plan.voxels.width; c += kChannels) {
    store_channels(reduced.type, reduced.data, row * reduced.step + c * reduced.channel,
                   reduced.channel, plan.voxels.width - c, {fill, fill, fill, fill});
  }
}

// Copies the features of a point to a slot of a hard voxel.
__device__ inline void put_hard(const SparsePlan& plan, int64_t row, int64_t slot,
                                uint32_t position) {
  const Array &hard = plan.hard, &features = plan.voxels.features;
  const int64_t from = start_of_position(plan.voxels, features, position);
  const int64_t to = row * hard.row + slot * hard.step;
  const auto copy = [&](auto word) {
    using Word = decltype(word);
    const Word* const source = reinterpret_cast<const Word*>(features.data) + from;
    Word* const target = reinterpret_cast<Word*>(hard.data) + to;
    for (int64_t c = 0; c < plan.voxels.width; c += kChannels) {
      const int64_t channels = plan.voxels.width - c;
      store_quad(target + c * hard.channel, hard.channel, channels,
                 load_quad(source + c * features.channel, features.channel, channels));
    }
  };
  switch (item_size(hard.type)) {
    case 1:
      return copy(uint8_t{});
    case 2:
      return copy(uint16_t{});
    case 4:
      return copy(uint32_t{});
    default:
      return copy(uint64_t{});
  }
}

// All slots of hard voxels.
inline Box box_of_hard(const SparsePlan& plan) {
  return {plan.hard.data,
          plan.hard.type,
          {1, 1, plan.capacity, plan.hard_points, plan.voxels.width},
          {0, 0, plan.hard.row, plan.hard.step, plan.hard.channel}};
}

RC_KERNELS_END
