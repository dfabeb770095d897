// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate on a CUDA device, in three launches: the depth tiles; the bricks that some camera
// sees, with what each camera sees of each of their parts; and the voxels of these parts, a part a warp.
#define RC_LEVEL cuda
#include "kernels/common/cuda_launch.h"
#include "kernels/tsdf/sight.h"
#include "kernels/tsdf/tsdf_cuda.h"

RC_KERNELS_BEGIN
namespace {

constexpr int kWarp = 32;

// The parts of a brick are cubes, and two voxels side by side along z a thread's.
constexpr int kAxes = 3;
constexpr int kParts = 1 << kAxes;
constexpr int kVoxels = kPartEdge * kPartEdge * kPartEdge / kWarp;
constexpr int kPairs = kPartEdge / kVoxels;

// A brick that some camera sees: its first voxel, the elements of that, and what is seen of its parts.
struct alignas(16) SeenBrick {
  int x, y, z, unused;
  int64_t tsdf, weight;
  Frames parts[kParts];
};

struct Scratch {
  DepthTiles tiles;
  SeenBrick* seen;
  int* count;  // of `seen`
};

// --- Depth tiles: a block makes those of all levels under one of the last.

constexpr int kTileEdge = 1 << kTileShift;
constexpr int kRegion = kTileEdge << (kTileLevels - 1);
constexpr int kRegionTiles = kRegion / kTileEdge;
constexpr int kTileThreads = 256;
// Tiles of which a thread takes a column of pixels.
constexpr int kColumns = kRegion * kRegionTiles / kTileThreads;
static_assert(kColumns * kTileThreads == kRegion * kRegionTiles, "no column is left over");

__device__ void join(DepthTile& tile, const DepthTile& other) {
  tile.least = fminf(tile.least, other.least);
  tile.most = fmaxf(tile.most, other.most);
}

template <class Depth>
__global__ void __launch_bounds__(kTileThreads)
    make_tiles(const __grid_constant__ IntegratePlan plan, const __grid_constant__ Scratch scratch,
               int64_t first, int regions_along_u) {
  __shared__ DepthTile level[2][kRegionTiles][kRegionTiles];
  const DepthTiles& tiles = scratch.tiles;
  const int thread = static_cast<int>(threadIdx.x);
  if (blockIdx.x == 0 && blockIdx.y == 0 && thread == 0) *scratch.count = 0;
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
#pragma unroll
  for (int i = 0; i < kColumns; ++i) {
    DepthTile tile = {kInfinity, -kInfinity};
#pragma unroll
    for (int j = i * kTileEdge; j < (i + 1) * kTileEdge; ++j) {
      if (j >= rows) continue;
      const float measured =
          is_measurement(depths[j], plan.depth_limit) ? depths[j] * plan.depth_scale : -kInfinity;
      join(tile, {measured, measured});
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

__global__ void __launch_bounds__(kSightThreads, 4)
    see_bricks(const __grid_constant__ IntegratePlan plan, const __grid_constant__ CameraPass pass,
               const __grid_constant__ Scratch scratch, const __grid_constant__ Along groups) {
  __shared__ Camera cameras[kFramesOfPass];
  __shared__ Frames frames[kWarp][kParts];
  __shared__ uint16_t asked[kWarp * kFramesOfPass];
  __shared__ int asked_count, first_seen;
  __shared__ uint32_t seen;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;
  for (int i = thread; i < static_cast<int>(sizeof cameras / sizeof(float)); i += kSightThreads) {
    reinterpret_cast<float*>(cameras)[i] = reinterpret_cast<const float*>(pass.cameras)[i];
  }
  frames[thread / kParts][thread % kParts] = {0, 0};
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
    if (is_asked(sight)) {
      asked[atomicAdd(&asked_count, 1)] = static_cast<uint16_t>(f * kWarp + lane);
    } else if (sight == Sight::free) {
      for (int part = 0; part < kParts; ++part) atomicOr(&frames[lane][part].free, 1u << f);
    }
  }
  __syncthreads();
  for (int i = thread; i < asked_count * kParts; i += kSightThreads) {
    const int brick = asked[i / kParts] % kWarp, f = asked[i / kParts] / kWarp;
    place(brick, low);
    const Box part = part_of(box_at(plan.volume.grid, low), i % kParts, kAxes);
    if (is_empty(part)) continue;
    const Sight sight = sight_of(plan, cameras[f], scratch.tiles, f, part);
    Frames& bits = frames[brick][i % kParts];
    if (is_asked(sight)) atomicOr(&bits.asked, 1u << f);
    if (is_free(sight)) atomicOr(&bits.free, 1u << f);
  }
  __syncthreads();
  const int brick = thread / kParts;
  const Frames& bits = frames[brick][thread % kParts];
  if (bits.any()) atomicOr(&seen, 1u << brick);
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

// Blocks of a launch: several for each place on a device, so that none is left with much at the end.
constexpr int64_t kMostPartBlocks = 8192;

// Voxels of a thread: from (x, y, z) on, `count` of them are in the grid.
struct Pair {
  int x, y, z, count;
  float *tsdf_at, *weight_at;
  Frames frames;
  float tsdf[kVoxels], weight[kVoxels];

  __device__ void load(const float* from, int64_t step, float (&values)[kVoxels]) const {
    for (int i = 0; i < kVoxels; ++i) values[i] = i < count ? from[i * step] : 0;
  }
};

// Lets `count` frames observe a voxel as free space.
__device__ void add_free_space(FieldState& state, int count, float max_weight) {
  // Whole numbers up to 2^24 add up without rounding.
  const bool is_whole = (state.weight + 0x1p23f) - 0x1p23f == state.weight;
  if ((state.tsdf == 1 || state.weight == 0) && is_whole && state.weight < 0x1p22f) {
    state.tsdf = 1;
    state.weight = fminf(state.weight + static_cast<float>(count), max_weight);
    return;
  }
#pragma unroll 1
  for (int i = 0; i < count; ++i) add_distance(state, 1, 1, max_weight);
}

// 1 / x, rounded as a division is, for x in (2^-100, 2^100).
__device__ float inverse_of(float x) {
  float about;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(about) : "f"(x));
  return fmaf(about, fmaf(-x, about, 1), about);
}

// Lets a frame observe a pair; returns the bits of the voxels that do. Offset numbers the elements of a
// frame.
template <class Depth, bool kColors, class Offset>
__device__ uint32_t ask(const IntegratePlan& plan, const Camera& camera, int64_t frame,
                        bool is_edge, const Pair& pair, FieldState (&states)[kVoxels]) {
  const auto x = static_cast<float>(pair.x), y = static_cast<float>(pair.y);
  Pixel pixels[kVoxels];
  float inverses[kVoxels];
  uint32_t inside = 0, seen = 0;
  bool is_usual = true;
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    pixels[i].z = dot(camera.rows[2], x, y, static_cast<float>(pair.z + i));
    is_usual = is_usual && pixels[i].z > 0x1p-100f && pixels[i].z < 0x1p100f;
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    inverses[i] = is_usual ? inverse_of(pixels[i].z) : 1 / pixels[i].z;
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (pixel_at(plan, camera, x, y, static_cast<float>(pair.z + i), inverses[i], pixels[i])) {
      inside |= 1u << i;
    }
  }
  if (is_edge) {
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      if ((inside >> i & 1) != 0) add_distance(states[i], 1, 1, plan.max_weight);
    }
    return inside;
  }
  const auto image = reinterpret_cast<const Depth*>(plan.depth.data) + frame * plan.depth.frame;
  const auto row = static_cast<Offset>(plan.depth.row);
  const auto column = static_cast<Offset>(plan.depth.column);
  float depths[kVoxels];
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    // 0 is no measurement.
    depths[i] = (inside >> i & 1) != 0
                    ? static_cast<float>(image[pixels[i].row * row + pixels[i].column * column])
                    : 0;
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (observe<kColors>(plan, camera, frame, pixels[i], depths[i], states[i])) seen |= 1u << i;
  }
  return seen;
}

