// SPDX-License-Identifier: Apache-2.0
// Loops over points on the CPU: cells, direct reductions, ranges. Each SIMD level compiles them.
#pragma once

#include <limits>

#include "kernels/voxelize/lanes.h"
#include "kernels/voxelize/reduce.h"
#include "kernels/voxelize/runs.h"
#include "kernels/voxelize/voxelize.h"

RC_KERNELS_BEGIN

// Points that are placed at once.
constexpr int64_t kBlock = 256;

// Where the points of a block fall. All numbers are of one width, so that loops become vector code.
template <class Index>
struct Block {
  Index index[3][kBlock];
  Index inside[kBlock];  // 1, or 0 of a point that is left out
};

// Coordinates of `count` points from `data` on, one axis after the other.
template <class T, class Real>
void read_coordinates(const Array& points, const T* data, int64_t count,
                      Real (&coordinates)[3][kBlock]) {
  const auto read = [&](auto step, auto channel) {
    for (int64_t i = 0; i < count; ++i) {
      coordinates[0][i] = to_arithmetic(data[i * step]);
      coordinates[1][i] = to_arithmetic(data[i * step + channel]);
      coordinates[2][i] = to_arithmetic(data[i * step + 2 * channel]);
    }
  };
  using One = std::integral_constant<int64_t, 1>;
  // Strides that are known make vector code.
  if (points.channel == 1 && points.step == 3) {
    read(std::integral_constant<int64_t, 3>(), One());
  } else {
    read(points.step, points.channel);
  }
}

// The rule of voxel_in_grid() without branches, for `count` points from element `start` on. Of a
// number that is not negative, the integer that conversion leaves is its floor.
template <class T, class Index>
void place_points(const Array& points, const Grid& grid, int64_t start, int64_t count,
                  Block<Index>& block) {
  using Real = decltype(to_arithmetic(T{}));
  Real coordinates[3][kBlock];
  read_coordinates(points, reinterpret_cast<const T*>(points.data) + start, count, coordinates);
  for (int64_t i = 0; i < count; ++i) block.inside[i] = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const Real origin = static_cast<Real>(grid.origin[axis]);
    const Real size = static_cast<Real>(grid.size[axis]);
    const Real limit = limit_of<Real>(grid.dims[axis]);
    Index* const index = block.index[axis];
    for (int64_t i = 0; i < count; ++i) {
      const Real place = (coordinates[axis][i] - origin) / size;
      const bool inside = (place >= 0) & (place < limit);
      index[i] = static_cast<Index>(inside ? place : 0);
      block.inside[i] &= static_cast<Index>(inside);
    }
  }
}

// Counts why points are left out.
template <class T, class Index>
void count_left_out(const VoxelPlan& plan, int64_t cloud, int64_t start, int64_t count,
                    const Block<Index>& block) {
  int64_t inside = 0;
  for (int64_t i = 0; i < count; ++i) inside += block.inside[i];
  if (inside == count || !plan.stats) return;
  int64_t not_finite = 0;
  const Array& points = plan.cloud.array;
  for (int64_t i = 0; i < count; ++i) {
    if (block.inside[i]) continue;
    not_finite += voxel_at<T>(points, plan.grid, start + i * points.step).left_out == kNotFinite;
  }
  add_stat(plan.stats, cloud, RC_STAT_NOT_FINITE, not_finite);
  add_stat(plan.stats, cloud, RC_STAT_OUTSIDE, count - inside - not_finite);
}

// Leaves out the points whose voxel is not in a slice; they too have the place of some voxel that is.
template <class Index>
void keep_slice(const Slice& slice, int64_t count, Block<Index>& block) {
  const auto first = static_cast<Index>(slice.begin), end = static_cast<Index>(slice.end);
  Index* const x = block.index[0];
  for (int64_t i = 0; i < count; ++i) {
    const bool inside = (x[i] >= first) & (x[i] < end);
    x[i] = inside ? x[i] : first;
    block.inside[i] &= static_cast<Index>(inside);
  }
}

// Calls placed(run, position, count, block) for the points of [begin, end) block by block, and
// alone(position, count) for those that belong to no cloud.
template <class Placed, class Alone>
void for_each_block(const VoxelPlan& plan, int64_t begin, int64_t end, Placed placed, Alone alone) {
  const Array& points = plan.cloud.array;
  const auto each = [&](auto* type, auto index) {
    using T = std::remove_pointer_t<decltype(type)>;
    Block<decltype(index)> block;
    for_each_run(plan.cloud, begin, end, [&](const Run& run) {
      if (run.cloud < 0) return alone(run.begin, run.end - run.begin);
      for (int64_t i = run.begin; i < run.end; i += kBlock) {
        const int64_t start = run.start(points, i), count = std::min(kBlock, run.end - i);
        place_points<T>(points, plan.grid, start, count, block);
        count_left_out<T>(plan, run.cloud, start, count, block);
        placed(run, i, count, block);
      }
    });
  };
  const int64_t* const dims = plan.grid.dims;
  const bool small = std::max({dims[0], dims[1], dims[2]}) <= std::numeric_limits<int32_t>::max();
  with_point_type(points.type, [&](auto* type) {
    if (small) return each(type, int32_t{});
    return each(type, int64_t{});
  });
}

