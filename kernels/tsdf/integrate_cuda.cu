// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate on a CUDA device, in three launches: the depth tiles and masks; the bricks that some
// camera sees, with what each camera sees of each of their parts; and the voxels of these parts, a part a
// warp.
#define RC_LEVEL cuda
#include "kernels/common/cuda_launch.h"
#include "kernels/tsdf/observe_cuda.cuh"
#include "kernels/tsdf/sights_cuda.cuh"
#include "kernels/tsdf/tiles_cuda.cuh"
#include "kernels/tsdf/tsdf_cuda.h"

RC_KERNELS_BEGIN
namespace {

static_assert(kWarp * kVoxels == kPartEdge * kPartEdge * kPartEdge, "a part is a warp's");
constexpr int kPairs = kPartEdge / kVoxels;

template <class Depth, bool kColors, class Stride>
__device__ void integrate_pair(const IntegratePlan& plan, const CameraPass& pass,
                               const Numbers<Stride>& numbers, const View (&views)[kFramesOfPass],
                               const Pair& pair) {
  const Volume& volume = plan.volume;
  Frames frames = pair.frames;
  Asked asked = {};
  bool is_known[kVoxels];
  const auto color_at = [&](int i) {
    return reinterpret_cast<float*>(volume.color.data) +
           element_in(volume.color, static_cast<int>(pair.x), static_cast<int>(pair.y),
                      static_cast<int>(pair.z[i]));
  };
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    FieldState& state = asked.states[i];
    is_known[i] = pair.weight[i] > 0;
    if (is_known[i]) state.tsdf = pair.tsdf[i], state.weight = pair.weight[i];
    // Free space has no colour yet, unless its first one is none.
    const bool mixes = pair.tsdf[i] < 1 || plan.color.type != Type::u8;
    if (kColors && plan.color && frames.mixed != 0 && is_known[i] && mixes) {
      for (int c = 0; c < 3; ++c) state.color[c] = color_at(i)[c * volume.color.channel];
    }
  }
  for (;;) {
    // Frames before the next mixed one: those that see free space may come in any order.
    const uint32_t before = (frames.mixed - 1) & ~frames.mixed;
    int counts[kVoxels];
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) counts[i] = __popc(frames.free & before);
    count_measured<true>(plan, numbers, views, frames.holes & before, pair, counts);
    count_measured<false>(plan, numbers, views, frames.edge & before, pair, counts);
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      if (counts[i] == 0) continue;
      add_free_space(asked.states[i], counts[i], plan.max_weight);
      asked.seen |= 1u << i;
    }
    if (frames.mixed == 0) break;
    frames.free &= ~before;
    frames.holes &= ~before;
    frames.edge &= ~before;
    const int f = __ffs(static_cast<int>(frames.mixed)) - 1;
    frames.mixed &= frames.mixed - 1;
    ask<Depth, kColors>(plan, numbers, views[f], pass.first + f, pair, asked);
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (i >= pair.count || (asked.seen >> i & 1) == 0) continue;
    const FieldState& state = asked.states[i];
    pair.tsdf_at[i * volume.tsdf.axis[2]] = state.tsdf;
    pair.weight_at[i * volume.weight.axis[2]] = state.weight;
    if (kColors && plan.color && (state.colored || !is_known[i])) {
      for (int c = 0; c < 3; ++c) color_at(i)[c * volume.color.channel] = state.color[c];
    }
  }
}

// One block has a multiprocessor to itself: its warps work on neighbours, which see the same pixels.
// Colours take more registers.
template <bool kColors>
constexpr int kPartThreads = kColors ? 640 : 1024;

