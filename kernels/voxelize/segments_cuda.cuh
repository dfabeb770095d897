// SPDX-License-Identifier: Apache-2.0
// Balanced reductions of segments on a CUDA device: a voxel may hold one point or all of them.
//
// Sorted points are cut into tiles, and segments into pieces at the borders of tiles. A thread
// reduces a piece. A piece that is a whole segment is stored at once; of the others those that do
// not begin their segment leave a partial result, one for each tile, and a warp merges them with the
// piece that does.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/sorted_cuda.h"

RC_KERNELS_BEGIN

// Points of a tile, and channels that are reduced at once: partial results take 4 bytes a point.
constexpr int64_t kPiece = 64;
constexpr int kChannels = 4;
constexpr int kWarp = 32;

// The winner of MAX or MIN, by its place among the sorted points. Of equally good ones, and of NaN,
// the first.
struct WinnerReducer {
  double best;
  uint32_t place;
  int32_t reduce;
  bool any;

  __device__ WinnerReducer(int32_t r, const Scale&) : best(0), place(0), reduce(r), any(false) {}
  __device__ void add(double feature, int64_t i) {
    if (any && !wins(reduce, feature, best)) return;
    *this = {feature, i, reduce};
  }
  __device__ void merge(const WinnerReducer& other) {
    if (!other.any) return;
    const bool better = wins(reduce, other.best, best), worse = wins(reduce, best, other.best);
    if (!any || better || (!worse && other.place < place)) *this = other;
  }

 private:
  __device__ WinnerReducer(double feature, int64_t i, int32_t r)
      : best(feature), place(static_cast<uint32_t>(i)), reduce(r), any(true) {}
};

template <class Reducer>
__device__ void add_feature(Reducer& reducer, double feature, int64_t) {
  reducer.add(feature);
}
__device__ inline void add_feature(WinnerReducer& reducer, double feature, int64_t i) {
  reducer.add(feature, i);
}

// Reducers of some channels of one voxel.
template <class Reducer>
struct ChannelReducers {
  Reducer reducers[kChannels];
  uint32_t count;

  __device__ ChannelReducers(const VoxelPlan& plan, const int32_t* exponents, int64_t cloud,
                             int64_t first)
      : reducers{{plan.reduce, scale(plan, exponents, cloud, first)},
                 {plan.reduce, scale(plan, exponents, cloud, first + 1)},
                 {plan.reduce, scale(plan, exponents, cloud, first + 2)},
                 {plan.reduce, scale(plan, exponents, cloud, first + 3)}},
        count(0) {}

  // Adds the sorted point i, which came from `position` of `cloud`.
  __device__ void add(const VoxelPlan& plan, int64_t cloud, uint32_t position, int64_t first,
                      int64_t i) {
    const Array& features = plan.features;
    const int64_t start = start_of(plan, features, cloud, position);
    for (int k = 0; k < kChannels; ++k) {
      if (first + k >= plan.width) break;
      add_feature(reducers[k],
                  load(features.type, features.data, start + (first + k) * features.channel), i);
    }
    ++count;
  }

  __device__ void merge(const ChannelReducers& other) {
    for (int k = 0; k < kChannels; ++k) reducers[k].merge(other.reducers[k]);
    count += other.count;
  }

 private:
  // Channels beyond the last have any scale: nothing is added to them.
  static __device__ Scale scale(const VoxelPlan& plan, const int32_t* exponents, int64_t cloud,
                                int64_t channel) {
    return channel < plan.width ? scale_of(plan, exponents, cloud, channel) : Scale{};
  }
};

// What one pass over the channels works on. Sink has target(i, cell): where the results of a voxel go,
// i a sorted point of it; then store(target, count, channel, reducer), and finish(target, count)
// behind the last channel.
template <class Key, class Reducer, class Sink>
struct Pass {
  VoxelPlan plan;
  const Key* cells;
  const uint32_t* positions;
  const int32_t* exponents;
  int64_t count;
  int64_t first;  // channel
  ChannelReducers<Reducer>* partials;
  Sink sink;

  __device__ bool is_head(int64_t i) const { return i == 0 || cells[i - 1] != cells[i]; }
  __device__ bool is_none(Key cell) const { return cell == static_cast<Key>(plan.cells()); }
  __device__ int64_t cloud_of(Key cell) const {
    return static_cast<int64_t>(cell) / plan.grid.cells();
  }

