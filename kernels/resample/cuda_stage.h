// SPDX-License-Identifier: Apache-2.0
// Pieces of global memory in the shared memory of a block, each as far from a border of 16 bytes as it
// is in global memory, so that both sides are accessed in the same widths.
#pragma once

#include <cuda_pipeline_primitives.h>

#include "kernels/resample/cuda_vectors.h"

namespace rc {

constexpr unsigned kLine = 16;

// Bytes that a piece may take.
constexpr unsigned room_for(uint64_t bytes) {
  return static_cast<unsigned>((bytes + 2 * kLine - 1) / kLine * kLine);
}

}  // namespace rc

RC_KERNELS_BEGIN

// The dynamic shared memory of the block.
__device__ inline char* stage() {
  extern __shared__ uint4 memory[];
  return reinterpret_cast<char*>(memory);
}

// Where a piece of global memory begins in the room at `at`.
__device__ inline unsigned place_on_stage(unsigned at, const void* global) {
  return at + static_cast<unsigned>(reinterpret_cast<uintptr_t>(global) % kLine);
}

// Calls whole(i) for each line within a piece and edge(i) for each byte before and behind them, by
// all threads of the block.
template <class Whole, class Edge>
__device__ void for_each_line(const void* global, unsigned bytes, Whole whole, Edge edge) {
  const auto address = static_cast<unsigned>(reinterpret_cast<uintptr_t>(global));
  const unsigned head = min(-address % kLine, bytes), tail = (bytes - head) % kLine;
  for (unsigned i = head + threadIdx.x * kLine; i + kLine <= bytes; i += blockDim.x * kLine) {
    whole(i);
  }
  if (threadIdx.x < head) edge(threadIdx.x);
  if (threadIdx.x < tail) edge(bytes - tail + threadIdx.x);
}

// Begins to copy a piece to `at`, which place_on_stage has told.
__device__ inline void bring(unsigned at, const char* global, unsigned bytes) {
  char* const to = stage() + at;
  for_each_line(
      global, bytes, [&](unsigned i) { __pipeline_memcpy_async(to + i, global + i, kLine); },
      [&](unsigned i) { to[i] = __ldg(global + i); });
}

// Writes a piece from `at`.
__device__ inline void send(unsigned at, char* global, unsigned bytes) {
  const char* const from = stage() + at;
  for_each_line(
      global, bytes,
      [&](unsigned i) {
        __stcs(reinterpret_cast<uint4*>(global + i), *reinterpret_cast<const uint4*>(from + i));
      },
      [&](unsigned i) { global[i] = from[i]; });
}

// Waits until all that the block's threads have begun to bring is there.
__device__ inline void wait_for_stage() {
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
}

// A row on the stage.
struct StagedRow {
  unsigned at;

  __device__ StagedRow operator+(size_t bytes) const { return {at + static_cast<unsigned>(bytes)}; }
};

template <int kBytes>
__device__ Words<kBytes> load_words(StagedRow from) {
  using Access = typename AccessOf<kBytes>::Type;
  const Access v = *reinterpret_cast<const Access*>(stage() + from.at);
  return words_of<kBytes>(v);
}

// A row on the stage or in global memory.
struct AnyRow {
  const char* data;

  __device__ AnyRow operator+(size_t bytes) const { return {data + bytes}; }
};

template <int kBytes>
__device__ Words<kBytes> load_words(AnyRow from) {
  return words_of<kBytes>(*reinterpret_cast<const typename AccessOf<kBytes>::Type*>(from.data));
}

template <int kBytes>
__device__ void store_words(StagedRow to, const Words<kBytes>& v) {
  *reinterpret_cast<typename AccessOf<kBytes>::Type*>(stage() + to.at) = access_of<kBytes>(v);
}

RC_KERNELS_END
