// SPDX-License-Identifier: Apache-2.0
// Loops over the points of a slab, which are added to its voxels as they come, on the CPU: the records
// of these stay in the cache of a core. Each SIMD level compiles them.
#pragma once

#include "kernels/voxelize/points.h"
#include "kernels/voxelize/voxels.h"

RC_KERNELS_BEGIN

inline uint64_t bits_below(int64_t bit) { return (uint64_t{1} << bit) - 1; }

// The cells and the points of a slab, and what is known of its voxels.
struct Slab {
  int64_t first_cell, cells;
  const Entry<uint32_t>*begin, *end;
  uint64_t* marks;
  uint32_t* ranks;

  Slab(const VoxelPlan& plan, const SlabPoints& points, int64_t number)
      : first_cell(number << points.bits),
        cells(std::min(plan.cells() - first_cell, int64_t{1} << points.bits)),
        begin(points.points + points.first[number]),
        end(points.points + points.first[number + 1]),
        marks(points.marks + first_cell / 64),
        ranks(points.ranks + first_cell / 64) {}

  int64_t words() const { return (cells + 63) / 64; }
  // The number of the voxel of a point.
  uint32_t rank_of(const Entry<uint32_t>& point) const {
    const uint32_t local = point.cell - static_cast<uint32_t>(first_cell);
    const uint64_t before = marks[local / 64] & bits_below(local % 64);
    return ranks[local / 64] + static_cast<uint32_t>(__builtin_popcountll(before));
  }
};

// Finds the voxels of a slab, and says how many it has.
inline int64_t number_voxels(const Slab& slab) {
  std::fill_n(slab.marks, slab.words(), 0);
  for (const Entry<uint32_t>* point = slab.begin; point < slab.end; ++point) {
    const uint32_t local = point->cell - static_cast<uint32_t>(slab.first_cell);
    slab.marks[local / 64] |= uint64_t{1} << local % 64;
  }
  int64_t voxels = 0;
  for (int64_t w = 0; w < slab.words(); ++w) {
    slab.ranks[w] = static_cast<uint32_t>(voxels);
    voxels += __builtin_popcountll(slab.marks[w]);
  }
  return voxels;
}

// The first `channels` of four words, and back.
inline void load_words(const uint64_t* from, int64_t channels, Words& words) {
  if (channels == kLanes) {
    memcpy(&words, from, sizeof words);
  } else {
    words = Words{from[0], channels > 1 ? from[1] : 0, channels > 2 ? from[2] : 0, 0};
  }
}
inline void store_words(const Words& words, int64_t channels, uint64_t* to) {
  if (channels == kLanes) {
    memcpy(to, &words, sizeof words);
  } else {
    to[0] = words[0];
    if (channels > 1) to[1] = words[1];
    if (channels > 2) to[2] = words[2];
  }
}

// Sums of features in 64 bits: see uses_slabs() for why these are enough.
class SumTally {
 public:
  SumTally(const VoxelPlan& plan, const int32_t* exponents) : scales_(plan, exponents) {}

  void turn_to(int64_t cloud, int64_t channel, int64_t channels) {
    now_ = &scales_.of(cloud, channel, channels);
  }
  // Adds a point. Whether all of its features are finite; one that is not is left out.
  bool add(const Doubles& x, Words& record) const {
    const Longs finite = (x < HUGE_VAL) & (x > -HUGE_VAL);
    Words q;
    fixed_point(x, *now_, q);
    record += q & reinterpret_cast<Words>(finite);
    return (finite[0] & finite[1] & finite[2] & finite[3]) != 0;
  }
  static uint32_t special(double x) { return is_finite(x) ? 0 : special_of(x); }
  void read(const Words& record, Doubles& values) const { from_fixed_point(record, *now_, values); }
  static double special_value(uint32_t seen) { return value_of(ExactSum{0, 0, seen}, Scale{}); }

 private:
  LaneScales scales_;
  const LaneScales::Lanes* now_ = nullptr;
};

// Greatest or least features, as integers of the same order that are greater than 0.
class ExtremeTally {
 public:
  ExtremeTally(const VoxelPlan& plan, const int32_t*)
      : flip_(plan.reduce == RC_REDUCE_MAX ? 0 : -1) {}

