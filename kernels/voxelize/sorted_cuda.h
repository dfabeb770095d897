// SPDX-License-Identifier: Apache-2.0
// The points of a call in the order of their cells on a CUDA device.
#pragma once

#include "kernels/common/sort_cuda.h"
#include "kernels/voxelize/range_cuda.cuh"

RC_KERNELS_BEGIN

// Cells, numbered as the points of a sparse call are ordered.
template <class Key>
struct CellNumbers {
  Key x, y, z, cells;

  explicit CellNumbers(const VoxelPlan& plan)
      : x(static_cast<Key>(plan.grid.dims[0])),
        y(static_cast<Key>(plan.grid.dims[1])),
        z(static_cast<Key>(plan.grid.dims[2])),
        cells(static_cast<Key>(plan.cells())) {}

  RC_HD Key of(int64_t cloud, const Key (&index)[3]) const {
    return ((static_cast<Key>(cloud) * x + index[0]) * y + index[1]) * z + index[2];
  }
  // Of a point that is left out: behind all others.
  RC_HD Key none() const { return cells; }
  int bits() const { return bits_of(static_cast<int64_t>(cells)); }
  int ignored_bits() const { return 0; }
};

RC_KERNELS_END

namespace rc {

// Sorted pairs of a cell's number and a position.
template <class Key>
struct Sorted {
  Pairs<Key, uint32_t> pairs;
  // Of the features.
  Ranges ranges;

  const Key* cells() const { return pairs.key(); }
  const uint32_t* positions() const { return pairs.number(); }
};

// Lists and sorts the points, and counts in cleared stats what is left out. Numbers is CellNumbers.
template <class Key, class Numbers>
cudaError_t sort_points_cuda(const VoxelPlan& plan, const Numbers& numbers, Carver& carver,
                             bool launch, cudaStream_t stream, Sorted<Key>* sorted);

// The segments of sorted points: how the numbers of their rows are found.
struct Rows {
  // The row of each sorted point, counted from 1.
  uint32_t* numbers;
  // Where each row begins, and the number of points in front of the first one that is left out.
  uint32_t* starts;
  // How many rows there are, and points in them.
  uint32_t* counts;  // [2]
  void* temporary;
  size_t temporary_size;
};

// Numbers the segments, in memory that the sort has left free.
template <class Key>
cudaError_t number_rows_cuda(const VoxelPlan& plan, const Sorted<Key>& sorted, Carver& carver,
                             bool launch, cudaStream_t stream, Rows* rows);

}  // namespace rc