template <class Depth, bool kColors, class Offset>
__device__ void integrate_pair(const IntegratePlan& plan, const CameraPass& pass,
                               const Pair& pair) {
  const Volume& volume = plan.volume;
  const uint32_t here = (1u << pair.count) - 1;
  Frames frames = pair.frames;
  FieldState states[kVoxels];
  bool is_known[kVoxels];
  const auto color_at = [&](int i) {
    return reinterpret_cast<float*>(volume.color.data) +
           element_in(volume.color, pair.x, pair.y, pair.z + i);
  };
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    is_known[i] = pair.weight[i] > 0;
    states[i] = {is_known[i] ? pair.tsdf[i] : 0, is_known[i] ? pair.weight[i] : 0, {}, false};
    // Free space has no colour yet, unless its first one is none.
    const bool mixes = pair.tsdf[i] < 1 || plan.color.type != Type::u8;
    if (kColors && plan.color && frames.asked != 0 && is_known[i] && mixes && i < pair.count) {
      for (int c = 0; c < 3; ++c) states[i].color[c] = color_at(i)[c * volume.color.channel];
    }
  }
  uint32_t seen = (frames.free & ~frames.asked) != 0 ? here : 0;
  for (uint32_t free = frames.free & ~frames.asked;;) {
    // Frames that see free space before the next one that asks.
    const uint32_t before = (frames.asked - 1) & ~frames.asked;
    const int run = __popc(free & before);
    free &= ~before;
    if (run > 0) {
#pragma unroll
      for (int i = 0; i < kVoxels; ++i) add_free_space(states[i], run, plan.max_weight);
    }
    if (frames.asked == 0) break;
    const int f = __ffs(static_cast<int>(frames.asked)) - 1;
    frames.asked &= frames.asked - 1;
    seen |= ask<Depth, kColors, Offset>(plan, pass.cameras[f], pass.first + f,
                                        (frames.free >> f & 1) != 0, pair, states);
  }
  seen &= here;
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if ((seen >> i & 1) == 0) continue;
    pair.tsdf_at[i * volume.tsdf.axis[2]] = states[i].tsdf;
    pair.weight_at[i * volume.weight.axis[2]] = states[i].weight;
    if (kColors && plan.color && (states[i].colored || !is_known[i])) {
      for (int c = 0; c < 3; ++c) color_at(i)[c * volume.color.channel] = states[i].color[c];
    }
  }
}

