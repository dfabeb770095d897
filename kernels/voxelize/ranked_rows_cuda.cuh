// SPDX-License-Identifier: Apache-2.0
// Sparse results on a CUDA device whose rows a table of bits tells.
#pragma once

#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/ranks_cuda.cuh"
#include "kernels/voxelize/sorted_cuda.h"
#include "kernels/voxelize/sparse_rows_cuda.cuh"

RC_KERNELS_BEGIN

struct RankedRows {
  SparsePlan plan;
  CellNumbers<uint32_t> numbers;
  Ranks ranks;

  __device__ uint32_t cell_of(const CellPlace& place) const {
    return numbers.of(place.cloud,
                      {static_cast<uint32_t>(place.index[0]), static_cast<uint32_t>(place.index[1]),
                       static_cast<uint32_t>(place.index[2])});
  }
};

// Memory for the table, which `*cleared` bytes of it have to be.
inline RankedRows take_ranked_rows(const SparsePlan& plan, Carver& carver, size_t* cleared) {
  const uint64_t used = carver.used();
  const RankedRows rows = {plan, CellNumbers<uint32_t>(plan.voxels),
                           take_ranks(plan.voxels.cells(), carver)};
  *cleared = static_cast<size_t>(carver.used() - used);
  return rows;
}

// The row of each point, and points beyond the capacity: a look costs a third of a store to a place
// of its own.
template <class T>
__global__ void __launch_bounds__(kTile)
    map_points(const __grid_constant__ RankedRows rows, const __grid_constant__ Placer<T> placer) {
  const SparsePlan& plan = rows.plan;
  for_each_number(plan.voxels.cloud.positions(), [&](int64_t i) {
    const PointPlace at = place_of(plan.voxels.cloud, i);
    uint32_t index[3];
    int64_t row = -1;
    if (placer.place(at, index)) {
      row = rows.ranks.row_of(rows.numbers.of(at.cloud, index));
      if (row >= plan.capacity) {
        row = -1;
        count_left_out(plan.voxels.stats, at.cloud, RC_STAT_OVER_CAPACITY);
      }
    }
    if (!plan.point_to_voxel) return;
    store_index(plan.point_to_voxel,
                start_of_position(plan.voxels, plan.point_to_voxel, static_cast<uint32_t>(i)), row);
  });
}

// What rows without a voxel hold.
static __global__ void __launch_bounds__(kTile)
    clear_rows(const __grid_constant__ RankedRows rows) {
  const int64_t total = *rows.ranks.total;
  if (rows.plan.total != nullptr && blockIdx.x == 0 && threadIdx.x == 0) *rows.plan.total = total;
  for_each_number(rows.plan.capacity - total, [&](int64_t i) { clear_row(rows.plan, total + i); });
}

// What is left to do once the voxels have written their rows.
inline cudaError_t finish_rows(const RankedRows& rows, cudaStream_t stream) {
  const VoxelPlan& voxels = rows.plan.voxels;
  if (rows.plan.point_to_voxel || voxels.stats) {
    with_placer(voxels, [&](auto placer) {
      placer.stats = {};  // what is left out has been counted
      map_points<<<few_blocks(voxels.cloud.positions()), kTile, 0, stream>>>(rows, placer);
    });
  }
  clear_rows<<<few_blocks(rows.plan.capacity), kTile, 0, stream>>>(rows);
  return cudaGetLastError();
}

RC_KERNELS_END
