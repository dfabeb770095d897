// SPDX-License-Identifier: Apache-2.0
// rc_voxelize on a CUDA device.
#define RC_LEVEL cuda
#include "kernels/voxelize/fill_cuda.cuh"
#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/segments_cuda.cuh"
#include "kernels/voxelize/tiled_cuda.h"
#include "kernels/voxelize/tiles.h"
#include "kernels/voxelize/voxelize_cuda.h"

RC_KERNELS_BEGIN
namespace {

struct DenseSink {
  DensePlan plan;

  template <class Key, class Reducer>
  __device__ void store(int64_t, Key cell, int64_t first, const Reduction<Reducer>& reduction,
                        const Rules<Reducer>& rules) const {
    const CellPlace place = place_of_cell(plan.voxels.grid, cell);
    const int32_t old_count = old_count_of(plan, place);
    const GridArray& output = plan.output;
    const int64_t channels = plan.voxels.width - first;
    const int64_t element = element_of(output, place.cloud, place.index) + first * output.channel;
    double values[kChannels] = {};
    if (old_count != 0) {
      load_channels(output.type, output.data, element, output.channel, channels, values);
    }
    reduction.finish(rules, old_count, values);
    store_channels(output.type, output.data, element, output.channel, channels, values);
    if (channels <= kChannels) store_count(plan, place, old_count, reduction.count);
  }
};

// Occupancy as whole words, 32 voxels along z each, that atomics can reach; then written out.
struct Bits {
  uint32_t* words;
  int64_t words_per_row;  // 0 where none are needed
};

__device__ int64_t row_of(const VoxelPlan& plan, int64_t cloud, const int64_t (&index)[3]) {
  return (cloud * plan.grid.dims[0] + index[0]) * plan.grid.dims[1] + index[1];
}

template <class T>
__global__ void __launch_bounds__(kTile)
    mark_points(const __grid_constant__ DensePlan plan, const __grid_constant__ Placer<T> placer,
                const __grid_constant__ Bits bits) {
  const GridArray& output = plan.output;
  for_each_number(plan.voxels.cloud.positions(), [&](int64_t i) {
    const PointPlace place = place_of(plan.voxels.cloud, i);
    int64_t index[3];
    if (!placer.place(place, index)) return;
    if (plan.counts) {
      atomicAdd(reinterpret_cast<int32_t*>(plan.counts.data) +
                    element_of(plan.counts, place.cloud, index),
                1);
    }
    if (bits.words_per_row != 0) {
      const int64_t word =
          row_of(plan.voxels, place.cloud, index) * bits.words_per_row + index[2] / 32;
      atomicOr(bits.words + word, 1u << index[2] % 32);
    } else if (plan.voxels.reduce == RC_REDUCE_COUNT) {
      atomicAdd(reinterpret_cast<int32_t*>(output.data) + element_of(output, place.cloud, index),
                1);
    } else {
      output.data[element_of(output, place.cloud, index)] = 1;
    }
  });
}

// One plain cloud, occupancy or counts without the other, in a grid of fewer than 2^32 elements: without
// all that others need.
struct PlainMarks {
  static constexpr uint32_t kPoints = 4;  // of a thread, all on their way at once

  const float* points;
  char* output;
  uint32_t count, strides[3];
  bool counts;
  bool has_words;  // the output is whole words of 32 bits, which reductions can reach
};

bool is_plain(const DensePlan& plan) {
  const VoxelPlan& voxels = plan.voxels;
  constexpr int64_t kMost = int64_t{1} << 32;
  const GridArray& output = plan.output;
  if (voxels.reduce == RC_REDUCE_OCCUPANCY_BITS || plan.counts) return false;
  int64_t last = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t stride = output.axis[axis], steps = voxels.grid.dims[axis] - 1;
    if (stride < 0 || stride >= kMost || steps >= kMost / 2) return false;
    last += stride * steps;
    if (last >= kMost) return false;
  }
  return is_one_plain_cloud(voxels.cloud);
}

