// SPDX-License-Identifier: Apache-2.0
// Reductions of features by tiles: batches of points are sorted by tile, then a block makes all
// voxels of one tile and stores each once.
#pragma once

#include "kernels/voxelize/chains_cuda.cuh"
#include "kernels/voxelize/crowded_cuda.cuh"

RC_KERNELS_BEGIN

// Small tiles where large ones would leave multiprocessors idle.
inline Tiling tiling_of(const VoxelPlan& plan) {
  constexpr int kTileBits = 12;
  constexpr int64_t kManyTiles = 2048;
  const Tiling tiling(plan, kTileBits);
  return tiling.count >= kManyTiles ? tiling : Tiling(plan, Tiling::kLeastBits);
}

// What a block knows of a tile's points and voxels while it chains them.
class Chains {
 public:
  static size_t bytes(uint32_t voxels) {
    return kChained * (sizeof(Floats) + sizeof(uint32_t)) + (voxels + 3) / 4 * 16;
  }

  __device__ Chains(uint4* memory, uint32_t voxels)
      : rows(reinterpret_cast<Floats*>(memory)),
        links_(reinterpret_cast<uint32_t*>(rows + kChained)),
        heads_(links_ + kChained),
        voxels_(voxels) {}

  // To be called by whole blocks, which then wait.
  __device__ void clear() const {
    for (uint32_t i = threadIdx.x; i < (voxels_ + 3) / 4; i += kTallyThreads) {
      reinterpret_cast<uint4*>(heads_)[i] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    }
  }
  // Puts point i in front of the others of its voxel.
  __device__ void add(uint32_t i, uint32_t voxel) const {
    links_[i] = voxel << 16 | (atomicExch(heads_ + voxel, i) & kNone);
  }

  // From here on the upper halves of the heads are a list of their own, which is read while lower halves are
  // written.
  __device__ uint32_t next(uint32_t i) const { return links_[i] & kNone; }
  __device__ uint32_t voxel_of(uint32_t i) const { return links_[i] >> 16; }
  __device__ uint32_t head(uint32_t voxel) const { return half(voxel, 0); }
  __device__ void list(uint32_t entry, uint32_t voxel) const { half(entry, 1) = voxel; }
  __device__ uint32_t listed(uint32_t entry) const { return half(entry, 1); }

  // A voxel whose result lies where the features of its head were.
  __device__ void finish(uint32_t voxel, uint32_t head, uint32_t count) const {
    links_[head] = count;
    half(voxel, 0) = static_cast<uint16_t>(head | kFinished);
  }
  // What a voxel's head tells once all voxels of more than one point are finished.
  __device__ uint32_t count_of(uint32_t head) const {
    if (head == kNone) return 0;
    return (head & kFinished) != 0 ? links_[head & ~kFinished] : 1;
  }
  template <class Chain>
  __device__ typename Chain::Row row_of(uint32_t head, const Chain& chain) const {
    const Floats floats = rows[head & ~kFinished];
    if ((head & kFinished) == 0) return chain.finish(floats);
    typename Chain::Row row;
    memcpy(&row, &floats, sizeof(row));
    return row;
  }

  static constexpr uint32_t kNone = 0xffff, kFinished = 0x8000;

  Floats* const rows;

 private:
  __device__ uint16_t& half(uint32_t i, int upper) const {
    return reinterpret_cast<uint16_t*>(heads_ + i)[upper];
  }

  uint32_t *const links_, *const heads_, voxels_;
};

// The voxels of more than one point: each once. To be called by whole blocks.
template <class Chain>
__device__ void reduce_chains(const Chains& chains, const Chain& chain, uint32_t points) {
  __shared__ uint32_t entries;
  if (threadIdx.x == 0) entries = 0;
  __syncthreads();
  for (uint32_t i = threadIdx.x; i < points; i += kTallyThreads) {
    const uint32_t next = chains.next(i);
    // The second one of its voxel.
    if (next != Chains::kNone && chains.next(next) == Chains::kNone) {
      chains.list(atomicAdd(&entries, 1), chains.voxel_of(i));
    }
  }
  __syncthreads();
  for (uint32_t entry = threadIdx.x; entry < entries; entry += kTallyThreads) {
    const uint32_t voxel = chains.listed(entry), head = chains.head(voxel);
    typename Chain::Held held = {};
    uint32_t count = 0;
    for (uint32_t i = head; i != Chains::kNone; i = chains.next(i)) {
      chain.take(held, chains.rows[i]);
      ++count;
    }
    *reinterpret_cast<typename Chain::Row*>(chains.rows + head) = chain.finish(held, count);
    chains.finish(voxel, head, count);
  }
  __syncthreads();
}

