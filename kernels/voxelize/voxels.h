// SPDX-License-Identifier: Apache-2.0
// Loops over voxels on the CPU: the points of one cell, side by side in a sorted list. Each SIMD
// level compiles them.
#pragma once

#include <algorithm>

#include "kernels/voxelize/lanes.h"
#include "kernels/voxelize/runs.h"
#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/voxelize.h"

RC_KERNELS_BEGIN

// Positions of the points of one voxel, in the order of the input.
struct Members {
  const uint32_t* positions;
  int64_t stride, count;

  uint32_t operator[](int64_t i) const { return positions[i * stride]; }
};

// Places of cells that follow one another: most lie in the row of the one before.
class CellWalk {
 public:
  explicit CellWalk(const Grid& grid) : grid_(grid) {}

  const CellPlace& at(int64_t cell) {
    const int64_t z = cell - row_;
    if (z >= 0 && z < grid_.dims[2]) {
      place_.index[2] = z;
    } else {
      place_ = place_of_cell(grid_, cell);
      row_ = cell - place_.index[2];
    }
    return place_;
  }

 private:
  const Grid grid_;
  CellPlace place_ = {0, {0, 0, 0}};
  int64_t row_ = 0;
};

// Asks for what the loops below will read of a point, some points before they do: its features lie
// anywhere. The cloud is that of a point before it, which costs time at most. (GCC takes a call
// that only prefetches for one without effect, and drops it: hence inline.)
RC_INLINE void prefetch(const VoxelPlan& plan, int64_t cloud, int64_t position) {
  const Array& features = plan.features;
  if (!features) return;
  __builtin_prefetch(features.data +
                     start_of(plan, features, cloud, position) * item_size(features.type));
}

// Calls body(place, members) for the voxels whose first point is one of [begin, end).
template <class Key, class Body>
void for_each_voxel(const SortedPoints<Key>& sorted, const VoxelPlan& plan, int64_t begin,
                    int64_t end, Body body) {
  constexpr int64_t kAhead = 24;
  const Entry<Key>* const points = sorted.points;
  CellWalk walk(plan.grid);
  int64_t first = begin;
  while (first > 0 && first < end && points[first].key() == points[first - 1].key()) ++first;
  while (first < end) {
    const Key key = points[first].key();
    const CellPlace& place = walk.at(static_cast<int64_t>(key));
    int64_t last = first;
    do {
      if (last + kAhead < sorted.count) prefetch(plan, place.cloud, points[last + kAhead].position);
      ++last;
    } while (last < sorted.count && points[last].key() == key);
    body(place,
         Members{&points[first].position, sizeof(Entry<Key>) / sizeof(uint32_t), last - first});
    first = last;
  }
}

// Features of some channels of the points of a voxel.
template <class T>
class Rows {
 public:
  Rows(const VoxelPlan& plan, int64_t cloud, const Members& members, int64_t channel,
       int64_t channels)
      : members_(members),
        first_(reinterpret_cast<const T*>(plan.features.data) +
               start_of(plan, plan.features, cloud,
                        plan.cloud.offsets ? 0 : cloud * plan.cloud.points) +
               channel * plan.features.channel),
        base_(plan.cloud.offsets ? 0 : cloud * plan.cloud.points),
        step_(plan.features.step),
        stride_(plan.features.channel),
        channels_(channels) {}

  int64_t count() const { return members_.count; }
  void load(int64_t i, Doubles& lanes) const {
    load_lanes(first_ + (members_[i] - base_) * step_, stride_, channels_, lanes);
  }

 private:
  const Members& members_;
  const T* first_;
  int64_t base_, step_, stride_, channels_;
};

// The scales of four channels at once, kept from voxel to voxel.
class LaneScales {
 public:
  struct Lanes {
    int64_t cloud = -1, channel = -1;
    Scale each[kLanes] = {};
    // 2^places and 2^-places, each as two factors.
    Doubles first, second, back_first, back_second, bound;
  };

  LaneScales(const VoxelPlan& plan, const int32_t* exponents)
      : plan_(plan), exponents_(exponents) {}

  const Lanes& of(int64_t cloud, int64_t channel, int64_t channels) {
    Lanes& lanes = kept_[channel / kLanes % kKept];
    if (lanes.cloud == cloud && lanes.channel == channel) return lanes;
    lanes.cloud = cloud;
    lanes.channel = channel;
    for (int64_t k = 0; k < kLanes; ++k) {
      const Scale scale = scale_of(plan_, exponents_, cloud, channel + (k < channels ? k : 0));
      const int half = -scale.places / 2;  // as times_power_of_two() has it
      lanes.each[k] = scale;
      lanes.first[k] = scale.first;
      lanes.second[k] = scale.second;
      lanes.back_first[k] = power_of_two(half);
      lanes.back_second[k] = power_of_two(-scale.places - half);
      lanes.bound[k] = scale.bound;
    }
    return lanes;
  }

