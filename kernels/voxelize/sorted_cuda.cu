// SPDX-License-Identifier: Apache-2.0
#define RC_LEVEL cuda
#include <cub/device/device_scan.cuh>

#include "kernels/voxelize/points_cuda.cuh"
#include "kernels/voxelize/range_cuda.cuh"
#include "kernels/voxelize/sorted_cuda.h"

RC_KERNELS_BEGIN
namespace {

template <class T, class Key, class Numbers>
__global__ void __launch_bounds__(kTile)
    list_points(const __grid_constant__ VoxelPlan plan, const __grid_constant__ Placer<T> placer,
                const __grid_constant__ Numbers numbers, Key* cells, uint32_t* positions) {
  for_each_number(plan.cloud.positions(), [&](int64_t i) {
    const PointPlace place = place_of(plan.cloud, i);
    Key index[3];
    cells[i] = placer.place(place, index) ? numbers.of(place.cloud, index) : numbers.none();
    positions[i] = static_cast<uint32_t>(i);
  });
}

// Measures channels from `first` on, over the listed points that have a cell.
template <class Key>
__global__ void __launch_bounds__(kTile)
    measure_range(const __grid_constant__ VoxelPlan plan, const Key* cells, int32_t* exponents,
                  int64_t first) {
  RangeWatch watch(plan, exponents, first);
  for_each_number(plan.cloud.positions(), [&](int64_t i) {
    if (cells[i] != static_cast<Key>(plan.cells())) watch.see(place_of(plan.cloud, i));
  });
  watch.finish();
}

template <class Key>
void measure(const VoxelPlan& plan, const Key* cells, const Ranges& ranges, cudaStream_t stream) {
  clear_ranges(plan, ranges, stream);
  const unsigned blocks = range_blocks(plan.cloud.positions());
  for (int64_t first = 0; ranges.exponents != nullptr && first < plan.width; first += kChannels) {
    measure_range<<<blocks, kTile, 0, stream>>>(plan, cells, ranges.exponents, first);
  }
  scale_ranges(plan, ranges, stream);
}

// Marks the first points of segments. Points that are left out begin none.
template <class Key>
__global__ void __launch_bounds__(kTile)
    mark_first(const Key* cells, int64_t count, Key none, uint32_t* numbers) {
  for_each_number(count, [&](int64_t i) {
    numbers[i] = cells[i] != none && (i == 0 || cells[i - 1] != cells[i]) ? 1 : 0;
  });
}

template <class Key>
__global__ void __launch_bounds__(kTile)
    list_rows(const Key* cells, int64_t count, Key none, const __grid_constant__ Rows rows) {
  for_each_number(count, [&](int64_t i) {
    if (cells[i] == none) return;
    if (i == 0 || cells[i - 1] != cells[i]) rows.starts[rows.numbers[i] - 1] = i;
    if (i + 1 == count || cells[i + 1] == none) {
      rows.counts[0] = rows.numbers[i];
      rows.counts[1] = static_cast<uint32_t>(i + 1);
    }
  });
}

}  // namespace
RC_KERNELS_END

namespace rc {

template <class Key, class Numbers>
cudaError_t sort_points_cuda(const VoxelPlan& plan, const Numbers& numbers, Carver& carver,
                             bool launch, cudaStream_t stream, Sorted<Key>* sorted) {
  const int64_t positions = plan.cloud.positions();
  sorted->ranges = take_ranges(plan, carver);
  const cudaError_t error = make_pairs(positions, carver, &sorted->pairs);
  if (error != cudaSuccess || !launch || positions == 0) return error;
  Key* const cells = sorted->pairs.key();
  with_placer(plan, [&](auto placer) {
    list_points<<<few_blocks(positions), kTile, 0, stream>>>(plan, placer, numbers, cells,
                                                             sorted->pairs.number());
  });
  measure(plan, cells, sorted->ranges, stream);
  const cudaError_t listed = cudaGetLastError();
  if (listed != cudaSuccess) return listed;
  return sort_pairs(sorted->pairs, numbers.bits(), stream, numbers.ignored_bits());
}

template <class Key>
cudaError_t number_rows_cuda(const VoxelPlan& plan, const Sorted<Key>& sorted, Carver& carver,
                             bool launch, cudaStream_t stream, Rows* rows) {
  const int64_t positions = plan.cloud.positions();
  *rows = {};
  rows->numbers = reinterpret_cast<uint32_t*>(sorted.pairs.free_keys());
  rows->starts = sorted.pairs.free_numbers();
  rows->counts = carver.take<uint32_t>(2);
  cudaError_t error = cub::DeviceScan::InclusiveSum(nullptr, rows->temporary_size, rows->numbers,
                                                    rows->numbers, positions, stream);
  rows->temporary = carver.take<char>(static_cast<int64_t>(rows->temporary_size));
  if (error != cudaSuccess || !launch) return error;
  error = cudaMemsetAsync(rows->counts, 0, 2 * sizeof(uint32_t), stream);
  if (error != cudaSuccess || positions == 0) return error;
  const Key none = static_cast<Key>(plan.cells());
  mark_first<<<few_blocks(positions), kTile, 0, stream>>>(sorted.cells(), positions, none,
                                                          rows->numbers);
  error = cub::DeviceScan::InclusiveSum(rows->temporary, rows->temporary_size, rows->numbers,
                                        rows->numbers, positions, stream);
  if (error != cudaSuccess) return error;
  list_rows<<<few_blocks(positions), kTile, 0, stream>>>(sorted.cells(), positions, none, *rows);
  return cudaGetLastError();
}

template cudaError_t sort_points_cuda(const VoxelPlan&, const CellNumbers<uint32_t>&, Carver&, bool,
                                      cudaStream_t, Sorted<uint32_t>*);
template cudaError_t sort_points_cuda(const VoxelPlan&, const CellNumbers<uint64_t>&, Carver&, bool,
                                      cudaStream_t, Sorted<uint64_t>*);
template cudaError_t number_rows_cuda(const VoxelPlan&, const Sorted<uint32_t>&, Carver&, bool,
                                      cudaStream_t, Rows*);
template cudaError_t number_rows_cuda(const VoxelPlan&, const Sorted<uint64_t>&, Carver&, bool,
                                      cudaStream_t, Rows*);

}  // namespace rc
