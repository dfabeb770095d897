// SPDX-License-Identifier: Apache-2.0
// Sorting batches of points by tile.
#define RC_LEVEL cuda
#include "kernels/common/cuda_early.h"
#include "kernels/common/cuda_prefetch.h"
#include "kernels/voxelize/find_goals_cuda.cuh"
#include "kernels/voxelize/magnitudes_cuda.cuh"

RC_KERNELS_BEGIN
namespace {

// Turns numbers in shared memory, each rounded up to a multiple of kUnit, into the sums of those before
// them, and returns their sum. `partial` has room for the warps. To be called by whole blocks.
template <int kThreads, uint32_t kUnit>
__device__ uint32_t scan_numbers(uint32_t* numbers, uint32_t count, uint32_t* partial) {
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  uint32_t before = 0;
  for (uint32_t first = 0; first < count; first += kThreads * 4) {
    const uint32_t i = first + threadIdx.x * 4;
    uint4 four = {};
    if (i < count) four = *reinterpret_cast<const uint4*>(numbers + i);
    for (uint32_t* const number : {&four.x, &four.y, &four.z, &four.w}) {
      *number = (*number + kUnit - 1) / kUnit * kUnit;
    }
    const uint32_t own = four.x + four.y + four.z + four.w;
    uint32_t through = own;
    for (int step = 1; step < 32; step *= 2) {
      const uint32_t other = __shfl_up_sync(0xffffffffu, through, step);
      if (lane >= step) through += other;
    }
    if (lane == 31) partial[warp] = through;
    __syncthreads();
    constexpr uint32_t kWarps = kThreads / 32;
    uint32_t warps = lane < kWarps ? partial[lane] : 0;
    const uint32_t in_front = __reduce_add_sync(0xffffffffu, lane < warp ? warps : 0);
    const uint32_t total = __reduce_add_sync(0xffffffffu, warps);
    const uint32_t sum = before + in_front + through - own;
    if (i < count) {
      const uint4 sums = {sum, sum + four.x, sum + four.x + four.y, sum + own - four.w};
      *reinterpret_cast<uint4*>(numbers + i) = sums;
    }
    before += total;
    __syncthreads();
  }
  return before;
}

// Clears what a block counts, and makes all of its places such as hold no voxel.
template <class Row>
__device__ void clear_memory(const SortMemory<Row>& memory, const Batches<Row>& batches,
                             int local_bits) {
  const auto fill = [](void* words, uint32_t count, uint32_t value) {
#pragma unroll 1
    for (uint32_t i = threadIdx.x; i < count; i += SortShape<Row>::kThreads) {
      static_cast<uint4*>(words)[i] = {value, value, value, value};
    }
  };
  fill(memory.places, batches.lost() / 4 + 1, 0);
  if constexpr (SortShape<Row>::kUnit > 1) {
    fill(memory.ids, batches.room / 8, (1u << local_bits) * 0x10001u);
  }
}

// Turns the counts of a batch's tiles into where their runs begin, tells it, and returns where the last
// one ends.
template <class Row>
__device__ uint32_t begin_runs(const SortMemory<Row>& memory, const Batches<Row>& batches) {
  using Shape = SortShape<Row>;
  __shared__ uint32_t partial[Shape::kThreads / 32];
  const uint32_t total =
      scan_numbers<Shape::kThreads, Shape::kUnit>(memory.places, batches.tiles, partial);
  for (uint32_t tile = threadIdx.x; tile <= batches.tiles; tile += Shape::kThreads) {
    batches.border_of(blockIdx.x, tile) =
        static_cast<uint16_t>(tile < batches.tiles ? memory.places[tile] : total);
  }
  __syncthreads();
  return total;
}

// Tells the stats of the points of a batch that the grid does not reach, once all are counted.
template <class T, class Row>
__device__ void tell_outside(const SortJob<T, Row>& job, const SortMemory<Row>& memory) {
  if (threadIdx.x != 0) return;
  const uint32_t points = memory.places[job.batches.outside()];
  if (points != 0) count_left_out(job.goals.placer.stats, 0, RC_STAT_OUTSIDE, points);
}

// Gives four points the next places of their tiles.
template <class Row>
__device__ FourGoals take_places(const SortMemory<Row>& memory, const Batches<Row>& batches,
                                 const FourGoals& goals, int local_bits) {
  FourGoals places;
  for (int j = 0; j < 4; ++j) {
    const uint32_t tile = min(goals.of[j] >> local_bits, batches.lost());
    places.of[j] = atomicAdd(memory.places + tile, 1u);
  }
  return places;
}

__device__ inline uint16_t voxel_of_goal(uint32_t goal, int local_bits) {
  return static_cast<uint16_t>(goal & ((1u << local_bits) - 1));
}

// Writes the voxels of a batch, in the order of tiles. The room of a batch is a multiple of a word.
template <class Row>
__device__ void write_ids(const SortMemory<Row>& memory, const Batches<Row>& batches,
                          uint32_t total) {
  constexpr uint32_t kIdsOfWord = sizeof(uint4) / sizeof(uint16_t);
  auto* const ids = reinterpret_cast<uint4*>(batches.ids + size_t{blockIdx.x} * batches.room);
  for (uint32_t i = threadIdx.x; i * kIdsOfWord < total; i += SortShape<Row>::kThreads) {
    ids[i] = reinterpret_cast<const uint4*>(memory.ids)[i];
  }
}

// Keeps the goals of a thread's points, out of `count` that a block reads at once.
template <bool kPlain>
__device__ void keep_goals(const FourGoals& goals, uint32_t* kept, uint32_t count) {
  if constexpr (kPlain) {
    const uint32_t number = number_of<kPlain, NoRow>(0);
    if (number < count) *reinterpret_cast<FourGoals*>(kept + number) = goals;
  } else {
    for (int j = 0; j < 4; ++j) {
      const uint32_t number = number_of<kPlain, NoRow>(j);
      if (number < count) kept[number] = goals.of[j];
    }
  }
}
template <bool kPlain>
__device__ FourGoals kept_goals(const uint32_t* kept, uint32_t count) {
  if constexpr (kPlain) {
    return *reinterpret_cast<const FourGoals*>(kept + number_of<kPlain, NoRow>(0));
  } else {
    FourGoals goals;
    for (int j = 0; j < 4; ++j) {
      const uint32_t number = number_of<kPlain, NoRow>(j);
      goals.of[j] = number < count ? kept[number] : kNowhere;
    }
    return goals;
  }
}

// A batch a block, of points alone.
template <bool kPlain, class T>
__device__ void sort_points(const SortJob<T, NoRow>& job, const SortMemory<NoRow>& memory,
                            uint32_t begin, uint32_t end) {
  constexpr uint32_t kAtOnce = SortShape<NoRow>::kThreads * SortShape<NoRow>::kGroup;
  const Batches<NoRow>& batches = job.batches;
  const int local_bits = job.goals.tiling.local_bits();
  const uint32_t span = batches.tiles << local_bits;
#pragma unroll 1
  for (uint32_t first = begin; first < end; first += kAtOnce) {
    const FourGoals goals = find_goals<kPlain>(job, memory, begin, first, end);
    keep_goals<kPlain>(goals, memory.goals + (first - begin), end - first);
  }
  __syncthreads();
  tell_outside(job, memory);
  const uint32_t total = begin_runs(memory, batches);
#pragma unroll 1
  for (uint32_t first = begin; first + number_of<kPlain, NoRow>(0) < end; first += kAtOnce) {
    const FourGoals goals = kept_goals<kPlain>(memory.goals + (first - begin), end - first);
    const FourGoals places = take_places(memory, batches, goals, local_bits);
    for (int j = 0; j < 4; ++j) {
      if (goals.of[j] >= span) continue;
      memory.ids[places.of[j]] = voxel_of_goal(goals.of[j], local_bits);
    }
  }
  __syncthreads();
  write_ids(memory, batches, total);
}

// The same with their features.
template <bool kPlain, class T, class Row>
__device__ void sort_rows(const SortJob<T, Row>& job, const SortMemory<Row>& memory, uint32_t begin,
                          uint32_t end) {
  using Shape = SortShape<Row>;
  constexpr uint32_t kAtOnce = Shape::kThreads * Shape::kGroup;
  constexpr int kGroups = Shape::kItems / Shape::kGroup;
  // What all arrays can be like is a lot of code: rolled up, with goals in local memory.
  constexpr int kUnrolled = kPlain ? kGroups : 1;
  const Batches<Row>& batches = job.batches;
  const int local_bits = job.goals.tiling.local_bits();
  const uint32_t span = batches.tiles << local_bits;
  FourGoals goals[kGroups], places[kGroups];
#pragma unroll kUnrolled
  for (int g = 0; g < kGroups; ++g) {
    goals[g] = find_goals<kPlain>(job, memory, begin, begin + g * kAtOnce, end);
  }
  __syncthreads();
  tell_outside(job, memory);
  const uint32_t total = begin_runs(memory, batches);
  // What holds the places makes room for the order once all points know theirs.
#pragma unroll kUnrolled
  for (int g = 0; g < kGroups; ++g) {
    if (begin + g * kAtOnce + number_of<kPlain, Row>(0) >= end) continue;
    places[g] = take_places(memory, batches, goals[g], local_bits);
  }
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();

  const bool measures = job.exponents != nullptr && job.goals.first_tile == 0;
  MagnitudeWatch<typename NumberOf<Row>::Type> watch(
      job.exponents + job.first, job.plan.width,
      static_cast<int>(min(job.plan.width - job.first, int64_t{kChannels})));
#pragma unroll kUnrolled
  for (int g = 0; g < kGroups; ++g) {
    for (int j = 0; j < 4; ++j) {
      const uint32_t goal = goals[g].of[j], place = places[g].of[j];
      const uint32_t own = g * kAtOnce + number_of<kPlain, Row>(j);
      if (goal < span) {
        memory.ids[place] = voxel_of_goal(goal, local_bits);
        memory.sources[place] = static_cast<uint16_t>(own);
      }
      // A plain cloud's points of these tiles are seen as they leave.
      if (measures && (kPlain ? goal == kElsewhere : goal != kNowhere)) {
        const int64_t cloud = kPlain ? 0 : place_of(job.plan.cloud, begin + own).cloud;
        watch.see(static_cast<int>(cloud), memory.rows[own]);
      }
    }
  }
  __syncthreads();
  write_ids(memory, batches, total);
  Row* const rows = batches.rows + size_t{blockIdx.x} * batches.room;
  for (uint32_t i = threadIdx.x; i < total; i += Shape::kThreads) {
    const Row row = memory.rows[memory.sources[i]];
    rows[i] = row;
    if (kPlain && measures) watch.see(0, row);
  }
  if (measures) watch.finish();
}

// A batch a block.
template <class T, class Row, bool kPlain>
__global__ void __launch_bounds__(SortShape<Row>::kThreads, SortShape<Row>::kBlocks)
    sort_batch(const __grid_constant__ SortJob<T, Row> job) {
  let_next_begin();
  wait_for_former();
  extern __shared__ uint4 sort_memory[];
  const Batches<Row>& batches = job.batches;
  const SortMemory<Row> memory(sort_memory, batches);
  const uint32_t begin = blockIdx.x * batches.size;
  const uint32_t end = min(begin + batches.size, batches.positions);
  if (blockIdx.x == 0 && threadIdx.x < 2) job.cleared[threadIdx.x] = 0;
  if (kPlain && kRowBytes<Row> != 0 && threadIdx.x == 0 && begin < end) {
    // Rows are on their way beside the points, which are waited for first.
    constexpr size_t kBytes = 3 * sizeof(float);
    ask_for(job.plan.cloud.array.data + kBytes * begin, kBytes * (end - begin));
  }
  clear_memory(memory, batches, job.goals.tiling.local_bits());
  __syncthreads();
  if constexpr (kRowBytes<Row> == 0) {
    sort_points<kPlain>(job, memory, begin, end);
  } else {
    sort_rows<kPlain>(job, memory, begin, end);
  }
}

}  // namespace

