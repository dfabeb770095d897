// SPDX-License-Identifier: Apache-2.0
// Whole outputs set to one value, an element a thread.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/segments.h"

RC_KERNELS_BEGIN

// An array of up to five axes.
struct Box {
  char* data;
  Type type;
  int64_t shape[5], strides[5];
};

inline int64_t count_of(const Box& box) {
  int64_t count = box.data != nullptr ? 1 : 0;
  for (const int64_t entry : box.shape) count *= entry;
  return count;
}

static __global__ void __launch_bounds__(kTile)
    fill_box(const __grid_constant__ Box box, int64_t count, double value) {
  for_each_number(count, [&](int64_t i) {
    int64_t element = 0;
    for (int axis = 4; axis >= 0; --axis) {
      const int64_t rest = i / box.shape[axis];
      element += (i - rest * box.shape[axis]) * box.strides[axis];
      i = rest;
    }
    if (box.type == Type::i64) {
      reinterpret_cast<int64_t*>(box.data)[element] = static_cast<int64_t>(value);
    } else {
      store(box.type, box.data, element, value);
    }
  });
}

inline cudaError_t fill(const Box& box, double value, cudaStream_t stream) {
  const int64_t count = count_of(box);
  if (count == 0) return cudaSuccess;
  fill_box<<<blocks_for(count), kTile, 0, stream>>>(box, count, value);
  return cudaGetLastError();
}

// A dense array whose rows along z have `depth` steps.
inline Box box_of(const GridArray& array, const VoxelPlan& plan, int64_t depth, int64_t width) {
  return {array.data,
          array.type,
          {plan.cloud.clouds, plan.grid.dims[0], plan.grid.dims[1], depth, width},
          {array.cloud, array.axis[0], array.axis[1], array.axis[2], array.channel}};
}

// An array with one row for each point.
inline Box box_of(const Array& array, const Cloud& cloud, int64_t width) {
  return {array.data,
          array.type,
          {1, 1, cloud.offsets ? 1 : cloud.clouds, cloud.points, width},
          {0, 0, array.row, array.step, array.channel}};
}

// The stats of all clouds.
inline Box box_of_stats(const Array& stats, const Cloud& cloud) {
  return {stats.data,
          stats.type,
          {1, 1, 1, cloud.clouds, RC_NUM_VOXEL_STATS},
          {0, 0, 0, stats.row, stats.channel}};
}

RC_KERNELS_END
