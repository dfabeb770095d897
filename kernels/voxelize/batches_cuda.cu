// SPDX-License-Identifier: Apache-2.0
// Sorting batches of points by tile.
#define RC_LEVEL cuda
#include <cuda_pipeline_primitives.h>

#include "kernels/common/cuda_early.h"
#include "kernels/voxelize/batches_cuda.cuh"

RC_KERNELS_BEGIN
namespace {

template <class T, class Row>
struct SortJob {
  VoxelPlan plan;
  Placer<T> placer;
  Tiling tiling;
  Batches<Row> batches;
  uint32_t first_tile;  // of those that are sorted now
  int64_t first;        // channel
  int32_t* exponents;   // of the range, where it is measured
  bool first_turn;      // the one that measures it
  uint32_t* cleared;    // [2]: set to 0 for the kernels that follow
};

// One plain cloud, and the channels of a row lie side by side: without all that others need.
template <class T, class Row>
bool is_plain(const VoxelPlan& plan, int64_t first) {
  const Array& features = plan.features;
  if (!std::is_same_v<T, float> || !is_one_plain_cloud(plan.cloud)) return false;
  if constexpr (kRowBytes<Row> == 0) {
    return true;
  } else {
    constexpr int64_t kSize = sizeof(Row) / kChannels;
    const auto address =
        reinterpret_cast<uintptr_t>(features.data) + static_cast<uintptr_t>(first * kSize);
    return item_size(features.type) == kSize && features.channel == 1 &&
           plan.width - first >= kChannels && features.step % kChannels == 0 &&
           address % sizeof(Row) == 0;
  }
}

// Where a thread's point of a batch shall go: to a tile and a voxel of it, or nowhere.
constexpr uint32_t kNowhere = UINT32_MAX;
// It has a voxel, of a tile whose turn is another one.
constexpr uint32_t kElsewhere = UINT32_MAX - 1;

// Turns numbers in shared memory into the sums of those before them, hands out all four at a time,
// and returns their sum. `partial` has room for the warps. To be called by whole blocks.
template <int kThreads, class Hand>
__device__ uint32_t scan_numbers(uint32_t* numbers, uint32_t count, uint32_t* partial, Hand hand) {
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  uint32_t before = 0;
  for (uint32_t first = 0; first < count; first += kThreads * 4) {
    const uint32_t i = first + threadIdx.x * 4;
    uint4 four = {};
    if (i < count) four = *reinterpret_cast<const uint4*>(numbers + i);
    const uint32_t own = four.x + four.y + four.z + four.w;
    uint32_t through = own;
    for (int step = 1; step < 32; step *= 2) {
      const uint32_t other = __shfl_up_sync(0xffffffffu, through, step);
      if (lane >= step) through += other;
    }
    if (lane == 31) partial[warp] = through;
    __syncthreads();
    constexpr uint32_t kWarps = kThreads / 32;
    uint32_t warps = lane < kWarps ? partial[lane] : 0;
    const uint32_t in_front = __reduce_add_sync(0xffffffffu, lane < warp ? warps : 0);
    const uint32_t total = __reduce_add_sync(0xffffffffu, warps);
    const uint32_t sum = before + in_front + through - own;
    if (i < count) {
      const uint4 sums = {sum, sum + four.x, sum + four.x + four.y, sum + own - four.w};
      *reinterpret_cast<uint4*>(numbers + i) = sums;
      hand(i, sums);
    }
    before += total;
    __syncthreads();
  }
  return before;
}

// The greatest magnitude of kChannels channels that a thread has seen, of one cloud at a time.
template <class T>
class MagnitudeWatch {
 public:
  // `exponents` [clouds, width], from the first one of the channels on.
  __device__ MagnitudeWatch(int32_t* exponents, int64_t width, int channels)
      : exponents_(exponents), width_(width), channels_(channels) {}

  // Of the one cloud that there is.
  __device__ void see(const Quad<T>& row) {
    cloud_ = 0;
    look(row);
  }
  __device__ void see(int cloud, const Quad<T>& row) {
    if (cloud != cloud_) {
      tell();
      cloud_ = cloud;
      for (uint32_t& magnitude : greatest_) magnitude = 0;
    }
    look(row);
  }
  // To be called by whole warps.
  __device__ void finish() {
    int same;
    __match_all_sync(0xffffffffu, cloud_, &same);
    if (same) {
      for (uint32_t& magnitude : greatest_) magnitude = __reduce_max_sync(0xffffffffu, magnitude);
    }
    if (!same || threadIdx.x % 32 == 0) tell();
  }

 private:
  static constexpr uint32_t kInfinite = 0x7f800000u;

  __device__ void look(const Quad<T>& row) {
    for (int k = 0; k < kChannels; ++k) {
      const uint32_t magnitude =
          bit_cast<uint32_t>(static_cast<float>(to_double(row.of[k]))) & 0x7fffffffu;
      if (magnitude < kInfinite) greatest_[k] = max(greatest_[k], magnitude);
    }
  }