 private:
  // Blocks of channels.
  static constexpr int64_t kKept = 16;
  const VoxelPlan& plan_;
  const int32_t* exponents_;
  Lanes kept_[kKept];
};

// The integers of finite features other than float64, which have at most 40 bits and a sign; of
// others any.
RC_INLINE void fixed_point(const Doubles& x, const LaneScales::Lanes& scales, Words& integers) {
  // Added to a number below 2^51, it rounds to an integer and leaves that in the lowest bits.
  constexpr double kRounder = 0x1.8p52;
  const Words rounder = reinterpret_cast<Words>(Doubles{} + kRounder);
  const Doubles raised = x < -scales.bound ? -scales.bound : x;
  const Doubles limited = raised > scales.bound ? scales.bound : raised;
  integers = reinterpret_cast<Words>(limited * scales.first * scales.second + kRounder) - rounder;
}

// What sums of such integers stand for.
RC_INLINE void from_fixed_point(const Words& sum, const LaneScales::Lanes& scales,
                                Doubles& values) {
  to_doubles(reinterpret_cast<Longs>(sum), values);
  values *= scales.back_first;
  values *= scales.back_second;
}

// Sums of features of type T.
template <class T>
class SumReduction {
 public:
  SumReduction(const VoxelPlan& plan, const int32_t* exponents)
      : plan_(plan), scales_(plan, exponents) {}

  // The sums of `channels` channels from `channel` on.
  void operator()(int64_t cloud, const Members& members, int64_t channel, int64_t channels,
                  Doubles& values) {
    const LaneScales::Lanes& scales = scales_.of(cloud, channel, channels);
    const Rows<T> rows(plan_, cloud, members, channel, channels);
    if (sum_in_64_bits(rows, scales, values)) return;
    ExactSum sums[kLanes] = {};
    for (int64_t i = 0; i < rows.count(); ++i) {
      Doubles x;
      rows.load(i, x);
      for (int64_t k = 0; k < channels; ++k) add(sums[k], x[k], scales.each[k]);
    }
    for (int64_t k = 0; k < channels; ++k) values[k] = value_of(sums[k], scales.each[k]);
  }

 private:
  // False where that is not enough, or where a feature is not finite.
  static bool sum_in_64_bits(const Rows<T>& rows, const LaneScales::Lanes& scales,
                             Doubles& values) {
    if (std::is_same_v<T, double> || rows.count() > kMostIn64Bits) return false;
    // Unsigned: beside a feature that is not finite, sums wrap and are of no use.
    Words sum = {};
    Longs finite = Longs{} - 1;
    for (int64_t i = 0; i < rows.count(); ++i) {
      Doubles x;
      rows.load(i, x);
      finite &= (x < HUGE_VAL) & (x > -HUGE_VAL);
      Words q;
      fixed_point(x, scales, q);
      sum += q;
    }
    from_fixed_point(sum, scales, values);
    return (finite[0] & finite[1] & finite[2] & finite[3]) != 0;
  }

  const VoxelPlan& plan_;
  LaneScales scales_;
};

// Bits of doubles as integers of the same order, -0 before +0, and back.
RC_INLINE void toggle_order(Longs& bits) { bits ^= (bits >> 63) & INT64_MAX; }

// Greatest or least features of type T.
template <class T>
class ExtremeReduction {
 public:
  ExtremeReduction(const VoxelPlan& plan, const int32_t*)
      : plan_(plan), flip_(plan.reduce == RC_REDUCE_MAX ? 0 : -1) {}

  void operator()(int64_t cloud, const Members& members, int64_t channel, int64_t channels,
                  Doubles& values) const {
    const Rows<T> rows(plan_, cloud, members, channel, channels);
    Longs best = Longs{} + INT64_MIN, nan = {};
    for (int64_t i = 0; i < rows.count(); ++i) {
      Doubles x;
      rows.load(i, x);
      nan |= x != x;
      Longs order = reinterpret_cast<Longs>(x);
      toggle_order(order);
      order ^= flip_;
      best = order > best ? order : best;
    }
    best ^= flip_;
    toggle_order(best);
    values = reinterpret_cast<Doubles>(nan ? Longs{} + kNaNBits : best);
  }

 private:
  const VoxelPlan& plan_;
  int64_t flip_;
};

