// SPDX-License-Identifier: Apache-2.0
// Points of a call in the order of their tiles, on a CUDA device. Within a tile they lie in any
// order: what is made of them must not depend on it.
//
// Points are counted by tile, and the counts added up; then each block reserves places for its range
// of the points in all tiles at once, and moves them there. Blocks write next to each other's points,
// so that the L2 puts together what goes to memory.
#pragma once

#include <cub/device/device_scan.cuh>

#include "kernels/common/carver.h"
#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/range_cuda.cuh"
#include "kernels/voxelize/tiles.h"

RC_KERNELS_BEGIN

constexpr int kPartitionThreads = 512;
// Ranges of points: as many as run at once on a large device, each with enough points for its
// counters of all tiles.
constexpr int64_t kMostRanges = 528;
constexpr int64_t kLeastRange = 4096;

// T is the type of the features, or float, which holds all small integers.
template <class T>
struct TiledPoints {
  uint32_t* keys;    // of the points as they came
  uint32_t* starts;  // [tiles + 1]: where each tile's points begin, and how many there are
  uint32_t* next;    // [tiles]: where its next point goes
  uint16_t* locals;  // of the points in the order of tiles
  Quad<T>* rows;     // their features
  int32_t* exponents;
  void* temporary;
  size_t temporary_size;
};

// Counts the points that the threads of a warp have in tiles, together where all lie in one. Returns
// how many the counter had before each. To be called by whole warps.
__device__ inline uint32_t count_in_tile(uint32_t* counters, uint32_t key) {
  const uint32_t tile = key >> kLocalBits;
  int same;
  __match_all_sync(0xffffffffu, tile, &same);
  if (key == kNoKey) return 0;
  if (!same) return atomicAdd(counters + tile, 1u);
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t first = lane == 0 ? atomicAdd(counters + tile, 32u) : 0;
  return __shfl_sync(0xffffffffu, first, 0) + lane;
}

// Calls body(i, whether i is one of the points) for the range of this block, by whole warps.
template <class Body>
__device__ void for_each_in_range(int64_t positions, Body body) {
  const int64_t begin = positions * blockIdx.x / gridDim.x;
  const int64_t end = positions * (blockIdx.x + 1) / gridDim.x;
  for (int64_t first = begin; first < end; first += kPartitionThreads) {
    const int64_t i = first + threadIdx.x;
    body(i, i < end);
  }
}

// Calls body(tile) for each tile, by the threads of a block.
template <class Body>
__device__ void for_each_tile(int64_t tiles, Body body) {
  for (int64_t t = threadIdx.x; t < tiles; t += kPartitionThreads) body(t);
}

template <class P, class T>
__global__ void __launch_bounds__(kPartitionThreads, 3)
    list_keys(const __grid_constant__ VoxelPlan plan, const __grid_constant__ Placer<P> placer,
              const __grid_constant__ Tiling tiling,
              const __grid_constant__ TiledPoints<T> points) {
  extern __shared__ uint32_t counts[];
  for_each_tile(tiling.count, [&](int64_t t) { counts[t] = 0; });
  __syncthreads();
  RangeWatch watch(plan, points.exponents, 0);
  for_each_in_range(plan.cloud.positions(), [&](int64_t i, bool there) {
    uint32_t key = kNoKey;
    if (there) {
      const PointPlace place = place_of(plan.cloud, i);
      uint32_t index[3];
      if (placer.place(place, index)) {
        key = tiling.key_of(place.cloud, index);
        if (points.exponents != nullptr) watch.see(place);
      }
      points.keys[i] = key;
    }
    count_in_tile(counts, key);
  });
  if (points.exponents != nullptr) watch.finish();
  __syncthreads();
  for_each_tile(tiling.count, [&](int64_t t) {
    if (counts[t] != 0) atomicAdd(points.next + t, counts[t]);
  });
}

template <class T>
__device__ Quad<T> row_of_point(const VoxelPlan& plan, const PointPlace& place) {
  const Array& features = plan.features;
  const int64_t start = start_of(features, place);
  if (!std::is_same_v<T, float> || features.type == Type::f32) {
    return load_quad(reinterpret_cast<const T*>(features.data) + start, features.channel,
                     plan.width);
  }
  double values[kChannels];
  load_channels(features.type, features.data, start, features.channel, plan.width, values);
  Quad<T> row;
  for (int k = 0; k < kChannels; ++k) row.of[k] = from_double<T>(values[k]);
  return row;
}

