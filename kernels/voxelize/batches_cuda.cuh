// SPDX-License-Identifier: Apache-2.0
// The points of a call, sorted by tile batch by batch: a block sorts some neighbouring points in
// its shared memory and writes them out side by side. Nothing is scattered in global memory, where
// a store to a place of its own costs as much as 50 bytes in a row, and nothing has to be counted
// before. A tile's points are then one run in each batch, in any order.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/channels_cuda.cuh"
#include "kernels/voxelize/lane_run_cuda.cuh"
#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/range_cuda.cuh"
#include "kernels/voxelize/tiles.h"

RC_KERNELS_BEGIN

// Of points whose features nobody asks for.
struct NoRow {};
template <class Row>
constexpr int kRowBytes = std::is_same_v<Row, NoRow> ? 0 : static_cast<int>(sizeof(Row));

// Tiles that are served at once: those of a larger grid take turns, and each turn reads all points.
constexpr int64_t kMostTilesAtOnce = 8192;
// The same where each point with a unit of places to itself would take more places than have numbers: the
// units of so few tiles are left over in less than half of the places.
constexpr int64_t kFewTilesAtOnce = 1024;

// How a block sorts. More points make longer runs; a block with rows takes a multiprocessor's whole
// shared memory.
template <class Row>
struct SortShape {
  static constexpr int kThreads = kRowBytes<Row> == 0 ? 512 : 1024;
  static constexpr int kBlocks = kRowBytes<Row> == 0 ? 3 : 1;  // of a multiprocessor
  // Points that a thread reads at once.
  static constexpr int kGroup = 4;
  // Points of a thread, at most.
  static constexpr int kItems = kRowBytes<Row> == 16 ? 12 : 16;
  static constexpr int64_t kMostPoints = int64_t{kThreads} * (kRowBytes<Row> == 0 ? 32 : kItems);
  // Runs begin and end at multiples of so many places. What is left over holds the number of no
  // voxel, the first one behind the tile's.
  static constexpr uint32_t kUnit = kRowBytes<Row> == 0 ? 4 : 1;

  // Places that the runs of a batch can take, of so many points and tiles.
  static constexpr int64_t room(int64_t size, int64_t tiles) {
    return (size + (kUnit - 1) * std::min(size, tiles) + 7) / 8 * 8;
  }
};

template <class Row>
struct Batches {
  // Batches whose borders lie side by side, for whoever reads those of one tile.
  static constexpr uint32_t kNeighbours = 4;

  uint32_t positions;  // of all points
  uint32_t size;       // of a batch, in positions; a multiple of 8
  uint32_t count;
  uint32_t tiles;  // that are sorted at once
  uint32_t multiprocessors;
  uint32_t room;      // places of a batch
  uint16_t* ids;      // [count, room]: local numbers of voxels
  Row* rows;          // [count, room]: features
  uint16_t* borders;  // [count / kNeighbours, tiles + 1, kNeighbours]: where a tile's run begins

  // What stands for a tile where a point has none: of finite points outside of the grid, and of all others.
  __host__ __device__ uint32_t outside() const { return (tiles + 3) / 4 * 4; }
  __host__ __device__ uint32_t lost() const { return outside() + 1; }
  __device__ uint16_t& border_of(uint32_t batch, uint32_t tile) const {
    return borders[(batch / kNeighbours * size_t{tiles + 1} + tile) * kNeighbours +
                   batch % kNeighbours];
  }
};

// What a block that sorts keeps in shared memory.
template <class Row>
struct SortMemory {
  // Of each point in the order of the batch.
  Row* rows;
  // Of each tile, until all points have their places.
  uint32_t* places;
  // Then, in the order of tiles: which point of the batch, and its voxel.
  uint16_t *sources, *ids;

  __device__ SortMemory(uint4* memory, const Batches<Row>& batches)
      : rows(reinterpret_cast<Row*>(memory)),
        places(reinterpret_cast<uint32_t*>(rows + batches.size)),
        sources(reinterpret_cast<uint16_t*>(places)),
        ids(sources + batches.size) {}
  static constexpr int64_t kBytesOfPoint = 2 * sizeof(uint16_t) + sizeof(Row);
  static constexpr int64_t bytes(int64_t, int64_t size, int64_t tiles) {
    const auto of_tiles = static_cast<int64_t>(((tiles + 3) / 4 + 1) * sizeof(uint4));
    return std::max(size * kBytesOfPoint, size * static_cast<int64_t>(sizeof(Row)) + of_tiles);
  }
  // The most points for which there is so much room.
  static int64_t most_points(int64_t room, int64_t tiles) {
    return std::min(room / kBytesOfPoint, (room - bytes(0, 0, tiles)) / int64_t{sizeof(Row)});
  }
};
// Without rows there is room for both.
template <>
struct SortMemory<NoRow> {
  uint16_t* ids;
  // Of each point in the order of the batch, where it goes.
  uint32_t* goals;
  uint32_t* places;

