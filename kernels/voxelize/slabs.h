// SPDX-License-Identifier: Apache-2.0
// Loops over the points of a slab, which are added to its voxels as they come, on the CPU: the records
// of these stay in the cache of a core. Each SIMD level compiles them.
#pragma once

#include "kernels/voxelize/points.h"
#include "kernels/voxelize/tallies.h"

RC_KERNELS_BEGIN

// The number in its slab of the voxel that has a cell: of the marks up to its own, that one is the last.
inline uint32_t rank_of_cell(const uint64_t* marks, const uint32_t* ranks, uint32_t cell) {
  const uint64_t up_to = marks[cell / 64] << (63 - cell % 64);
  return ranks[cell / 64] + static_cast<uint32_t>(__builtin_popcountll(up_to)) - 1;
}

// The cells and the points of a slab, and what is known of the voxels of all.
struct Slab {
  int64_t first_cell, end_cell;
  const Entry<uint32_t>*begin, *end;
  uint64_t* marks;
  uint32_t* ranks;

  Slab(const VoxelPlan& plan, const SlabPoints& points, int64_t number)
      : first_cell(number << points.bits),
        end_cell(std::min(plan.cells(), first_cell + (int64_t{1} << points.bits))),
        begin(points.points + points.first[number]),
        end(points.points + points.first[number + 1]),
        marks(points.marks),
        ranks(points.ranks) {}

  // The words of its marks.
  int64_t first_word() const { return first_cell / 64; }
  int64_t end_word() const { return (end_cell + 63) / 64; }
  // The number of the voxel that has a cell.
  uint32_t rank_of(uint32_t cell) const { return rank_of_cell(marks, ranks, cell); }
  // How many voxels lie before a cell.
  int64_t voxels_before(int64_t cell) const {
    const uint64_t before = marks[cell / 64] & ((uint64_t{1} << cell % 64) - 1);
    return ranks[cell / 64] + __builtin_popcountll(before);
  }
};

// Finds the voxels of a slab, and says how many it has.
inline int64_t number_voxels(const Slab& slab) {
  std::fill(slab.marks + slab.first_word(), slab.marks + slab.end_word(), 0);
  for (const Entry<uint32_t>* point = slab.begin; point < slab.end; ++point) {
    slab.marks[point->cell / 64] |= uint64_t{1} << point->cell % 64;
  }
  int64_t voxels = 0;
  for (int64_t w = slab.first_word(); w < slab.end_word(); ++w) {
    slab.ranks[w] = static_cast<uint32_t>(voxels);
    voxels += __builtin_popcountll(slab.marks[w]);
  }
  return voxels;
}

// The points and the voxels [first_voxel, end_voxel) of a slab that lie in one cloud.
struct Share {
  int64_t cloud;
  const Entry<uint32_t>*begin, *end;
  int64_t first_voxel, end_voxel;
};

// Calls body(share) cloud by cloud for a slab of `voxels` voxels.
template <class Body>
void for_each_share(const VoxelPlan& plan, const Slab& slab, int64_t voxels, Body body) {
  const int64_t cells = plan.grid.cells();
  Share share = {slab.first_cell / cells, nullptr, slab.begin, 0, 0};
  for (; share.end < slab.end; ++share.cloud) {
    const int64_t end_cell = (share.cloud + 1) * cells;
    share.begin = share.end;
    // Positions of one cloud lie before those of the next.
    share.end += border(0, slab.end - share.begin, [&](int64_t i) {
      return static_cast<int64_t>(share.begin[i].cell) < end_cell;
    });
    share.first_voxel = share.end_voxel;
    share.end_voxel = share.end == slab.end ? voxels : slab.voxels_before(end_cell);
    if (share.begin != share.end) body(share);
  }
}

// Calls body(position, record, later) for the points of a share: `later` is the position of one that
// comes soon, for its features lie anywhere.
template <class Body>
RC_INLINE void for_each_point(Slab slab, SlabRecords records, const Share& share, Body body) {
  constexpr int64_t kAhead = 64;
  const Entry<uint32_t>* const last = share.end - 1;
  for (const Entry<uint32_t>* point = share.begin; point <= last; ++point) {
    const uint32_t later = std::min(point + kAhead, last)->position;
    body(point->position, records.records + slab.rank_of(point->cell) * records.words, later);
  }
}

// Counts the points of a share.
inline void count_points(const Slab& slab, const SlabRecords& records, const Share& share) {
  for_each_point(slab, records, share, [](int64_t, uint64_t* record, int64_t) { ++*record; });
}

