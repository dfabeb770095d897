// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate on a CUDA device, in three launches: the depth tiles and masks; the parts of bricks
// that some camera sees, with what each camera sees of them; and the voxels of these parts, a part a warp.
#define RC_LEVEL cuda
#include <cuda_pipeline_primitives.h>

#include "kernels/common/cuda_early.h"
#include "kernels/common/cuda_launch.h"
#include "kernels/tsdf/claims_cuda.cuh"
#include "kernels/tsdf/observe_cuda.cuh"
#include "kernels/tsdf/sights_cuda.cuh"
#include "kernels/tsdf/tiles_cuda.cuh"
#include "kernels/tsdf/tsdf_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Claims beyond the last part have numbers too.
static_assert(2 * kMostBricks * kParts <= Claims::kMost);

// Voxels of a thread in a part of a brick, of which `count` are in the grid.
struct Voxels {
  int x, y, z, count;
  float *tsdf_at, *weight_at;
  bool is_pair;  // one access for both
  float tsdf[kVoxels], weight[kVoxels];
};
static_assert(kVoxels * sizeof(float) == sizeof(float2));

// Those of a volume that are there, from `from` on.
__device__ inline void load_voxels(const Voxels& voxels, const float* from, int64_t step,
                                   float (&to)[kVoxels]) {
  if (voxels.is_pair) {
    const float2 pair = *reinterpret_cast<const float2*>(from);
    to[0] = pair.x, to[1] = pair.y;
    return;
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (i < voxels.count) to[i] = from[i * step];
  }
}

// Those that were seen.
__device__ inline void store_voxels(const Voxels& voxels, uint32_t seen, const float (&of)[kVoxels],
                                    float* to, int64_t step) {
  if (voxels.is_pair && seen == (1u << kVoxels) - 1) {
    *reinterpret_cast<float2*>(to) = {of[0], of[1]};
    return;
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (i < voxels.count && (seen >> i & 1) != 0) to[i * step] = of[i];
  }
}

template <class Depth, bool kColors, class Index>
__device__ void integrate_part(const IntegratePlan& plan, const CameraPass& pass,
                               const Numbers<Index>& numbers,
                               const View<Depth> (&views)[kFramesOfPass], const Voxels& voxels,
                               Told (&told)[kVoxels]) {
  const Volume& volume = plan.volume;
  uint32_t near = told[0].near | told[1].near;
  Asked asked = {};
  bool is_known[kVoxels];
  const auto color_at = [&](int i) {
    return reinterpret_cast<float*>(volume.color.data) +
           element_in(volume.color, voxels.x, voxels.y, voxels.z + i);
  };
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    FieldState& state = asked.states[i];
    is_known[i] = voxels.weight[i] > 0;
    if (is_known[i]) state.tsdf = voxels.tsdf[i], state.weight = voxels.weight[i];
    // Free space has no colour yet, unless its first one is none.
    const bool mixes = state.tsdf < 1 || plan.color.type != Type::u8;
    if (kColors && plan.color && told[i].near != 0 && is_known[i] && mixes) {
      for (int c = 0; c < 3; ++c) state.color[c] = color_at(i)[c * volume.color.channel];
    }
    if (told[i].free != 0) asked.seen |= 1u << i;
  }
  for (;;) {
    // Frames before the next one that may be near: those that see free space may come in any order.
    const uint32_t before = (near - 1) & ~near;
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      const int count = __popc(told[i].free & before);
      if (count != 0) add_free_space(asked.states[i], count, plan.max_weight);
    }
    if (near == 0) break;
    const int f = __ffs(static_cast<int>(near)) - 1;
    near &= near - 1;
    for (Told& of : told) of.free &= ~before & ~(1u << f);
    ask<Depth, kColors>(plan, numbers, views[f], pass.first + f, static_cast<float>(voxels.x),
                        static_cast<float>(voxels.y), static_cast<float>(voxels.z), asked);
  }
  const FieldState(&states)[kVoxels] = asked.states;
  store_voxels(voxels, asked.seen, {states[0].tsdf, states[1].tsdf}, voxels.tsdf_at,
               volume.tsdf.axis[2]);
  store_voxels(voxels, asked.seen, {states[0].weight, states[1].weight}, voxels.weight_at,
               volume.weight.axis[2]);
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    const bool is_seen = i < voxels.count && (asked.seen >> i & 1) != 0;
    if (kColors && plan.color && is_seen && (states[i].colored || !is_known[i])) {
      for (int c = 0; c < 3; ++c) color_at(i)[c * volume.color.channel] = states[i].color[c];
    }
  }
}

// One block has a multiprocessor to itself: its warps work on neighbours, which see the same pixels.
// Colours take more registers.
template <bool kColors>
constexpr int kPartThreads = kColors ? 640 : 1024;