// Eight blocks at once on a multiprocessor measured better than six, though registers spill a little.
template <class Depth, bool kColors, class Offset>
__global__ void __launch_bounds__(kTile, kColors ? 5 : 8)
    integrate_parts(const __grid_constant__ IntegratePlan plan,
                    const __grid_constant__ CameraPass pass,
                    const __grid_constant__ Scratch scratch) {
  constexpr int kWarps = kTile / kWarp;
  static_assert(kParts % kWarps == 0, "a step of whole bricks leaves a warp its part");
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(blockIdx.x) * kWarps + static_cast<int>(threadIdx.x) / kWarp;
  const int part = warp % kParts;
  const int x = (part >> 2) * kPartEdge + lane / (kPairs * kPartEdge);
  const int y = (part >> 1 & 1) * kPartEdge + lane / kPairs % kPartEdge;
  const int z = (part & 1) * kPartEdge + lane % kPairs * kVoxels;
  const Volume& volume = plan.volume;
  float* const tsdf = reinterpret_cast<float*>(volume.tsdf.data) + element_in(volume.tsdf, x, y, z);
  float* const weight =
      reinterpret_cast<float*>(volume.weight.data) + element_in(volume.weight, x, y, z);
  const int end = *scratch.count, step = static_cast<int>(gridDim.x) * kWarps / kParts;
  // The voxels of the next part are on their way while one is worked on.
  const auto fetch = [&](int number, Pair& pair) {
    pair.count = 0;
    if (number >= end) return;
    const SeenBrick& brick = scratch.seen[number];
    pair.frames = brick.parts[part];
    if (!pair.frames.any()) return;
    pair.x = brick.x + x;
    pair.y = brick.y + y;
    pair.z = brick.z + z;
    if (pair.x >= volume.grid.dims[0] || pair.y >= volume.grid.dims[1]) return;
    pair.count = max(0, min(kVoxels, static_cast<int>(volume.grid.dims[2]) - pair.z));
    pair.tsdf_at = tsdf + brick.tsdf;
    pair.weight_at = weight + brick.weight;
    pair.load(pair.weight_at, volume.weight.axis[2], pair.weight);
    pair.load(pair.tsdf_at, volume.tsdf.axis[2], pair.tsdf);
  };
  Pair next;
  fetch(warp / kParts, next);
  for (int number = warp / kParts; number < end; number += step) {
    Pair pair = next;
    fetch(number + step, next);
    if (pair.count > 0) integrate_pair<Depth, kColors, Offset>(plan, pass, pair);
  }
}