// Other threads may write the same voxel: a plain store where this one is alone, else a relaxed one.
inline void add(int32_t* target, int32_t number, bool shared) {
  if (shared) {
    // Threads would wait for each other to add none.
    if (number != 0) __atomic_fetch_add(target, number, __ATOMIC_RELAXED);
  } else {
    // Unsigned, because counts wrap.
    *target = static_cast<int32_t>(static_cast<uint32_t>(*target) + static_cast<uint32_t>(number));
  }
}

inline void set_bits(char* target, int bits, bool shared) {
  const auto byte = reinterpret_cast<uint8_t*>(target);
  if (shared) {
    __atomic_fetch_or(byte, static_cast<uint8_t>(bits), __ATOMIC_RELAXED);
  } else {
    *byte = static_cast<uint8_t>(*byte | bits);
  }
}

// Byte offsets in `array` of the voxels of a block's points; steps along z hold 2^`packed` voxels.
// Most grids need no more than 32 bits, of which vector code multiplies twice as many.
template <int packed, class Index>
void list_offsets(const GridArray& array, const Grid& grid, int64_t cloud, int64_t count,
                  const Block<Index>& block, int64_t (&offsets)[kBlock]) {
  const int64_t size = item_size(array.type), first = cloud * array.cloud * size;
  const auto list = [&](auto zero) {
    using Number = decltype(zero);
    Number steps[3];
    // Unsigned: the step of an axis of one voxel may be anything.
    for (int axis = 0; axis < 3; ++axis) {
      steps[axis] = static_cast<Number>(static_cast<uint64_t>(array.axis[axis]) *
                                        static_cast<uint64_t>(size));
    }
    for (int64_t i = 0; i < count; ++i) {
      const Number x = static_cast<Number>(block.index[0][i]);
      const Number y = static_cast<Number>(block.index[1][i]);
      const Number z = static_cast<Number>(block.index[2][i] >> packed);
      offsets[i] = first + (x * steps[0] + y * steps[1] + z * steps[2]);
    }
  };
  const int64_t* const dims = grid.dims;
  const int64_t last = element_of(array, 0, {dims[0] - 1, dims[1] - 1, (dims[2] - 1) >> packed});
  if (last <= std::numeric_limits<int32_t>::max() / size) return list(int32_t{});
  list(int64_t{});
}

// Stores that would be in vain would still take their lines from the other threads.
inline void set_byte_unless_set(char* target) {
  if (__atomic_load_n(target, __ATOMIC_RELAXED) != 1) {
    __atomic_store_n(target, char{1}, __ATOMIC_RELAXED);
  }
}
inline void set_bits_unless_set(char* target, int bits) {
  const auto byte = reinterpret_cast<uint8_t*>(target);
  if ((__atomic_load_n(byte, __ATOMIC_RELAXED) & bits) != bits) set_bits(target, bits, true);
}

// Calls mark(place in `array`, index along z, whether it is inside) for each point of a block; the place of
// one that is left out is some voxel. `writes`: whether it always writes, so that lines are asked for with the
// right to it.
template <int packed, bool writes = true, class Index, class Mark>
void mark_block(const GridArray& array, const Grid& grid, int64_t cloud, int64_t count,
                const Block<Index>& block, Mark mark) {
  int64_t offsets[kBlock];
  list_offsets<packed>(array, grid, cloud, count, block, offsets);
  char* const data = array.data;
#pragma GCC unroll 4
  for (int64_t i = 0; i < count; ++i) __builtin_prefetch(data + offsets[i], writes);
#pragma GCC unroll 4
  for (int64_t i = 0; i < count; ++i) {
    mark(data + offsets[i], block.index[2][i], static_cast<int>(block.inside[i]));
  }
}

// Passes on to mark(place, index along z) the points that are inside.
template <class Mark>
auto if_inside(Mark mark) {
  return [mark](char* place, auto z, int inside) {
    if (inside) mark(place, z);
  };
}