// Adds the channels [channel, channel + channels) of the points of a share, whose features `tally` has
// turned to, and counts the points with the first ones.
template <class T, class Tally, class Stride, class Channels>
void add_channels(const VoxelPlan& plan, const Slab& slab, const SlabRecords& records,
                  const Share& share, int64_t channel, Stride stride, Channels channels,
                  const Tally& tally) {
  const Array& array = plan.features;
  const T* const features = reinterpret_cast<const T*>(array.data);
  // Of position 0, which may lie before the features.
  const int64_t start = start_of(plan, array, share.cloud, 0) + channel * array.channel;
  const int64_t step = array.step;
  const uint64_t one = channel == 0 ? 1 : 0;
  const auto add = [&](int64_t position, uint64_t* record, int64_t later) {
    // A row may lie in two lines.
    __builtin_prefetch(features + (start + later * step));
    __builtin_prefetch(features + (start + later * step + (channels - 1) * stride));
    *record += one;
    Doubles x;
    load_lanes(features + (start + position * step), stride, channels, x);
    Words words;
    load_words(record + 1 + channel, channels, words);
    const bool plain = tally.add(x, words);
    store_words(words, channels, record + 1 + channel);
    if (plain) return;
    const Doubles special = x;  // which alone has to lie in memory
    note_specials<Tally>(special, channel, channels, record);
  };
  for_each_point(slab, records, share, add);
}

// Counts the points of a share, and adds up what features there are.
template <class Tally>
void add_points(const VoxelPlan& plan, const Slab& slab, const SlabRecords& records,
                const Share& share, Tally& tally) {
  if (plan.width == 0) return count_points(slab, records, share);
  with_type(plan.features.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    for (int64_t c = 0; c < plan.width; c += kLanes) {
      const int64_t count = std::min(kLanes, plan.width - c);
      tally.turn_to(share.cloud, c, count);
      with_layout<T>(plan.features.channel, count, [&](auto stride, auto channels) {
        add_channels<T>(plan, slab, records, share, c, stride, channels, tally);
      });
    }
  });
}

// Calls body(cell) for the cells of the voxels of a slab, in their order.
template <class Body>
RC_INLINE void for_each_cell(const Slab& slab, Body body) {
  for (int64_t w = slab.first_word(); w < slab.end_word(); ++w) {
    for (uint64_t word = slab.marks[w]; word != 0; word &= word - 1) {
      body(w * 64 + __builtin_ctzll(word));
    }
  }
}

// Calls body(place, record) for the voxels of a slab.
template <class Body>
RC_INLINE void for_each_record(const VoxelPlan& plan, const Slab& slab, const SlabRecords& records,
                               Body body) {
  CellWalk walk(plan.grid);
  const uint64_t* record = records.records;
  for_each_cell(slab, [&](int64_t cell) {
    body(walk.at(cell), record);
    record += records.words;
  });
}

inline int64_t count_of(const uint64_t* record) { return static_cast<uint32_t>(*record); }

// The channels [channel, channel + channels) of a voxel, which `tally` has turned to.
template <class Tally>
void read_voxel(const uint64_t* record, int64_t channel, int64_t channels, const Tally& tally,
                Doubles& values) {
  Words words;
  load_words(record + 1 + channel, channels, words);
  tally.read(words, values);
  const uint64_t specials = *record >> 32;
  if (specials != 0) {
    read_specials<Tally>(specials >> channel * kSpecialBits, channels, values);
  }
}

// Writes `count` channels from `channel` on of the voxels of a slab. (The plan is a copy, which no store
// can change.)
template <class Tally>
void write_channels(const DensePlan plan, const Slab& slab, const SlabRecords& records,
                    int64_t channel, int64_t count, Tally& tally) {
  const GridArray& output = plan.output;
  with_layout(output.type, output.channel, count, [&](auto type, auto stride, auto channels) {
    for_each_record(plan.voxels, slab, records,
                    [&](const CellPlace& place, const uint64_t* record) {
                      Doubles values;
                      tally.turn_to(place.cloud, channel, channels);
                      read_voxel(record, channel, channels, tally, values);
                      store_channels(plan, place, channel, old_count_of(plan, place),
                                     count_of(record), type, stride, channels, values);
                    });
  });
}

