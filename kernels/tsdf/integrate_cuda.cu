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

__global__ void __launch_bounds__(kSightThreads, 4)
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

// Blocks of a launch: several for each place on a device, so that none is left with much at the end.
constexpr int64_t kMostPartBlocks = 8192;

// An element of a depth image as it is.
template <class Depth>
using Bits = std::conditional_t<std::is_same_v<Depth, float>, uint32_t, Depth>;

// A frame of a pass and its depth. Each row of the camera is one access.
struct alignas(16) View {
  Camera camera;
  const char* depth;
};

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

// The depth at the pixels of a pair that are on a frame, as the image has it, elsewhere 0, which is no
// measurement. Offset numbers the elements of a frame.
template <class Depth, class Offset>
__device__ void load_depths(const IntegratePlan& plan, const View& view,
                            const Pixel (&pixels)[kVoxels], const bool (&inside)[kVoxels],
                            uint32_t (&depths)[kVoxels]) {
  const auto image = reinterpret_cast<const Bits<Depth>*>(view.depth);
  const auto row = static_cast<Offset>(plan.depth.row);
  const auto column = static_cast<Offset>(plan.depth.column);
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    depths[i] = 0;
    if (inside[i]) depths[i] = __ldg(image + (pixels[i].row * row + pixels[i].column * column));
  }
}

template <class Depth>
__device__ float depth_of(uint32_t bits) {
  return std::is_same_v<Depth, float> ? __uint_as_float(bits) : static_cast<float>(bits);
}

// is_measurement() of depths as images have them: numbers above 0 are in the order of their bits.
template <class Depth>
uint32_t greatest_bits(float limit) {
  if (std::is_same_v<Depth, float>) return bit_cast<uint32_t>(limit);
  return static_cast<uint32_t>(std::min(limit, 65535.0f));
}
__device__ inline bool is_measured(uint32_t bits, uint32_t greatest) { return bits - 1 < greatest; }

// Counts how many of some frames have a measurement where a voxel of a pair falls on them. `kInside`: all
// voxels fall on their images. They lie before the cameras.
template <bool kInside, class Depth, class Offset, int kViews>
__device__ void count_measured(const IntegratePlan& plan, const View* const (&views)[kViews],
                               const Pair& pair, uint32_t greatest, int (&counts)[kVoxels]) {
  const auto x = static_cast<float>(pair.x), y = static_cast<float>(pair.y);
  uint32_t depths[kViews][kVoxels];
#pragma unroll
  for (int v = 0; v < kViews; ++v) {
    const Camera& camera = views[v]->camera;
    Pixel pixels[kVoxels];
    bool inside[kVoxels];
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      // Of a voxel that is not there nothing is known; it does what the first one does.
      const auto z = static_cast<float>(pair.z + min(i, pair.count - 1));
      const float inverse = inverse_of(dot(camera.rows[2], x, y, z));
      inside[i] = pixel_before(plan, camera, x, y, z, inverse, pixels[i]) || kInside;
    }
    load_depths<Depth, Offset>(plan, *views[v], pixels, inside, depths[v]);
  }
#pragma unroll
  for (int v = 0; v < kViews; ++v) {
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      if (is_measured(depths[v][i], greatest)) ++counts[i];
    }
  }
}

// The same of the frames of a pass whose bits are set: two at a time wait no longer than one.
template <bool kInside, class Depth, class Offset>
__device__ void count_measured(const IntegratePlan& plan, const View (&views)[kFramesOfPass],
                               uint32_t frames, const Pair& pair, uint32_t greatest,
                               int (&counts)[kVoxels]) {
  const auto next = [&] {
    const View* const view = &views[__ffs(static_cast<int>(frames)) - 1];
    frames &= frames - 1;
    return view;
  };
  while (frames != 0) {
    const View* const first = next();
    if (frames == 0) {
      return count_measured<kInside, Depth, Offset, 1>(plan, {first}, pair, greatest, counts);
    }
    count_measured<kInside, Depth, Offset, 2>(plan, {first, next()}, pair, greatest, counts);
  }
}

