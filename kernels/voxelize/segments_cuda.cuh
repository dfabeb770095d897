// SPDX-License-Identifier: Apache-2.0
// Balanced reductions of segments on a CUDA device: a voxel may hold one point or all of them.
//
// Sorted points are cut into tiles, and segments into pieces at the borders of tiles, but for those
// that end soon behind the first one. A thread reduces a piece. A piece that is a whole segment is
// stored at once; of the others those that do not begin their segment leave a partial result, one for
// each tile, and a warp merges them with the piece that does.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/channels_cuda.cuh"
#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/sorted_cuda.h"
#include "kernels/voxelize/sums_cuda.cuh"

RC_KERNELS_BEGIN

// Points of a tile, and of a segment's end that its first piece takes along.
constexpr int64_t kPiece = 64;
constexpr int64_t kShort = 16;
constexpr int kWarp = 32;

// Reducers of one channel. A rule is what all voxels of a cloud have in common.

// SUM and MEAN.
struct SumReducer {
  struct Rule {
    const ChannelScale* scale;
    bool mean;
  };
  ExactSum sum;

  // Channels beyond the last have any scale: they are zero.
  static __device__ Rule rule(const VoxelPlan& plan, const ChannelScale* scales, int64_t cloud,
                              int64_t channel) {
    const int64_t known = channel < plan.width ? channel : 0;
    return {scales + cloud * plan.width + known, plan.reduce == RC_REDUCE_MEAN};
  }
  explicit __device__ SumReducer(const Rule&) : sum{} {}
  __device__ void add(const Rule& rule, double feature, int64_t) {
    rc::add(sum, feature, rule.scale->up);
  }
  __device__ void merge(const Rule&, const SumReducer& other) { rc::add(sum, other.sum); }
  __device__ double finish(const Rule& rule, const VoxelState& state, const Divisor& points) const {
    return finish_sum(rule.mean, value_of(sum, *rule.scale), state, points);
  }
};

// MAX and MIN.
struct ExtremeReducer {
  struct Rule {
    bool max;
  };
  double value;

  static __device__ Rule rule(const VoxelPlan& plan, const ChannelScale*, int64_t, int64_t) {
    return {plan.reduce == RC_REDUCE_MAX};
  }
  explicit __device__ ExtremeReducer(const Rule& rule) : value(rule.max ? -HUGE_VAL : HUGE_VAL) {}
  __device__ void add(const Rule& rule, double feature, int64_t) {
    value = better_of(rule.max, value, feature);
  }
  __device__ void merge(const Rule& rule, const ExtremeReducer& other) {
    add(rule, other.value, 0);
  }
  __device__ double finish(const Rule& rule, const VoxelState& state, const Divisor&) const {
    return finish_extreme(rule.max, value, state);
  }
};

// The winner of MAX or MIN, by its place among the sorted points. Of equally good ones, and of NaN,
// the first.
struct WinnerReducer {
  struct Rule {
    int32_t reduce;
  };
  double best;
  uint32_t place;
  uint32_t any;

  static __device__ Rule rule(const VoxelPlan& plan, const ChannelScale*, int64_t, int64_t) {
    return {plan.reduce};
  }
  explicit __device__ WinnerReducer(const Rule&) : best(0), place(0), any(0) {}
  __device__ void add(const Rule& rule, double feature, int64_t i) {
    if (any && !wins(rule.reduce, feature, best)) return;
    best = feature;
    place = static_cast<uint32_t>(i);
    any = 1;
  }
  __device__ void merge(const Rule& rule, const WinnerReducer& other) {
    if (!other.any) return;
    const bool better = wins(rule.reduce, other.best, best);
    const bool worse = wins(rule.reduce, best, other.best);
    if (!any || better || (!worse && other.place < place)) *this = other;
  }
};

template <class Reducer>
struct Rules {
  typename Reducer::Rule of[kChannels];

  __device__ Rules(const VoxelPlan& plan, const ChannelScale* scales, int64_t cloud, int64_t first)
      : of{Reducer::rule(plan, scales, cloud, first), Reducer::rule(plan, scales, cloud, first + 1),
           Reducer::rule(plan, scales, cloud, first + 2),
           Reducer::rule(plan, scales, cloud, first + 3)} {}
};