  // Reduces the points from i on that are of the same cell and tile; says where it stopped.
  __device__ int64_t reduce(int64_t i, int64_t cloud, ChannelReducers<Reducer>& reducers) const {
    const Key cell = cells[i];
    const int64_t tile_end = (i / kPiece + 1) * kPiece;
    const int64_t end = tile_end < count ? tile_end : count;
    int64_t j = i;
    for (; j < end && cells[j] == cell; ++j) reducers.add(plan, cloud, positions[j], first, j);
    return j;
  }

  __device__ void store(int64_t i, const ChannelReducers<Reducer>& reducers) const {
    const auto target = sink.target(i, static_cast<int64_t>(cells[i]));
    for (int k = 0; k < kChannels; ++k) {
      if (first + k < plan.width) {
        sink.store(target, reducers.count, first + k, reducers.reducers[k]);
      }
    }
    if (first + kChannels >= plan.width) sink.finish(target, reducers.count);
  }
};

template <class AnyPass>
__global__ void __launch_bounds__(kTile) reduce_pieces(const __grid_constant__ AnyPass pass) {
  for_each_number(pass.count, [&](int64_t i) {
    const auto cell = pass.cells[i];
    if (pass.is_none(cell)) return;
    const bool head = pass.is_head(i);
    if (!head && i % kPiece != 0) return;
    const int64_t cloud = pass.cloud_of(cell);
    std::remove_pointer_t<decltype(pass.partials)> reducers(pass.plan, pass.exponents, cloud,
                                                            pass.first);
    const int64_t end = pass.reduce(i, cloud, reducers);
    if (!head) {
      pass.partials[i / kPiece] = reducers;
    } else if (end == pass.count || pass.cells[end] != cell) {
      pass.store(i, reducers);
    }
  });
}

// A copy of a value of another lane.
template <class T>
__device__ T from_lane(const T& value, int delta) {
  static_assert(sizeof(T) % 4 == 0 && std::is_trivially_copyable<T>::value);
  T result = value;
  uint32_t words[sizeof(T) / 4];
  memcpy(words, &value, sizeof(T));
  for (uint32_t& word : words) word = __shfl_down_sync(0xffffffffu, word, delta);
  memcpy(&result, words, sizeof(T));
  return result;
}

// A warp for each tile: where a segment begins in it and goes on behind it, merges its pieces.
template <class AnyPass>
__global__ void __launch_bounds__(kTile) merge_pieces(const __grid_constant__ AnyPass pass) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t tiles = (pass.count - 1) / kPiece + 1;
  for_each_number(tiles * kWarp, [&](int64_t number) {
    const int64_t tile = number / kWarp, begin = tile * kPiece, next = begin + kPiece;
    if (next >= pass.count) return;
    const auto cell = pass.cells[next];
    if (pass.is_none(cell) || pass.cells[next - 1] != cell) return;
    if (tile > 0 && pass.cells[begin - 1] == cell) return;
    int64_t head = next - 1;
    while (head > begin && pass.cells[head - 1] == cell) --head;
    const int64_t cloud = pass.cloud_of(cell);
    std::remove_pointer_t<decltype(pass.partials)> reducers(pass.plan, pass.exponents, cloud,
                                                            pass.first);
    if (lane == 0) pass.reduce(head, cloud, reducers);
    for (int64_t t = tile + 1 + lane; t < tiles && pass.cells[t * kPiece] == cell; t += kWarp) {
      reducers.merge(pass.partials[t]);
    }
    __syncwarp();
    for (int delta = kWarp / 2; delta > 0; delta /= 2) reducers.merge(from_lane(reducers, delta));
    if (lane == 0) pass.store(head, reducers);
  });
}

// Reduces all channels. Without channels, counts alone.
template <class Reducer, class Key, class Sink>
cudaError_t reduce_segments(const VoxelPlan& plan, const Sorted<Key>& sorted, const Sink& sink,
                            Carver& carver, bool launch, cudaStream_t stream) {
  const int64_t count = plan.cloud.positions();
  const int64_t tiles = count == 0 ? 0 : (count - 1) / kPiece + 1;
  auto* const partials = carver.take<ChannelReducers<Reducer>>(tiles);
  if (!launch || count == 0) return cudaSuccess;
  Pass<Key, Reducer, Sink> pass = {
      plan, sorted.cells(), sorted.positions(), sorted.exponents, count, 0, partials, sink};
  do {
    reduce_pieces<<<blocks_for(count), kTile, 0, stream>>>(pass);
    merge_pieces<<<blocks_for(tiles * kWarp), kTile, 0, stream>>>(pass);
    pass.first += kChannels;
  } while (pass.first < plan.width);
  return cudaGetLastError();
}

RC_KERNELS_END