  __device__ SortMemory(uint4* memory, const Batches<NoRow>& batches)
      : ids(reinterpret_cast<uint16_t*>(memory)),
        goals(reinterpret_cast<uint32_t*>(memory + batches.room / 8)),
        places(goals + batches.size) {}
  static constexpr int64_t kBytesOfPoint = sizeof(uint16_t) + sizeof(uint32_t);
  static constexpr int64_t bytes(int64_t places, int64_t size, int64_t tiles) {
    return places * static_cast<int64_t>(sizeof(uint16_t)) +
           size * static_cast<int64_t>(sizeof(uint32_t)) +
           static_cast<int64_t>(((tiles + 3) / 4 + 1) * sizeof(uint4));
  }
  static int64_t most_points(int64_t room, int64_t tiles) {
    // Each point may be the only one of its unit, as long as there are as many tiles.
    constexpr int64_t kAlone = kBytesOfPoint + (SortShape<NoRow>::kUnit - 1) * sizeof(uint16_t);
    const int64_t left = room - bytes(0, 0, tiles) - 16;
    return std::max(std::min(tiles, left / kAlone),
                    (left - tiles * (kAlone - kBytesOfPoint)) / kBytesOfPoint);
  }
};

// Batches for the points of a plan: as many on each multiprocessor, if there are points enough.
template <class Row>
cudaError_t take_batches(const VoxelPlan& plan, int64_t tiles, Carver& carver,
                         Batches<Row>* batches) {
  using Shape = SortShape<Row>;
  DeviceShape device = {};
  const cudaError_t error = shape_of_device(&device);
  if (error != cudaSuccess) return error;
  const int64_t positions = std::max<int64_t>(plan.cloud.positions(), 1);
  *batches = {};
  batches->positions = static_cast<uint32_t>(plan.cloud.positions());
  const bool is_huge = positions * Shape::kUnit > UINT32_MAX;
  batches->tiles =
      static_cast<uint32_t>(std::min(tiles, is_huge ? kFewTilesAtOnce : kMostTilesAtOnce));
  batches->multiprocessors = static_cast<uint32_t>(device.multiprocessors);
  const int64_t at_once = int64_t{device.multiprocessors} * Shape::kBlocks;
  // A block's own arrays take a little too. Where tiles take too much of it, there are fewer blocks.
  constexpr int64_t kFewest = 4096;
  int64_t room = 0, most = 0;
  for (int blocks = Shape::kBlocks; blocks > 0 && most < kFewest; --blocks) {
    room = device.shared / blocks - 2048;
    most = std::min(Shape::kMostPoints, SortMemory<Row>::most_points(room, batches->tiles) / 8 * 8);
  }
  constexpr int64_t kFew = 1024;
  const int64_t turns = (positions - 1) / (at_once * most) + 1;
  const int64_t wanted = std::min((positions - 1) / kFew + 1, at_once * turns);
  const int64_t size = ((positions - 1) / wanted + 8) / 8 * 8;
  batches->size = static_cast<uint32_t>(std::min(size, most));
  batches->count = static_cast<uint32_t>((positions - 1) / batches->size + 1);
  batches->room = static_cast<uint32_t>(Shape::room(batches->size, batches->tiles));
  batches->ids = carver.take<uint16_t>(int64_t{batches->count} * batches->room);
  if constexpr (kRowBytes<Row> != 0) {
    batches->rows = carver.take<Row>(int64_t{batches->count} * batches->room);
  }
  constexpr int64_t kNeighbours = Batches<Row>::kNeighbours;
  batches->borders = carver.take<uint16_t>((batches->count + kNeighbours - 1) / kNeighbours *
                                           kNeighbours * (int64_t{batches->tiles} + 1));
  return cudaSuccess;
}

// T is the type of the features, or float, which holds all small integers.
template <class T>
__device__ Quad<T> row_of_point(const VoxelPlan& plan, const PointPlace& place, int64_t first) {
  const Array& features = plan.features;
  const int64_t start = start_of(features, place) + first * features.channel;
  const int64_t channels = plan.width - first;
  if (!std::is_same_v<T, float> || features.type == Type::f32) {
    return load_quad(reinterpret_cast<const T*>(features.data) + start, features.channel, channels);
  }
  double values[kChannels];
  load_channels(features.type, features.data, start, features.channel, channels, values);
  Quad<T> row;
  for (int k = 0; k < kChannels; ++k) row.of[k] = from_double<T>(values[k]);
  return row;
}

// More shared memory for a kernel's dynamic array than every device grants unasked.
template <class Kernel>
cudaError_t allow_shared(Kernel kernel, size_t bytes) {
  // Without the arrays of fixed size.
  constexpr size_t kGranted = 47 * 1024;
  if (bytes <= kGranted) return cudaSuccess;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(bytes));
}

