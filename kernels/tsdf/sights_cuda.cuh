// SPDX-License-Identifier: Apache-2.0
// The bricks that some camera sees: a block takes a group of bricks, a thread a brick and a frame; and a
// part of a brick and a frame where its voxels have to be asked.
#pragma once

#include "kernels/common/cuda_early.h"
#include "kernels/tsdf/scratch_cuda.cuh"

RC_KERNELS_BEGIN

constexpr int kSightThreads = 256;
// Bricks of a group along each axis; one for each lane.
RC_HD constexpr int group_edge(int axis) { return axis == 0 ? 2 : 4; }
static_assert(group_edge(0) * group_edge(1) * group_edge(2) == kWarp);
static_assert(kWarp * kParts == kSightThreads, "at last a thread has a part of a brick");

struct Along {
  int axis[3];
};

// To shared memory, by all threads of a block: at(f) is the place of camera f.
template <class At>
__device__ void copy_cameras(const CameraPass& pass, At at) {
  constexpr int kWords = sizeof(Camera) / sizeof(float);
  const auto words = reinterpret_cast<const float*>(pass.cameras);
  for (int i = static_cast<int>(threadIdx.x); i < kFramesOfPass * kWords;
       i += static_cast<int>(blockDim.x)) {
    reinterpret_cast<float*>(&at(i / kWords))[i % kWords] = words[i];
  }
}

// The voxels of a brick from `low` on; none where the grid does not reach so far.
__device__ Box box_at(const Grid& grid, const int (&low)[3]) {
  Box box;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = static_cast<float>(low[axis]);
    box.high[axis] =
        static_cast<float>(min(low[axis] + kBrick, static_cast<int>(grid.dims[axis])) - 1);
  }
  return box;
}

// Every other one of some frames.
__device__ inline uint32_t every_other(uint32_t frames) {
  // Of each bit, whether an odd number of frames is set up to it.
  uint32_t odd = frames;
  for (int step = 1; step < 32; step *= 2) odd ^= odd << step;
  return frames & ~odd;
}

// Two threads share the frames of a kind: where one is left over in each of two kinds, both are of the
// second one, which finds out no less.
__device__ inline void pair_up(uint32_t& frames, uint32_t& others) {
  if ((__popc(frames) & __popc(others) & 1) == 0) return;
  const uint32_t last = frames & (0 - frames);
  frames ^= last;
  others |= last;
}

// A brick takes long if so many frames have to be asked for a part of it.
constexpr int kLong = 4;

