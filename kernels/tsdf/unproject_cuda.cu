// SPDX-License-Identifier: Apache-2.0
// rc_depth_to_points on a CUDA device, a pixel a thread.
#define RC_LEVEL cuda
#include "kernels/common/cuda_launch.h"
#include "kernels/tsdf/tsdf_cuda.h"
#include "kernels/tsdf/unproject.h"

RC_KERNELS_BEGIN

static __global__ void __launch_bounds__(kTile)
    unproject_pixels(const __grid_constant__ UnprojectPlan plan,
                     const __grid_constant__ PinholePass pass) {
  const int64_t height = plan.depth.height, width = plan.depth.width;
  for_each_number(pass.count * height * width, [&](int64_t i) {
    const int64_t row = i / width, frame = row / height;
    unproject(plan, pass.cameras[frame], pass.first + frame, row - frame * height, i - row * width);
  });
}

RC_KERNELS_END

cudaError_t rc::depth_to_points_cuda(const UnprojectPlan& plan, const PinholePass& pass,
                                     cudaStream_t stream) {
  const int64_t pixels = pass.count * plan.depth.height * plan.depth.width;
  if (pixels == 0) return cudaSuccess;
  unproject_pixels<<<blocks_for(pixels), kTile, 0, stream>>>(plan, pass);
  return cudaGetLastError();
}