inline void reduce_slab(const DensePlan& plan, const SlabPoints& points, const SlabRecords& records,
                        int64_t number) {
  const VoxelPlan& voxels = plan.voxels;
  const Slab slab(voxels, points, number);
  if (!plan.accumulate) clear_cells(plan, slab.first_cell, slab.end_cell);
  if (slab.begin == slab.end) return;
  const int64_t count = number_voxels(slab);
  std::fill_n(records.records, count * records.words, 0);
  with_tally(voxels, points.exponents, [&](auto& tally) {
    for_each_share(voxels, slab, count,
                   [&](const Share& share) { add_points(voxels, slab, records, share, tally); });
    for (int64_t c = 0; c < voxels.width; c += kLanes) {
      write_channels(plan, slab, records, c, std::min(kLanes, voxels.width - c), tally);
    }
  });
  if (!plan.counts) return;
  for_each_record(voxels, slab, records, [&](const CellPlace& place, const uint64_t* record) {
    store_count(plan, place, old_count_of(plan, place), count_of(record));
  });
}

inline int64_t number_slab(const VoxelPlan& plan, const SlabPoints& points, int64_t number) {
  return number_voxels(Slab(plan, points, number));
}

// Writes where the voxels of a slab are, and how many points they have: the rows [row, end). (The plan
// is a copy, which no store can change.)
inline void write_places(const SparsePlan plan, const Slab& slab, const SlabRecords& records,
                         int64_t row, int64_t end) {
  for_each_record(plan.voxels, slab, records, [&](const CellPlace& place, const uint64_t* record) {
    if (row >= end) return;
    store_coords(plan, row, place);
    store_number(plan, row, count_of(record));
    ++row;
  });
}

// Writes the features of the voxels of a share to their rows, the slab's first one being `row`; those
// from voxel `kept` on have none.
template <class Tally>
void write_features(const SparsePlan& plan, const SlabRecords& records, const Share& share,
                    int64_t row, int64_t kept, Tally& tally) {
  const Array& reduced = plan.reduced;
  const int64_t begin = share.first_voxel, end = std::min(share.end_voxel, kept);
  for (int64_t c = 0; c < plan.voxels.width; c += kLanes) {
    const int64_t count = std::min(kLanes, plan.voxels.width - c);
    tally.turn_to(share.cloud, c, count);
    with_layout(reduced.type, reduced.channel, count, [&](auto type, auto stride, auto channels) {
      const uint64_t* record = records.records + begin * records.words;
      int64_t element = (row + begin) * reduced.step + c * reduced.channel;
      for (int64_t i = begin; i < end; ++i) {
        Doubles values;
        read_voxel(record, c, channels, tally, values);
        finish_lanes(plan.voxels.reduce, count_of(record), values);
        store_lanes(type, reduced.data, element, stride, channels, values);
        record += records.words;
        element += reduced.step;
      }
    });
  }
}

inline void list_slab(const SparsePlan& plan, const SlabPoints& points, const SlabRecords& records,
                      int64_t number, int64_t row, int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const Slab slab(voxels, points, number);
  const int64_t count = end - row, kept = std::clamp<int64_t>(plan.capacity - row, 0, count);
  std::fill_n(records.records, count * records.words, 0);
  const auto list = [&](auto each) {
    for_each_share(voxels, slab, count, [&](const Share& share) {
      each(share);
      int64_t lost = 0;
      for (int64_t i = std::max(share.first_voxel, kept); i < share.end_voxel; ++i) {
        lost += count_of(records.records + i * records.words);
      }
      add_stat(voxels.stats, share.cloud, RC_STAT_OVER_CAPACITY, lost);
    });
  };
  if (!plan.reduced) {
    list([&](const Share& share) { count_points(slab, records, share); });
  } else {
    with_tally(voxels, points.exponents, [&](auto& tally) {
      list([&](const Share& share) {
        add_points(voxels, slab, records, share, tally);
        write_features(plan, records, share, row, kept, tally);
      });
    });
  }
  write_places(plan, slab, records, row, row + kept);
}

// Writes the rows of the points [begin, end) of a list; `rows` has the first one of each slab.
inline void number_points(const SparsePlan& plan, const SlabPoints& points, const Cell* cells,
                          uint32_t none, const int64_t* rows, int64_t begin, int64_t end) {
  const Array array = plan.point_to_voxel;
  const int64_t capacity = plan.capacity;
  const SlabPoints slabs = points;
  for_each_run(plan.voxels.cloud, begin, end, [&](const Run& run) {
    if (run.cloud < 0) return clear_points(plan, run.begin, run.end);
    const int64_t start = run.start(array, run.begin);
    for (int64_t i = run.begin; i < run.end; ++i) {
      const uint32_t cell = cells[i].cell;
      int64_t row = -1;
      if (cell != none) {
        row = rows[cell >> slabs.bits] + rank_of_cell(slabs.marks, slabs.ranks, cell);
        if (row >= capacity) row = -1;
      }
      store_index(array, start + (i - run.begin) * array.step, row);
    }
  });
}

RC_KERNELS_END