inline void mark_points(const DensePlan& plan, Company company, const Slice& slice, int64_t begin,
                        int64_t end) {
  const Grid& grid = plan.voxels.grid;
  const bool is_whole = slice.end - slice.begin == grid.dims[0];
  const bool shared = company != Company::kNone, looks = company == Company::kCrowd;
  // Of a point that is left out none is added, which takes less than to ask; to set nothing takes more.
  const auto count_in = [&](const GridArray& array, int64_t cloud, int64_t count, auto& block) {
    mark_block<0>(array, grid, cloud, count, block, [shared](char* place, auto, int inside) {
      add(reinterpret_cast<int32_t*>(place), inside, shared);
    });
  };
  const GridArray& output = plan.output;
  for_each_block(
      plan.voxels, begin, end,
      [&](const Run& run, int64_t, int64_t count, auto& block) {
        if (!is_whole) keep_slice(slice, count, block);
        if (plan.counts) count_in(plan.counts, run.cloud, count, block);
        switch (plan.voxels.reduce) {
          case RC_REDUCE_COUNT:
            return count_in(output, run.cloud, count, block);
          case RC_REDUCE_OCCUPANCY:
            if (looks) {
              return mark_block<0, false>(
                  output, grid, run.cloud, count, block,
                  if_inside([](char* place, auto) { set_byte_unless_set(place); }));
            }
            return mark_block<0>(output, grid, run.cloud, count, block,
                                 if_inside([](char* place, auto) {
                                   __atomic_store_n(place, char{1}, __ATOMIC_RELAXED);
                                 }));
          default:
            if (looks) {
              return mark_block<3, false>(
                  output, grid, run.cloud, count, block,
                  if_inside([](char* place, auto z) { set_bits_unless_set(place, 1 << z % 8); }));
            }
            return mark_block<3>(
                output, grid, run.cloud, count, block,
                if_inside([shared](char* place, auto z) { set_bits(place, 1 << z % 8, shared); }));
        }
      },
      [](int64_t, int64_t) {});
}

template <class Item, class Key>
void list_points(const VoxelPlan& plan, Key none, Item* entries, int64_t begin, int64_t end) {
  for_each_block(
      plan, begin, end,
      [&](const Run& run, int64_t position, int64_t count, auto& block) {
        const Key x_step = static_cast<Key>(plan.grid.dims[1]);
        const Key y_step = static_cast<Key>(plan.grid.dims[2]);
        const Key first = static_cast<Key>(run.cloud * plan.grid.cells()), left_out = none;
        Item* const to = entries + position;
        for (int64_t i = 0; i < count; ++i) {
          const Key x = static_cast<Key>(block.index[0][i]);
          const Key y = static_cast<Key>(block.index[1][i]);
          const Key cell = first + (x * x_step + y) * y_step + static_cast<Key>(block.index[2][i]);
          // Without a choice, for which compilers make the cells one by one.
          const Key inside = Key{} - static_cast<Key>(block.inside[i]);
          to[i].set((cell & inside) | (left_out & ~inside), static_cast<uint32_t>(position + i));
        }
      },
      [&](int64_t position, int64_t count) {
        for (int64_t i = position; i < position + count; ++i) {
          entries[i].set(none, static_cast<uint32_t>(i));
        }
      });
}

inline void raise(int32_t* target, int32_t value) {
  int32_t old = __atomic_load_n(target, __ATOMIC_RELAXED);
  while (old < value && !__atomic_compare_exchange_n(target, &old, value, true, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
  }
}

// The largest finite magnitudes of the features that `data` gives for the points of a run, which are
// `step` apart, but for points whose key is `none`.
template <class T, class Item, class Key>
RC_INLINE void measure_run(const T* data, int64_t step, int64_t stride, int64_t channels, Key none,
                           const Item* entries, int64_t count, Doubles& largest) {
  largest = Doubles{};
  for (int64_t i = 0; i < count; ++i) {
    if (entries[i].key() == none) continue;
    Doubles x;
    load_lanes(data + i * step, stride, channels, x);
    x = reinterpret_cast<Doubles>(reinterpret_cast<Longs>(x) & INT64_MAX);
    x = x < HUGE_VAL ? x : Doubles{};
    largest = x > largest ? x : largest;
  }
}

template <class Item, class Key>
void measure_range(const VoxelPlan& plan, Key none, const Item* entries, int32_t* exponents,
                   int64_t begin, int64_t end) {
  const Array& features = plan.features;
  with_type(features.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    for_each_run(plan.cloud, begin, end, [&](const Run& run) {
      if (run.cloud < 0) return;
      for (int64_t c = 0; c < plan.width; c += kLanes) {
        const T* const data = reinterpret_cast<const T*>(features.data) +
                              (run.start(features, run.begin) + c * features.channel);
        const int64_t count = std::min(kLanes, plan.width - c);
        Doubles largest;
        with_layout<T>(features.channel, count, [&](auto stride, auto channels) {
          measure_run(data, features.step, stride, channels, none, entries + run.begin,
                      run.end - run.begin, largest);
        });
        for (int64_t k = 0; k < count; ++k) {
          if (largest[k] > 0) {
            raise(exponents + run.cloud * plan.width + c + k, exponent_of(largest[k]));
          }
        }
      }
    });
  });
}

RC_KERNELS_END
