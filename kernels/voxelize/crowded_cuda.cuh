// SPDX-License-Identifier: Apache-2.0
// Tiles that a kernel leaves to another one, whose blocks tally them in shared memory: a block one
// tile, or, of a tile with very many points, some batches of it.
#pragma once

#include "kernels/common/cuda_early.h"
#include "kernels/voxelize/tally_cuda.cuh"

RC_KERNELS_BEGIN

constexpr int kTallyThreads = 512;
// Blocks of a multiprocessor: as many as have room for the words of a sum of kChannels channels.
constexpr int kTallyBlocks = 3;
// Voxels that a block tallies at once.
template <class Tally>
constexpr uint32_t kTallied = 2048;
template <>
constexpr uint32_t kTallied<CountTally> = 16384;

// Lists of crowded tiles.
struct Crowd {
  uint32_t* counts;  // [2]: entries of the two lists
  uint32_t* whole;   // tiles that a block takes alone
  uint32_t* parted;  // tiles that blocks share
  uint32_t* done;    // of each of those, the parts that have been added up
  // [parted tiles, words, voxels]: their sums.
  unsigned long long* slots;
};

// A reduction of the points of some tiles to voxels.
template <class Row>
struct TileJob {
  DensePlan plan;
  Tiling tiling;
  Batches<Row> batches = {};
  uint32_t first_tile = 0;
  int64_t first = 0;  // channel
  int words = 0;      // of a voxel
  const int32_t* exponents = nullptr;
  Crowd crowd = {};
  bool chains = false;  // voxels of few points are reduced one after the other
  // Rows of output, or runs of four counts, lie in words that are whole and aligned.
  bool stores_words = false;

  TileJob(const DensePlan& of, const Tiling& by) : plan(of), tiling(by) {}
  __device__ bool is_last() const { return first + kChannels >= plan.voxels.width; }
  __device__ CellPlace corner_of(uint32_t tile) const {
    return tiling.corner_of(first_tile + tile);
  }
  __device__ SharedWords slot(uint32_t number) const {
    const uint32_t voxels = tiling.voxels();
    return {crowd.slots + int64_t{number} * words * voxels, voxels};
  }
  // Batches of a part: no more points than a block may take alone.
  __host__ __device__ uint32_t part_size() const {
    return batches.size >= kBlockPoints ? 1 : kBlockPoints / batches.size;
  }
  __host__ __device__ uint32_t parts() const { return (batches.count - 1) / part_size() + 1; }
};

// Memory for the lists.
template <class Row>
Crowd take_crowd(const Batches<Row>& batches, const Tiling& tiling, int words, Carver& carver) {
  const int64_t most = int64_t{batches.count} * batches.room / kBlockPoints;
  Crowd crowd = {};
  crowd.counts = carver.take<uint32_t>(2);
  crowd.whole = carver.take<uint32_t>(batches.tiles);
  crowd.parted = carver.take<uint32_t>(most);
  crowd.done = carver.take<uint32_t>(most);
  crowd.slots = carver.take<unsigned long long>(most * words * tiling.voxels());
  return crowd;
}

// A thread's voxels of a tile that lie in the grid, a run of kWidth along z at a time: they differ in x
// alone.
template <int kWidth>
struct Column {
  // From one run to the next.
  static constexpr uint32_t kStep = kWidth * kTallyThreads;
  static_assert(kTallyThreads == 1 << Tiling::kMostLayerBits, "so many voxels are whole layers");

  int64_t index[3];  // of the first one
  // Its number in the tile, and that of the first one outside; steps along x from one run to the next.
  uint32_t voxel, end, step_x;

  // Out of those from `from` on, which begins a layer.
  __device__ Column(const Tiling& tiling, const Grid& grid, const CellPlace& corner, uint32_t from)
      : voxel(from + kWidth * threadIdx.x) {
    const int layer_bits = tiling.bits[1] + tiling.bits[2];
    const uint32_t in_layer = voxel & ((1u << layer_bits) - 1);
    index[0] = corner.index[0] + (voxel >> layer_bits);
    index[1] = corner.index[1] + (in_layer >> tiling.bits[2]);
    index[2] = corner.index[2] + (in_layer & ((1u << tiling.bits[2]) - 1));
    const bool is_inside = index[1] < grid.dims[1] && index[2] < grid.dims[2];
    const int64_t layers = min(grid.dims[0] - corner.index[0], int64_t{1} << tiling.bits[0]);
    end = is_inside ? static_cast<uint32_t>(layers) << layer_bits : 0;
    step_x = kStep >> layer_bits;
  }
};

