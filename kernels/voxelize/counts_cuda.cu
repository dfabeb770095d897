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

// Two counters to a word of shared memory: no block takes more points than one can count.
constexpr uint32_t kMostCounted = UINT16_MAX;

class Counters {
 public:
  // One more, for what is no voxel's point.
  static size_t bytes(uint32_t voxels) { return (voxels / 8 + 1) * sizeof(uint4); }

  __device__ Counters(uint4* memory, uint32_t voxels)
      : words_(reinterpret_cast<uint32_t*>(memory)), voxels_(voxels) {}

  // To be called by whole blocks, which then wait.
  __device__ void clear() const {
    for (uint32_t i = threadIdx.x; i < voxels_ / 8 + 1; i += kTallyThreads) {
      reinterpret_cast<uint4*>(words_)[i] = {};
    }
  }
  // Counts the points of two voxels, whose numbers are the halves of a word.
  __device__ void add(uint32_t pair) const {
    add_one(pair & 0xffff);
    add_one(pair >> 16);
  }
  __device__ uint32_t of(uint32_t voxel) const {
    return reinterpret_cast<const uint16_t*>(words_)[voxel];
  }
  // Of four neighbours from a multiple of four on.
  __device__ uint4 four(uint32_t voxel) const {
    const uint2 pairs = *reinterpret_cast<const uint2*>(words_ + voxel / 2);
    return {pairs.x & 0xffff, pairs.x >> 16, pairs.y & 0xffff, pairs.y >> 16};
  }

 private:
  __device__ void add_one(uint32_t voxel) const {
    atomicAdd(words_ + voxel / 2, 1u << 16 * (voxel % 2));
  }

  uint32_t *const words_, voxels_;
};

constexpr uint32_t kLanesOfRun = 4;

// Counts the points of a tile, and tells how many places its runs take: where more than kMostCounted, not
// all are counted. A few lanes take a run; what is left of a long one the whole warp takes. To be called by
// whole blocks.
__device__ uint32_t count_points(const Batches<NoRow>& batches, uint32_t tile,
                                 const Counters& counters) {
  using Points = Batches<NoRow>;
  constexpr uint32_t kUnit = SortShape<NoRow>::kUnit;
  static_assert(kUnit * sizeof(uint16_t) == sizeof(uint2));
  __shared__ uint32_t places;
  if (threadIdx.x == 0) places = 0;
  counters.clear();
  __syncthreads();
  const uint32_t lane = threadIdx.x % 32, part = lane % kLanesOfRun;
  const auto* const units = reinterpret_cast<const uint2*>(batches.ids);
  const auto count = [&](const uint2& unit) {
    counters.add(unit.x);
    counters.add(unit.y);
  };
  for (uint32_t first = 0; first < batches.count; first += kTallyThreads) {
    const uint32_t batch = first + batch_of_lane<kTallyThreads, Points::kNeighbours>();
    uint32_t begin = 0, length = 0;
    if (batch < batches.count) {
      const uint16_t* const border = &batches.border_of(batch, tile);
      begin = border[0] / kUnit;
      length = border[Points::kNeighbours] / kUnit - begin;
      begin += batch * (batches.room / kUnit);
    }
    const uint32_t total = __reduce_add_sync(0xffffffffu, length) * kUnit;
    uint32_t before = 0;
    if (lane == 0) before = atomicAdd(&places, total);
    if (__shfl_sync(0xffffffffu, before, 0) + total > kMostCounted) continue;
    // The first units of all runs, all of them on their way at once.
    uint2 loaded[kLanesOfRun];
    uint32_t lengths[kLanesOfRun];
    for (uint32_t k = 0; k < kLanesOfRun; ++k) {
      const uint32_t run = (k * 32 + lane) / kLanesOfRun;
      const uint32_t start = __shfl_sync(0xffffffffu, begin, run);
      lengths[k] = __shfl_sync(0xffffffffu, length, run);
      if (part < lengths[k]) loaded[k] = units[start + part];
    }
    for (uint32_t k = 0; k < kLanesOfRun; ++k) {
      if (part < lengths[k]) count(loaded[k]);
    }
    unsigned rest = __ballot_sync(0xffffffffu, length > kLanesOfRun);
    for (; rest != 0; rest &= rest - 1) {
      const int run = __ffs(static_cast<int>(rest)) - 1;
      const uint32_t start = __shfl_sync(0xffffffffu, begin, run);
      const uint32_t end = __shfl_sync(0xffffffffu, length, run);
      for (uint32_t i = kLanesOfRun + lane; i < end; i += 32) count(units[start + i]);
    }
  }
  __syncthreads();
  return places;
}

// Stores the counts of a tile, four neighbours along z at a time.
__device__ void store_fours(const TileJob<NoRow>& job, const CellPlace& corner,
                            const Counters& counters) {
  const GridArray& output = job.plan.output;
  const Column<4> column(job.tiling, job.plan.voxels.grid, corner, 0);
  auto* place =
      reinterpret_cast<int32_t*>(output.data) + element_of(output, corner.cloud, column.index);
  for (uint32_t v = column.voxel; v < column.end; v += column.kStep) {
    *reinterpret_cast<uint4*>(place) = counters.four(v);
    place += column.step_x * output.axis[0];
  }
}

// A tile a block.
constexpr int kCountBlocks = 4;  // of a multiprocessor
__global__ void __launch_bounds__(kTallyThreads, kCountBlocks)
    count_tiles(const __grid_constant__ TileJob<NoRow> job) {
  let_next_begin();
  wait_for_former();
  extern __shared__ uint4 tile_words[];
  const Counters counters(tile_words, job.tiling.voxels());
  const uint32_t places = count_points(job.batches, blockIdx.x, counters);
  if (places == 0 && job.plan.accumulate) return;
  if (places > kMostCounted) return leave_tile(job, blockIdx.x, places);
  const CellPlace corner = job.corner_of(blockIdx.x);
  if (job.stores_words) return store_fours(job, corner, counters);
  const CountTally tally(job.plan.voxels, nullptr, 0);
  StoreCounts()(job, corner, tally, 0, job.tiling.voxels(),
                [&](uint32_t v) { return VoxelResult{static_cast<int64_t>(counters.of(v)), {}}; });
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
  const size_t shared = Counters::bytes(job.tiling.voxels());
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
