// SPDX-License-Identifier: Apache-2.0
// Whole outputs set to one value.
#pragma once

#include <algorithm>

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

// The elements of a box in the order of memory, on as few axes as do. Axes behind `rank` have one
// entry.
struct Elements {
  char* data;
  int size;       // of one, in bytes
  uint64_t bits;  // what they become
  int rank;
  int64_t shape[5], strides[5];
};

inline Elements elements_of(const Box& box, double value) {
  Elements result = {box.data, item_size(box.type), 0, 0, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}};
  if (box.type == Type::i64) {
    result.bits = bit_cast<uint64_t>(static_cast<int64_t>(value));
  } else {
    store(box.type, reinterpret_cast<char*>(&result.bits), 0, value);
  }
  int order[5] = {0, 1, 2, 3, 4};
  std::sort(order, order + 5, [&](int a, int b) { return box.strides[a] < box.strides[b]; });
  // From the innermost axis out: one that goes on where the last one ends makes it longer.
  for (const int axis : order) {
    const int64_t entries = box.shape[axis], stride = box.strides[axis];
    if (entries == 1) continue;
    const int last = result.rank - 1;
    if (last >= 0 && stride == result.shape[last] * result.strides[last]) {
      result.shape[last] *= entries;
    } else {
      result.shape[result.rank] = entries;
      result.strides[result.rank++] = stride;
    }
  }
  return result;
}

template <class Word>
__device__ void put(char* data, int64_t element, uint64_t bits) {
  reinterpret_cast<Word*>(data)[element] = static_cast<Word>(bits);
}

static __global__ void __launch_bounds__(kTile)
    fill_elements(const __grid_constant__ Elements elements, int64_t count) {
  for_each_number(count, [&](int64_t i) {
    int64_t element = 0;
    for (int axis = 0; axis + 1 < elements.rank; ++axis) {
      const int64_t rest = i / elements.shape[axis];
      element += (i - rest * elements.shape[axis]) * elements.strides[axis];
      i = rest;
    }
    element += i * elements.strides[elements.rank > 0 ? elements.rank - 1 : 0];
    switch (elements.size) {
      case 1:
        return put<uint8_t>(elements.data, element, elements.bits);
      case 2:
        return put<uint16_t>(elements.data, element, elements.bits);
      case 4:
        return put<uint32_t>(elements.data, element, elements.bits);
      default:
        return put<uint64_t>(elements.data, element, elements.bits);
    }
  });
}

inline cudaError_t fill(const Box& box, double value, cudaStream_t stream) {
  const int64_t count = count_of(box);
  if (count == 0) return cudaSuccess;
  const Elements elements = elements_of(box, value);
  if (elements.bits == 0 && elements.rank <= 1 && elements.strides[0] == 1) {
    return cudaMemsetAsync(elements.data, 0, static_cast<size_t>(count * elements.size), stream);
  }
  fill_elements<<<blocks_for(count), kTile, 0, stream>>>(elements, count);
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