template <class Row>
cudaError_t sort_batches(const VoxelPlan& plan, const Tiling& tiling, const Batches<Row>& batches,
                         uint32_t first_tile, int64_t first_channel, int32_t* exponents,
                         uint32_t* cleared, cudaStream_t stream) {
  const auto shared =
      static_cast<size_t>(SortMemory<Row>::bytes(batches.room, batches.size, batches.tiles));
  cudaError_t error = cudaSuccess;
  VoxelPlan counted = plan;
  if (first_tile != 0 || first_channel != 0) counted.stats = {};
  with_placer(counted, [&](auto placer) {
    using T = typename decltype(placer)::Point;
    const Goals<T> goals(counted, tiling, first_tile, batches.tiles);
    SortJob<T, Row> job = {plan, goals, {}, batches, first_channel, exponents, false, cleared};
    const auto launch = [&](void (*kernel)(SortJob<T, Row>)) {
      error = allow_shared(kernel, shared);
      if (error != cudaSuccess) return;
      launch_early(kernel, batches.count, SortShape<Row>::kThreads, shared, stream, job);
      error = cudaGetLastError();
    };
    if constexpr (std::is_same_v<T, float>) {
      if (is_plain<Row>(plan, tiling, first_channel)) {
        job.plain = PlainGoals(plan.grid, tiling, first_tile, batches.tiles, batches.outside());
        job.is_aligned = reinterpret_cast<uintptr_t>(plan.cloud.array.data) % sizeof(float4) == 0;
        return launch(sort_batch<T, Row, true>);
      }
    }
    launch(sort_batch<T, Row, false>);
  });
  return error;
}

template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<NoRow>&, uint32_t,
                                  int64_t, int32_t*, uint32_t*, cudaStream_t);
template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<Quad<float>>&,
                                  uint32_t, int64_t, int32_t*, uint32_t*, cudaStream_t);
template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<Quad<Half>>&,
                                  uint32_t, int64_t, int32_t*, uint32_t*, cudaStream_t);
template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<Quad<BFloat16>>&,
                                  uint32_t, int64_t, int32_t*, uint32_t*, cudaStream_t);

RC_KERNELS_END