template <class Depth, bool kColors, class Index>
__global__ void __launch_bounds__(kPartThreads<kColors>, 1)
    integrate_parts(const __grid_constant__ IntegratePlan plan,
                    const __grid_constant__ CameraPass pass,
                    const __grid_constant__ Scratch scratch,
                    const __grid_constant__ Numbers<Index> numbers) {
  wait_for_former();
  __shared__ View<Depth> views[kFramesOfPass];
  __shared__ Claims claims;
  // The part that each warp works on next.
  __shared__ SeenPart nexts[kPartThreads<kColors> / kWarp];
  // Elements of the voxels of each lane, from the first one of a part on.
  struct Elements {
    int64_t tsdf, weight;
  };
  __shared__ Elements elements[kWarp];
  const Volume& volume = plan.volume;
  const unsigned lane = lane_of_thread();
  constexpr unsigned kThreadsOfRow = kPartZ / kVoxels;
  const int x = static_cast<int>(lane / (kThreadsOfRow * kPartY));
  const int y = static_cast<int>(lane / kThreadsOfRow % kPartY);
  const int z = static_cast<int>(lane % kThreadsOfRow * kVoxels);
  copy_cameras(pass, [&](int f) -> Camera& { return views[f].camera; });
  if (threadIdx.x < kWarp) {
    views[lane].depth =
        reinterpret_cast<const Depth*>(plan.depth.data) + (pass.first + lane) * plan.depth.frame;
    views[lane].masks = scratch.masks.data + lane * scratch.masks.frame -
                        Masks::word_of(numbers.strip, kPixel, kPixel);
    elements[lane] = {element_in(volume.tsdf, x, y, z), element_in(volume.weight, x, y, z)};
  }
  if (threadIdx.x == 0) claims.begin(scratch.next);
  __syncthreads();
  const int longs = scratch.count[0], end = longs + scratch.count[1];
  SeenPart& next = nexts[threadIdx.x / kWarp];
  const auto bring = [&](int number) {
    if (number >= end || lane >= sizeof(SeenPart) / sizeof(uint4)) return;
    const SeenPart* const from =
        number < longs ? scratch.long_part(number) : scratch.short_part(number - longs);
    __pipeline_memcpy_async(reinterpret_cast<uint4*>(&next) + lane,
                            reinterpret_cast<const uint4*>(from) + lane, sizeof(uint4));
  };
  int number = claims.draw(scratch.next, lane);
  bring(number);
  while (number < end) {
    __pipeline_commit();
    __pipeline_wait_prior(0);
    __syncwarp();
    const SeenPart part = next;
    Voxels voxels = {part.x + x, part.y + y, part.z + z, 0, nullptr, nullptr, false, {}, {}};
    if (voxels.x < static_cast<int>(volume.grid.dims[0]) &&
        voxels.y < static_cast<int>(volume.grid.dims[1])) {
      voxels.count = static_cast<int>(volume.grid.dims[2]) - voxels.z;
    }
    voxels.tsdf_at = reinterpret_cast<float*>(volume.tsdf.data) + (part.tsdf + elements[lane].tsdf);
    voxels.weight_at =
        reinterpret_cast<float*>(volume.weight.data) + (part.weight + elements[lane].weight);
    voxels.is_pair = numbers.has_pairs && voxels.count >= kVoxels;
    // They are on their way while frames are looked at.
    load_voxels(voxels, voxels.weight_at, volume.weight.axis[2], voxels.weight);
    load_voxels(voxels, voxels.tsdf_at, volume.tsdf.axis[2], voxels.tsdf);
    Told told[kVoxels];
    look(plan, numbers, views, part, voxels.x, voxels.y, voxels.z, told);
    __syncwarp();
    // Not before: who draws early waits for claims, and its neighbours are elsewhere by the time that it
    // works on what it drew.
    number = claims.draw(scratch.next, lane);
    bring(number);
    integrate_part<Depth, kColors>(plan, pass, numbers, views, voxels, told);
  }
}

template <class Depth, bool kColors, class Index>
void launch_parts(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                  int blocks, cudaStream_t stream) {
  const auto numbers = numbers_of<Depth, Index>(plan, pass, scratch.masks);
  launch_early(integrate_parts<Depth, kColors, Index>, blocks, kPartThreads<kColors>, 0, stream,
               plan, pass, scratch, numbers);
}

template <class Depth>
void launch_all(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                int blocks, cudaStream_t stream) {
  launch_tiles<Depth>(plan, pass, scratch, stream);
  launch_sights(plan, pass, scratch, stream);
  if (!is_small(plan, scratch.masks)) {
    launch_parts<Depth, true, uint64_t>(plan, pass, scratch, blocks, stream);
  } else if (plan.color) {
    launch_parts<Depth, true, uint32_t>(plan, pass, scratch, blocks, stream);
  } else {
    launch_parts<Depth, false, uint32_t>(plan, pass, scratch, blocks, stream);
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
