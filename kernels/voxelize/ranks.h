// SPDX-License-Identifier: Apache-2.0
// Loops over points that are added to their voxels as they come, on the CPU. Voxels that have a
// point are numbered in the order of their cells. Each SIMD level compiles them.
#pragma once

#include "kernels/voxelize/points.h"
#include "kernels/voxelize/voxels.h"

RC_KERNELS_BEGIN

inline uint64_t bits_below(int64_t bit) { return (uint64_t{1} << bit) - 1; }

// The number of the voxel of a cell that has a point.
inline uint32_t rank_of(const RankedPoints& points, uint32_t cell) {
  const uint64_t before = points.marks[cell / 64] & bits_below(cell % 64);
  return points.ranks[cell / 64] + static_cast<uint32_t>(__builtin_popcountll(before));
}

inline void mark_cells(const VoxelPlan& plan, const RankedPoints& points, bool shared,
                       int64_t begin, int64_t end) {
  const auto none = static_cast<uint32_t>(plan.cells());
  for (int64_t i = begin; i < end; ++i) {
    const uint32_t cell = points.cells[i].key();
    if (cell == none) continue;
    uint64_t* const word = points.marks + cell / 64;
    const uint64_t bit = uint64_t{1} << cell % 64;
    if (!shared) {
      *word |= bit;
    } else if ((__atomic_load_n(word, __ATOMIC_RELAXED) & bit) == 0) {
      __atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
    }
  }
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

// Sums of features in 64 bits: see uses_ranks() for why these are enough.
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

// Points of a block that lie in some cells, and the records of their voxels.
struct BlockRecords {
  int64_t count;
  uint32_t index[kBlock];
  uint64_t* records[kBlock];
};

// Counts the points from `position` on whose cells are among `cells`.
inline void count_block(const RankedPoints& points, const CellRange& cells, int64_t position,
                        int64_t count, BlockRecords& block) {
  block.count = 0;
  for (int64_t i = 0; i < count; ++i) {
    block.index[block.count] = static_cast<uint32_t>(i);
    block.count += points.cells[position + i].key() - cells.first < cells.count ? 1 : 0;
  }
  // The line where a record ends may be the next one.
  const int64_t last_word = 8 % points.words_of_record == 0 ? 0 : points.words_of_record - 1;
  for (int64_t j = 0; j < block.count; ++j) {
    const uint32_t rank = rank_of(points, points.cells[position + block.index[j]].key());
    uint64_t* const record = points.records + rank * points.words_of_record;
    block.records[j] = record;
    __builtin_prefetch(record, 1);
    if (last_word != 0) __builtin_prefetch(record + last_word, 1);
  }
  for (int64_t j = 0; j < block.count; ++j) ++*block.records[j];
}

// Adds up the channels [channel, channel + channels) of a block of points.
template <class T, class Tally>
void add_block(const VoxelPlan& plan, const BlockRecords& block, const T* features, int64_t channel,
               int64_t channels, const Tally& tally) {
  const Array& array = plan.features;
  for (int64_t j = 0; j < block.count; ++j) {
    uint64_t* const record = block.records[j];
    Doubles x;
    load_lanes(features + block.index[j] * array.step + channel * array.channel, array.channel,
               channels, x);
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

inline void add_points(const VoxelPlan& plan, const RankedPoints& points, const CellRange& cells) {
  BlockRecords block;
  const auto each_block = [&](auto add) {
    for_each_run(plan.cloud, 0, plan.cloud.positions(), [&](const Run& run) {
      if (run.cloud < 0) return;
      for (int64_t i = run.begin; i < run.end; i += kBlock) {
        count_block(points, cells, i, std::min(kBlock, run.end - i), block);
        add(run, i);
      }
    });
  };
  if (!plan.features) return each_block([](const Run&, int64_t) {});
  with_type(plan.features.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* const data = reinterpret_cast<const T*>(plan.features.data);
    with_tally(plan, points.exponents, [&](auto& tally) {
      each_block([&](const Run& run, int64_t position) {
        for (int64_t c = 0; c < plan.width; c += kLanes) {
          const int64_t channels = std::min(kLanes, plan.width - c);
          tally.turn_to(run.cloud, c, channels);
          add_block(plan, block, data + run.start(plan.features, position), c, channels, tally);
        }
      });
    });
  });
}

// Calls body(place, rank) for the voxels in the cells [begin, end).
template <class Body>
void for_each_rank(const VoxelPlan& plan, const RankedPoints& points, int64_t begin, int64_t end,
                   Body body) {
  CellWalk walk(plan.grid);
  for (int64_t w = begin / 64; w * 64 < end; ++w) {
    uint64_t word = points.marks[w];
    int64_t rank = points.ranks[w];
    if (w * 64 < begin) {
      rank += __builtin_popcountll(word & bits_below(begin % 64));
      word &= ~bits_below(begin % 64);
    }
    if (end - w * 64 < 64) word &= bits_below(end % 64);
    for (; word != 0; word &= word - 1) body(walk.at(w * 64 + __builtin_ctzll(word)), rank++);
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

inline void list_ranks(const SparsePlan& plan, const RankedPoints& points, int64_t begin,
                       int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const Array& reduced = plan.reduced;
  const auto each = [&](auto reduce) {
    for_each_rank(voxels, points, begin, end, [&](const CellPlace& place, int64_t rank) {
      const uint64_t* const record = points.records + rank * points.words_of_record;
      const int64_t count = count_of(record);
      if (rank >= plan.capacity) {
        return add_stat(voxels.stats, place.cloud, RC_STAT_OVER_CAPACITY, count);
      }
      store_coords(plan, rank, place);
      store_number(plan, rank, count);
      reduce(place.cloud, rank, record);
    });
  };
  if (!reduced) return each([](int64_t, int64_t, const uint64_t*) {});
  with_tally(voxels, points.exponents, [&](auto& tally) {
    each([&](int64_t cloud, int64_t rank, const uint64_t* record) {
      for (int64_t c = 0; c < voxels.width; c += kLanes) {
        const int64_t channels = std::min(kLanes, voxels.width - c);
        Doubles values;
        read_voxel(record, cloud, c, channels, tally, values);
        finish_lanes(voxels.reduce, count_of(record), values);
        store_lanes(reduced.type, reduced.data, rank * reduced.step + c * reduced.channel,
                    reduced.channel, channels, values);
      }
    });
  });
}

inline void number_points(const SparsePlan& plan, const RankedPoints& points, int64_t begin,
                          int64_t end) {
  const auto none = static_cast<uint32_t>(plan.voxels.cells());
  const Array& array = plan.point_to_voxel;
  for_each_run(plan.voxels.cloud, begin, end, [&](const Run& run) {
    for (int64_t i = run.begin; run.cloud >= 0 && i < run.end; ++i) {
      const uint32_t cell = points.cells[i].key();
      const int64_t rank = cell == none ? plan.capacity : rank_of(points, cell);
      store_index(array, run.start(array, i), rank < plan.capacity ? rank : -1);
    }
  });
}

RC_KERNELS_END