  // Raises the exponents in memory; few threads have news, most need only look.
  __device__ void tell() const {
    if (cloud_ < 0) return;
    int32_t* const exponents = exponents_ + cloud_ * width_;
    for (int k = 0; k < kChannels; ++k) {
      if (k >= channels_ || greatest_[k] == 0) continue;
      const int exponent = exponent_of(static_cast<double>(bit_cast<float>(greatest_[k])));
      if (*static_cast<volatile int32_t*>(exponents + k) < exponent) {
        atomicMax(exponents + k, exponent);
      }
    }
  }

  int32_t* const exponents_;
  const int64_t width_;
  const int channels_;
  int cloud_ = -1;
  uint32_t greatest_[kChannels] = {};
};

// Of one channel.
template <class Row>
struct NumberOf {
  using Type = std::remove_reference_t<decltype(Row{}.of[0])>;
};
template <>
struct NumberOf<NoRow> {
  using Type = float;
};

// A batch a block.
template <class T, class Row, bool kPlain>
__global__ void __launch_bounds__(SortShape<Row>::kThreads, SortShape<Row>::kBlocks)
    sort_batch(const __grid_constant__ SortJob<T, Row> job) {
  let_next_begin();
  wait_for_former();
  using Shape = SortShape<Row>;
  using Number = typename NumberOf<Row>::Type;
  constexpr int kGroup = Shape::kGroup;
  // What all arrays can be like is a lot of code: rolled up, with goals in local memory.
  constexpr int kUnrolled = kPlain ? Shape::kItems : 1;
  extern __shared__ uint4 sort_memory[];
  __shared__ uint32_t partial[Shape::kThreads / 32];
  const Batches<Row>& batches = job.batches;
  const SortMemory<Row> memory(sort_memory, batches.size);
  const Cloud& cloud = job.plan.cloud;
  const uint32_t begin = blockIdx.x * batches.size;
  const uint32_t end = min(begin + batches.size, batches.positions);
  if (blockIdx.x == 0 && threadIdx.x < 2) job.cleared[threadIdx.x] = 0;
  for (uint32_t i = threadIdx.x * 4; i < batches.tiles; i += Shape::kThreads * 4) {
    *reinterpret_cast<uint4*>(memory.places + i) = {};
  }
  __syncthreads();

  const int local_bits = job.tiling.local_bits();
  // Their tiles and voxels, and two to a word their places among those of the tile.
  uint32_t goals[Shape::kItems], ranks[(Shape::kItems + 1) / 2] = {};
#pragma unroll kUnrolled
  for (int first = 0; first < Shape::kItems; first += kGroup) {
    int clouds[kGroup];
    typename Placer<T>::Real points[kGroup][3];
#pragma unroll
    for (int j = 0; j < kGroup && first + j < Shape::kItems; ++j) {
      const uint32_t i = begin + (first + j) * Shape::kThreads + threadIdx.x;
      clouds[j] = -1;
      if (i >= end) continue;
      if constexpr (kPlain) {
        clouds[j] = 0;
        const T* const p = reinterpret_cast<const T*>(cloud.array.data) + int64_t{3} * i;
        for (int axis = 0; axis < 3; ++axis) points[j][axis] = p[axis];
      } else {
        const PointPlace at = place_of(cloud, i);
        clouds[j] = static_cast<int>(at.cloud);
        if (at.cloud < 0) continue;
        job.placer.load(at, points[j]);
        if constexpr (kRowBytes<Row> != 0) {
          memory.rows[i - begin] = row_of_point<Number>(job.plan, at, job.first);
        }
      }
    }
    if constexpr (kPlain && kRowBytes<Row> != 0) {
      // On their way while the points find their places.
#pragma unroll
      for (int j = 0; j < kGroup && first + j < Shape::kItems; ++j) {
        const uint32_t i = begin + (first + j) * Shape::kThreads + threadIdx.x;
        if (i >= end) continue;
        const Array& features = job.plan.features;
        __pipeline_memcpy_async(
            memory.rows + (i - begin),
            reinterpret_cast<const Number*>(features.data) + i * features.step + job.first,
            kRowBytes<Row>);
      }
    }
#pragma unroll
    for (int j = 0; j < kGroup && first + j < Shape::kItems; ++j) {
      uint32_t index[3], goal = kNowhere, tile = UINT32_MAX;
      if (clouds[j] >= 0 && job.placer.place(points[j], clouds[j], index)) {
        const uint32_t own = job.tiling.tile_of(kPlain ? 0 : clouds[j], index) - job.first_tile;
        goal = kElsewhere;
        if (own < batches.tiles) {
          tile = own;
          goal = tile << local_bits | job.tiling.local_of(index);
        }
      }
      goals[first + j] = goal;
      // Lanes of one tile are counted at once, since all add 1.
      const uint32_t rank = tile != UINT32_MAX ? atomicAdd(memory.places + tile, 1u) : 0;
      ranks[(first + j) / 2] |= rank << 16 * ((first + j) % 2);
    }
  }
  __syncthreads();

  uint16_t* const borders = &batches.border_of(blockIdx.x, 0);
  const uint32_t total = scan_numbers<Shape::kThreads>(
      memory.places, batches.tiles, partial, [&](uint32_t tile, const uint4& sums) {
        const uint32_t four[4] = {sums.x, sums.y, sums.z, sums.w};
        for (uint32_t j = 0; j < 4 && tile + j < batches.tiles; ++j) {
          borders[(tile + j) * batches.kNeighbours] = static_cast<uint16_t>(four[j]);
        }
      });
  if (threadIdx.x == 0) {
    borders[batches.tiles * batches.kNeighbours] = static_cast<uint16_t>(total);
  }

  const auto is_here = [](uint32_t goal) { return goal < kElsewhere; };
#pragma unroll
  for (int k = 0; k < Shape::kItems; ++k) {
    if (is_here(goals[k])) {
      ranks[k / 2] += memory.places[goals[k] >> local_bits] << 16 * (k % 2);
    }
  }
  if constexpr (kPlain && kRowBytes<Row> != 0) {
    __pipeline_commit();
    __pipeline_wait_prior(0);
  }
  __syncthreads();

#pragma unroll
  for (int k = 0; k < Shape::kItems; ++k) {
    if (!is_here(goals[k])) continue;
    const uint32_t place = ranks[k / 2] >> 16 * (k % 2) & 0xffff;
    memory.ids[place] = static_cast<uint16_t>(goals[k] & ((1u << local_bits) - 1));
    if constexpr (kRowBytes<Row> != 0) {
      memory.sources[place] = static_cast<uint16_t>(k * Shape::kThreads + threadIdx.x);
    }
  }
  if constexpr (kRowBytes<Row> != 0) {
    if (job.exponents != nullptr && job.first_turn) {
      MagnitudeWatch<Number> watch(
          job.exponents + job.first, job.plan.width,
          static_cast<int>(min(job.plan.width - job.first, int64_t{kChannels})));
#pragma unroll kUnrolled
      for (int k = 0; k < Shape::kItems; ++k) {
        if (goals[k] == kNowhere) continue;
        const uint32_t own = k * Shape::kThreads + threadIdx.x;
        if constexpr (kPlain) {
          watch.see(memory.rows[own]);
        } else {
          watch.see(static_cast<int>(place_of(cloud, begin + own).cloud), memory.rows[own]);
        }
      }
      watch.finish();
    }
  }
  __syncthreads();
  // The room of a batch is a multiple of a word.
  constexpr uint32_t kIdsOfWord = sizeof(uint4) / sizeof(uint16_t);
  for (uint32_t i = threadIdx.x; i * kIdsOfWord < total; i += Shape::kThreads) {
    reinterpret_cast<uint4*>(batches.ids + begin)[i] =
        reinterpret_cast<const uint4*>(memory.ids)[i];
  }
  if constexpr (kRowBytes<Row> != 0) {
    for (uint32_t i = threadIdx.x; i < total; i += Shape::kThreads) {
      batches.rows[begin + i] = memory.rows[memory.sources[i]];
    }
  }
}

}  // namespace