// Calls f(reduction) with the reduction of a plan.
template <class F>
void with_reduction(const VoxelPlan& plan, const int32_t* exponents, F f) {
  with_type(plan.features.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    if (plan.reduce == RC_REDUCE_SUM || plan.reduce == RC_REDUCE_MEAN) {
      SumReduction<T> reduction(plan, exponents);
      return f(reduction);
    }
    ExtremeReduction<T> reduction(plan, exponents);
    f(reduction);
  });
}

// From sums to means, from `values` of this call to those of a voxel that had none before.
RC_INLINE void finish_lanes(int32_t reduce, int64_t count, Doubles& values) {
  if (reduce == RC_REDUCE_MEAN) values /= static_cast<double>(count);
}

// The same beside the `old_count` points that gave what `output` holds.
inline void finish_beside(int32_t reduce, int64_t count, const GridArray& output, int64_t element,
                          int32_t old_count, int64_t channels, Doubles& values) {
  for (int64_t k = 0; k < channels; ++k) {
    const double old_value = load(output.type, output.data, element + k * output.channel);
    const VoxelState state = {old_value, old_count, count};
    values[k] = reduce == RC_REDUCE_SUM || reduce == RC_REDUCE_MEAN
                    ? finish_sum(reduce == RC_REDUCE_MEAN, values[k], state)
                    : finish_extreme(reduce == RC_REDUCE_MAX, values[k], state);
  }
}

// Writes the channels [channel, channel + channels) of a voxel of a dense grid, which has `count` points
// of this call whose sums or extremes `values` are, and had `old_count` before.
template <class Type, class Stride, class Channels>
void store_channels(const DensePlan& plan, const CellPlace& place, int64_t channel,
                    int32_t old_count, int64_t count, Type type, Stride stride, Channels channels,
                    Doubles& values) {
  const GridArray& output = plan.output;
  const int64_t element = element_of(output, place.cloud, place.index) + channel * output.channel;
  if (old_count == 0) {
    finish_lanes(plan.voxels.reduce, count, values);
  } else {
    finish_beside(plan.voxels.reduce, count, output, element, old_count, channels, values);
  }
  store_lanes(type, output.data, element, stride, channels, values);
}

// Writes a voxel of a dense grid that has `count` points of this call. values_of(channel, channels,
// values) gives their sums or extremes.
template <class ValuesOf>
void store_voxel(const DensePlan& plan, const CellPlace& place, int64_t count, ValuesOf values_of) {
  const VoxelPlan& voxels = plan.voxels;
  const int32_t old_count = old_count_of(plan, place);
  for (int64_t c = 0; c < voxels.width; c += kLanes) {
    const int64_t channels = std::min(kLanes, voxels.width - c);
    Doubles values;
    values_of(c, channels, values);
    store_channels(plan, place, c, old_count, count, plan.output.type, plan.output.channel,
                   channels, values);
  }
  store_count(plan, place, old_count, count);
}

// The same of the row of a sparse result, where it has reduced features.
template <class ValuesOf>
void store_reduced(const SparsePlan& plan, int64_t row, int64_t count, ValuesOf values_of) {
  const Array& reduced = plan.reduced;
  for (int64_t c = 0; c < plan.voxels.width; c += kLanes) {
    const int64_t channels = std::min(kLanes, plan.voxels.width - c);
    Doubles values;
    values_of(c, channels, values);
    finish_lanes(plan.voxels.reduce, count, values);
    store_lanes(reduced.type, reduced.data, row * reduced.step + c * reduced.channel,
                reduced.channel, channels, values);
  }
}

template <class Key>
void reduce_voxels(const DensePlan& plan, const SortedPoints<Key>& points, int64_t begin,
                   int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const Grid& grid = voxels.grid;
  // Rows are made empty just before their voxels are written, while they are near; short ones some
  // at once.
  const int64_t at_once = 1024 / (grid.dims[2] * (1 + voxels.width));
  int64_t cleared = begin;
  const auto clear_to = [&](int64_t row) {
    if (plan.accumulate || row <= cleared) return;
    const int64_t first = cleared;
    cleared = std::min(end, std::max(row, cleared + at_once));
    clear_voxels(plan, first, cleared);
  };
  const auto first_point = [&](int64_t row) {
    return border(0, points.count, [&](int64_t i) {
      return static_cast<int64_t>(points.points[i].key()) < row * grid.dims[2];
    });
  };
  const auto reduce = [&](auto& reduction) {
    const auto each = [&](const CellPlace& place, const Members& members) {
      clear_to((place.cloud * grid.dims[0] + place.index[0]) * grid.dims[1] + place.index[1] + 1);
      store_voxel(plan, place, members.count, [&](int64_t c, int64_t channels, Doubles& values) {
        reduction(place.cloud, members, c, channels, values);
      });
    };
    for_each_voxel(points, voxels, first_point(begin), first_point(end), each);
  };
  with_reduction(voxels, points.exponents, reduce);
  clear_to(end);
}

