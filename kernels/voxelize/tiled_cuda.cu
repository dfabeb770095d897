// SPDX-License-Identifier: Apache-2.0
// rc_voxelize by tiles: the points are partitioned by tile, and a block writes all voxels of one.
// Tiles of many points are shared by several blocks, which meet in global memory.
#define RC_LEVEL cuda
#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/tally_cuda.cuh"
#include "kernels/voxelize/tiled_cuda.h"

RC_KERNELS_BEGIN
namespace {

constexpr int kTallyThreads = 256;
// Points that a thread loads before it looks at them.
constexpr int kRun = 4;

// New values of a voxel from old ones.
__device__ void finish(const VoxelPlan& plan, int32_t old_count, const VoxelResult& result,
                       double (&values)[kChannels]) {
  const int32_t reduce = plan.reduce;
  if (reduce == RC_REDUCE_MEAN && old_count == 0) {
    const auto count = static_cast<double>(result.count);
    const double inverse = 1 / count;
    for (int k = 0; k < kChannels; ++k) values[k] = quotient(result.values[k], count, inverse);
    return;
  }
  for (int k = 0; k < kChannels; ++k) {
    const VoxelState state = {values[k], old_count, result.count};
    values[k] = reduce == RC_REDUCE_SUM || reduce == RC_REDUCE_MEAN
                    ? finish_sum(reduce == RC_REDUCE_MEAN, result.values[k], state)
                    : finish_extreme(reduce == RC_REDUCE_MAX, result.values[k], state);
  }
}

// Stores a voxel at `element` of the output, and its points in `count`, if there is such.
__device__ void store_voxel(const DensePlan& plan, int64_t element, int32_t* count,
                            const VoxelResult& result) {
  const GridArray& output = plan.output;
  const int64_t channels = plan.voxels.width;
  const double fill = plan.voxels.fill_value;
  double values[kChannels] = {fill, fill, fill, fill};
  const int32_t old_count = plan.accumulate ? *count : 0;
  if (old_count != 0) {
    load_channels(output.type, output.data, element, output.channel, channels, values);
  }
  if (result.count != 0) finish(plan.voxels, old_count, result, values);
  store_channels(output.type, output.data, element, output.channel, channels, values);
  if (count != nullptr) {
    *count = static_cast<int32_t>(static_cast<uint32_t>(old_count) +
                                  static_cast<uint32_t>(result.count));
  }
}

template <class Tally>
struct TiledJob {
  DensePlan plan;
  Tiling tiling;
  TiledPoints<typename Tally::Channel> points;
  int words;  // of a voxel
  // [points / kBlockPoints, words, voxels]: the sums of tiles that blocks share.
  unsigned long long* slots;

