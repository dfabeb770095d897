// SPDX-License-Identifier: Apache-2.0
// rc_voxelize_backward on a CUDA device.
#define RC_LEVEL cuda
#include "kernels/voxelize/fill_cuda.cuh"
#include "kernels/voxelize/segments_cuda.cuh"
#include "kernels/voxelize/voxelize_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Gradient of a voxel's channel, exactly.
__device__ double gradient_of(const VoxelGradientPlan& plan, const CellPlace& place,
                              int64_t channel) {
  const GridArray& from = plan.grad_output;
  return load(from.type, from.data,
              element_of(from, place.cloud, place.index) + channel * from.channel);
}

__device__ void pass_to(const VoxelGradientPlan& plan, int64_t cloud, uint32_t position,
                        int64_t channel, double gradient) {
  const Array& to = plan.grad_features;
  store(to.type, to.data, start_of(plan.voxels, to, cloud, position) + channel * to.channel,
        gradient);
}

// MAX and MIN.
struct WinnerSink {
  VoxelGradientPlan plan;
  const uint32_t* positions;

  template <class Key>
  __device__ void store(int64_t, Key cell, int64_t first, const Reduction<WinnerReducer>& winners,
                        const Rules<WinnerReducer>&) const {
    const CellPlace place = place_of_cell(plan.voxels.grid, cell);
    for (int k = 0; k < kChannels; ++k) {
      const int64_t channel = first + k;
      if (channel >= plan.voxels.width) break;
      pass_to(plan, place.cloud, positions[winners.reducers[k].place], channel,
              gradient_of(plan, place, channel));
    }
  }
};

// SUM and MEAN, a sorted point a thread.
template <class Key>
__global__ void __launch_bounds__(kTile)
    share_gradient(const __grid_constant__ VoxelGradientPlan plan, const Key* cells,
                   const uint32_t* positions, const __grid_constant__ Rows rows) {
  for_each_number(plan.voxels.cloud.positions(), [&](int64_t i) {
    const Key cell = cells[i];
    if (cell == static_cast<Key>(plan.voxels.cells())) return;
    const uint32_t row = rows.numbers[i] - 1;
    const uint32_t end = row + 1 < rows.counts[0] ? rows.starts[row + 1] : rows.counts[1];
    const auto count = static_cast<double>(end - rows.starts[row]);
    const CellPlace place = place_of_cell(plan.voxels.grid, cell);
    for (int64_t c = 0; c < plan.voxels.width; ++c) {
      const double gradient = gradient_of(plan, place, c);
      pass_to(plan, place.cloud, positions[i], c,
              plan.voxels.reduce == RC_REDUCE_MEAN ? gradient / count : gradient);
    }
  });
}

template <class Key>
cudaError_t pass_gradient(const VoxelGradientPlan& plan, Carver& carver, bool launch,
                          cudaStream_t stream) {
  const VoxelPlan& voxels = plan.voxels;
  Sorted<Key> sorted;
  cudaError_t error =
      sort_points_cuda(voxels, CellNumbers<Key>(voxels), carver, launch, stream, &sorted);
  if (error != cudaSuccess) return error;
  if (voxels.reduce == RC_REDUCE_MAX || voxels.reduce == RC_REDUCE_MIN) {
    return reduce_segments<WinnerReducer>(voxels, sorted, WinnerSink{plan, sorted.positions()},
                                          carver, launch, stream);
  }
  Rows rows;
  error = number_rows_cuda(voxels, sorted, carver, launch, stream, &rows);
  const int64_t positions = voxels.cloud.positions();
  if (error != cudaSuccess || !launch || positions == 0) return error;
  share_gradient<<<blocks_for(positions), kTile, 0, stream>>>(plan, sorted.cells(),
                                                              sorted.positions(), rows);
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t voxelize_cuda(const VoxelGradientPlan& plan, Carver& carver, bool launch,
                          cudaStream_t stream) {
  if (launch) {
    const cudaError_t error =
        fill(box_of(plan.grad_features, plan.voxels.cloud, plan.voxels.width), 0, stream);
    if (error != cudaSuccess) return error;
  }
  return with_key(plan.voxels, [&](auto* key) {
    return pass_gradient<std::remove_pointer_t<decltype(key)>>(plan, carver, launch, stream);
  });
}

}  // namespace rc
