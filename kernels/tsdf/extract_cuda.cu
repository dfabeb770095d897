// SPDX-License-Identifier: Apache-2.0
// The points of each row of voxels are counted, the counts become the first rows of the outputs, and
// the points are written: a row of voxels along z a warp.
#define RC_LEVEL cuda
#include <cub/device/device_scan.cuh>

#include "kernels/common/cuda_launch.h"
#include "kernels/tsdf/extract.h"
#include "kernels/tsdf/extract_cuda.h"

RC_KERNELS_BEGIN
namespace {

constexpr int kWarp = 32;
constexpr int kWarps = kTile / kWarp;
constexpr unsigned kAll = 0xffffffff;

// Calls body(row) for rows of voxels, all lanes of a warp together.
template <class Body>
__device__ void for_each_row(int64_t rows, Body body) {
  const int warp = threadIdx.x / kWarp;
  for (int64_t row = int64_t{blockIdx.x} * kWarps + warp; row < rows;
       row += int64_t{gridDim.x} * kWarps) {
    body(row);
  }
}

unsigned blocks_for_rows(int64_t rows) { return blocks_for(rows * kWarp); }

// Crossings of the voxel at `begin` + lane; none beyond the end of the row.
__device__ int crossings_of_lane(const ExtractPlan& plan, int64_t row, int64_t z) {
  const Grid& grid = plan.volume.grid;
  return z < grid.dims[2] ? crossings_at(plan, index_in_row(grid, row, z)) : 0;
}

__global__ void __launch_bounds__(kTile)
    count_crossings(const __grid_constant__ ExtractPlan plan, int64_t* counts) {
  const int lane = threadIdx.x % kWarp;
  for_each_row(plan.rows(), [&](int64_t row) {
    int64_t count = 0;
    for (int64_t begin = 0; begin < plan.volume.grid.dims[2]; begin += kWarp) {
      count += count_of(crossings_of_lane(plan, row, begin + lane));
    }
    for (int step = kWarp / 2; step > 0; step /= 2) count += __shfl_down_sync(kAll, count, step);
    if (lane == 0) counts[row] = count;
  });
}

// `ends` are the sums of the counts up to each row.
__global__ void __launch_bounds__(kTile)
    write_points(const __grid_constant__ ExtractPlan plan, const int64_t* ends) {
  const int lane = threadIdx.x % kWarp;
  for_each_row(plan.rows(), [&](int64_t row) {
    int64_t first = row == 0 ? 0 : ends[row - 1];
    for (int64_t begin = 0; begin < plan.volume.grid.dims[2] && first < ends[row]; begin += kWarp) {
      const int64_t z = begin + lane;
      const int axes = crossings_of_lane(plan, row, z);
      // Sum of the counts up to this lane.
      int sum = count_of(axes);
      for (int step = 1; step < kWarp; step *= 2) {
        const int other = __shfl_up_sync(kAll, sum, step);
        if (lane >= step) sum += other;
      }
      if (axes != 0) {
        write_crossings(plan, index_in_row(plan.volume.grid, row, z), axes,
                        first + sum - count_of(axes));
      }
      first += __shfl_sync(kAll, sum, kWarp - 1);
    }
  });
}

__global__ void __launch_bounds__(kTile)
    finish(const __grid_constant__ ExtractPlan plan, const int64_t* ends) {
  const int64_t total = ends[plan.rows() - 1];
  if (plan.total != nullptr && blockIdx.x == 0 && threadIdx.x == 0) *plan.total = total;
  for_each_number(plan.capacity, [&](int64_t row) {
    if (row >= total) clear_crossing(plan, row);
  });
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t tsdf_extract_cuda(const ExtractPlan& plan, Carver& carver, bool launch,
                              cudaStream_t stream) {
  const int64_t rows = plan.rows();
  int64_t* const ends = carver.take<int64_t>(rows);
  size_t size = 0;
  cudaError_t error = cub::DeviceScan::InclusiveSum(nullptr, size, ends, ends, rows, stream);
  void* const temporary = carver.take<char>(static_cast<int64_t>(size));
  if (error != cudaSuccess || !launch) return error;
  count_crossings<<<blocks_for_rows(rows), kTile, 0, stream>>>(plan, ends);
  error = cub::DeviceScan::InclusiveSum(temporary, size, ends, ends, rows, stream);
  if (error != cudaSuccess) return error;
  if (plan.capacity > 0) {
    write_points<<<blocks_for_rows(rows), kTile, 0, stream>>>(plan, ends);
  }
  finish<<<blocks_for(plan.capacity > 0 ? plan.capacity : 1), kTile, 0, stream>>>(plan, ends);
  return cudaGetLastError();
}

}  // namespace rc
