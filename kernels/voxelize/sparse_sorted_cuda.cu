// SPDX-License-Identifier: Apache-2.0
// rc_voxelize_sparse on a CUDA device by a sort of the points.
#define RC_LEVEL cuda
#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/segments_cuda.cuh"
#include "kernels/voxelize/sparse_cuda.h"
#include "kernels/voxelize/sparse_rows_cuda.cuh"

RC_KERNELS_BEGIN
namespace {

struct SparseSink {
  SparsePlan plan;
  const uint32_t* row_numbers;

  template <class Key, class Reducer>
  __device__ void store(int64_t i, Key, int64_t first, const Reduction<Reducer>& reduction,
                        const Rules<Reducer>& rules) const {
    const int64_t row = int64_t{row_numbers[i]} - 1;
    if (row >= plan.capacity) return;
    const Array& reduced = plan.reduced;
    double values[kChannels] = {};
    reduction.finish(rules, 0, values);
    store_channels(reduced.type, reduced.data, row * reduced.step + first * reduced.channel,
                   reduced.channel, plan.voxels.width - first, values);
  }
};

// What each row has beside its points, a row a thread.
template <class Key>
__global__ void __launch_bounds__(kTile)
    write_rows(const __grid_constant__ SparsePlan plan, const Key* cells,
               const __grid_constant__ Rows rows) {
  const int64_t total = rows.counts[0];
  if (plan.total != nullptr && blockIdx.x == 0 && threadIdx.x == 0) *plan.total = total;
  for_each_number(plan.capacity, [&](int64_t row) {
    if (row >= total) return clear_row(plan, row);
    const uint32_t begin = rows.starts[row];
    const uint32_t end = row + 1 < total ? rows.starts[row + 1] : rows.counts[1];
    put_coords(plan, row, place_of_cell(plan.voxels.grid, cells[begin]));
    put_count(plan, row, end - begin);
  });
}

// The row of each point, its slot in a hard voxel, and points beyond the capacity, a sorted point a
// thread.
template <class Key>
__global__ void __launch_bounds__(kTile)
    write_points(const __grid_constant__ SparsePlan plan, const Key* cells,
                 const uint32_t* positions, const __grid_constant__ Rows rows) {
  const VoxelPlan& voxels = plan.voxels;
  for_each_number(voxels.cloud.positions(), [&](int64_t i) {
    const Key cell = cells[i];
    int64_t row = -1;
    if (cell != static_cast<Key>(voxels.cells())) {
      row = int64_t{rows.numbers[i]} - 1;
      if (row >= plan.capacity) {
        row = -1;
        count_left_out(voxels.stats, cloud_of_cell(voxels, cell), RC_STAT_OVER_CAPACITY);
      }
    }
    if (plan.point_to_voxel) {
      store_index(plan.point_to_voxel, start_of_position(voxels, plan.point_to_voxel, positions[i]),
                  row);
    }
    if (!plan.hard || row < 0) return;
    const int64_t slot = i - rows.starts[row];
    if (slot < plan.hard_points) put_hard(plan, row, slot, positions[i]);
  });
}

template <class Key>
cudaError_t list(const SparsePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  Sorted<Key> sorted;
  cudaError_t error =
      sort_points_cuda(voxels, CellNumbers<Key>(voxels), carver, launch, stream, &sorted);
  Rows rows;
  if (error == cudaSuccess) {
    error = number_rows_cuda(voxels, sorted, carver, launch, stream, &rows);
  }
  if (error == cudaSuccess && plan.reduced) {
    error = with_reducer(voxels, [&](auto* reducer) {
      return reduce_segments<std::remove_pointer_t<decltype(reducer)>>(
          voxels, sorted, SparseSink{plan, rows.numbers}, carver, launch, stream);
    });
  }
  if (error != cudaSuccess || !launch) return error;
  error = fill(box_of_hard(plan), voxels.fill_value, stream);
  if (error != cudaSuccess) return error;
  write_rows<<<few_blocks(plan.capacity), kTile, 0, stream>>>(plan, sorted.cells(), rows);
  const int64_t positions = voxels.cloud.positions();
  if (positions > 0 && (plan.point_to_voxel || voxels.stats || plan.hard)) {
    write_points<<<few_blocks(positions), kTile, 0, stream>>>(plan, sorted.cells(),
                                                              sorted.positions(), rows);
  }
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t sparse_by_sort_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream) {
  return with_key(plan.voxels, [&](auto* key) {
    return list<std::remove_pointer_t<decltype(key)>>(plan, carver, launch, stream);
  });
}

}  // namespace rc
