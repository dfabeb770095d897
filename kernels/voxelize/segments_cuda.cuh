// SPDX-License-Identifier: Apache-2.0
// Balanced reductions of segments on a CUDA device: a voxel may hold one point or all of them.
//
// Sorted points are cut into tiles, and segments into pieces at the borders of tiles, but for those
// that end soon behind the first one. A thread reduces a piece. A piece that is a whole segment is
// stored at once; of the others each leaves a partial result, and a warp merges those of a segment.
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
// Tiles whose segments a warp merges: few, because it takes them in turn.
constexpr int kMergedTiles = 4;

// Reducers of one channel. A rule is what all voxels of a cloud have in common.

// SUM and MEAN of any points.
struct SumReducer {
  using Total = SumReducer;
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

// The same of a piece, of features that are not float64: a double holds the sum of so few integers,
// and what is not finite makes it what the header says.
struct PieceSumReducer {
  using Total = SumReducer;
  using Rule = SumReducer::Rule;
  double sum;

  static __device__ Rule rule(const VoxelPlan& plan, const ChannelScale* scales, int64_t cloud,
                              int64_t channel) {
    return SumReducer::rule(plan, scales, cloud, channel);
  }
  explicit __device__ PieceSumReducer(const Rule&) : sum(0) {}
  __device__ void add(const Rule& rule, double feature, int64_t) {
    const Scale& scale = rule.scale->up;
    sum += is_finite(feature)
               ? whole(fmin(fmax(feature, -scale.bound), scale.bound) * scale.first * scale.second)
               : feature;
  }
  __device__ double finish(const Rule& rule, const VoxelState& state, const Divisor& points) const {
    const double value = canonical(sum * rule.scale->down[0] * rule.scale->down[1]);
    return finish_sum(rule.mean, value, state, points);
  }
  // As the sum of any points.
  __device__ SumReducer total(const Rule& rule) const {
    SumReducer result(rule);
    if (is_finite(sum)) {
      rc::add(result.sum, static_cast<int64_t>(sum));
    } else {
      result.sum.special = special_of(sum);
    }
    return result;
  }

 private:
  // Rounds to an integer, ties to even, what is at most 2^40.
  static __device__ double whole(double x) {
    constexpr double kRounder = 0x1.8p52;
    return x + kRounder - kRounder;
  }
};

// MAX and MIN.
struct ExtremeReducer {
  using Total = ExtremeReducer;
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
  using Total = WinnerReducer;
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
struct RulesOf {
  typename Reducer::Rule of[kChannels];

