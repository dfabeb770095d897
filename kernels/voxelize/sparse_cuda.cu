// SPDX-License-Identifier: Apache-2.0
// rc_voxelize_sparse on a CUDA device.
#define RC_LEVEL cuda
#include "kernels/voxelize/fill_cuda.cuh"
#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/segments_cuda.cuh"
#include "kernels/voxelize/voxelize_cuda.h"

RC_KERNELS_BEGIN
namespace {

struct SparseSink {
  SparsePlan plan;
  const uint32_t* row_numbers;

  template <class Key, class Reducer>
  __device__ void store(int64_t i, Key, int64_t first, const Reduction<Reducer>& reduction,
                        const Rules<Reducer>& rules) const {
    const int64_t row = int64_t{row_numbers[i]} - 1;
    if (row >= plan.capacity) return;
    const Array& reduced = plan.reduced;
    double values[kChannels] = {};
    reduction.finish(rules, 0, values);
    store_channels(reduced.type, reduced.data, row * reduced.step + first * reduced.channel,
                   reduced.channel, plan.voxels.width - first, values);
  }
};

// The points of a row; none where no voxel has it.
struct RowPoints {
  int64_t begin, count;
};

__device__ RowPoints points_of_row(const Rows& rows, int64_t row) {
  const int64_t total = rows.counts[0];
  if (row >= total) return {0, 0};
  const int64_t begin = rows.starts[row];
  return {begin, (row + 1 < total ? rows.starts[row + 1] : rows.counts[1]) - begin};
}

// Coordinates and counts, a row a thread; and reduced features of rows without a voxel.
template <class Key>
__global__ void __launch_bounds__(kTile)
    write_rows(const __grid_constant__ SparsePlan plan, const Key* cells,
               const __grid_constant__ Rows rows) {
  if (plan.total != nullptr && blockIdx.x == 0 && threadIdx.x == 0) *plan.total = rows.counts[0];
  for_each_number(plan.capacity, [&](int64_t row) {
    const RowPoints points = points_of_row(rows, row);
    if (plan.counts) {
      reinterpret_cast<int32_t*>(plan.counts.data)[row * plan.counts.step] =
          static_cast<int32_t>(points.count);
    }
    if (points.count > 0) {
      store_coords(plan, row, place_of_cell(plan.voxels.grid, cells[points.begin]));
      return;
    }
    store_coords(plan, row, {-1, {-1, -1, -1}});
    const Array& reduced = plan.reduced;
    for (int64_t c = 0; reduced && c < plan.voxels.width; ++c) {
      store(reduced.type, reduced.data, row * reduced.step + c * reduced.channel,
            plan.voxels.fill_value);
    }
  });
}

// Hard voxels, a point of one a thread. Word has the size of a feature.
template <class Word, class Key>
__global__ void __launch_bounds__(kTile)
    write_hard(const __grid_constant__ SparsePlan plan, const Key* cells, const uint32_t* positions,
               const __grid_constant__ Rows rows, Word fill) {
  const Array& hard = plan.hard;
  const Array& features = plan.voxels.features;
  for_each_number(plan.capacity * plan.hard_points, [&](int64_t i) {
    const int64_t row = quotient_of(i, plan.hard_points), k = i - row * plan.hard_points;
    const RowPoints points = points_of_row(rows, row);
    Word* const target = reinterpret_cast<Word*>(hard.data) + row * hard.row + k * hard.step;
    const Word* source = nullptr;
    if (k < points.count) {
      const int64_t cloud = cloud_of_cell(plan.voxels, cells[points.begin]);
      source = reinterpret_cast<const Word*>(features.data) +
               start_of(plan.voxels, features, cloud, positions[points.begin + k]);
    }
    for (int64_t c = 0; c < plan.voxels.width; c += kChannels) {
      const int64_t channels = plan.voxels.width - c;
      Quad<Word> quad = {fill, fill, fill, fill};
      if (source != nullptr) {
        quad = load_quad(source + c * features.channel, features.channel, channels);
      }
      store_quad(target + c * hard.channel, hard.channel, channels, quad);
    }
  });
}

// The row of each point, and points beyond the capacity, a sorted point a thread.
template <class Key>
__global__ void __launch_bounds__(kTile)
    write_points(const __grid_constant__ SparsePlan plan, const Key* cells,
                 const uint32_t* positions, const uint32_t* row_numbers) {
  const VoxelPlan& voxels = plan.voxels;
  for_each_number(voxels.cloud.positions(), [&](int64_t i) {
    const Key cell = cells[i];
    int64_t row = -1;
    if (cell != static_cast<Key>(voxels.cells())) {
      row = int64_t{row_numbers[i]} - 1;
      if (row >= plan.capacity) {
        row = -1;
        count_left_out(voxels.stats, cloud_of_cell(voxels, cell), RC_STAT_OVER_CAPACITY);
      }
    }
    if (!plan.point_to_voxel) return;
    const uint32_t position = positions[i];
    const bool one = voxels.cloud.offsets || voxels.cloud.clouds == 1;
    const int64_t cloud = one ? 0 : position / voxels.cloud.points;
    store_index(plan.point_to_voxel, start_of(voxels, plan.point_to_voxel, cloud, position), row);
  });
}

template <class Key>
void launch_hard(const SparsePlan& plan, const Sorted<Key>& sorted, const Rows& rows,
                 unsigned blocks, cudaStream_t stream) {
  uint64_t fill = 0;
  store(plan.hard.type, reinterpret_cast<char*>(&fill), 0, plan.voxels.fill_value);
  const auto launch = [&](auto word) {
    write_hard<decltype(word)><<<blocks, kTile, 0, stream>>>(
        plan, sorted.cells(), sorted.positions(), rows, static_cast<decltype(word)>(fill));
  };
  switch (item_size(plan.hard.type)) {
    case 1:
      return launch(uint8_t{});
    case 2:
      return launch(uint16_t{});
    case 4:
      return launch(uint32_t{});
    default:
      return launch(uint64_t{});
  }
}

template <class Key>
cudaError_t list(const SparsePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  Sorted<Key> sorted;
  cudaError_t error =
      sort_points_cuda(voxels, CellNumbers<Key>(voxels), carver, launch, stream, &sorted);
  Rows rows;
  if (error == cudaSuccess) {
    error = number_rows_cuda(voxels, sorted, carver, launch, stream, &rows);
  }
  if (error == cudaSuccess && plan.reduced) {
    error = with_reducer(voxels.reduce, [&](auto* reducer) {
      return reduce_segments<std::remove_pointer_t<decltype(reducer)>>(
          voxels, sorted, SparseSink{plan, rows.numbers}, carver, launch, stream);
    });
  }
  if (error != cudaSuccess || !launch) return error;
  write_rows<<<blocks_for(plan.capacity), kTile, 0, stream>>>(plan, sorted.cells(), rows);
  const int64_t hard = plan.hard ? plan.capacity * plan.hard_points : 0;
  if (hard > 0) launch_hard(plan, sorted, rows, blocks_for(hard), stream);
  const int64_t positions = voxels.cloud.positions();
  if (positions > 0 && (plan.point_to_voxel || voxels.stats)) {
    write_points<<<blocks_for(positions), kTile, 0, stream>>>(plan, sorted.cells(),
                                                              sorted.positions(), rows.numbers);
  }
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t voxelize_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                          cudaStream_t stream) {
  if (launch) {
    const cudaError_t error = fill(box_of_stats(plan.voxels.stats, plan.voxels.cloud), 0, stream);
    if (error != cudaSuccess) return error;
  }
  return with_key(plan.voxels, [&](auto* key) {
    return list<std::remove_pointer_t<decltype(key)>>(plan, carver, launch, stream);
  });
}

}  // namespace rc
