// SPDX-License-Identifier: Apache-2.0
// Dense counts by tiles: batches of points are sorted by tile, then a block counts the points of one
// tile in shared memory and writes all of its voxels, each once.
#define RC_LEVEL cuda
#include "kernels/voxelize/crowded_cuda.cuh"
#include "kernels/voxelize/tiled_cuda.h"

RC_KERNELS_BEGIN
namespace {

constexpr int kTileBits = 14;

// Stores counts, with what voxels held before when accumulating.
struct StoreCounts {
  template <class ResultOf>
  __device__ void operator()(const TileJob<NoRow>& job, const CellPlace& corner, const CountTally&,
                             uint32_t voxel, uint32_t count, ResultOf result_of) const {
    const DensePlan& plan = job.plan;
    const auto each = [&](auto store) {
      for_each_voxel(job.tiling, plan.voxels.grid, corner, voxel, count,
                     [&](uint32_t v, const int64_t (&index)[3]) {
                       store(index, static_cast<uint32_t>(result_of(v).count));
                     });
    };
    const auto number = [&](const GridArray& array, const int64_t (&index)[3]) -> int32_t& {
      return reinterpret_cast<int32_t*>(array.data)[element_of(array, corner.cloud, index)];
    };
    if (!plan.counts && !plan.accumulate) {
      // What most calls want, without all that others need.
      return each([&](const int64_t (&index)[3], uint32_t points) {
        number(plan.output, index) = static_cast<int32_t>(points);
      });
    }
    each([&](const int64_t (&index)[3], uint32_t points) {
      for (const GridArray* const array : {&plan.output, &plan.counts}) {
        if (!*array) continue;
        int32_t& target = number(*array, index);
        const uint32_t old = plan.accumulate ? static_cast<uint32_t>(target) : 0;
        target = static_cast<int32_t>(old + points);
      }
    });
  }
};

// Whether counts lie in fours that are whole and aligned, and nothing else is wanted.
bool holds_fours(const DensePlan& plan, const Tiling& tiling) {
  const GridArray& output = plan.output;
  const bool steps = output.cloud % 4 == 0 && output.axis[0] % 4 == 0 && output.axis[1] % 4 == 0;
  return !plan.counts && !plan.accumulate && output.axis[2] == 1 && steps &&
         plan.voxels.grid.dims[2] % 4 == 0 && tiling.bits[2] >= 2 &&
         reinterpret_cast<uintptr_t>(output.data) % sizeof(uint4) == 0;
}

// Stores the counts of a tile, four neighbours along z at a time.
__device__ void store_fours(const TileJob<NoRow>& job, const CellPlace& corner,
                            const BlockWords& block) {
  const GridArray& output = job.plan.output;
  const Column<4> column(job.tiling, job.plan.voxels.grid, corner, 0);
  auto* place =
      reinterpret_cast<int32_t*>(output.data) + element_of(output, corner.cloud, column.index);
  for (uint32_t v = column.voxel; v < column.end; v += column.kStep) {
    *reinterpret_cast<uint4*>(place) = *reinterpret_cast<const uint4*>(block.words + v);
    place += column.step_x * output.axis[0];
  }
}

// A tile a block.
__global__ void __launch_bounds__(kTallyThreads, kTallyBlocks)
    count_tiles(const __grid_constant__ TileJob<NoRow> job) {
  let_next_begin();
  wait_for_former();
  extern __shared__ uint4 tile_words[];
  const BlockWords block = {reinterpret_cast<uint32_t*>(tile_words), job.tiling.voxels()};
  const CountTally tally(job.plan.voxels, nullptr, 0);
  const uint32_t points = tally_points<Share::kRuns>(job, tally, block, 0, blockIdx.x, 0,
                                                     job.batches.count, kBlockPoints);
  if (points == 0 && job.plan.accumulate) return;
  if (points > kBlockPoints) return leave_tile(job, blockIdx.x, points);
  if (job.stores_words) return store_fours(job, job.corner_of(blockIdx.x), block);
  StoreCounts()(job, job.corner_of(blockIdx.x), tally, 0, block.voxels,
                [&](uint32_t v) { return tally.result(block, v); });
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t count_tiled_cuda(const DensePlan& plan, Carver& carver, bool launch,
                             cudaStream_t stream) {
  TileJob<NoRow> job(plan, Tiling(plan.voxels, kTileBits));
  job.words = CountTally::words_of(0);
  job.stores_words = holds_fours(plan, job.tiling);
  cudaError_t error = take_batches(plan.voxels, job.tiling.count, carver, &job.batches);
  if (error != cudaSuccess) return error;
  job.crowd = take_crowd(job.batches, job.tiling, job.words, carver);
  if (!launch) return cudaSuccess;
  const size_t shared = (job.tiling.voxels() + 3) / 4 * sizeof(uint4);
  error = allow_shared(count_tiles, shared);
  if (error != cudaSuccess) return error;
  return for_each_turn(job, [&] {
    const cudaError_t sorted = sort_batches(plan.voxels, job.tiling, job.batches, job.first_tile, 0,
                                            nullptr, job.crowd.counts, stream);
    if (sorted != cudaSuccess) return sorted;
    launch_early(count_tiles, job.batches.tiles, kTallyThreads, shared, stream, job);
    return launch_reduce_crowd<CountTally>(job, StoreCounts(), stream);
  });
}

}  // namespace rc
