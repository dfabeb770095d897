// SPDX-License-Identifier: Apache-2.0
// Dense reductions of features by tiles: the points are sorted by tile, and a block writes all voxels
// of one. Tiles of many points are shared by several blocks, which meet in global memory.
#define RC_LEVEL cuda
#include "kernels/voxelize/range_cuda.cuh"
#include "kernels/voxelize/sorted_cuda.h"
#include "kernels/voxelize/tally_cuda.cuh"
#include "kernels/voxelize/tiled_cuda.h"

RC_KERNELS_BEGIN
namespace {

constexpr int kTallyThreads = 512;
// Blocks of a multiprocessor: as many as have room for the words of a sum of kChannels channels.
constexpr int kTallyBlocks = 3;
// Points that a thread loads before it looks at them.
constexpr int kRun = 2;

template <class Tally>
struct TiledJob {
  DensePlan plan;
  Tiling tiling;
  const uint32_t* numbers;          // of the sorted points' voxels
  const typename Tally::Row* rows;  // of the sorted points' features
  const ChannelScale* scales;
  uint32_t* starts;  // [tiles + 1]: where each tile's points begin, and how many there are
  int64_t first;     // channel
  int words;         // of a voxel
  // [points / kBlockPoints, words, voxels]: the sums of tiles that blocks share.
  unsigned long long* slots;