// Whether the points of a warp lie apart: reductions into words then take three quarters of the time of
// stores, which take a third of the time of reductions where points lie side by side.
__device__ bool lie_apart(uint32_t element) {
  constexpr uint32_t kSector = 32;
  constexpr int kManyNeighbours = 22;
  const uint32_t sector = element / kSector;
  const bool is_beside = __shfl_up_sync(~0u, sector, 1) == sector;
  return __popc(__ballot_sync(~0u, is_beside)) < kManyNeighbours;
}

__global__ void __launch_bounds__(kTile) mark_plain(const __grid_constant__ Placer<float> placer,
                                                    const __grid_constant__ PlainMarks plain) {
  const uint32_t first = blockIdx.x * (kTile * PlainMarks::kPoints) + threadIdx.x;
  float points[PlainMarks::kPoints][3];
#pragma unroll
  for (uint32_t k = 0; k < PlainMarks::kPoints; ++k) {
    const uint32_t i = first + k * kTile;
#pragma unroll
    for (uint32_t axis = 0; axis < 3; ++axis) {
      points[k][axis] = i < plain.count ? __ldg(plain.points + size_t{3} * i + axis) : 0;
    }
  }
  bool reduces = false;
#pragma unroll
  for (uint32_t k = 0; k < PlainMarks::kPoints; ++k) {
    uint32_t index[3];
    const bool inside = first + k * kTile < plain.count && placer.place(points[k], 0, index);
    const uint32_t element = inside ? index[0] * plain.strides[0] + index[1] * plain.strides[1] +
                                          index[2] * plain.strides[2]
                                    : 0;
    // The first ones tell of the others.
    if (k == 0) reduces = plain.has_words && lie_apart(element);
    if (!inside) continue;
    if (plain.counts) {
      atomicAdd(reinterpret_cast<int32_t*>(plain.output) + element, 1);
    } else if (reduces) {
      atomicOr(reinterpret_cast<uint32_t*>(plain.output) + element / 4, 1u << element % 4 * 8);
    } else {
      plain.output[element] = 1;
    }
  }
}

// Whether a compact grid of bytes is a number of aligned words.
bool holds_words(const GridArray& output, const Grid& grid) {
  return output.axis[2] == 1 && output.axis[1] == grid.dims[2] &&
         output.axis[0] == grid.dims[1] * grid.dims[2] && grid.cells() % 4 == 0 &&
         reinterpret_cast<uintptr_t>(output.data) % 4 == 0;
}

void mark_plain(const DensePlan& plan, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  PlainMarks plain = {
      reinterpret_cast<const float*>(voxels.cloud.array.data),
      plan.output.data,
      static_cast<uint32_t>(voxels.cloud.positions()),
      {},
      voxels.reduce == RC_REDUCE_COUNT,
      voxels.reduce == RC_REDUCE_OCCUPANCY && holds_words(plan.output, voxels.grid)};
  for (int axis = 0; axis < 3; ++axis) {
    plain.strides[axis] = static_cast<uint32_t>(plan.output.axis[axis]);
  }
  constexpr uint32_t kEach = kTile * PlainMarks::kPoints;
  mark_plain<<<(plain.count - 1) / kEach + 1, kTile, 0, stream>>>(Placer<float>(voxels), plain);
}

__global__ void __launch_bounds__(kTile)
    write_bits(const __grid_constant__ DensePlan plan, const __grid_constant__ Bits bits,
               int64_t bytes_per_row, int64_t count) {
  for_each_number(count, [&](int64_t i) {
    const int64_t row = i / bytes_per_row, byte = i - row * bytes_per_row;
    const int64_t y = plan.voxels.grid.dims[1], x = plan.voxels.grid.dims[0];
    const int64_t index[3] = {row / y % x, row % y, byte};
    const uint32_t word = bits.words[row * bits.words_per_row + byte / 4];
    char& target = plan.output.data[element_of(plan.output, row / y / x, index)];
    const uint32_t old = plan.accumulate ? static_cast<uint8_t>(target) : 0;
    target = static_cast<char>(old | (word >> byte % 4 * 8 & 0xff));
  });
}