// The point of a voxel whose feature is the one that MAX or MIN keep.
inline int64_t winner_of(const VoxelPlan& plan, int64_t cloud, const Members& members,
                         int64_t channel) {
  const auto feature = [&](int64_t i) {
    return load(plan.features.type, plan.features.data,
                start_of(plan, plan.features, cloud, members[i]) + channel * plan.features.channel);
  };
  int64_t winner = 0;
  double best = feature(0);
  for (int64_t i = 1; i < members.count; ++i) {
    const double x = feature(i);
    if (wins(plan.reduce, x, best)) {
      winner = i;
      best = x;
    }
  }
  return winner;
}

template <class Key>
void pass_gradients(const VoxelGradientPlan& plan, const SortedPoints<Key>& points, int64_t begin,
                    int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const GridArray& from = plan.grad_output;
  const Array& to = plan.grad_features;
  for_each_voxel(points, voxels, begin, end, [&](const CellPlace& place, const Members& members) {
    const int64_t first = element_of(from, place.cloud, place.index);
    for (int64_t c = 0; c < voxels.width; ++c) {
      const double gradient = load(from.type, from.data, first + c * from.channel);
      const auto pass = [&](int64_t i, double value) {
        store(to.type, to.data, start_of(voxels, to, place.cloud, members[i]) + c * to.channel,
              value);
      };
      if (voxels.reduce == RC_REDUCE_MAX || voxels.reduce == RC_REDUCE_MIN) {
        pass(winner_of(voxels, place.cloud, members, c), gradient);
        continue;
      }
      const double share = voxels.reduce == RC_REDUCE_MEAN
                               ? gradient / static_cast<double>(members.count)
                               : gradient;
      for (int64_t i = 0; i < members.count; ++i) pass(i, share);
    }
  });
}

template <class Key>
int64_t number_of_voxels(const SortedPoints<Key>& sorted, int64_t begin, int64_t end) {
  int64_t number = 0;
  for (int64_t i = begin; i < end; ++i) {
    number += i == 0 || sorted.points[i].key() != sorted.points[i - 1].key();
  }
  return number;
}

inline void copy_points(const SparsePlan& plan, int64_t row, int64_t cloud,
                        const Members& members) {
  const Array& hard = plan.hard;
  const Array& features = plan.voxels.features;
  for (int64_t k = 0; k < plan.hard_points; ++k) {
    const int64_t target = row * hard.row + k * hard.step;
    for (int64_t c = 0; c < plan.voxels.width; ++c) {
      if (k < members.count) {
        copy(features.type, features.data,
             start_of(plan.voxels, features, cloud, members[k]) + c * features.channel, hard.type,
             hard.data, target + c * hard.channel);
      } else {
        store(hard.type, hard.data, target + c * hard.channel, plan.voxels.fill_value);
      }
    }
  }
}

// How many points a kept voxel has.
inline void store_number(const SparsePlan& plan, int64_t row, int64_t count) {
  if (!plan.counts) return;
  reinterpret_cast<int32_t*>(plan.counts.data)[row * plan.counts.step] =
      static_cast<int32_t>(count);
}

// Everything of a kept voxel but its reduced features.
inline void write_row(const SparsePlan& plan, int64_t row, const CellPlace& place,
                      const Members& members) {
  store_coords(plan, row, place);
  store_number(plan, row, members.count);
  if (plan.hard) copy_points(plan, row, place.cloud, members);
  if (plan.point_to_voxel) {
    for (int64_t i = 0; i < members.count; ++i) {
      store_index(plan.point_to_voxel,
                  start_of(plan.voxels, plan.point_to_voxel, place.cloud, members[i]), row);
    }
  }
}

template <class Key>
void list_voxels(const SparsePlan& plan, const SortedPoints<Key>& points, int64_t row,
                 int64_t begin, int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const auto each = [&](auto reduce) {
    for_each_voxel(points, voxels, begin, end, [&](const CellPlace& place, const Members& members) {
      if (row < plan.capacity) {
        write_row(plan, row, place, members);
        reduce(place.cloud, members);
      } else {
        add_stat(voxels.stats, place.cloud, RC_STAT_OVER_CAPACITY, members.count);
      }
      ++row;
    });
  };
  if (!plan.reduced) return each([](int64_t, const Members&) {});
  with_reduction(voxels, points.exponents, [&](auto& reduction) {
    each([&](int64_t cloud, const Members& members) {
      store_reduced(plan, row, members.count, [&](int64_t c, int64_t channels, Doubles& values) {
        reduction(cloud, members, c, channels, values);
      });
    });
  });
}

RC_KERNELS_END
