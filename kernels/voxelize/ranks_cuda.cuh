// SPDX-License-Identifier: Apache-2.0
// The rows of occupied cells without a sort, on a CUDA device: a bit for each cell of all clouds,
// and with some bits how many are set in front of them. The row of a cell is the number of occupied
// cells in front of it.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>

#include "kernels/common/carver.h"
#include "kernels/common/cuda_early.h"
#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/cell.h"
#include "kernels/voxelize/lane_run_cuda.cuh"

RC_KERNELS_BEGIN

// The lowest `count` bits, all of them where there are no more.
__device__ inline uint32_t low_bits(int count) {
  uint32_t bits;
  asm("bmsk.clamp.b32 %0, 0, %1;" : "=r"(bits) : "r"(count));
  return bits;
}

// A sector of memory, where the workspace begins with one: a look at a cell costs one access.
struct alignas(16) RankedBits {
  static constexpr uint32_t kWords = 7;
  static constexpr uint32_t kBits = 32 * kWords;

  uint32_t words[kWords];
  uint32_t before;  // bits that are set in front of them

  __device__ uint32_t occupied() const {
    uint32_t number = 0;
    for (const uint32_t word : words) number += static_cast<uint32_t>(__popc(word));
    return number;
  }
};

struct Ranks {
  RankedBits* blocks;
  int64_t count;
  uint32_t* sums;   // of each block of threads that ranks them
  uint32_t* total;  // of all

  __device__ void mark(uint32_t cell) const { mark_word(cell / 32, 1u << cell % 32); }
  // Some of the 32 cells from `cell` on.
  __device__ void mark(uint32_t cell, uint32_t bits) const {
    const uint32_t word = cell / 32, shift = cell % 32;
    if (bits << shift != 0) mark_word(word, bits << shift);
    if (shift != 0 && bits >> (32 - shift) != 0) mark_word(word + 1, bits >> (32 - shift));
  }
  // Some of the 32 cells of a word of bits.
  __device__ void mark_word(uint32_t word, uint32_t bits) const {
    const uint32_t number = word / RankedBits::kWords;
    atomicOr(&blocks[number].words[word - number * RankedBits::kWords], bits);
  }
  // The row of an occupied cell.
  __device__ uint32_t row_of(uint32_t cell) const {
    const uint32_t number = cell / RankedBits::kBits, bit = cell - number * RankedBits::kBits;
    const RankedBits block = blocks[number];
    uint32_t row = block.before;
    for (int word = 0; word < static_cast<int>(RankedBits::kWords); ++word) {
      row += static_cast<uint32_t>(
          __popc(block.words[word] & low_bits(max(static_cast<int>(bit) - 32 * word, 0))));
    }
    return row;
  }
};

inline int64_t ranked_blocks(int64_t cells) { return (cells - 1) / RankedBits::kBits + 1; }

// Bytes of the bits of so many cells.
inline int64_t rank_bytes(int64_t cells) {
  return ranked_blocks(cells) * static_cast<int64_t>(sizeof(RankedBits));
}

__device__ inline int64_t whole_warps(int64_t count) { return (count + 31) / 32 * 32; }

// Whether there are points enough for a table of the cells: it stays small beside what else is kept
// of each point, or beside the L2 cache.
inline bool ranks_pay(const VoxelPlan& plan) {
  constexpr int64_t kMostPerPoint = 64, kFewPerPoint = 5, kFew = int64_t{1} << 24;
  const int64_t points = plan.cloud.positions(), cells = plan.cells();
  if (points == 0 || cells == 0 || cells >= INT64_C(0xffffffff)) return false;
  return rank_bytes(cells) <=
         std::min(points * kMostPerPoint, std::max(points * kFewPerPoint, kFew));
}

constexpr int kRankThreads = 512;

// Of at least one cell; all that has to be cleared lies between `blocks` and the end of `total`.
inline Ranks take_ranks(int64_t cells, Carver& carver) {
  Ranks ranks = {};
  ranks.count = ranked_blocks(cells);
  ranks.blocks = carver.take<RankedBits>(ranks.count);
  ranks.sums = carver.take<uint32_t>((ranks.count - 1) / kRankThreads + 1);
  ranks.total = carver.take<uint32_t>(1);
  return ranks;
}

// Up to so many blocks of bits each block of threads counts itself what lies in front of its own.
constexpr int64_t kFewRanked = 8 * kRankThreads;

// Counts the occupied cells of each block of threads.
static __global__ void __launch_bounds__(kRankThreads)
    count_occupied(const __grid_constant__ Ranks ranks) {
  wait_for_former();
  using Reduce = cub::BlockReduce<uint32_t, kRankThreads>;
  __shared__ typename Reduce::TempStorage storage;
  const int64_t i = int64_t{blockIdx.x} * kRankThreads + threadIdx.x;
  const uint32_t sum = Reduce(storage).Sum(i < ranks.count ? ranks.blocks[i].occupied() : 0);
  if (threadIdx.x == 0) ranks.sums[blockIdx.x] = sum;
}

static __global__ void __launch_bounds__(kRankThreads)
    rank_cells(const __grid_constant__ Ranks ranks) {
  wait_for_former();
  using Reduce = cub::BlockReduce<uint32_t, kRankThreads>;
  using Scan = cub::BlockScan<uint32_t, kRankThreads>;
  __shared__ union {
    typename Reduce::TempStorage reduce;
    typename Scan::TempStorage scan;
  } storage;
  __shared__ uint32_t front;
  uint32_t sum = 0;
  if (ranks.count <= kFewRanked) {
    for (uint32_t b = 0; b < blockIdx.x; ++b) {
      sum += ranks.blocks[b * kRankThreads + threadIdx.x].occupied();
    }
  } else {
    for (uint32_t b = threadIdx.x; b < blockIdx.x; b += kRankThreads) sum += ranks.sums[b];
  }
  sum = Reduce(storage.reduce).Sum(sum);
  if (threadIdx.x == 0) front = sum;
  __syncthreads();
  const int64_t i = int64_t{blockIdx.x} * kRankThreads + threadIdx.x;
  const uint32_t number = i < ranks.count ? ranks.blocks[i].occupied() : 0;
  uint32_t before;
  Scan(storage.scan).ExclusiveSum(number, before);
  if (i >= ranks.count) return;
  ranks.blocks[i].before = front + before;
  if (i + 1 == ranks.count) *ranks.total = front + before + number;
}

// Once all cells are marked.
inline void rank_marked(const Ranks& ranks, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((ranks.count - 1) / kRankThreads + 1);
  if (ranks.count > kFewRanked) {
    launch_early(count_occupied, blocks, kRankThreads, 0, stream, ranks);
  }
  launch_early(rank_cells, blocks, kRankThreads, 0, stream, ranks);
}

RC_KERNELS_END
