// SPDX-License-Identifier: Apache-2.0
// The bricks that some camera sees: a block takes a group of bricks, a thread a brick and a frame; and a
// part of a brick and a frame where its voxels have to be asked.
#pragma once

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

static __global__ void __launch_bounds__(kSightThreads, 5)
    see_bricks(const __grid_constant__ IntegratePlan plan, const __grid_constant__ CameraPass pass,
               const __grid_constant__ Scratch scratch, const __grid_constant__ Along groups) {
  __shared__ Camera cameras[kFramesOfPass];
  __shared__ Frames frames[kWarp][kParts];
  __shared__ uint16_t asked[kWarp * kFramesOfPass];
  __shared__ int asked_count, first_seen;
  __shared__ uint32_t seen;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;
  copy_cameras(pass, [&](int f) -> Camera& { return cameras[f]; });
  frames[thread / kParts][thread % kParts] = {};
  if (thread == 0) asked_count = seen = 0;
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
  int low[3];
  place(lane, low);
  const Box box = box_at(plan.volume.grid, low);
  for (int f = thread / kWarp; f < pass.count; f += kSightThreads / kWarp) {
    if (is_empty(box)) continue;
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
    const Box part = part_of(box_at(plan.volume.grid, low), i % kParts, kAxes);
    if (is_empty(part)) continue;
    const Sight sight = sight_of(plan, cameras[f], scratch.tiles, f, part);
    if (sight != Sight::none) atomicOr(frames[brick][i % kParts].of(sight), 1u << f);
  }
  __syncthreads();
  const int brick = thread / kParts;
  const Frames& bits = frames[brick][thread % kParts];
  if (bits.all() != 0) atomicOr(&seen, 1u << brick);
  __syncthreads();
  if (thread == 0) first_seen = atomicAdd(scratch.count, __popc(seen));
  __syncthreads();
  if ((seen >> brick & 1) == 0) return;
  SeenBrick& entry = scratch.seen[first_seen + __popc(seen & ((1u << brick) - 1))];
  entry.parts[thread % kParts] = bits;
  if (thread % kParts != 0) return;
  place(brick, low);
  entry.x = low[0];
  entry.y = low[1];
  entry.z = low[2];
  entry.tsdf = element_in(plan.volume.tsdf, low[0], low[1], low[2]);
  entry.weight = element_in(plan.volume.weight, low[0], low[1], low[2]);
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
  see_bricks<<<blocks, kSightThreads, 0, stream>>>(plan, pass, scratch, groups);
}

RC_KERNELS_END