// Lets a frame observe a pair; returns the bits of the voxels that do.
template <class Depth, bool kColors, class Offset>
__device__ uint32_t ask(const IntegratePlan& plan, const View& view, int64_t frame,
                        const Pair& pair, FieldState (&states)[kVoxels]) {
  const Camera& camera = view.camera;
  const auto x = static_cast<float>(pair.x), y = static_cast<float>(pair.y);
  Pixel pixels[kVoxels];
  float inverses[kVoxels];
  uint32_t depths[kVoxels];
  bool inside[kVoxels];
  uint32_t seen = 0;
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
    inside[i] =
        pixel_at(plan, camera, x, y, static_cast<float>(pair.z + i), inverses[i], pixels[i]);
  }
  load_depths<Depth, Offset>(plan, view, pixels, inside, depths);
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    const float depth = depth_of<Depth>(depths[i]);
    if (observe<kColors>(plan, camera, frame, pixels[i], depth, states[i])) seen |= 1u << i;
  }
  return seen;
}

template <class Depth, bool kColors, class Offset>
__device__ void integrate_pair(const IntegratePlan& plan, const CameraPass& pass,
                               const View (&views)[kFramesOfPass], const Pair& pair,
                               uint32_t greatest) {
  const Volume& volume = plan.volume;
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
    if (kColors && plan.color && frames.mixed != 0 && is_known[i] && mixes && i < pair.count) {
      for (int c = 0; c < 3; ++c) states[i].color[c] = color_at(i)[c * volume.color.channel];
    }
  }
  uint32_t seen = 0;
  for (;;) {
    // Frames before the next mixed one: those that see free space may come in any order.
    const uint32_t before = (frames.mixed - 1) & ~frames.mixed;
    int counts[kVoxels];
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) counts[i] = __popc(frames.free & before);
    count_measured<true, Depth, Offset>(plan, views, frames.holes & before, pair, greatest, counts);
    count_measured<false, Depth, Offset>(plan, views, frames.edge & before, pair, greatest, counts);
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      if (counts[i] == 0) continue;
      add_free_space(states[i], counts[i], plan.max_weight);
      seen |= 1u << i;
    }
    if (frames.mixed == 0) break;
    frames.free &= ~before;
    frames.holes &= ~before;
    frames.edge &= ~before;
    const int f = __ffs(static_cast<int>(frames.mixed)) - 1;
    frames.mixed &= frames.mixed - 1;
    seen |= ask<Depth, kColors, Offset>(plan, views[f], pass.first + f, pair, states);
  }
  seen &= (1u << pair.count) - 1;
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
                    const __grid_constant__ Scratch scratch, uint32_t greatest) {
  constexpr int kWarps = kTile / kWarp;
  static_assert(kParts % kWarps == 0, "a step of whole bricks leaves a warp its part");
  __shared__ View views[kFramesOfPass];
  copy_cameras(pass, [&](int f) -> Camera& { return views[f].camera; });
  if (threadIdx.x < kFramesOfPass) {
    views[threadIdx.x].depth =
        reinterpret_cast<const char*>(reinterpret_cast<const Depth*>(plan.depth.data) +
                                      (pass.first + threadIdx.x) * plan.depth.frame);
  }
  __syncthreads();
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
    if (pair.frames.all() == 0) return;
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
    if (pair.count > 0) integrate_pair<Depth, kColors, Offset>(plan, pass, views, pair, greatest);
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
  const uint32_t greatest = greatest_bits<Depth>(plan.depth_limit);
  if (!is_small(plan)) {
    integrate_parts<Depth, true, int64_t>
        <<<blocks, kTile, 0, stream>>>(plan, pass, scratch, greatest);
  } else if (plan.color) {
    integrate_parts<Depth, true, int32_t>
        <<<blocks, kTile, 0, stream>>>(plan, pass, scratch, greatest);
  } else {
    integrate_parts<Depth, false, int32_t>
        <<<blocks, kTile, 0, stream>>>(plan, pass, scratch, greatest);
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
