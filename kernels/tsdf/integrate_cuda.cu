// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate on a CUDA device, in three launches: the depth tiles and masks; the bricks that some
// camera sees, with what each camera sees of each of their parts; and the voxels of these parts, a part a
// warp.
#define RC_LEVEL cuda
#include "kernels/common/cuda_launch.h"
#include "kernels/tsdf/observe_cuda.cuh"
#include "kernels/tsdf/tsdf_cuda.h"

RC_KERNELS_BEGIN
namespace {

constexpr int kWarp = 32;

// The parts of a brick are cubes, each a warp's.
constexpr int kAxes = 3;
constexpr int kParts = 1 << kAxes;
static_assert(kWarp * kVoxels == kPartEdge * kPartEdge * kPartEdge);
constexpr int kPairs = kPartEdge / kVoxels;

// A brick that some camera sees: its first voxel, the elements of that, and what is seen of its parts.
struct alignas(16) SeenBrick {
  int x, y, z, unused;
  int64_t tsdf, weight;
  Frames parts[kParts];
};

struct Scratch {
  DepthTiles tiles;
  Masks masks;
  SeenBrick* seen;
  int* count;  // of `seen`
  int* next;   // number of the first part that no block has claimed
};

// --- Depth tiles and masks: a block makes those of all levels under one of the last.

constexpr int kTileEdge = 1 << kTileShift;
constexpr int kRegion = kTileEdge << (kTileLevels - 1);
constexpr int kRegionTiles = kRegion / kTileEdge;
constexpr int kTileThreads = 256;
// Tiles of which a thread takes a column of pixels.
constexpr int kColumns = kRegion * kRegionTiles / kTileThreads;
static_assert(kColumns * kTileThreads == kRegion * kRegionTiles, "no column is left over");
static_assert(kRegion % kWarp == 0 && Masks::kColumns == kWarp && kColumns * kTileEdge <= kWarp);

constexpr int64_t regions_along(int64_t pixels) { return (pixels + kRegion - 1) / kRegion; }

template <class Depth>
__global__ void __launch_bounds__(kTileThreads)
    make_tiles(const __grid_constant__ IntegratePlan plan, const __grid_constant__ Scratch scratch,
               int64_t first, int regions_along_u) {
  __shared__ DepthTile level[2][kRegionTiles][kRegionTiles];
  const DepthTiles& tiles = scratch.tiles;
  const int thread = static_cast<int>(threadIdx.x);
  if (blockIdx.x == 0 && blockIdx.y == 0 && thread == 0) *scratch.count = *scratch.next = 0;
  const int region_u = static_cast<int>(blockIdx.x) % regions_along_u;
  const int region_v = static_cast<int>(blockIdx.x) / regions_along_u;
  DepthTile* const frame = tiles.data + blockIdx.y * tiles.frame;
  const auto store = [&](int l, int v, int u, const DepthTile& tile) {
    const int row = (region_v * kRegionTiles >> l) + v;
    const int column = (region_u * kRegionTiles >> l) + u;
    if (row < tiles.height[l] && column < tiles.width[l]) {
      frame[tiles.level[l] + int64_t{row} * tiles.width[l] + column] = tile;
    }
  };
  const int u = thread % kRegion, v = thread / kRegion * kColumns;
  const int64_t column = region_u * kRegion + u, row = region_v * kRegion + v * kTileEdge;
  // Rows of pixels that are there.
  const auto rows = column < plan.width ? static_cast<int>(plan.height - row) : 0;
  const Depth* const pixel = reinterpret_cast<const Depth*>(plan.depth.data) +
                             plan.depth.element(first + blockIdx.y, row, column);
  float depths[kColumns * kTileEdge];
#pragma unroll
  for (int i = 0; i < kColumns * kTileEdge; ++i) {
    depths[i] = i < rows ? static_cast<float>(pixel[i * plan.depth.row]) : 0;
  }
  // A warp has a word of the mask of each row.
  uint32_t mask = 0;
#pragma unroll
  for (int i = 0; i < kColumns * kTileEdge; ++i) {
    const bool is_measured = i < rows && is_measurement(depths[i], plan.depth_limit);
    const uint32_t word = __ballot_sync(0xffffffffu, is_measured);
    if (thread % kWarp == i) mask = word;
  }
  if (thread % kWarp < kColumns * kTileEdge) {
    const Masks& masks = scratch.masks;
    masks.data[blockIdx.y * masks.frame + masks.element(row + thread % kWarp, column)] = mask;
  }
#pragma unroll
  for (int i = 0; i < kColumns; ++i) {
    DepthTile tile = kNoPixels;
#pragma unroll
    for (int j = i * kTileEdge; j < (i + 1) * kTileEdge; ++j) {
      if (j >= rows) continue;
      join(tile,
           tile_of(is_measurement(depths[j], plan.depth_limit), depths[j] * plan.depth_scale));
    }
    for (int step = 1; step < kTileEdge; step *= 2) {
      join(tile, {__shfl_xor_sync(0xffffffffu, tile.least, step),
                  __shfl_xor_sync(0xffffffffu, tile.most, step)});
    }
    if (u % kTileEdge == 0) {
      level[0][v + i][u / kTileEdge] = tile;
      store(0, v + i, u / kTileEdge, tile);
    }
  }
  for (int l = 1; l < kTileLevels; ++l) {
    __syncthreads();
    const int along = kRegionTiles >> l, y = thread / along, x = thread % along;
    if (y >= along) continue;
    const auto& finer = level[(l - 1) % 2];
    DepthTile tile = finer[2 * y][2 * x];
    join(tile, finer[2 * y][2 * x + 1]);
    join(tile, finer[2 * y + 1][2 * x]);
    join(tile, finer[2 * y + 1][2 * x + 1]);
    level[l % 2][y][x] = tile;
    store(l, y, x, tile);
  }
}

// --- Sights: a block takes a group of bricks, a thread a brick and a frame; and a part of a brick
// and a frame where its voxels have to be asked.

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

__global__ void __launch_bounds__(kSightThreads, 5)
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

// --- Voxels.

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
                  unsigned blocks, cudaStream_t stream) {
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
cudaError_t launch_all(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                       cudaStream_t stream) {
  int multiprocessors = 0;
  const cudaError_t error = count_multiprocessors(&multiprocessors);
  if (error != cudaSuccess) return error;
  const auto across = static_cast<int>(regions_along(plan.width));
  const dim3 regions(static_cast<unsigned>(across * regions_along(plan.height)),
                     static_cast<unsigned>(pass.count));
  make_tiles<Depth><<<regions, kTileThreads, 0, stream>>>(plan, scratch, pass.first, across);
  Along groups;
  unsigned sights = 1;
  int64_t bricks = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t along = bricks_along(plan.volume.grid, axis);
    groups.axis[axis] = static_cast<int>((along - 1) / group_edge(axis) + 1);
    sights *= static_cast<unsigned>(groups.axis[axis]);
    bricks *= along;
  }
  see_bricks<<<sights, kSightThreads, 0, stream>>>(plan, pass, scratch, groups);
  const auto blocks = static_cast<unsigned>(std::min<int64_t>(bricks, multiprocessors));
  if (!is_small<Depth>(plan)) {
    launch_parts<Depth, true, int64_t>(plan, pass, scratch, blocks, stream);
  } else if (plan.color) {
    launch_parts<Depth, true, int32_t>(plan, pass, scratch, blocks, stream);
  } else {
    launch_parts<Depth, false, int32_t>(plan, pass, scratch, blocks, stream);
  }
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

cudaError_t rc::tsdf_integrate_cuda(const IntegratePlan& plan, const CameraPass& pass,
                                    Carver& carver, bool launch, cudaStream_t stream) {
  const Grid& grid = plan.volume.grid;
  const int64_t bricks = bricks_along(grid, 0) * bricks_along(grid, 1) * bricks_along(grid, 2);
  const int64_t frames = std::min<int64_t>(plan.frames, kFramesOfPass);
  Scratch scratch = {DepthTiles(nullptr, plan.height, plan.width), {}, nullptr, nullptr, nullptr};
  scratch.tiles.data = carver.take<DepthTile>(scratch.tiles.frame * frames);
  // As many pixels as the regions have.
  scratch.masks.strip = static_cast<int32_t>(regions_along(plan.height) * kRegion);
  scratch.masks.frame =
      scratch.masks.strip * regions_along(plan.width) * (kRegion / Masks::kColumns);
  scratch.masks.data = carver.take<uint32_t>(scratch.masks.frame * frames);
  scratch.seen = carver.take<SeenBrick>(bricks);
  scratch.count = carver.take<int>(1);
  scratch.next = carver.take<int>(1);
  if (!launch || plan.height == 0 || plan.width == 0) return cudaSuccess;
  return plan.depth.type == Type::u16 ? launch_all<uint16_t>(plan, pass, scratch, stream)
                                      : launch_all<float>(plan, pass, scratch, stream);
}