// Some channels of some points of one voxel.
template <class Reducer>
struct Reduction {
  Reducer reducers[kChannels];
  uint32_t count;

  explicit __device__ Reduction(const Rules<Reducer>& rules)
      : reducers{Reducer(rules.of[0]), Reducer(rules.of[1]), Reducer(rules.of[2]),
                 Reducer(rules.of[3])},
        count(0) {}

  // Adds sorted point i.
  __device__ void add(const Rules<Reducer>& rules, const double (&features)[kChannels], int64_t i) {
    for (int k = 0; k < kChannels; ++k) reducers[k].add(rules.of[k], features[k], i);
    ++count;
  }
  __device__ void merge(const Rules<Reducer>& rules, const Reduction& other) {
    for (int k = 0; k < kChannels; ++k) reducers[k].merge(rules.of[k], other.reducers[k]);
    count += other.count;
  }
  // Turns old values of the voxel, from `old_count` points, into new ones.
  __device__ void finish(const Rules<Reducer>& rules, int32_t old_count,
                         double (&values)[kChannels]) const {
    const Divisor points(static_cast<double>(old_count) + static_cast<double>(count));
    for (int k = 0; k < kChannels; ++k) {
      values[k] = reducers[k].finish(rules.of[k], {values[k], old_count, count}, points);
    }
  }
};

// The cloud of a cell, by divisions of as few bits as do.
template <class Key>
__device__ int64_t cloud_of_cell(const VoxelPlan& plan, Key cell) {
  if (plan.cloud.clouds == 1) return 0;
  return static_cast<int64_t>(cell / static_cast<Key>(plan.grid.cells()));
}

// What one pass over the channels works on. Sink has store(i, cell, first channel, reduction, rules);
// i is a sorted point of the voxel.
template <class Key, class Reducer, class Sink>
struct Pass {
  VoxelPlan plan;
  const Key* cells;
  const uint32_t* positions;
  const ChannelScale* scales;
  int64_t count;
  int64_t first;  // channel
  Reduction<Reducer>* partials;
  Sink sink;

  __device__ bool is_head(int64_t i) const { return i == 0 || cells[i - 1] != cells[i]; }
  __device__ bool is_none(Key cell) const { return cell == static_cast<Key>(plan.cells()); }
  __device__ Rules<Reducer> rules_of(int64_t cloud) const {
    return Rules<Reducer>(plan, scales, cloud, first);
  }

  // Whether a segment that begins in the tile in front of `border` ends soon behind it, if it gets
  // that far.
  __device__ bool ends_soon(int64_t border) const {
    const int64_t last = border + kShort;
    return last >= count || cells[last] != cells[border];
  }
  // Whether the point at a border is one that the first piece of its segment takes along.
  __device__ bool is_taken(int64_t border) const {
    const int64_t before = border - kPiece;
    return ends_soon(border) && (is_head(before) || cells[before] != cells[border]);
  }

  // Reduces the points of the piece that begins with i; says where it stopped.
  __device__ int64_t reduce(int64_t i, int64_t cloud, const Rules<Reducer>& rules,
                            Reduction<Reducer>& reduction) const {
    const Key cell = cells[i];
    int64_t end = (i / kPiece + 1) * kPiece;
    if (end < count && is_head(i) && ends_soon(end)) end += kShort;
    if (end > count) end = count;
    const Array& features = plan.features;
    const int64_t base = start_of(plan, features, cloud, 0) + first * features.channel;
    int64_t j = i;
    for (; j < end && cells[j] == cell; ++j) {
      double values[kChannels];
      load_channels(features.type, features.data, base + positions[j] * features.step,
                    features.channel, plan.width - first, values);
      reduction.add(rules, values, j);
    }
    return j;
  }

  // Whether a segment begins in a tile and goes on behind it.
  __device__ bool goes_on(int64_t tile) const {
    const int64_t begin = tile * kPiece, next = begin + kPiece;
    if (next >= count) return false;
    const Key cell = cells[next];
    if (is_none(cell) || cells[next - 1] != cell || ends_soon(next)) return false;
    return tile == 0 || cells[begin - 1] != cell;
  }