  __device__ bool is_last() const { return first + kChannels >= plan.voxels.width; }
  __device__ bool is_shared(int64_t tile) const {
    return starts[tile + 1] - starts[tile] > kBlockPoints;
  }
  __device__ int64_t tile_of(uint32_t i) const { return numbers[i] >> kLocalBits; }
  __device__ SharedWords slot(int64_t number) const {
    return {slots + number * words * kTileVoxels};
  }
  // Where the tallies of a shared tile are added up. No two begin in one slot.
  __device__ int64_t slot_of(int64_t tile) const { return starts[tile] / kBlockPoints; }
  // The shared tile that begins in a slot, or -1: it goes on behind the slot's last point.
  __device__ int64_t shared_tile(int64_t slot) const {
    const int64_t next = (slot + 1) * int64_t{kBlockPoints};
    if (next >= starts[tiling.count]) return -1;
    const int64_t tile = tile_of(static_cast<uint32_t>(next));
    return is_shared(tile) && slot_of(tile) == slot ? tile : -1;
  }
  __device__ Tally tally(int64_t cloud) const { return Tally(plan.voxels, scales, cloud, first); }
};

// A tile a thread.
template <class Tally>
__global__ void __launch_bounds__(kTile) find_starts(const __grid_constant__ TiledJob<Tally> job) {
  for_each_number(job.tiling.count + 1, [&](int64_t tile) {
    job.starts[tile] =
        static_cast<uint32_t>(border(0, job.plan.voxels.cloud.positions(), [&](int64_t i) {
          return job.tile_of(static_cast<uint32_t>(i)) < tile;
        }));
  });
}

// Stores a voxel at `element` of the output, and its points in `count`, where it is counted.
template <class Tally>
__device__ void store_voxel(const TiledJob<Tally>& job, int64_t element, int32_t* count,
                            const Tally& tally, const VoxelResult& result) {
  const DensePlan& plan = job.plan;
  const GridArray& output = plan.output;
  const int64_t channels = plan.voxels.width - job.first;
  const double fill = plan.voxels.fill_value;
  double values[kChannels] = {fill, fill, fill, fill};
  const int32_t old_count = plan.accumulate ? *count : 0;
  if (old_count != 0) {
    load_channels(output.type, output.data, element, output.channel, channels, values);
  }
  if (result.count != 0) {
    const Divisor points(static_cast<double>(old_count) + static_cast<double>(result.count));
    for (int k = 0; k < kChannels; ++k) {
      const VoxelState state = {values[k], old_count, result.count};
      values[k] = tally.finish(result.values[k], state, points);
    }
  }
  store_channels(output.type, output.data, element, output.channel, channels, values);
  if (count != nullptr && job.is_last()) {
    *count = static_cast<int32_t>(static_cast<uint32_t>(old_count) +
                                  static_cast<uint32_t>(result.count));
  }
}

// Voxels of a tile with the same x.
constexpr int kLayer = 1 << (tile_bits(1) + tile_bits(2));
static_assert(kTallyThreads % kLayer == 0);

// Stores the results of all voxels of a tile that lie in the grid.
template <class Tally, class ResultOf>
__device__ void store_tile(const TiledJob<Tally>& job, const CellPlace& corner, const Tally& tally,
                           ResultOf result_of) {
  const Grid& grid = job.plan.voxels.grid;
  CellPlace place = corner;
  // A thread takes voxels behind each other along x; those of a warp lie side by side.
  const uint32_t first = threadIdx.x / kLayer, in_layer = threadIdx.x % kLayer;
  place.index[0] += first;
  place.index[1] += in_layer >> tile_bits(2);
  place.index[2] += in_layer & ((1 << tile_bits(2)) - 1);
  if (place.index[1] >= grid.dims[1] || place.index[2] >= grid.dims[2]) return;
  const GridArray &output = job.plan.output, &counts = job.plan.counts;
  int64_t element = element_of(output, place.cloud, place.index) + job.first * output.channel;
  int64_t counter = element_of(counts, place.cloud, place.index);
  const auto steps =
      static_cast<uint32_t>(min(grid.dims[0] - corner.index[0], int64_t{1} << tile_bits(0)));
  constexpr int kStep = kTallyThreads / kLayer;
  for (uint32_t x = first; x < steps; x += kStep) {
    const VoxelResult result = result_of(x * kLayer + in_layer);
    if (result.count != 0 || !job.plan.accumulate) {
      int32_t* const count = counts ? reinterpret_cast<int32_t*>(counts.data) + counter : nullptr;
      store_voxel(job, element, count, tally, result);
    }
    element += kStep * output.axis[0];
    counter += kStep * counts.axis[0];
  }
}

// Adds the points from `begin` to `end` up in cleared words. To be called by whole blocks.
template <class Tally>
__device__ void tally_points(const TiledJob<Tally>& job, const Tally& tally,
                             const BlockWords& block, uint32_t begin, uint32_t end) {
  for (int i = static_cast<int>(threadIdx.x); i < job.words * kTileVoxels / 4; i += kTallyThreads) {
    reinterpret_cast<uint4*>(block.words)[i] = {};
  }
  __syncthreads();
  typename Tally::Held held = {};
  for (uint32_t first = (begin / kRun + threadIdx.x) * kRun; first < end;
       first += kTallyThreads * kRun) {
    uint32_t voxels[kRun];
    typename Tally::Row points[kRun];
    for (uint32_t j = 0; j < kRun; ++j) {
      const uint32_t i = first + j;
      const bool there = i >= begin && i < end;
      voxels[j] = there ? job.numbers[i] & (kTileVoxels - 1) : kTileVoxels;
      if (there) points[j] = job.rows[i];
    }
    for (int j = 0; j < kRun; ++j) {
      if (voxels[j] == kTileVoxels) continue;
      if (voxels[j] != held.voxel) {
        if (held.count != 0) tally.put(block, held);
        held = {};
        held.voxel = voxels[j];
      }
      tally.take(held, points[j]);
    }
  }
  if (held.count != 0) tally.put(block, held);
  __syncthreads();
}

// A tile a block.
template <class Tally>
__global__ void __launch_bounds__(kTallyThreads, kTallyBlocks)
    reduce_tiles(const __grid_constant__ TiledJob<Tally> job) {
  extern __shared__ uint4 tile_words[];
  const BlockWords block = {reinterpret_cast<uint32_t*>(tile_words)};
  const uint32_t begin = job.starts[blockIdx.x], end = job.starts[blockIdx.x + 1];
  if (end - begin > kBlockPoints || (begin == end && job.plan.accumulate)) return;
  const CellPlace corner = job.tiling.corner_of(blockIdx.x);
  const Tally tally = job.tally(corner.cloud);
  if (begin == end) {
    store_tile(job, corner, tally, [](uint32_t) { return VoxelResult{}; });
    return;
  }
  tally_points(job, tally, block, begin, end);
  store_tile(job, corner, tally, [&](uint32_t v) { return tally.result(block, v); });
}

// A slot a block, for the tile that begins there, if it is shared.
template <class Tally>
__global__ void __launch_bounds__(kTallyThreads)
    clear_slots(const __grid_constant__ TiledJob<Tally> job) {
  if (job.shared_tile(blockIdx.x) < 0) return;
  const SharedWords all = job.slot(blockIdx.x);
  for (int i = static_cast<int>(threadIdx.x); i < job.words * kTileVoxels; i += kTallyThreads) {
    all.words[i] = 0;
  }
}

// Some sorted points a block: no shared tile begins and ends among them, so that they touch two at
// most.
template <class Tally>
__global__ void __launch_bounds__(kTallyThreads, kTallyBlocks)
    reduce_shared(const __grid_constant__ TiledJob<Tally> job) {
  extern __shared__ uint4 tile_words[];
  const BlockWords block = {reinterpret_cast<uint32_t*>(tile_words)};
  const uint32_t total = job.starts[job.tiling.count], first = blockIdx.x * kBlockPoints;
  if (first >= total) return;
  const uint32_t last = min(total - 1, first + kBlockPoints - 1);
  const int64_t tiles[2] = {job.tile_of(first), job.tile_of(last)};
  for (int t = 0; t < 2; ++t) {
    if (!job.is_shared(tiles[t]) || (t == 1 && tiles[1] == tiles[0])) continue;
    const CellPlace corner = job.tiling.corner_of(static_cast<uint32_t>(tiles[t]));
    const Tally tally = job.tally(corner.cloud);
    tally_points(job, tally, block, max(first, job.starts[tiles[t]]),
                 min(last + 1, job.starts[tiles[t] + 1]));
    const SharedWords all = job.slot(job.slot_of(tiles[t]));
    for (uint32_t v = threadIdx.x; v < kTileVoxels; v += kTallyThreads) tally.share(block, all, v);
    __syncthreads();
  }
}

template <class Tally>
__global__ void __launch_bounds__(kTallyThreads, kTallyBlocks)
    store_shared(const __grid_constant__ TiledJob<Tally> job) {
  const int64_t tile = job.shared_tile(blockIdx.x);
  if (tile < 0) return;
  const CellPlace corner = job.tiling.corner_of(static_cast<uint32_t>(tile));
  const Tally tally = job.tally(corner.cloud);
  const SharedWords all = job.slot(blockIdx.x);
  store_tile(job, corner, tally, [&](uint32_t v) { return tally.result(all, v); });
}

// More shared memory for a kernel's dynamic array than every device grants unasked.
template <class Kernel>
cudaError_t allow_shared(Kernel kernel, size_t bytes) {
  constexpr size_t kGranted = 48 * 1024;
  if (bytes <= kGranted) return cudaSuccess;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(bytes));
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

// Rows that a thread has on their way at once.
constexpr int kGathered = 4;

// The features of kChannels channels in the order of the sorted points, of which there are *count: what
// a tile's block then reads lies side by side. On the way their range is measured, where it has to be.
template <class T>
__global__ void __launch_bounds__(kTile)
    gather_rows(const __grid_constant__ VoxelPlan plan, const uint32_t* positions,
                const uint32_t* count, int64_t first, Quad<T>* rows, int32_t* exponents) {
  RangeWatch watch(plan, exponents, first);
  const int64_t end = *count, step = int64_t{gridDim.x} * kTile;
  for (int64_t begin = int64_t{blockIdx.x} * kTile + threadIdx.x; begin < end;
       begin += kGathered * step) {
    PointPlace places[kGathered];
    Quad<T> gathered[kGathered];
    for (int j = 0; j < kGathered; ++j) {
      const int64_t i = min(begin + j * step, end - 1);
      places[j] = place_of(plan.cloud, positions[i]);
    }
    for (int j = 0; j < kGathered; ++j) gathered[j] = row_of_point<T>(plan, places[j], first);
    for (int j = 0; j < kGathered; ++j) {
      const int64_t i = begin + j * step;
      if (i >= end) break;
      rows[i] = gathered[j];
      if (exponents != nullptr) watch.see(places[j].cloud, gathered[j]);
    }
  }
  if (exponents != nullptr) watch.finish();
}

template <class Tally>
cudaError_t reduce_channels(const TiledJob<Tally>& job, cudaStream_t stream) {
  const size_t shared = static_cast<size_t>(job.words) * kTileVoxels * sizeof(uint32_t);
  cudaError_t error = allow_shared(reduce_tiles<Tally>, shared);
  if (error == cudaSuccess) error = allow_shared(reduce_shared<Tally>, shared);
  if (error != cudaSuccess) return error;
  const auto tiles = static_cast<unsigned>(job.tiling.count);
  const auto slots = static_cast<unsigned>(job.plan.voxels.cloud.positions() / kBlockPoints);
  reduce_tiles<<<tiles, kTallyThreads, shared, stream>>>(job);
  if (slots > 0) {
    clear_slots<<<slots, kTallyThreads, 0, stream>>>(job);
    reduce_shared<<<slots + 1, kTallyThreads, shared, stream>>>(job);
    store_shared<<<slots, kTallyThreads, 0, stream>>>(job);
  }
  return cudaGetLastError();
}

template <class Tally>
cudaError_t reduce(const DensePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  const Tiling tiling(voxels);
  const int64_t positions = voxels.cloud.positions();
  Sorted<uint32_t> sorted;
  const cudaError_t error = sort_points_cuda(voxels, tiling, carver, launch, stream, &sorted);
  auto* const rows = carver.take<typename Tally::Row>(positions);
  uint32_t* const starts = carver.take<uint32_t>(tiling.count + 1);
  if (error != cudaSuccess || !launch) return error;
  // The slots lie in what the sort has left free.
  constexpr int kMostWords = Tally::words_of(kChannels);
  static_assert(kMostWords * kTileVoxels * sizeof(uint64_t) <= kBlockPoints * sizeof(uint32_t));
  TiledJob<Tally> job = {
      plan,
      tiling,
      sorted.cells(),
      rows,
      sorted.ranges.scales,
      starts,
      0,
      Tally::words_of(static_cast<int>(std::min<int64_t>(voxels.width, kChannels))),
      reinterpret_cast<unsigned long long*>(sorted.pairs.free_keys())};
  find_starts<<<blocks_for(tiling.count + 1), kTile, 0, stream>>>(job);
  clear_ranges(voxels, sorted.ranges, stream);
  const unsigned blocks = range_blocks(positions);
  for (; job.first < voxels.width; job.first += kChannels) {
    gather_rows<<<blocks, kTile, 0, stream>>>(voxels, sorted.positions(), starts + tiling.count,
                                              job.first, rows, sorted.ranges.exponents);
    scale_ranges(voxels, sorted.ranges, stream);
    const cudaError_t reduced = reduce_channels(job, stream);
    if (reduced != cudaSuccess) return reduced;
  }
  return cudaSuccess;
}

template <class T>
cudaError_t reduce_type(const DensePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  const int32_t kind = plan.voxels.reduce;
  if (kind == RC_REDUCE_SUM || kind == RC_REDUCE_MEAN) {
    return reduce<SumTally<T>>(plan, carver, launch, stream);
  }
  return reduce<ExtremeTally<T>>(plan, carver, launch, stream);
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool pays_by_tiles(const VoxelPlan& plan) {
  // Sums of float64 do not fit the words.
  if (!reduces_features(plan.reduce) || plan.features.type == Type::f64 || plan.width == 0) {
    return false;
  }
  constexpr int64_t kCellsPerPoint = 8;
  const int64_t tiles = Tiling(plan).count;
  return tiles > 0 && tiles <= kMostTiles &&
         plan.cloud.positions() >= tiles * (kTileVoxels / kCellsPerPoint);
}

cudaError_t voxelize_tiled_cuda(const DensePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream) {
  switch (plan.voxels.features.type) {
    case Type::f16:
      return reduce_type<Half>(plan, carver, launch, stream);
    case Type::bf16:
      return reduce_type<BFloat16>(plan, carver, launch, stream);
    default:
      return reduce_type<float>(plan, carver, launch, stream);
  }
}

}  // namespace rc