  void turn_to(int64_t, int64_t, int64_t) {}
  bool add(const Doubles& x, Words& record) const {
    const Longs best = reinterpret_cast<Longs>(record) ^ INT64_MIN;
    Longs order = reinterpret_cast<Longs>(x);
    toggle_order(order);
    order ^= flip_;
    record = reinterpret_cast<Words>((order > best ? order : best) ^ INT64_MIN);
    const Longs nan = x != x;
    return (nan[0] | nan[1] | nan[2] | nan[3]) == 0;
  }
  static uint32_t special(double x) { return is_nan(x) ? kNaNSeen : 0; }
  void read(const Words& record, Doubles& values) const {
    Longs best = reinterpret_cast<Longs>(record) ^ INT64_MIN ^ flip_;
    toggle_order(best);
    values = reinterpret_cast<Doubles>(best);
  }
  static double special_value(uint32_t) { return bit_cast<double>(kNaNBits); }

 private:
  int64_t flip_;
};

template <class F>
void with_tally(const VoxelPlan& plan, const int32_t* exponents, F f) {
  if (plan.reduce == RC_REDUCE_SUM || plan.reduce == RC_REDUCE_MEAN) {
    SumTally tally(plan, exponents);
    return f(tally);
  }
  ExtremeTally tally(plan, exponents);
  f(tally);
}

// Calls body(cloud, begin, end) for the points of a slab, cloud by cloud.
template <class Body>
void for_each_cloud(const VoxelPlan& plan, const Slab& slab, Body body) {
  const int64_t cells = plan.grid.cells();
  const Entry<uint32_t>* begin = slab.begin;
  for (int64_t cloud = slab.first_cell / cells; begin < slab.end; ++cloud) {
    // Positions of one cloud lie before those of the next.
    const int64_t count = border(0, slab.end - begin, [&](int64_t i) {
      return static_cast<int64_t>(begin[i].cell) < (cloud + 1) * cells;
    });
    if (count != 0) body(cloud, begin, begin + count);
    begin += count;
  }
}

// Adds the channels [channel, channel + channels) of points of one cloud, whose features `tally` has
// turned to, and counts the points with the first ones.
template <class T, class Tally>
void add_channels(const VoxelPlan& plan, const Slab& slab, const SlabRecords& records,
                  int64_t cloud, int64_t channel, int64_t channels, const Tally& tally,
                  const Entry<uint32_t>* begin, const Entry<uint32_t>* end) {
  constexpr int64_t kAhead = 24;
  const Array& array = plan.features;
  const T* const features = reinterpret_cast<const T*>(array.data);
  // Of position 0, which may lie before the features.
  const int64_t start = start_of(plan, array, cloud, 0) + channel * array.channel;
  const uint64_t one = channel == 0 ? 1 : 0;
  for (const Entry<uint32_t>* point = begin; point < end; ++point) {
    const Entry<uint32_t>& later = point[std::min<int64_t>(kAhead, end - 1 - point)];
    __builtin_prefetch(features + (start + later.position * array.step));
    uint64_t* const record = records.records + slab.rank_of(*point) * records.words;
    *record += one;
    Doubles x;
    load_lanes(features + (start + point->position * array.step), array.channel, channels, x);
    Words words;
    load_words(record + 1 + channel, channels, words);
    const bool plain = tally.add(x, words);
    store_words(words, channels, record + 1 + channel);
    if (plain) continue;
    for (int64_t k = 0; k < channels; ++k) {
      *record |= uint64_t{Tally::special(x[k])} << (32 + (channel + k) * kSpecialBits);
    }
  }
}

// Counts the points of a slab, which has `voxels` voxels, in `records`, which may hold anything.
inline void count_points(const Slab& slab, const SlabRecords& records, int64_t voxels) {
  std::fill_n(records.records, voxels * records.words, 0);
  for (const Entry<uint32_t>* point = slab.begin; point < slab.end; ++point) {
    ++records.records[slab.rank_of(*point) * records.words];
  }
}

// The same, and adds up what features there are.
template <class Tally>
void add_points(const VoxelPlan& plan, const Slab& slab, const SlabRecords& records, int64_t voxels,
                Tally& tally) {
  if (plan.width == 0) return count_points(slab, records, voxels);
  std::fill_n(records.records, voxels * records.words, 0);
  with_type(plan.features.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    for_each_cloud(plan, slab, [&](int64_t cloud, auto* begin, auto* end) {
      for (int64_t c = 0; c < plan.width; c += kLanes) {
        const int64_t channels = std::min(kLanes, plan.width - c);
        tally.turn_to(cloud, c, channels);
        add_channels<T>(plan, slab, records, cloud, c, channels, tally, begin, end);
      }
    });
  });
}

