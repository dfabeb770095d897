// SPDX-License-Identifier: Apache-2.0
// Reduced features of rc_voxelize_sparse on a CUDA device, where a table of bits gives each cell
// its row: the points are sorted by cell, each voxel is reduced and writes its row, and each point
// looks its own up, which costs a third of a store to its place.
#define RC_LEVEL cuda
#include "kernels/voxelize/ranked_rows_cuda.cuh"
#include "kernels/voxelize/segments_cuda.cuh"
#include "kernels/voxelize/sparse_cuda.h"

RC_KERNELS_BEGIN
namespace {

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
  RankedRows rows;

  template <class Reducer>
  __device__ void store(int64_t, uint32_t cell, int64_t first, const Reduction<Reducer>& reduction,
                        const Rules<Reducer>& rules) const {
    const SparsePlan& plan = rows.plan;
    const int64_t row = rows.ranks.row_of(cell), channels = plan.voxels.width - first;
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
  size_t cleared;
  const RankedRows rows = take_ranked_rows(plan, carver, &cleared);
  Sorted<uint32_t> sorted;
  cudaError_t error = sort_points_cuda(voxels, rows.numbers, carver, launch, stream, &sorted);
  if (error != cudaSuccess) return error;
  if (launch) {
    error = cudaMemsetAsync(rows.ranks.blocks, 0, cleared, stream);
    if (error != cudaSuccess) return error;
    mark_sorted<<<few_blocks(positions), kTile, 0, stream>>>(rows.ranks, sorted.cells(), positions,
                                                             rows.numbers.none());
    rank_marked(rows.ranks, stream);
  }
  error = with_reducer(voxels, [&](auto* reducer) {
    return reduce_segments<std::remove_pointer_t<decltype(reducer)>>(voxels, sorted, RowSink{rows},
                                                                     carver, launch, stream);
  });
  return error == cudaSuccess && launch ? finish_rows(rows, stream) : error;
}

}  // namespace rc