// Puts a tile on its list. To be called by whole blocks.
template <class Row>
__device__ void leave_tile(const TileJob<Row>& job, uint32_t tile, uint32_t points) {
  __shared__ uint32_t entry;
  const bool parted = points > kBlockPoints;
  if (threadIdx.x == 0) {
    entry = atomicAdd(job.crowd.counts + parted, 1);
    (parted ? job.crowd.parted : job.crowd.whole)[entry] = tile;
    if (parted) job.crowd.done[entry] = 0;
  }
  __syncthreads();
  if (!parted) return;
  const SharedWords all = job.slot(entry);
  for (uint32_t i = threadIdx.x; i < job.words * all.voxels; i += blockDim.x) all.words[i] = 0;
}

inline __host__ __device__ bool has_sums(const VoxelPlan& plan) {
  return plan.reduce == RC_REDUCE_SUM || plan.reduce == RC_REDUCE_MEAN;
}

// The scales of a cloud's channels, where there are sums. To be called by whole blocks, which then
// wait.
template <class Row>
__device__ void find_scales(const TileJob<Row>& job, int64_t cloud, ChannelScale* scales) {
  if (!has_sums(job.plan.voxels)) return;
  const int64_t k = threadIdx.x, channel = min(job.first + k, job.plan.voxels.width - 1);
  if (k < kChannels) scales[k] = channel_scale(job.plan.voxels, job.exponents, cloud, channel);
}

// Adds the points of a tile in the batches from `begin` to `end` up in cleared words, as far as
// their voxels are those from `voxel` on, and tells how many points there are: where more than
// `most`, not all are added up. To be called by whole blocks.
template <Share kShare, class Tally>
__device__ uint32_t tally_points(const TileJob<typename Tally::Row>& job, const Tally& tally,
                                 const BlockWords& block, uint32_t voxel, uint32_t tile,
                                 uint32_t begin, uint32_t end, uint32_t most = UINT32_MAX) {
  __shared__ uint32_t visited;
  if (threadIdx.x == 0) visited = 0;
  for (uint32_t i = threadIdx.x; i < (job.words * block.voxels + 3) / 4; i += kTallyThreads) {
    reinterpret_cast<uint4*>(block.words)[i] = {};
  }
  __syncthreads();
  const auto take = [&](const uint32_t (&sources)[kVisited], uint32_t) {
    uint32_t voxels[kVisited];
    typename Tally::Row rows[kVisited];
    for (int k = 0; k < kVisited; ++k) {
      voxels[k] = kNoPoint;
      if (sources[k] == kNoPoint) continue;
      voxels[k] = job.batches.ids[sources[k]] - voxel;
      if constexpr (kRowBytes<typename Tally::Row> != 0) rows[k] = job.batches.rows[sources[k]];
    }
    for (int k = 0; k < kVisited; ++k) tally.enter(block, voxels[k], rows[k]);
  };
  visit_points<kTallyThreads, kShare>(job.batches, tile, begin, end, most, &visited, take);
  __syncthreads();
  return visited;
}

// Adds the words of a part of a tile up in the tile's slot, and says whether it was the last part.
// To be called by whole blocks.
template <class Row>
__device__ bool is_last_part(const TileJob<Row>& job, uint32_t entry) {
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) last = atomicAdd(job.crowd.done + entry, 1) + 1 == job.parts();
  __syncthreads();
  __threadfence();
  return last;
}

