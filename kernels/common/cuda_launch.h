// SPDX-License-Identifier: Apache-2.0
// How work is spread over the blocks of a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

// Threads of a block; targets, points or voxels of a tile.
constexpr int kTile = 128;
// Blocks of a launch; more work is taken in turns.
constexpr int64_t kMaxBlocks = 1 << 16;

inline unsigned blocks_for(int64_t count) {
  return static_cast<unsigned>(std::min((count - 1) / kTile + 1, kMaxBlocks));
}

// For threads that take several numbers each: more blocks than are at work at once only cost the
// time to begin them.
inline unsigned few_blocks(int64_t count) { return std::min(blocks_for(count), 1u << 12); }

// What the current device has.
struct DeviceShape {
  int multiprocessors, shared;  // bytes that a block can have
};

inline cudaError_t shape_of_device(DeviceShape* shape) {
  int device = 0;
  cudaError_t error = cudaGetDevice(&device);
  if (error != cudaSuccess) return error;
  error = cudaDeviceGetAttribute(&shape->multiprocessors, cudaDevAttrMultiProcessorCount, device);
  if (error != cudaSuccess) return error;
  return cudaDeviceGetAttribute(&shape->shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
}

// Numbers from this thread's first one up to `count`, a step of the whole grid at a time.
template <class Body>
__device__ void for_each_number(int64_t count, Body body) {
  for (int64_t i = int64_t{blockIdx.x} * kTile + threadIdx.x; i < count;
       i += int64_t{gridDim.x} * kTile) {
    body(i);
  }
}

RC_KERNELS_END