  __device__ uint32_t begin_of(int64_t tile) const { return points.starts[tile]; }
  __device__ bool is_shared(int64_t tile) const {
    return begin_of(tile + 1) - begin_of(tile) > kBlockPoints;
  }
  __device__ int64_t tile_of(uint32_t i) const {
    return border(0, tiling.count, [&](int64_t t) { return begin_of(t + 1) <= i; });
  }
  // Where the tallies of a shared tile are added up. No two begin in one slot.
  __device__ SharedWords slot_of(int64_t tile) const { return slot(begin_of(tile) / kBlockPoints); }
  __device__ SharedWords slot(int64_t number) const {
    return {slots + number * words * kTileVoxels};
  }
  // The shared tile that begins in a slot, or -1: it goes on behind the slot's last point.
  __device__ int64_t shared_tile(int64_t slot) const {
    const int64_t next = (slot + 1) * int64_t{kBlockPoints};
    if (next >= begin_of(tiling.count)) return -1;
    const int64_t tile = tile_of(static_cast<uint32_t>(next));
    return is_shared(tile) && begin_of(tile) / kBlockPoints == slot ? tile : -1;
  }
};

// A column of voxels of a tile along x, which is a thread's: those of a warp lie side by side.
static_assert(kTallyThreads == 1 << (tile_bits(1) + tile_bits(2)));

// Stores the results of all voxels of a tile that lie in the grid.
template <class ResultOf>
__device__ void store_tile(const DensePlan& plan, const CellPlace& corner, ResultOf result_of) {
  const Grid& grid = plan.voxels.grid;
  CellPlace place = corner;
  place.index[1] += threadIdx.x >> tile_bits(2);
  place.index[2] += threadIdx.x & ((1 << tile_bits(2)) - 1);
  if (place.index[1] >= grid.dims[1] || place.index[2] >= grid.dims[2]) return;
  const GridArray &output = plan.output, &counts = plan.counts;
  int64_t element = element_of(output, place.cloud, place.index);
  int64_t counter = element_of(counts, place.cloud, place.index);
  const int64_t left = grid.dims[0] - corner.index[0];
  const uint32_t steps = left < 1 << tile_bits(0) ? static_cast<uint32_t>(left) : 1 << tile_bits(0);
  for (uint32_t x = 0; x < steps; ++x) {
    const VoxelResult result = result_of(x * kTallyThreads + threadIdx.x);
    if (result.count != 0 || !plan.accumulate) {
      int32_t* const count = counts ? reinterpret_cast<int32_t*>(counts.data) + counter : nullptr;
      store_voxel(plan, element, count, result);
    }
    element += output.axis[0];
    counter += counts.axis[0];
  }
}

// Adds the points from `begin` to `end` of a tile up in cleared words. To be called by whole blocks.
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
    typename Tally::Point points[kRun];
    for (uint32_t j = 0; j < kRun; ++j) {
      const uint32_t i = first + j;
      const bool there = i >= begin && i < end;
      voxels[j] = there ? job.points.locals[i] : kTileVoxels;
      if (there) points[j] = tally.load(i);
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

template <class Tally>
__global__ void __launch_bounds__(kTallyThreads)
    reduce_tiles(const __grid_constant__ TiledJob<Tally> job) {
  extern __shared__ uint4 tile_words[];
  __shared__ ChannelScale scales[kChannels];
  const BlockWords block = {reinterpret_cast<uint32_t*>(tile_words)};
  const int64_t tile = blockIdx.x;
  const uint32_t begin = job.begin_of(tile), end = job.begin_of(tile + 1);
  if (end - begin > kBlockPoints || (begin == end && job.plan.accumulate)) return;
  const CellPlace corner = job.tiling.corner_of(static_cast<uint32_t>(tile));
  if (begin == end) {
    store_tile(job.plan, corner, [](uint32_t) { return VoxelResult{}; });
    return;
  }
  const Tally tally(job.plan.voxels, job.points, corner.cloud, scales);
  tally_points(job, tally, block, begin, end);
  store_tile(job.plan, corner, [&](uint32_t v) { return tally.result(block, v); });
}

// A slot a block, for the tiles that begin there and are shared.
template <class Tally>
__global__ void __launch_bounds__(kTallyThreads)
    clear_slots(const __grid_constant__ TiledJob<Tally> job) {
  if (job.shared_tile(blockIdx.x) < 0) return;
  const SharedWords all = job.slot(blockIdx.x);
  for (int i = static_cast<int>(threadIdx.x); i < job.words * kTileVoxels; i += kTallyThreads) {
    all.words[i] = 0;
  }
}

// Some points in the order of tiles a block: no shared tile begins and ends among them, so that they
// touch two at most.
template <class Tally>
__global__ void __launch_bounds__(kTallyThreads)
    reduce_shared(const __grid_constant__ TiledJob<Tally> job) {
  extern __shared__ uint4 tile_words[];
  __shared__ ChannelScale scales[kChannels];
  const BlockWords block = {reinterpret_cast<uint32_t*>(tile_words)};
  const uint32_t total = job.begin_of(job.tiling.count), first = blockIdx.x * kBlockPoints;
  if (first >= total) return;
  const uint32_t last = min(total - 1, first + kBlockPoints - 1);
  const int64_t tiles[2] = {job.tile_of(first), job.tile_of(last)};
  for (int t = 0; t < 2; ++t) {
    if (!job.is_shared(tiles[t]) || (t == 1 && tiles[1] == tiles[0])) continue;
    const CellPlace corner = job.tiling.corner_of(static_cast<uint32_t>(tiles[t]));
    const Tally tally(job.plan.voxels, job.points, corner.cloud, scales);
    tally_points(job, tally, block, max(first, job.begin_of(tiles[t])),
                 min(last + 1, job.begin_of(tiles[t] + 1)));
    for (uint32_t v = threadIdx.x; v < kTileVoxels; v += kTallyThreads) {
      tally.share(block, job.slot_of(tiles[t]), v);
    }
    __syncthreads();
  }
}

template <class Tally>
__global__ void __launch_bounds__(kTallyThreads)
    store_shared(const __grid_constant__ TiledJob<Tally> job) {
  __shared__ ChannelScale scales[kChannels];
  const int64_t tile = job.shared_tile(blockIdx.x);
  if (tile < 0) return;
  const CellPlace corner = job.tiling.corner_of(static_cast<uint32_t>(tile));
  const Tally tally(job.plan.voxels, job.points, corner.cloud, scales);
  __syncthreads();
  const SharedWords all = job.slot(blockIdx.x);
  store_tile(job.plan, corner, [&](uint32_t v) { return tally.result(all, v); });
}

// More shared memory for the dynamic arrays of a kernel than every device grants unasked.
template <class Kernel>
cudaError_t allow_shared(Kernel kernel, size_t bytes) {
  constexpr size_t kGranted = 40 * 1024;
  if (bytes <= kGranted) return cudaSuccess;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(bytes));
}

template <class Tally>
cudaError_t reduce(const DensePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  const int64_t positions = voxels.cloud.positions();
  TiledJob<Tally> job = {plan, Tiling(voxels), {}, Tally::words_of(voxels), nullptr};
  const int64_t slots = positions / kBlockPoints;
  const int64_t slot_size = int64_t{job.words} * kTileVoxels * int64_t{sizeof(*job.slots)};
  cudaError_t error = take_tiled_points(voxels, job.tiling, slots * slot_size, carver, &job.points);
  if (error != cudaSuccess || !launch) return error;
  job.slots = reinterpret_cast<unsigned long long*>(job.points.keys);
  error = partition(voxels, job.tiling, job.points, stream);
  const size_t shared = static_cast<size_t>(job.words) * kTileVoxels * sizeof(uint32_t);
  if (error == cudaSuccess) error = allow_shared(reduce_tiles<Tally>, shared);
  if (error == cudaSuccess) error = allow_shared(reduce_shared<Tally>, shared);
  if (error != cudaSuccess) return error;
  const auto tiles = static_cast<unsigned>(job.tiling.count);
  reduce_tiles<<<tiles, kTallyThreads, shared, stream>>>(job);
  if (slots > 0) {
    const auto blocks = static_cast<unsigned>(slots);
    clear_slots<<<blocks, kTallyThreads, 0, stream>>>(job);
    reduce_shared<<<blocks + 1, kTallyThreads, shared, stream>>>(job);
    store_shared<<<blocks, kTallyThreads, 0, stream>>>(job);
  }
  return cudaGetLastError();
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

bool fits_tiles(const VoxelPlan& plan) {
  if (!reduces_features(plan.reduce) || plan.features.type == Type::f64) return false;
  if (plan.width < 1 || plan.width > kChannels || plan.cloud.positions() == 0) return false;
  const int64_t tiles = Tiling(plan).count;
  return tiles > 0 && tiles <= kMostTiles;
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
