// SPDX-License-Identifier: Apache-2.0
// rc_voxelize_sparse on a CUDA device by tiles of the grid. The points are sorted as those of a
// dense call are; the voxels that the points of each tile touch become bits, and the bits ranks,
// before the tiles are reduced: each voxel then knows its row, and each point looks its own up.
#define RC_LEVEL cuda
#include "kernels/voxelize/ranked_rows_cuda.cuh"
#include "kernels/voxelize/sparse_cuda.h"
#include "kernels/voxelize/tiled_cuda.cuh"

RC_KERNELS_BEGIN
namespace {

// A voxel of the tile of a corner.
__device__ CellPlace voxel_of(const Tiling& tiling, const CellPlace& corner, uint32_t local) {
  CellPlace place = corner;
  for (int axis = 2; axis >= 0; --axis) {
    place.index[axis] += local & ((1u << tiling.bits[axis]) - 1);
    local >>= tiling.bits[axis];
  }
  return place;
}

constexpr int kMarkThreads = 256;
constexpr int kMostTileVoxels = 1 << 12;

// Marks the voxels that the points of a tile touch, a tile a block.
template <class Row>
__global__ void __launch_bounds__(kMarkThreads)
    mark_tiles(const __grid_constant__ RankedRows rows, const __grid_constant__ TileJob<Row> job) {
  let_next_begin();
  wait_for_former();
  __shared__ uint32_t bits[kMostTileVoxels / 32];
  __shared__ uint32_t points;
  for (int i = threadIdx.x; i < kMostTileVoxels / 32; i += kMarkThreads) bits[i] = 0;
  if (threadIdx.x == 0) points = 0;
  __syncthreads();
  const auto mark = [&](const uint32_t (&sources)[kVisited], uint32_t) {
    uint32_t voxels[kVisited];
    for (int k = 0; k < kVisited; ++k) {
      voxels[k] = sources[k] == kNoPoint ? kNoPoint : job.batches.ids[sources[k]];
    }
    for (int k = 0; k < kVisited; ++k) {
      if (voxels[k] == kNoPoint) continue;
      uint32_t* const word = bits + voxels[k] / 32;
      const uint32_t bit = 1u << voxels[k] % 32;
      if ((*static_cast<volatile uint32_t*>(word) & bit) == 0) atomicOr(word, bit);
    }
  };
  visit_points<kMarkThreads, Share::kRuns>(job.batches, blockIdx.x, 0, job.batches.count,
                                           UINT32_MAX, &points, mark);
  __syncthreads();
  // Voxels of a run follow each other along z, in the order of cells too.
  const Tiling& tiling = job.tiling;
  const int run_bits = min(tiling.bits[2], 5);
  const uint32_t all = UINT32_MAX >> (32 - (1 << run_bits));
  const CellPlace corner = job.corner_of(blockIdx.x);
  for (uint32_t run = threadIdx.x; run < tiling.voxels() >> run_bits; run += kMarkThreads) {
    const uint32_t local = run << run_bits, touched = bits[local / 32] >> local % 32 & all;
    if (touched != 0) rows.ranks.mark(rows.cell_of(voxel_of(tiling, corner, local)), touched);
  }
}

struct StoreRows {
  RankedRows rows;

  // Of chains.
  template <class Chain>
  __device__ void chains(const TileJob<typename Chain::Row>& job, const CellPlace& corner,
                         const Chains& chains, const Chain& chain) const {
    using T = typename Chain::Number;
    const Array& reduced = rows.plan.reduced;
    const Tiling& tiling = job.tiling;
    // The 32 voxels of a warp follow each other in the order of cells: it looks for the row of the first
    // one, all of its turns at once, and counts.
    const bool counts_rows = tiling.bits[2] >= 5;
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t front =
        counts_rows ? first_row(job, corner, threadIdx.x - lane + lane * kTallyThreads) : 0;
    for (uint32_t v = threadIdx.x, turn = 0; v < tiling.voxels(); v += kTallyThreads, ++turn) {
      const uint32_t head = chains.head(v);
      uint32_t number = 0;
      if (counts_rows) {
        const unsigned taken = __ballot_sync(0xffffffffu, head != Chains::kNone);
        number = __shfl_sync(0xffffffffu, front, turn) + __popc(taken & ((1u << lane) - 1));
      }
      if (head == Chains::kNone) continue;
      const CellPlace place = voxel_of(tiling, corner, v);
      if (!counts_rows) number = row_of(place);
      if (!begin_row(job, place, number, chains.count_of(head))) continue;
      store_quad(
          reinterpret_cast<T*>(reduced.data) + number * reduced.step + job.first * reduced.channel,
          reduced.channel, rows.plan.voxels.width - job.first, chains.row_of(head, chain));
    }
  }