template <class Row>
cudaError_t sort_batches(const VoxelPlan& plan, const Tiling& tiling, const Batches<Row>& batches,
                         uint32_t first_tile, int64_t first_channel, int32_t* exponents,
                         uint32_t* cleared, cudaStream_t stream) {
  const size_t shared = SortMemory<Row>::bytes(batches.size, batches.tiles);
  cudaError_t error = cudaSuccess;
  VoxelPlan counted = plan;
  if (first_tile != 0 || first_channel != 0) counted.stats = {};
  with_placer(counted, [&](auto placer) {
    using T = typename decltype(placer)::Point;
    const SortJob<T, Row> job = {plan,          placer,    tiling,          batches, first_tile,
                                 first_channel, exponents, first_tile == 0, cleared};
    const auto launch = [&](void (*kernel)(SortJob<T, Row>)) {
      error = allow_shared(kernel, shared);
      if (error != cudaSuccess) return;
      launch_early(kernel, batches.count, SortShape<Row>::kThreads, shared, stream, job);
      error = cudaGetLastError();
    };
    if constexpr (std::is_same_v<T, float>) {
      if (is_plain<T, Row>(plan, first_channel)) return launch(sort_batch<T, Row, true>);
    }
    launch(sort_batch<T, Row, false>);
  });
  return error;
}

template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<NoRow>&, uint32_t,
                                  int64_t, int32_t*, uint32_t*, cudaStream_t);
template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<Quad<float>>&,
                                  uint32_t, int64_t, int32_t*, uint32_t*, cudaStream_t);
template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<Quad<Half>>&,
                                  uint32_t, int64_t, int32_t*, uint32_t*, cudaStream_t);
template cudaError_t sort_batches(const VoxelPlan&, const Tiling&, const Batches<Quad<BFloat16>>&,
                                  uint32_t, int64_t, int32_t*, uint32_t*, cudaStream_t);

RC_KERNELS_END