  // Merges the pieces of the segment that goes on behind a tile, by the threads of a warp.
  __device__ void merge(int64_t tile, int64_t tiles, int lane) const {
    const int64_t begin = tile * kPiece;
    const Key cell = cells[begin + kPiece];
    int64_t head = begin + kPiece - 1;
    while (head > begin && cells[head - 1] == cell) --head;
    const int64_t cloud = cloud_of_cell(plan, cell);
    const Rules<Reducer> rules = rules_of(cloud);
    Reduction<Reducer> reduction(rules);
    if (lane == 0) reduce(head, cloud, rules, reduction);
    for (int64_t t = tile + 1 + lane; t < tiles && cells[t * kPiece] == cell; t += kWarp) {
      reduction.merge(rules, partials[t]);
    }
    __syncwarp();
    for (int delta = kWarp / 2; delta > 0; delta /= 2) {
      reduction.merge(rules, from_lane(reduction, delta));
    }
    if (lane == 0) sink.store(head, cell, first, reduction, rules);
  }

 private:
  // A copy of a value of another lane.
  template <class T>
  static __device__ T from_lane(const T& value, int delta) {
    static_assert(sizeof(T) % 4 == 0 && std::is_trivially_copyable<T>::value);
    T result = value;
    uint32_t words[sizeof(T) / 4];
    memcpy(words, &value, sizeof(T));
    for (uint32_t& word : words) word = __shfl_down_sync(0xffffffffu, word, delta);
    memcpy(&result, words, sizeof(T));
    return result;
  }
};

template <class AnyPass>
__global__ void __launch_bounds__(kTile) reduce_pieces(const __grid_constant__ AnyPass pass) {
  for_each_number(pass.count, [&](int64_t i) {
    const auto cell = pass.cells[i];
    if (pass.is_none(cell)) return;
    const bool head = pass.is_head(i);
    if (!head && (i % kPiece != 0 || pass.is_taken(i))) return;
    const int64_t cloud = cloud_of_cell(pass.plan, cell);
    const auto rules = pass.rules_of(cloud);
    std::remove_pointer_t<decltype(pass.partials)> reduction(rules);
    const int64_t end = pass.reduce(i, cloud, rules, reduction);
    if (!head) {
      pass.partials[i / kPiece] = reduction;
    } else if (end == pass.count || pass.cells[end] != cell) {
      pass.sink.store(i, cell, pass.first, reduction, rules);
    }
  });
}

// A tile a thread looks whether there is anything to merge; the threads of a warp do it together.
template <class AnyPass>
__global__ void __launch_bounds__(kTile) merge_pieces(const __grid_constant__ AnyPass pass) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t tiles = (pass.count - 1) / kPiece + 1;
  // Whole warps, none of whose threads leaves before the others.
  for_each_number((tiles + kWarp - 1) / kWarp * kWarp, [&](int64_t tile) {
    unsigned left = __ballot_sync(0xffffffffu, tile < tiles && pass.goes_on(tile));
    for (; left != 0; left &= left - 1) {
      pass.merge(tile - lane + __ffs(static_cast<int>(left)) - 1, tiles, lane);
    }
  });
}

// Reduces all channels. Without channels, counts alone.
template <class Reducer, class Key, class Sink>
cudaError_t reduce_segments(const VoxelPlan& plan, const Sorted<Key>& sorted, const Sink& sink,
                            Carver& carver, bool launch, cudaStream_t stream) {
  const int64_t count = plan.cloud.positions();
  const int64_t tiles = count == 0 ? 0 : (count - 1) / kPiece + 1;
  auto* const partials = carver.take<Reduction<Reducer>>(tiles);
  if (!launch || count == 0) return cudaSuccess;
  Pass<Key, Reducer, Sink> pass = {
      plan, sorted.cells(), sorted.positions(), sorted.ranges.scales, count, 0, partials, sink};
  do {
    reduce_pieces<<<blocks_for(count), kTile, 0, stream>>>(pass);
    merge_pieces<<<blocks_for(tiles), kTile, 0, stream>>>(pass);
    pass.first += kChannels;
  } while (pass.first < plan.width);
  return cudaGetLastError();
}

// Calls `f` with a null pointer to the reducer of a reduction of features.
template <class F>
auto with_reducer(int32_t reduce, F f) {
  if (reduce == RC_REDUCE_SUM || reduce == RC_REDUCE_MEAN) {
    return f(static_cast<SumReducer*>(nullptr));
  }
  return f(static_cast<ExtremeReducer*>(nullptr));
}

RC_KERNELS_END