template <class Depth, bool kColors, class Stride>
__global__ void __launch_bounds__(kPartThreads<kColors>, 1)
    integrate_parts(const __grid_constant__ IntegratePlan plan,
                    const __grid_constant__ CameraPass pass,
                    const __grid_constant__ Scratch scratch,
                    const __grid_constant__ Numbers<Stride> numbers) {
  __shared__ View views[kFramesOfPass];
  // Number of the first part of the brick that the block has claimed, and how often a warp has drawn one of
  // its parts since: in the upper and the lower half of a word.
  __shared__ unsigned long long claim;
  if (threadIdx.x == 0) claim = kParts;
  copy_cameras(pass, [&](int f) -> Camera& { return views[f].camera; });
  if (threadIdx.x < kFramesOfPass) {
    const auto first = reinterpret_cast<const Depth*>(plan.depth.data) +
                       (pass.first + threadIdx.x) * plan.depth.frame;
    views[threadIdx.x].depth = reinterpret_cast<uint64_t>(first) -
                               kPixel * (int64_t{numbers.row} + int64_t{numbers.column});
    views[threadIdx.x].mask =
        reinterpret_cast<uint64_t>(scratch.masks.data + threadIdx.x * scratch.masks.frame) -
        scratch.masks.element(kPixel, kPixel) * sizeof(uint32_t);
  }
  __syncthreads();
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const Volume& volume = plan.volume;
  const int end = *scratch.count * kParts;
  // Who finds that all parts are drawn claims the next brick; who comes meanwhile draws again.
  const auto draw = [&] {
    int number = 0;
    if (lane == 0) {
      for (;;) {
        const uint64_t drawn = atomicAdd(&claim, 1ull);
        const auto part = static_cast<uint32_t>(drawn);
        number = static_cast<int>(drawn >> 32) + static_cast<int>(part);
        if (part < kParts) break;
        if (part > kParts) continue;
        number = atomicAdd(scratch.next, kParts);
        atomicExch(&claim, static_cast<unsigned long long>(number) << 32 | 1);
        break;
      }
    }
    return __shfl_sync(0xffffffffu, number, 0);
  };
  const int x = lane / (kPairs * kPartEdge);
  const int y = lane / kPairs % kPartEdge;
  const int z = lane % kPairs * kVoxels;
  // The voxels of the next part are on their way while one is worked on.
  const auto fetch = [&](int number, Pair& pair) {
    pair.count = 0;
    if (number >= end) return;
    const SeenBrick& brick = scratch.seen[number / kParts];
    const int part = number % kParts;
    pair.frames = brick.parts[part];
    if (pair.frames.all() == 0) return;
    const int in[3] = {(part >> 2) * kPartEdge + x, (part >> 1 & 1) * kPartEdge + y,
                       (part & 1) * kPartEdge + z};
    const int at[3] = {brick.x + in[0], brick.y + in[1], brick.z + in[2]};
    if (at[0] >= volume.grid.dims[0] || at[1] >= volume.grid.dims[1]) return;
    pair.count = max(0, min(kVoxels, static_cast<int>(volume.grid.dims[2]) - at[2]));
    pair.x = static_cast<float>(at[0]);
    pair.y = static_cast<float>(at[1]);
    pair.tsdf_at = reinterpret_cast<float*>(volume.tsdf.data) + brick.tsdf +
                   element_in(volume.tsdf, in[0], in[1], in[2]);
    pair.weight_at = reinterpret_cast<float*>(volume.weight.data) + brick.weight +
                     element_in(volume.weight, in[0], in[1], in[2]);
    for (int i = 0; i < kVoxels; ++i) {
      const bool is_there = i < pair.count;
      pair.z[i] = static_cast<float>(is_there ? at[2] + i : at[2]);
      pair.weight[i] = is_there ? pair.weight_at[i * volume.weight.axis[2]] : 0;
      pair.tsdf[i] = is_there ? pair.tsdf_at[i * volume.tsdf.axis[2]] : 0;
    }
  };
  Pair next;
  int number = draw();
  fetch(number, next);
  while (number < end) {
    Pair pair = next;
    number = draw();
    fetch(number, next);
    if (pair.count > 0) integrate_pair<Depth, kColors>(plan, pass, numbers, views, pair);
    __syncwarp();
  }
}

template <class Depth, bool kColors, class Stride>
void launch_parts(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                  int blocks, cudaStream_t stream) {
  const Numbers<Stride> numbers = {
      greatest_bits<Depth>(plan.depth_limit),
      is_usual(plan.truncation) && has_finite_rays(plan, pass) ? kLeastUsual : kInfinity,
      1 / plan.truncation,
      static_cast<Stride>(plan.depth.row * int64_t{sizeof(Depth)}),
      static_cast<Stride>(plan.depth.column * int64_t{sizeof(Depth)}),
      scratch.masks.strip * int32_t{sizeof(uint32_t)}};
  integrate_parts<Depth, kColors, Stride>
      <<<blocks, kPartThreads<kColors>, 0, stream>>>(plan, pass, scratch, numbers);
}

// Whether 32 bits hold the strides of a depth image.
template <class Depth>
bool is_small(const IntegratePlan& plan) {
  constexpr int64_t kMost = (int64_t{1} << 31) / sizeof(Depth);
  return plan.depth.row < kMost && plan.depth.column < kMost;
}

template <class Depth>
void launch_all(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                int blocks, cudaStream_t stream) {
  launch_tiles<Depth>(plan, pass, scratch, stream);
  launch_sights(plan, pass, scratch, stream);
  if (!is_small<Depth>(plan)) {
    launch_parts<Depth, true, int64_t>(plan, pass, scratch, blocks, stream);
  } else if (plan.color) {
    launch_parts<Depth, true, int32_t>(plan, pass, scratch, blocks, stream);
  } else {
    launch_parts<Depth, false, int32_t>(plan, pass, scratch, blocks, stream);
  }
}

}  // namespace
RC_KERNELS_END

cudaError_t rc::tsdf_integrate_cuda(const IntegratePlan& plan, const CameraPass& pass,
                                    Carver& carver, bool launch, cudaStream_t stream) {
  const Scratch scratch = take_scratch(plan, carver);
  if (!launch || plan.height == 0 || plan.width == 0) return cudaSuccess;
  DeviceShape device = {};
  const cudaError_t error = shape_of_device(&device);
  if (error != cudaSuccess) return error;
  if (plan.depth.type == Type::u16) {
    launch_all<uint16_t>(plan, pass, scratch, device.multiprocessors, stream);
  } else {
    launch_all<float>(plan, pass, scratch, device.multiprocessors, stream);
  }
  return cudaGetLastError();
}
