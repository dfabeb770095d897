// SPDX-License-Identifier: Apache-2.0
// Work for the warps of a block: pieces that are neighbours are claimed for it together, from those of all
// blocks, and drawn by its warps one by one.
#pragma once

#include "kernels/tsdf/scratch_cuda.cuh"

RC_KERNELS_BEGIN

// In shared memory.
class Claims {
  static constexpr uint32_t kPieces = 8;
  // More than the pieces of a claim and the warps of a block, each of which asks once too often at most.
  static constexpr uint32_t kAskers = 64, kMostWarps = 1024 / kWarp;
  static_assert(kPieces + kMostWarps < kAskers);

 public:
  // Pieces that have numbers.
  static constexpr int64_t kMost = (int64_t{1} << 32) / kAskers * kPieces;

  // To be called by one thread, before a barrier. `next`: the number of the first claim that no block
  // has made.
  __device__ void begin(int* next) {
    claim_ = number_of_claim(atomicAdd(next, 1));
    ahead_ = atomicAdd(next, 1);
  }

  // The number of a piece that no other warp draws. To be called by all threads of a warp, `lane` being each
  // one's number in it.
  __device__ int draw(int* next, unsigned lane) {
    for (;;) {
      const uint32_t mine = lane == 0 ? atomicAdd(&claim_, 1u) : 0;
      const uint32_t drawn = __shfl_sync(0xffffffffu, mine, 0);
      const uint32_t piece = drawn % kAskers;
      if (lane == 0 && piece == kPieces - 1) take_next(next);
      __syncwarp();
      if (piece < kPieces) return static_cast<int>(drawn / kAskers * kPieces + piece);
      // All are drawn: who drew the last one brings more.
      while (*static_cast<volatile uint32_t*>(&claim_) % kAskers >= kPieces) {
      }
      __syncwarp();
    }
  }

 private:
  __device__ static uint32_t number_of_claim(int claim) {
    return static_cast<uint32_t>(claim) * kAskers;
  }

  // The claim that comes next was made when the one before it was taken: nobody waits for memory.
  __device__ void take_next(int* next) {
    int claim;
    do {
      claim = atomicExch(&ahead_, -1);
    } while (claim < 0);
    atomicExch(&claim_, number_of_claim(claim));
    atomicExch(&ahead_, atomicAdd(next, 1));
  }

  // The number of a claim, and how often warps have asked for a piece of it.
  uint32_t claim_;
  // The claim that comes next; below 0 where it is on its way.
  int ahead_;
};

// Threads' own numbers in their warps. Compilers do not know `threadIdx.x % 32` from any other number, and
// gather the atomics of what might be several lanes.
__device__ inline unsigned lane_of_thread() {
  unsigned lane;
  asm("mov.u32 %0, %%laneid;" : "=r"(lane));
  return lane;
}

RC_KERNELS_END