  // Of tallies.
  template <class Tally, class ResultOf>
  __device__ void operator()(const TileJob<typename Tally::Row>& job, const CellPlace& corner,
                             const Tally& tally, uint32_t voxel, uint32_t count,
                             ResultOf result_of) const {
    const Array& reduced = rows.plan.reduced;
    for (uint32_t v = threadIdx.x; v < count; v += kTallyThreads) {
      const VoxelResult result = result_of(v);
      if (result.count == 0) continue;
      const CellPlace place = voxel_of(job.tiling, corner, voxel + v);
      const uint32_t number = row_of(place);
      if (!begin_row(job, place, number, result.count)) continue;
      const Divisor points(static_cast<double>(result.count));
      double values[kChannels] = {};
      for (int k = 0; k < kChannels; ++k) {
        values[k] = tally.finish(result.values[k], {0, 0, result.count}, points);
      }
      store_channels(reduced.type, reduced.data,
                     number * reduced.step + job.first * reduced.channel, reduced.channel,
                     rows.plan.voxels.width - job.first, values);
    }
  }

 private:
  static_assert(kMostTileVoxels / kTallyThreads <= 32, "a lane for each turn");

  __device__ uint32_t row_of(const CellPlace& place) const {
    return rows.ranks.row_of(rows.cell_of(place));
  }
  // The row that voxel `local` of a tile has or would have; anything where the grid has no such voxel.
  template <class Row>
  __device__ uint32_t first_row(const TileJob<Row>& job, const CellPlace& corner,
                                uint32_t local) const {
    const Grid& grid = rows.plan.voxels.grid;
    if (local >= job.tiling.voxels()) return 0;
    const CellPlace place = voxel_of(job.tiling, corner, local);
    for (int axis = 0; axis < 3; ++axis) {
      if (place.index[axis] >= grid.dims[axis]) return 0;
    }
    return row_of(place);
  }
  // Writes the coordinates and the count of a row once; false beyond the capacity.
  template <class Row>
  __device__ bool begin_row(const TileJob<Row>& job, const CellPlace& place, uint32_t number,
                            int64_t count) const {
    if (number >= rows.plan.capacity) return false;
    if (job.is_last()) {
      put_coords(rows.plan, number, place);
      put_count(rows.plan, number, count);
    }
    return true;
  }
};

template <class Tally, class Chain>
cudaError_t list(const SparsePlan& plan, Type type, Carver& carver, bool launch,
                 cudaStream_t stream) {
  using Row = typename Tally::Row;
  const VoxelPlan& voxels = plan.voxels;
  size_t cleared;
  const RankedRows rows = take_ranked_rows(plan, carver, &cleared);
  DensePlan dense = {};
  dense.voxels = voxels;
  dense.output.type = plan.reduced.type;
  TileJob<Row> job(dense, tiling_of(voxels));
  job.chains = plan.reduced.type == type;
  Ranges ranges;
  cudaError_t error = take_job<Tally>(job, carver, &ranges);
  if (error != cudaSuccess || !launch) return error;
  error = cudaMemsetAsync(rows.ranks.blocks, 0, cleared, stream);
  if (error != cudaSuccess) return error;
  const auto rank = [&](const TileJob<Row>& sorted) {
    if (sorted.first != 0) return cudaSuccess;
    launch_early(mark_tiles<Row>, sorted.batches.tiles, kMarkThreads, 0, stream, rows, sorted);
    rank_marked(rows.ranks, stream);
    return cudaGetLastError();
  };
  error = reduce_by_tiles<Tally, Chain>(job, ranges, StoreRows{rows}, rank, stream);
  return error == cudaSuccess ? finish_rows(rows, stream) : error;
}

template <class T>
cudaError_t list_type(const SparsePlan& plan, Type type, Carver& carver, bool launch,
                      cudaStream_t stream) {
  if (has_sums(plan.voxels)) {
    return list<SumTally<T>, SumChain<T>>(plan, type, carver, launch, stream);
  }
  return list<ExtremeTally<T>, ExtremeChain<T>>(plan, type, carver, launch, stream);
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool pays_by_tiles(const SparsePlan& plan) {
  const VoxelPlan& voxels = plan.voxels;
  if (!plan.reduced || plan.hard || voxels.features.type == Type::f64 || voxels.width == 0) {
    return false;
  }
  // All voxels have to be marked before the first one is reduced.
  constexpr int64_t kCellsPerPoint = 8, kFewPoints = 100000;
  const int64_t positions = voxels.cloud.positions();
  return positions >= kFewPoints && voxels.cells() <= positions * kCellsPerPoint &&
         tiling_of(voxels).count <= kMostTilesAtOnce;
}

cudaError_t sparse_by_tiles_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                 cudaStream_t stream) {
  switch (plan.voxels.features.type) {
    case Type::f16:
      return list_type<Half>(plan, Type::f16, carver, launch, stream);
    case Type::bf16:
      return list_type<BFloat16>(plan, Type::bf16, carver, launch, stream);
    default:
      return list_type<float>(plan, Type::f32, carver, launch, stream);
  }
}

}  // namespace rc