template <class T>
__global__ void __launch_bounds__(kPartitionThreads, 3)
    move_to_tiles(const __grid_constant__ VoxelPlan plan, int64_t tiles,
                  const __grid_constant__ TiledPoints<T> points) {
  extern __shared__ uint32_t next[];
  const int64_t positions = plan.cloud.positions();
  for_each_tile(tiles, [&](int64_t t) { next[t] = 0; });
  __syncthreads();
  for_each_in_range(positions, [&](int64_t i, bool there) {
    count_in_tile(next, there ? points.keys[i] : kNoKey);
  });
  __syncthreads();
  for_each_tile(tiles, [&](int64_t t) {
    if (next[t] != 0) next[t] = atomicAdd(points.next + t, next[t]);
  });
  __syncthreads();
  for_each_in_range(positions, [&](int64_t i, bool there) {
    const uint32_t key = there ? points.keys[i] : kNoKey;
    const uint32_t slot = count_in_tile(next, key);
    if (key == kNoKey) return;
    points.locals[slot] = static_cast<uint16_t>(key & (kTileVoxels - 1));
    points.rows[slot] = row_of_point<T>(plan, place_of(plan.cloud, i));
  });
}

// Takes the memory of a partition. That of the keys is free when it is done, and has `spare` bytes.
template <class T>
cudaError_t take_tiled_points(const VoxelPlan& plan, const Tiling& tiling, int64_t spare,
                              Carver& carver, TiledPoints<T>* points) {
  const int64_t positions = plan.cloud.positions();
  points->keys = carver.take<uint32_t>(std::max(positions, (spare + 3) / 4));
  points->starts = carver.take<uint32_t>(tiling.count + 1);
  points->next = carver.take<uint32_t>(tiling.count + 1);
  points->locals = carver.take<uint16_t>(positions);
  points->rows = carver.take<Quad<T>>(positions);
  points->exponents =
      plan.measures_range() ? carver.take<int32_t>(plan.cloud.clouds * plan.width) : nullptr;
  points->temporary_size = 0;
  const cudaError_t error = cub::DeviceScan::ExclusiveSum(
      nullptr, points->temporary_size, points->next, points->starts, tiling.count + 1);
  points->temporary = carver.take<char>(static_cast<int64_t>(points->temporary_size));
  return error;
}

// Partitions the points, and counts in cleared stats what is left out.
template <class T>
cudaError_t partition(const VoxelPlan& plan, const Tiling& tiling, const TiledPoints<T>& points,
                      cudaStream_t stream) {
  const int64_t ranges = (plan.cloud.positions() - 1) / kLeastRange + 1;
  const auto blocks = static_cast<unsigned>(std::min(ranges, kMostRanges));
  const size_t counters = static_cast<size_t>(tiling.count) * sizeof(uint32_t);
  if (points.exponents != nullptr) {
    const int64_t channels = plan.cloud.clouds * plan.width;
    clear_exponents<<<blocks_for(channels), kTile, 0, stream>>>(points.exponents, channels);
  }
  cudaError_t error = cudaMemsetAsync(points.next, 0, counters + sizeof(*points.next), stream);
  if (error != cudaSuccess) return error;
  with_placer(plan, [&](auto placer) {
    list_keys<<<blocks, kPartitionThreads, counters, stream>>>(plan, placer, tiling, points);
  });
  size_t size = points.temporary_size;
  error = cub::DeviceScan::ExclusiveSum(points.temporary, size, points.next, points.starts,
                                        tiling.count + 1, stream);
  if (error == cudaSuccess) {
    error = cudaMemcpyAsync(points.next, points.starts, counters, cudaMemcpyDeviceToDevice, stream);
  }
  if (error != cudaSuccess) return error;
  move_to_tiles<<<blocks, kPartitionThreads, counters, stream>>>(plan, tiling.count, points);
  return cudaGetLastError();
}

RC_KERNELS_END