// Sorts the points of the tiles from `first_tile` on; stats must be cleared. The first turn counts
// what is left out. For rows of float, Half and BFloat16, and for none.
template <class Row>
cudaError_t sort_batches(const VoxelPlan& plan, const Tiling& tiling, const Batches<Row>& batches,
                         uint32_t first_tile, int64_t first_channel, int32_t* exponents,
                         uint32_t* cleared, cudaStream_t stream);

// Points of a tile that a thread has on their way at once.
constexpr int kVisited = 3;
constexpr uint32_t kNoPoint = UINT32_MAX;

// Which part of a tile's runs a warp takes: some runs, or, where there are few and long ones, a
// slice of each.
enum class Share { kRuns, kSlices };

// The lane of bit number `n` of those that are set; any lane where there are fewer.
__device__ inline uint32_t lane_of_bit(unsigned bits, uint32_t n) {
  uint32_t lane = 0;
  for (uint32_t step = 16; step > 0; step /= 2) {
    const uint32_t set = __popc(bits >> lane & ((1u << step) - 1));
    if (n < set) continue;
    n -= set;
    lane += step;
  }
  return lane;
}

// The batch of a lane, where a block takes as many as it has threads: neighbours, which points in order
// fill with the same tiles, go to different warps, but for those whose borders lie side by side.
template <int kThreads, uint32_t kNeighbours>
__device__ uint32_t batch_of_lane() {
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  return (lane / kNeighbours * (kThreads / 32) + warp) * kNeighbours + lane % kNeighbours;
}

// Calls f(sources, first) with the points of a tile in the batches from `begin` to `end`: kVisited
// sources a thread, or kNoPoint, and the number of the first of these among all of the call, so
// that the j-th one of a thread is number `first` + 32 j. `counter` in shared memory counts them.
// Where there are more than `most`, some are but counted, so that no warp is long busy with a tile
// that is left to another kernel. To be called by whole blocks of kThreads; no barrier is passed.
template <int kThreads, Share kShare, class Row, class F>
__device__ void visit_points(const Batches<Row>& batches, uint32_t tile, uint32_t begin,
                             uint32_t end, uint32_t most, uint32_t* counter, F f) {
  constexpr uint32_t kWarps = kThreads / 32, kStep = kShare == Share::kRuns ? kThreads : 32;
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  constexpr uint32_t kNeighbours = Batches<Row>::kNeighbours;
  const uint32_t offset = kShare == Share::kSlices ? lane : batch_of_lane<kThreads, kNeighbours>();
  for (uint32_t first = begin; first < end; first += kStep) {
    const uint32_t batch = first + offset;
    uint32_t source = 0, count = 0;
    if (batch < end) {
      const uint16_t* const border = &batches.border_of(batch, tile);
      source = border[0];
      count = border[kNeighbours] - source;
      source += batch * batches.room;
      if constexpr (kShare == Share::kSlices) {
        const uint32_t slice = (count + kWarps - 1) / kWarps, before = min(warp * slice, count);
        source += before;
        count = min(slice, count - before);
      }
    }
    uint32_t through = count;
    for (int step = 1; step < 32; step *= 2) {
      const uint32_t other = __shfl_up_sync(0xffffffffu, through, step);
      if (lane >= step) through += other;
    }
    const uint32_t total = __shfl_sync(0xffffffffu, through, 31);
    if (total == 0) continue;
    uint32_t number = 0;
    if (lane == 0) number = atomicAdd(counter, total);
    number = __shfl_sync(0xffffffffu, number, 0);
    if (number + total > most) continue;
    // Run r to lane r, without those that have no points: its first number, and where number 0 would be,
    // were it long enough.
    const unsigned filled = __ballot_sync(0xffffffffu, count != 0);
    const uint32_t from = lane_of_bit(filled, lane);
    uint32_t start = __shfl_sync(0xffffffffu, through - count, from);
    source = __shfl_sync(0xffffffffu, source, from) - start;
    if (lane >= __popc(filled)) start = UINT32_MAX;
    uint32_t begun = 0;  // runs
    for (uint32_t j = 0; j < total; j += 32 * kVisited) {
      uint32_t sources[kVisited];
      for (uint32_t k = 0; k < kVisited; ++k) {
        // Which of the next 32 numbers are the first of their runs.
        const uint32_t window = j + 32 * k, ahead = start - window;
        const unsigned firsts = __reduce_or_sync(0xffffffffu, ahead < 32 ? 1u << ahead : 0);
        const uint32_t run = begun + __popc(firsts & (0xffffffffu >> (31 - lane))) - 1;
        begun += __popc(firsts);
        const uint32_t base = __shfl_sync(0xffffffffu, source, run);
        sources[k] = window + lane < total ? base + window + lane : kNoPoint;
      }
      f(sources, number + j + lane);
    }
  }
}

RC_KERNELS_END
