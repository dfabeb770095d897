// SPDX-License-Identifier: Apache-2.0
// The rows of a sparse result without a sort, on a CUDA device: atomics count the points of each row and
// give each row of hard voxels a part of one list. The order in which they do it leaves no trace: the
// least positions are kept, in order.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>

#include "kernels/common/carver.h"
#include "kernels/voxelize/sorted_cuda.h"
#include "kernels/voxelize/sparse_rows_cuda.cuh"

RC_KERNELS_BEGIN

// Of a point without a row, and of a lane without a point.
constexpr uint32_t kNoRow = UINT32_MAX;
constexpr uint32_t kNoPoint = UINT32_MAX - 1;

struct ListedRows {
  using Numbers = CellNumbers<uint32_t>;

  SparsePlan plan;
  Numbers numbers;
  int64_t most;    // rows
  uint32_t slots;  // of a hard voxel, 0 without
  // Of each row: where its part of the list begins, for hard voxels, and how many points it has.
  uint2* parts = nullptr;
  uint32_t* taken = nullptr;     // how much of the list has a row
  uint32_t* overfull = nullptr;  // whether a row has more points than a hard voxel
  // ~position of points in the parts of their rows. Of an overfull row the greatest ones in order, 0
  // where there is none yet.
  uint32_t* list = nullptr;
  // The row of each point; before, where cells tell their rows, its cell.
  uint32_t* row_of_point = nullptr;
  // Of each of few cells: how many points it has, then its row. NULL where cells are many.
  uint32_t* cells = nullptr;
  // How many points of its row were counted before a point.
  uint8_t* turns = nullptr;
  uint32_t* total = nullptr;  // rows that there would be without a capacity

  explicit ListedRows(const SparsePlan& of)
      : plan(of),
        numbers(of.voxels),
        most(std::min({of.capacity, of.voxels.cloud.positions(), of.voxels.cells()})),
        slots(of.hard ? static_cast<uint32_t>(of.hard_points) : 0) {}

  // `has_points`: whether row_of_point is needed without hard voxels too.
  void take_points(Carver& carver, bool has_points) {
    const int64_t positions = plan.voxels.cloud.positions();
    if (plan.hard) list = carver.take<uint32_t>(positions);
    if (plan.hard || has_points) row_of_point = carver.take<uint32_t>(positions);
    if (plan.hard) turns = carver.take<uint8_t>(positions);
  }

  // Points of hard voxels that a row lists.
  __device__ uint32_t listed(uint32_t count) const { return min(count, slots); }
  // Gives a row with so many points the part of the list that begins at `start`.
  __device__ void begin_part(int64_t row, uint32_t count, uint32_t start) const {
    parts[row] = {start, count};
    if (slots == 0 || count <= slots) return;
    *overfull = 1;
    for (uint32_t k = 0; k < slots; ++k) list[start + k] = 0;
  }
  __device__ void set_row(int64_t position, uint32_t row) const {
    if (row_of_point != nullptr) row_of_point[position] = row;
    const Array& array = plan.point_to_voxel;
    if (!array) return;
    store_index(array, start_of_position(plan.voxels, array, static_cast<uint32_t>(position)),
                row == kNoRow ? -1 : int64_t{row});
  }
  __device__ void set_turn(int64_t position, uint32_t counted) const {
    if (turns != nullptr) turns[position] = static_cast<uint8_t>(min(counted, uint32_t{UINT8_MAX}));
  }
};

// Sixteen bytes at a time, all of the same value.
struct Sixteens {
  uint4* data;
  int64_t count;
  uint4 value;

  __device__ void fill() const {
    for_each_number(count, [&](int64_t i) { data[i] = value; });
  }
};

RC_KERNELS_END

namespace rc {

// Fills the hard voxels of a plan, or tells how a kernel can do so beside other work.
cudaError_t fill_hard_cuda(const SparsePlan& plan, Sixteens* rest, cudaStream_t stream);

// Lists the points of hard voxels and writes all rows, once all parts are given.
void write_listed_rows_cuda(const ListedRows& rows, cudaStream_t stream);

}  // namespace rc
