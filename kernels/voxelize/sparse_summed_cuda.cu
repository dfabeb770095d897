// SPDX-License-Identifier: Apache-2.0
// Reduced features of rc_voxelize_sparse on a CUDA device, where a table of bits gives each cell
// its row: the points are sorted by cell, each voxel is reduced and writes its row, and each point
// looks its own up, which costs a third of a store to its place.
#define RC_LEVEL cuda
#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/ranks_cuda.cuh"
#include "kernels/voxelize/segments_cuda.cuh"
#include "kernels/voxelize/sparse_cuda.h"
#include "kernels/voxelize/sparse_rows_cuda.cuh"

RC_KERNELS_BEGIN
namespace {

using Numbers = CellNumbers<uint32_t>;

// Marks the cells of sorted points. To be called with whole warps of threads.
__global__ void __launch_bounds__(kTile)
    mark_sorted(const __grid_constant__ Ranks ranks, const uint32_t* cells, int64_t count,
                uint32_t none) {
  for_each_number(whole_warps(count), [&](int64_t i) {
    const uint32_t cell = i < count ? cells[i] : none;
    const uint32_t word = cell == none ? UINT32_MAX : cell / 32;
    const LaneRun run(word);
    const uint32_t bits = __reduce_or_sync(run.lanes(), 1u << cell % 32);
    if (run.leads() && word != UINT32_MAX) ranks.mark_word(word, bits);
  });
}

struct RowSink {
  SparsePlan plan;
  Ranks ranks;

  template <class Reducer>
  __device__ void store(int64_t, uint32_t cell, int64_t first, const Reduction<Reducer>& reduction,
                        const Rules<Reducer>& rules) const {
    const int64_t row = ranks.row_of(cell), channels = plan.voxels.width - first;
    if (row >= plan.capacity) return;
    const Array& reduced = plan.reduced;
    double values[kChannels] = {};
    reduction.finish(rules, 0, values);
    store_channels(reduced.type, reduced.data, row * reduced.step + first * reduced.channel,
                   reduced.channel, channels, values);
    if (channels > kChannels) return;
    put_coords(plan, row, place_of_cell(plan.voxels.grid, cell));
    put_count(plan, row, reduction.count);
  }
};

// The row of each point, and points beyond the capacity.
template <class T>
__global__ void __launch_bounds__(kTile)
    map_points(const __grid_constant__ SparsePlan plan, const __grid_constant__ Placer<T> placer,
               const __grid_constant__ Numbers numbers, const __grid_constant__ Ranks ranks) {
  for_each_number(plan.voxels.cloud.positions(), [&](int64_t i) {
    const PointPlace at = place_of(plan.voxels.cloud, i);
    uint32_t index[3];
    int64_t row = -1;
    if (placer.place(at, index)) {
      row = ranks.row_of(numbers.of(at.cloud, index));
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
__global__ void __launch_bounds__(kTile)
    clear_rows(const __grid_constant__ SparsePlan plan, const uint32_t* rows) {
  const int64_t total = *rows;
  if (plan.total != nullptr && blockIdx.x == 0 && threadIdx.x == 0) *plan.total = total;
  for_each_number(plan.capacity - total, [&](int64_t i) { clear_row(plan, total + i); });
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool pays_by_sums(const SparsePlan& plan) {
  return plan.reduced && !plan.hard && ranks_pay(plan.voxels);
}

cudaError_t sparse_by_sums_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  const int64_t positions = voxels.cloud.positions();
  const Numbers numbers(voxels);
  const uint64_t used = carver.used();
  const Ranks ranks = take_ranks(voxels.cells(), carver);
  const size_t cleared = static_cast<size_t>(carver.used() - used);
  Sorted<uint32_t> sorted;
  cudaError_t error = sort_points_cuda(voxels, numbers, carver, launch, stream, &sorted);
  if (error != cudaSuccess) return error;
  if (launch) {
    error = cudaMemsetAsync(ranks.blocks, 0, cleared, stream);
    if (error != cudaSuccess) return error;
    mark_sorted<<<few_blocks(positions), kTile, 0, stream>>>(ranks, sorted.cells(), positions,
                                                             numbers.none());
    rank_marked(ranks, stream, false);
  }
  error = with_reducer(voxels, [&](auto* reducer) {
    return reduce_segments<std::remove_pointer_t<decltype(reducer)>>(
        voxels, sorted, RowSink{plan, ranks}, carver, launch, stream);
  });
  if (error != cudaSuccess || !launch) return error;
  if (plan.point_to_voxel || voxels.stats) {
    with_placer(voxels, [&](auto placer) {
      placer.stats = {};  // the sort has counted what is left out
      map_points<<<few_blocks(positions), kTile, 0, stream>>>(plan, placer, numbers, ranks);
    });
  }
  clear_rows<<<few_blocks(plan.capacity), kTile, 0, stream>>>(plan, ranks.total);
  return cudaGetLastError();
}

}  // namespace rc