// Whether 32 bits number the elements of a frame.
bool is_small(const IntegratePlan& plan) {
  constexpr int64_t kMost = int64_t{1} << 22;
  const Images& depth = plan.depth;
  return depth.row < kMost && depth.column < kMost &&
         (plan.height - 1) * depth.row + (plan.width - 1) * depth.column < (int64_t{1} << 31);
}

template <class Depth>
void launch_all(const IntegratePlan& plan, const CameraPass& pass, const Scratch& scratch,
                cudaStream_t stream) {
  const auto across = [](int64_t pixels) {
    return static_cast<unsigned>((pixels + kRegion - 1) / kRegion);
  };
  const dim3 regions(across(plan.width) * across(plan.height), static_cast<unsigned>(pass.count));
  make_tiles<Depth><<<regions, kTileThreads, 0, stream>>>(plan, scratch, pass.first,
                                                          static_cast<int>(across(plan.width)));
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
  const auto blocks =
      static_cast<unsigned>(std::min(bricks * kParts * kWarp / kTile, kMostPartBlocks));
  if (!is_small(plan)) {
    integrate_parts<Depth, true, int64_t><<<blocks, kTile, 0, stream>>>(plan, pass, scratch);
  } else if (plan.color) {
    integrate_parts<Depth, true, int32_t><<<blocks, kTile, 0, stream>>>(plan, pass, scratch);
  } else {
    integrate_parts<Depth, false, int32_t><<<blocks, kTile, 0, stream>>>(plan, pass, scratch);
  }
}

}  // namespace
RC_KERNELS_END

cudaError_t rc::tsdf_integrate_cuda(const IntegratePlan& plan, const CameraPass& pass,
                                    Carver& carver, bool launch, cudaStream_t stream) {
  const Grid& grid = plan.volume.grid;
  const int64_t bricks = bricks_along(grid, 0) * bricks_along(grid, 1) * bricks_along(grid, 2);
  Scratch scratch = {DepthTiles(nullptr, plan.height, plan.width), nullptr, nullptr};
  scratch.tiles.data =
      carver.take<DepthTile>(scratch.tiles.frame * std::min<int64_t>(plan.frames, kFramesOfPass));
  scratch.seen = carver.take<SeenBrick>(bricks);
  scratch.count = carver.take<int>(1);
  if (!launch || plan.height == 0 || plan.width == 0) return cudaSuccess;
  if (plan.depth.type == Type::u16) {
    launch_all<uint16_t>(plan, pass, scratch, stream);
  } else {
    launch_all<float>(plan, pass, scratch, stream);
  }
  return cudaGetLastError();
}