  __device__ RulesOf(const VoxelPlan& plan, const ChannelScale* scales, int64_t cloud,
                     int64_t first)
      : of{Reducer::rule(plan, scales, cloud, first), Reducer::rule(plan, scales, cloud, first + 1),
           Reducer::rule(plan, scales, cloud, first + 2),
           Reducer::rule(plan, scales, cloud, first + 3)} {}
};

// Those of a total are those of its pieces.
template <class Reducer>
using Rules = RulesOf<typename Reducer::Total>;

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
  // The same as a result that others can be merged with.
  __device__ Reduction<typename Reducer::Total> total(const Rules<Reducer>& rules) const {
    if constexpr (std::is_same_v<Reducer, typename Reducer::Total>) {
      return *this;
    } else {
      Reduction<typename Reducer::Total> result(rules);
      for (int k = 0; k < kChannels; ++k) result.reducers[k] = reducers[k].total(rules.of[k]);
      result.count = count;
      return result;
    }
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

// What one pass over the channels works on. Sink has store(i, cell, first channel, reduction,
// rules); i is a sorted point of the voxel.
template <class Key, class Reducer, class Sink>
struct Pass {
  VoxelPlan plan;
  const Key* cells;
  const uint32_t* positions;
  const ChannelScale* scales;
  int64_t count;
  int64_t first;  // channel
  // Of each tile: the piece that goes on with a segment, and the one that begins a segment and does
  // not end it.
  Reduction<Reducer>* partials;  // [tiles, 2]
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
    for (; i < end && cells[i] == cell; ++i) {
      double values[kChannels];
      load_channels(features.type, features.data, base + positions[i] * features.step,
                    features.channel, plan.width - first, values);
      reduction.add(rules, values, i);
    }
    return i;
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
    const int64_t next = (tile + 1) * kPiece;
    const Key cell = cells[next];
    const Rules<Reducer> rules = rules_of(cloud_of_cell(plan, cell));
    Reduction<typename Reducer::Total> reduction(rules);
    if (lane == 0) reduction = partials[2 * tile + 1].total(rules);
    for (int64_t t = tile + 1 + lane; t < tiles && cells[t * kPiece] == cell; t += kWarp) {
      reduction.merge(rules, partials[2 * t].total(rules));
    }
    __syncwarp();
    for (int delta = kWarp / 2; delta > 0; delta /= 2) {
      reduction.merge(rules, from_lane(reduction, delta));
    }
    if (lane == 0) sink.store(next, cell, first, reduction, rules);
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

// Warps that merge the pieces of so many tiles.
RC_HD inline int64_t warps_of(int64_t tiles) { return (tiles + kMergedTiles - 1) / kMergedTiles; }

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
    if (head && (end == pass.count || pass.cells[end] != cell)) {
      pass.sink.store(i, cell, pass.first, reduction, rules);
    } else {
      pass.partials[2 * (i / kPiece) + head] = reduction;
    }
  });
}

// Some tiles a warp. To be called with whole warps of threads.
template <class AnyPass>
__global__ void __launch_bounds__(kTile) merge_pieces(const __grid_constant__ AnyPass pass) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t tiles = (pass.count - 1) / kPiece + 1;
  for_each_number(warps_of(tiles) * kWarp, [&](int64_t i) {
    const int64_t first = i / kWarp * kMergedTiles, tile = first + lane;
    const bool wanted = lane < kMergedTiles && tile < tiles && pass.goes_on(tile);
    unsigned left = __ballot_sync(0xffffffffu, wanted);
    for (; left != 0; left &= left - 1) {
      pass.merge(first + __ffs(static_cast<int>(left)) - 1, tiles, lane);
    }
  });
}

// Reduces all channels. Without channels, counts alone.
template <class Reducer, class Key, class Sink>
cudaError_t reduce_segments(const VoxelPlan& plan, const Sorted<Key>& sorted, const Sink& sink,
                            Carver& carver, bool launch, cudaStream_t stream) {
  const int64_t count = plan.cloud.positions();
  const int64_t tiles = count == 0 ? 0 : (count - 1) / kPiece + 1;
  auto* const partials = carver.take<Reduction<Reducer>>(2 * tiles);
  if (!launch || count == 0) return cudaSuccess;
  Pass<Key, Reducer, Sink> pass = {
      plan, sorted.cells(), sorted.positions(), sorted.ranges.scales, count, 0, partials, sink};
  do {
    reduce_pieces<<<blocks_for(count), kTile, 0, stream>>>(pass);
    merge_pieces<<<blocks_for(warps_of(tiles) * kWarp), kTile, 0, stream>>>(pass);
    pass.first += kChannels;
  } while (pass.first < plan.width);
  return cudaGetLastError();
}

// Calls `f` with a null pointer to the reducer of a reduction of features.
template <class F>
auto with_reducer(const VoxelPlan& plan, F f) {
  if (plan.reduce != RC_REDUCE_SUM && plan.reduce != RC_REDUCE_MEAN) {
    return f(static_cast<ExtremeReducer*>(nullptr));
  }
  if (plan.features.type == Type::f64) return f(static_cast<SumReducer*>(nullptr));
  return f(static_cast<PieceSumReducer*>(nullptr));
}

RC_KERNELS_END