// The tiles of the lists. `store` takes job, corner, tally, first voxel, number of voxels, and a
// function that gives their results.
template <class Tally, class Store>
__global__ void __launch_bounds__(kTallyThreads, kTallyBlocks)
    reduce_crowd(const __grid_constant__ TileJob<typename Tally::Row> job, Store store) {
  let_next_begin();
  wait_for_former();
  extern __shared__ uint4 tile_words[];
  __shared__ ChannelScale scales[kChannels];
  const uint32_t voxels = job.tiling.voxels();
  const BlockWords block = {reinterpret_cast<uint32_t*>(tile_words), min(voxels, kTallied<Tally>)};
  const uint32_t whole = job.crowd.counts[0], parted = job.crowd.counts[1] * job.parts();
  for (uint32_t i = blockIdx.x; i < whole; i += gridDim.x) {
    const uint32_t tile = job.crowd.whole[i];
    const CellPlace corner = job.corner_of(tile);
    find_scales(job, corner.cloud, scales);
    __syncthreads();
    const Tally tally(job.plan.voxels, scales, job.first);
    for (uint32_t voxel = 0; voxel < voxels; voxel += block.voxels) {
      tally_points<Share::kRuns>(job, tally, block, voxel, tile, 0, job.batches.count);
      store(job, corner, tally, voxel, block.voxels,
            [&](uint32_t v) { return tally.result(block, v); });
      __syncthreads();
    }
  }
  for (uint32_t i = blockIdx.x; i < parted; i += gridDim.x) {
    const uint32_t entry = i / job.parts(), part = i - entry * job.parts();
    const uint32_t tile = job.crowd.parted[entry];
    const CellPlace corner = job.corner_of(tile);
    find_scales(job, corner.cloud, scales);
    __syncthreads();
    const Tally tally(job.plan.voxels, scales, job.first);
    const SharedWords all = job.slot(entry);
    const uint32_t begin = part * job.part_size();
    const uint32_t end = min(begin + job.part_size(), job.batches.count);
    for (uint32_t voxel = 0; voxel < voxels; voxel += block.voxels) {
      tally_points<Share::kSlices>(job, tally, block, voxel, tile, begin, end);
      for (uint32_t v = threadIdx.x; v < block.voxels; v += kTallyThreads) {
        tally.share(block, all, v, voxel + v);
      }
      __syncthreads();
    }
    if (is_last_part(job, entry)) {
      store(job, corner, tally, 0, voxels, [&](uint32_t v) { return tally.result(all, v); });
    }
    __syncthreads();
  }
}

// Calls launch() for all tiles of a job, as many at once as the batches serve.
template <class Row, class Launch>
cudaError_t for_each_turn(TileJob<Row>& job, Launch launch) {
  const uint32_t at_once = job.batches.tiles;
  cudaError_t error = cudaSuccess;
  for (int64_t tile = 0; error == cudaSuccess && tile < job.tiling.count; tile += at_once) {
    job.first_tile = static_cast<uint32_t>(tile);
    job.batches.tiles = static_cast<uint32_t>(std::min<int64_t>(at_once, job.tiling.count - tile));
    error = launch();
  }
  job.batches.tiles = at_once;
  return error;
}

template <class Tally, class Store>
cudaError_t launch_reduce_crowd(const TileJob<typename Tally::Row>& job, Store store,
                                cudaStream_t stream) {
  const size_t shared =
      (size_t{std::min(job.tiling.voxels(), kTallied<Tally>)} * job.words + 3) / 4 * 16;
  const cudaError_t error = allow_shared(reduce_crowd<Tally, Store>, shared);
  if (error != cudaSuccess) return error;
  const uint32_t work = job.batches.tiles + job.batches.positions / kBlockPoints * job.parts();
  const unsigned blocks = std::min(work, job.batches.multiprocessors * kTallyBlocks);
  launch_early(reduce_crowd<Tally, Store>, blocks, kTallyThreads, shared, stream, job, store);
  return cudaGetLastError();
}

// Calls f(v, index) with this thread's voxels of a tile that lie in the grid, out of `count` from `voxel`
// on, and counted from there.
template <class F>
__device__ void for_each_voxel(const Tiling& tiling, const Grid& grid, const CellPlace& corner,
                               uint32_t voxel, uint32_t count, F f) {
  Column<1> column(tiling, grid, corner, voxel);
  for (uint32_t v = column.voxel; v < min(column.end, voxel + count); v += column.kStep) {
    f(v - voxel, column.index);
    column.index[0] += column.step_x;
  }
}

RC_KERNELS_END