// A tile a block; crowded ones are left. `store.chains` takes job, corner, chains and chain.
template <class Chain, class Store>
__global__ void __launch_bounds__(kTallyThreads, kTallyBlocks)
    reduce_tiles(const __grid_constant__ TileJob<typename Chain::Row> job, Store store) {
  let_next_begin();
  wait_for_former();
  using Row = typename Chain::Row;
  extern __shared__ uint4 tile_memory[];
  __shared__ ChannelScale scales[kChannels];
  __shared__ typename Chain::Scales floats;
  __shared__ uint32_t points;
  __shared__ bool crowded;
  const CellPlace corner = job.corner_of(blockIdx.x);
  const Chains chains(tile_memory, job.tiling.voxels());
  chains.clear();
  find_scales(job, corner.cloud, scales);
  if (threadIdx.x == 0) {
    points = 0;
    crowded = !job.chains;
  }
  __syncthreads();
  if (threadIdx.x < kChannels) {
    Chain::set(floats, static_cast<int>(threadIdx.x), scales[threadIdx.x]);
    if (!Chain::serves(scales[threadIdx.x])) crowded = true;
  }
  __syncthreads();
  const Chain chain(job.plan.voxels, floats, scales);
  const auto take = [&](const uint32_t (&sources)[kVisited], uint32_t first) {
    uint32_t voxels[kVisited];
    Row rows[kVisited];
    for (int k = 0; k < kVisited; ++k) {
      if (sources[k] == kNoPoint) continue;
      voxels[k] = job.batches.ids[sources[k]];
      rows[k] = job.batches.rows[sources[k]];
    }
    for (int k = 0; k < kVisited; ++k) {
      const uint32_t i = first + 32 * k;
      if (sources[k] == kNoPoint) continue;
      if (!chain.prepare(rows[k], chains.rows[i])) crowded = true;
      chains.add(i, voxels[k]);
    }
  };
  visit_points<kTallyThreads, Share::kRuns>(job.batches, blockIdx.x, 0, job.batches.count, kChained,
                                            &points, take);
  __syncthreads();
  if (points == 0 && job.plan.accumulate) return;
  if (crowded || points > kChained) return leave_tile(job, blockIdx.x, points);
  if (points != 0) reduce_chains(chains, chain, points);
  store.chains(job, corner, chains, chain);
}

// Memory for a job.
template <class Tally>
cudaError_t take_job(TileJob<typename Tally::Row>& job, Carver& carver, Ranges* ranges) {
  *ranges = take_ranges(job.plan.voxels, carver);
  job.exponents = ranges->exponents;
  const cudaError_t error = take_batches(job.plan.voxels, job.tiling.count, carver, &job.batches);
  if (error != cudaSuccess) return error;
  job.crowd = take_crowd(job.batches, job.tiling, Tally::words_of(kChannels), carver);
  return cudaSuccess;
}

// Reduces all channels of the points to what `store` makes of voxels: it serves both kernels.
// Between the sort and the reduction of each turn sorted(job) is called.
template <class Tally, class Chain, class Store, class Sorted>
cudaError_t reduce_by_tiles(TileJob<typename Tally::Row>& job, const Ranges& ranges, Store store,
                            Sorted sorted, cudaStream_t stream) {
  const VoxelPlan& voxels = job.plan.voxels;
  clear_ranges(voxels, ranges, stream);
  const size_t shared = Chains::bytes(job.tiling.voxels());
  cudaError_t error = allow_shared(reduce_tiles<Chain, Store>, shared);
  for (; error == cudaSuccess && job.first < voxels.width; job.first += kChannels) {
    job.words =
        Tally::words_of(static_cast<int>(std::min<int64_t>(voxels.width - job.first, kChannels)));
    error = for_each_turn(job, [&] {
      cudaError_t step = sort_batches(voxels, job.tiling, job.batches, job.first_tile, job.first,
                                      ranges.exponents, job.crowd.counts, stream);
      if (step == cudaSuccess) step = sorted(job);
      if (step != cudaSuccess) return step;
      launch_early(reduce_tiles<Chain, Store>, job.batches.tiles, kTallyThreads, shared, stream,
                   job, store);
      return launch_reduce_crowd<Tally>(job, store, stream);
    });
  }
  return error;
}

RC_KERNELS_END
