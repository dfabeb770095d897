// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_from_points on a CUDA device: a point a thread, then a voxel a thread.
#define RC_LEVEL cuda
#include "kernels/tsdf/points_cuda.h"
#include "kernels/tsdf/ray.h"
#include "kernels/voxelize/fill_cuda.cuh"
#include "kernels/voxelize/points_cuda.cuh"

RC_KERNELS_BEGIN
namespace {

__device__ void add(int64_t* sum, int64_t value) {
  atomicAdd(reinterpret_cast<unsigned long long*>(sum), static_cast<unsigned long long>(value));
}

__global__ void __launch_bounds__(kTile)
    observe_points(const __grid_constant__ TsdfPointsPlan plan, VoxelSums* sums) {
  const Grid& grid = plan.volume.grid;
  for_each_number(plan.cloud.positions(), [&](int64_t i) {
    const PointPlace place = place_of(plan.cloud, i);
    if (place.cloud < 0) return;
    Ray ray;
    if (!make_ray(plan, place, ray)) {
      count_left_out(plan.stats, place.cloud, RC_STAT_NOT_FINITE);
    } else if (!clip(grid, ray)) {
      count_left_out(plan.stats, place.cloud, RC_STAT_OUTSIDE);
    } else {
      for_each_passed(grid, ray, [&](const int64_t (&index)[3]) {
        const VoxelSums observation = observation_of(plan, ray, index);
        VoxelSums* const voxel = sums + cell_of_volume(grid, index);
        if (observation.missing != 0) add(&voxel->missing, observation.missing);
        add(&voxel->weight, observation.weight);
      });
    }
  });
}

__global__ void __launch_bounds__(kTile)
    merge_points(const __grid_constant__ TsdfPointsPlan plan, const VoxelSums* sums) {
  const Grid& grid = plan.volume.grid;
  for_each_number(grid.cells(), [&](int64_t i) {
    const CellPlace place = place_of_cell(grid, i);
    merge_sums(plan, sums[i], place.index[0], place.index[1], place.index[2]);
  });
}

}  // namespace
RC_KERNELS_END

cudaError_t rc::tsdf_from_points_cuda(const TsdfPointsPlan& plan, Carver& carver, bool launch,
                                      cudaStream_t stream) {
  const int64_t cells = plan.volume.grid.cells(), points = plan.cloud.positions();
  auto* const sums = carver.take<VoxelSums>(cells);
  if (!launch) return cudaSuccess;
  cudaError_t error = fill(box_of_stats(plan.stats, plan.cloud), 0, stream);
  if (error != cudaSuccess || points == 0) return error;
  error = cudaMemsetAsync(sums, 0, static_cast<size_t>(cells) * sizeof *sums, stream);
  if (error != cudaSuccess) return error;
  observe_points<<<blocks_for(points), kTile, 0, stream>>>(plan, sums);
  merge_points<<<blocks_for(cells), kTile, 0, stream>>>(plan, sums);
  return cudaGetLastError();
}
