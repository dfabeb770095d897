// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate on a CUDA device: a block takes bricks of voxels, a thread some voxels of each.
#define RC_LEVEL cuda
#include "kernels/common/cuda_launch.h"
#include "kernels/tsdf/integrate.h"
#include "kernels/tsdf/tsdf_cuda.h"

RC_KERNELS_BEGIN

// Blocks of a launch: enough to fill a device, and each copies the cameras once.
constexpr int64_t kMostBrickBlocks = 4096;

// Voxels of a thread: a step apart along x, so that they share what is known of a camera.
constexpr int kVoxels = kBrick * kBrick * kBrick / kTile;
constexpr int kStep = kBrick / kVoxels;

template <class Depth>
__device__ void integrate_voxels(const IntegratePlan& plan, const CameraPass& pass,
                                 const Brick& brick, uint32_t frames) {
  const int thread = static_cast<int>(threadIdx.x);
  const int64_t x = brick.low[0] + thread / (kBrick * kBrick);
  const int64_t y = brick.low[1] + thread / kBrick % kBrick, z = brick.low[2] + thread % kBrick;
  if (y > brick.high[1] || z > brick.high[2]) return;
  FieldState states[kVoxels];
  bool seen[kVoxels] = {};
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (x + i * kStep <= brick.high[0]) states[i] = load_voxel(plan.volume, x + i * kStep, y, z);
  }
  for (; frames != 0; frames &= frames - 1) {
    const int f = __ffs(static_cast<int>(frames)) - 1;
    const Camera camera = pass.cameras[f];
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      if (x + i * kStep > brick.high[0]) continue;
      seen[i] |= observe<Depth>(plan, camera, pass.first + f, static_cast<float>(x + i * kStep),
                                static_cast<float>(y), static_cast<float>(z), states[i]);
    }
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (seen[i]) store_voxel(plan.volume, x + i * kStep, y, z, states[i]);
  }
}

template <class Depth>
__global__ void __launch_bounds__(kTile)
    integrate_bricks(const __grid_constant__ IntegratePlan plan,
                     const __grid_constant__ CameraPass pass) {
  // Each lane asks for another camera, which parameters serve one by one.
  __shared__ Camera cameras[kFramesOfPass];
  constexpr int kWords = sizeof(cameras) / sizeof(float);
  for (int i = static_cast<int>(threadIdx.x); i < kWords; i += kTile) {
    reinterpret_cast<float*>(cameras)[i] = reinterpret_cast<const float*>(pass.cameras)[i];
  }
  __syncthreads();
  const Grid& grid = plan.volume.grid;
  const int64_t along_y = bricks_along(grid, 1), along_z = bricks_along(grid, 2);
  const int64_t bricks = bricks_along(grid, 0) * along_y * along_z;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  for (int64_t b = blockIdx.x; b < bricks; b += gridDim.x) {
    const int64_t column = b / along_z;
    const Brick brick = brick_at(grid, column / along_y, column % along_y, b % along_z);
    const uint32_t frames =
        __ballot_sync(0xffffffffu, lane < pass.count && may_see(plan, cameras[lane], brick));
    if (frames == 0) continue;
    integrate_voxels<Depth>(plan, pass, brick, frames);
  }
}

RC_KERNELS_END

cudaError_t rc::tsdf_integrate_cuda(const IntegratePlan& plan, const CameraPass& pass,
                                    cudaStream_t stream) {
  const Grid& grid = plan.volume.grid;
  const int64_t bricks = bricks_along(grid, 0) * bricks_along(grid, 1) * bricks_along(grid, 2);
  const auto blocks = static_cast<unsigned>(std::min(bricks, kMostBrickBlocks));
  if (plan.depth.type == Type::u16) {
    integrate_bricks<uint16_t><<<blocks, kTile, 0, stream>>>(plan, pass);
  } else {
    integrate_bricks<float><<<blocks, kTile, 0, stream>>>(plan, pass);
  }
  return cudaGetLastError();
}
