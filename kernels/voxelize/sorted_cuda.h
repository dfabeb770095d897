// SPDX-License-Identifier: Apache-2.0
// The points of a call in the order of their cells, on a CUDA device.
#pragma once

#include "kernels/common/sort_cuda.h"
#include "kernels/voxelize/plan.h"

namespace rc {

// Sorted pairs of cell and position. A point that is left out has the cell `plan.cells()`, behind all
// others.
template <class Key>
struct Sorted {
  Pairs<Key, uint32_t> pairs;
  // Of the features [clouds, width], where the plan measures their range.
  int32_t* exponents;

  const Key* cells() const { return pairs.key(); }
  const uint32_t* positions() const { return pairs.number(); }
};

// Lists and sorts the points, and counts in cleared stats what is left out.
template <class Key>
cudaError_t sort_points_cuda(const VoxelPlan& plan, Carver& carver, bool launch,
                             cudaStream_t stream, Sorted<Key>* sorted);

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