// Calls body(place, record) for the voxels of a slab.
template <class Body>
void for_each_record(const VoxelPlan& plan, const Slab& slab, const SlabRecords& records,
                     Body body) {
  CellWalk walk(plan.grid);
  const uint64_t* record = records.records;
  for (int64_t w = 0; w < slab.words(); ++w) {
    for (uint64_t word = slab.marks[w]; word != 0; word &= word - 1) {
      body(walk.at(slab.first_cell + w * 64 + __builtin_ctzll(word)), record);
      record += records.words;
    }
  }
}

inline int64_t count_of(const uint64_t* record) { return static_cast<uint32_t>(*record); }

// The channels [channel, channel + channels) of a voxel.
template <class Tally>
void read_voxel(const uint64_t* record, int64_t cloud, int64_t channel, int64_t channels,
                Tally& tally, Doubles& values) {
  Words words;
  load_words(record + 1 + channel, channels, words);
  tally.turn_to(cloud, channel, channels);
  tally.read(words, values);
  const uint64_t special = *record >> 32 >> channel * kSpecialBits;
  for (int64_t k = 0; special != 0 && k < channels; ++k) {
    const auto seen =
        static_cast<uint32_t>(special >> k * kSpecialBits & ((1 << kSpecialBits) - 1));
    if (seen != 0) values[k] = Tally::special_value(seen);
  }
}

inline void reduce_slab(const DensePlan& plan, const SlabPoints& points, const SlabRecords& records,
                        int64_t number) {
  const VoxelPlan& voxels = plan.voxels;
  const Slab slab(voxels, points, number);
  if (!plan.accumulate) clear_cells(plan, slab.first_cell, slab.first_cell + slab.cells);
  if (slab.begin == slab.end) return;
  const int64_t count = number_voxels(slab);
  with_tally(voxels, points.exponents, [&](auto& tally) {
    add_points(voxels, slab, records, count, tally);
    for_each_record(voxels, slab, records, [&](const CellPlace& place, const uint64_t* record) {
      store_voxel(plan, place, count_of(record), [&](int64_t c, int64_t channels, Doubles& values) {
        read_voxel(record, place.cloud, c, channels, tally, values);
      });
    });
  });
}

inline int64_t number_slab(const VoxelPlan& plan, const SlabPoints& points, int64_t number) {
  return number_voxels(Slab(plan, points, number));
}

// Writes the row of each point of a slab whose first voxel is in `row`.
inline void number_points(const SparsePlan& plan, const Slab& slab, int64_t row) {
  const Array& array = plan.point_to_voxel;
  for_each_cloud(plan.voxels, slab, [&](int64_t cloud, auto* begin, auto* end) {
    for (const Entry<uint32_t>* point = begin; point < end; ++point) {
      const int64_t its = row + slab.rank_of(*point);
      store_index(array, start_of(plan.voxels, array, cloud, point->position),
                  its < plan.capacity ? its : -1);
    }
  });
}

inline void list_slab(const SparsePlan& plan, const SlabPoints& points, const SlabRecords& records,
                      int64_t number, int64_t row, int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const Slab slab(voxels, points, number);
  if (plan.point_to_voxel) number_points(plan, slab, row);
  const int64_t count = end - row;
  const auto each = [&](auto reduce) {
    for_each_record(voxels, slab, records, [&](const CellPlace& place, const uint64_t* record) {
      if (row < plan.capacity) {
        store_coords(plan, row, place);
        store_number(plan, row, count_of(record));
        reduce(place.cloud, record);
      } else {
        add_stat(voxels.stats, place.cloud, RC_STAT_OVER_CAPACITY, count_of(record));
      }
      ++row;
    });
  };
  if (!plan.reduced) {
    count_points(slab, records, count);
    return each([](int64_t, const uint64_t*) {});
  }
  with_tally(voxels, points.exponents, [&](auto& tally) {
    add_points(voxels, slab, records, count, tally);
    each([&](int64_t cloud, const uint64_t* record) {
      store_reduced(plan, row, count_of(record), [&](int64_t c, int64_t channels, Doubles& values) {
        read_voxel(record, cloud, c, channels, tally, values);
      });
    });
  });
}

RC_KERNELS_END