cudaError_t mark(const DensePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  const int64_t z = voxels.grid.dims[2];
  const int64_t rows = voxels.cloud.clouds * voxels.grid.dims[0] * voxels.grid.dims[1];
  Bits bits = {};
  if (voxels.reduce == RC_REDUCE_OCCUPANCY_BITS) bits.words_per_row = (z + 31) / 32;
  const int64_t words = rows * bits.words_per_row;
  bits.words = carver.take<uint32_t>(words);
  if (!launch) return cudaSuccess;
  if (words > 0) {
    const cudaError_t error = cudaMemsetAsync(bits.words, 0, words * sizeof(uint32_t), stream);
    if (error != cudaSuccess) return error;
  }
  const int64_t positions = voxels.cloud.positions();
  if (positions > 0 && is_plain(plan)) {
    mark_plain(plan, stream);
  } else if (positions > 0) {
    with_placer(voxels, [&](auto placer) {
      mark_points<<<blocks_for(positions), kTile, 0, stream>>>(plan, placer, bits);
    });
  }
  const int64_t bytes = (z + 7) / 8;
  if (words > 0) {
    write_bits<<<blocks_for(rows * bytes), kTile, 0, stream>>>(plan, bits, bytes, rows * bytes);
  }
  return cudaGetLastError();
}

template <class Key>
cudaError_t reduce(const DensePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  Sorted<Key> sorted;
  const cudaError_t error =
      sort_points_cuda(plan.voxels, CellNumbers<Key>(plan.voxels), carver, launch, stream, &sorted);
  if (error != cudaSuccess) return error;
  return with_reducer(plan.voxels, [&](auto* reducer) {
    return reduce_segments<std::remove_pointer_t<decltype(reducer)>>(
        plan.voxels, sorted, DenseSink{plan}, carver, launch, stream);
  });
}

enum class DensePath { kReduceTiles, kCountTiles, kMark, kSort };

bool is_tiled(DensePath path) {
  return path == DensePath::kReduceTiles || path == DensePath::kCountTiles;
}

// Which way a call takes: all of them give the same bits.
DensePath path_of(const VoxelPlan& plan) {
  // Fewer points are sooner counted in the output itself.
  constexpr int64_t kManyPoints = int64_t{1} << 20;
  const bool tiles = Tiling(plan, Tiling::kLeastBits).count <= Tiling::kMostTiles;
  if (!reduces_features(plan.reduce)) {
    const bool many = plan.cloud.positions() >= kManyPoints;
    return plan.reduce == RC_REDUCE_COUNT && many && tiles ? DensePath::kCountTiles
                                                           : DensePath::kMark;
  }
  // Sums of float64 do not fit the words of a tally.
  const bool fits = plan.features.type != Type::f64 && plan.width > 0;
  return fits && tiles ? DensePath::kReduceTiles : DensePath::kSort;
}

cudaError_t clear_grids(const DensePlan& plan, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  if (plan.accumulate) return cudaSuccess;
  const int64_t z = voxels.grid.dims[2];
  cudaError_t error = fill(box_of(plan.counts, voxels, z, 1), 0, stream);
  // Bits are written all at once.
  if (error != cudaSuccess || voxels.reduce == RC_REDUCE_OCCUPANCY_BITS) return error;
  const bool features = reduces_features(voxels.reduce);
  return fill(box_of(plan.output, voxels, z, features ? voxels.width : 1),
              features ? voxels.fill_value : 0, stream);
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t voxelize_cuda(const DensePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  const DensePath path = path_of(voxels);
  if (launch) {
    cudaError_t error = fill(box_of_stats(voxels.stats, voxels.cloud), 0, stream);
    if (error == cudaSuccess && !is_tiled(path)) error = clear_grids(plan, stream);
    if (error != cudaSuccess) return error;
  }
  switch (path) {
    case DensePath::kReduceTiles:
      return voxelize_tiled_cuda(plan, carver, launch, stream);
    case DensePath::kCountTiles:
      return count_tiled_cuda(plan, carver, launch, stream);
    case DensePath::kMark:
      return mark(plan, carver, launch, stream);
    case DensePath::kSort:
      break;
  }
  return with_key(voxels, [&](auto* key) {
    return reduce<std::remove_pointer_t<decltype(key)>>(plan, carver, launch, stream);
  });
}

}  // namespace rc