static __global__ void __launch_bounds__(kSightThreads, 5)
    see_bricks(const __grid_constant__ IntegratePlan plan, const __grid_constant__ CameraPass pass,
               const __grid_constant__ Scratch scratch, const __grid_constant__ Along groups) {
  let_next_begin();
  wait_for_former();
  __shared__ Camera cameras[kFramesOfPass];
  __shared__ Frames frames[kWarp][kParts];
  __shared__ uint16_t asked[kWarp * kFramesOfPass];
  __shared__ uint8_t looking[kFramesOfPass];
  __shared__ int asked_count, looking_count;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;
  copy_cameras(pass, [&](int f) -> Camera& { return cameras[f]; });
  frames[thread / kParts][thread % kParts] = {};
  if (thread == 0) asked_count = looking_count = 0;
  __syncthreads();
  const int group = static_cast<int>(blockIdx.x), column = group / groups.axis[2];
  const int corner[3] = {column / groups.axis[1] * group_edge(0),
                         column % groups.axis[1] * group_edge(1),
                         group % groups.axis[2] * group_edge(2)};
  const auto place = [&](int brick, int (&low)[3]) {
    low[0] = (corner[0] + brick / (group_edge(1) * group_edge(2))) * kBrick;
    low[1] = (corner[1] + brick / group_edge(2) % group_edge(1)) * kBrick;
    low[2] = (corner[2] + brick % group_edge(2)) * kBrick;
  };
  // Most frames see nothing of a whole group.
  if (thread < pass.count) {
    int first[3], last[3];
    place(0, first);
    place(kWarp - 1, last);
    Box box = box_at(plan.volume.grid, first);
    const Box end = box_at(plan.volume.grid, last);
    for (int axis = 0; axis < 3; ++axis) box.high[axis] = most_of(box.high[axis], end.high[axis]);
    if (sight_of(plan, cameras[thread], scratch.tiles, thread, box) != Sight::none) {
      looking[atomicAdd(&looking_count, 1)] = static_cast<uint8_t>(thread);
    }
  }
  __syncthreads();
  int low[3];
  place(lane, low);
  const Box box = box_at(plan.volume.grid, low);
  for (int i = thread / kWarp; i < looking_count; i += kSightThreads / kWarp) {
    if (is_empty(box)) continue;
    const int f = looking[i];
    const Sight sight = sight_of(plan, cameras[f], scratch.tiles, f, box);
    // Holes lie anywhere: few of the parts of such a brick have none.
    if (sight == Sight::free || sight == Sight::holes) {
      for (Frames& part : frames[lane]) atomicOr(part.of(sight), 1u << f);
    } else if (is_asked(sight)) {
      asked[atomicAdd(&asked_count, 1)] = static_cast<uint16_t>(f * kWarp + lane);
    }
  }
  __syncthreads();
  for (int i = thread; i < asked_count * kParts; i += kSightThreads) {
    const int brick = asked[i / kParts] % kWarp, f = asked[i / kParts] / kWarp;
    place(brick, low);
    const Box part = Parts::part(box_at(plan.volume.grid, low), i % kParts);
    if (is_empty(part)) continue;
    const Sight sight = sight_of(plan, cameras[f], scratch.tiles, f, part);
    if (sight != Sight::none) atomicOr(frames[brick][i % kParts].of(sight), 1u << f);
  }
  __syncthreads();
  const int brick = thread / kParts, part = thread % kParts;
  Frames bits = frames[brick][part];
  // Parts of a brick, and bricks that are neighbours, stay together; bricks that take long come first, so
  // that no block is left with one at the end.
  const uint32_t longs = __ballot_sync(0xffffffffu, __popc(bits.mixed) >= kLong);
  const bool is_long = (longs >> (lane / kParts * kParts) & ((1u << kParts) - 1)) != 0;
  const bool is_seen = bits.all() != 0;
  const auto place_among = [&](bool is_one, int* count) {
    const uint32_t all = __ballot_sync(0xffffffffu, is_one);
    int first = 0;
    if (lane == 0 && all != 0) first = atomicAdd(count, __popc(all));
    return __shfl_sync(0xffffffffu, first, 0) + __popc(all & ((1u << lane) - 1));
  };
  const int place_of_long = place_among(is_seen && is_long, &scratch.count[0]);
  const int place_of_short = place_among(is_seen && !is_long, &scratch.count[1]);
  if (!is_seen) return;
  place(brick, low);
  low[0] += Parts::first_x(part);
  low[1] += Parts::first_y(part);
  low[2] += Parts::first_z(part);
  pair_up(bits.holes, bits.edge);
  pair_up(bits.edge, bits.mixed);
  *(is_long ? scratch.long_part(place_of_long) : scratch.short_part(place_of_short)) = {
      bits,
      element_in(plan.volume.tsdf, low[0], low[1], low[2]),
      element_in(plan.volume.weight, low[0], low[1], low[2]),
      low[0],
      low[1],
      low[2],
      every_other(bits.holes) | every_other(bits.edge) | every_other(bits.mixed)};
}

inline void launch_sights(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                          cudaStream_t stream) {
  Along groups;
  unsigned blocks = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t along = bricks_along(plan.volume.grid, axis);
    groups.axis[axis] = static_cast<int>((along - 1) / group_edge(axis) + 1);
    blocks *= static_cast<unsigned>(groups.axis[axis]);
  }
  launch_early(see_bricks, blocks, kSightThreads, 0, stream, plan, pass, scratch, groups);
}

RC_KERNELS_END
