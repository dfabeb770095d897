// SPDX-License-Identifier: Apache-2.0
// Loops over points on the CPU: cells, direct reductions, ranges. Each SIMD level compiles them.
#pragma once

#include <limits>

#include "kernels/voxelize/reduce.h"
#include "kernels/voxelize/runs.h"
#include "kernels/voxelize/voxelize.h"

RC_KERNELS_BEGIN

// Points of a run that have no voxel.
struct LeftOut {
  int64_t outside = 0, not_finite = 0;

  void add(int64_t why) { ++(why == kOutside ? outside : not_finite); }
};

// Calls inside(run, position, voxel) for the points of [begin, end) that have a voxel,
// outside(position) for the others, and counts what is left out.
template <class Inside, class Outside>
void for_each_voxel(const VoxelPlan& plan, int64_t begin, int64_t end, Inside inside,
                    Outside outside) {
  const Array& points = plan.cloud.array;
  with_point_type(points.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    for_each_run(plan.cloud, begin, end, [&](const Run& run) {
      if (run.cloud < 0) {
        for (int64_t i = run.begin; i < run.end; ++i) outside(i);
        return;
      }
      LeftOut left_out;
      const int64_t start = run.start(points, run.begin);
      for (int64_t i = run.begin; i < run.end; ++i) {
        const Voxel voxel = voxel_at<T>(points, plan.grid, start + (i - run.begin) * points.step);
        if (voxel.left_out == 0) {
          inside(run, i, voxel);
        } else {
          left_out.add(voxel.left_out);
          outside(i);
        }
      }
      add_stat(plan.stats, run.cloud, RC_STAT_OUTSIDE, left_out.outside);
      add_stat(plan.stats, run.cloud, RC_STAT_NOT_FINITE, left_out.not_finite);
    });
  });
}

// Other threads may write the same voxel: a plain store where this one is alone, else a relaxed one.
template <class T>
void add_to(T* target, T value, bool shared) {
  if (shared) {
    __atomic_fetch_add(target, value, __ATOMIC_RELAXED);
  } else {
    // Unsigned, because counts wrap.
    *target = static_cast<T>(static_cast<uint32_t>(*target) + static_cast<uint32_t>(value));
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

inline void mark_points(const DensePlan& plan, bool shared, int64_t begin, int64_t end) {
  const GridArray& output = plan.output;
  const auto each = [&](auto mark) {
    for_each_voxel(
        plan.voxels, begin, end,
        [&](const Run& run, int64_t, const Voxel& voxel) {
          mark(run.cloud, voxel.index);
          if (plan.counts) {
            add_to(reinterpret_cast<int32_t*>(plan.counts.data) +
                       element_of(plan.counts, run.cloud, voxel.index),
                   1, shared);
          }
        },
        [](int64_t) {});
  };
  switch (plan.voxels.reduce) {
    case RC_REDUCE_COUNT:
      return each([&](int64_t cloud, const int64_t (&index)[3]) {
        add_to(reinterpret_cast<int32_t*>(output.data) + element_of(output, cloud, index), 1,
               shared);
      });
    case RC_REDUCE_OCCUPANCY:
      return each([&](int64_t cloud, const int64_t (&index)[3]) {
        __atomic_store_n(output.data + element_of(output, cloud, index), char{1}, __ATOMIC_RELAXED);
      });
    default:
      return each([&](int64_t cloud, const int64_t (&index)[3]) {
        const int64_t byte[3] = {index[0], index[1], index[2] / 8};
        set_bits(output.data + element_of(output, cloud, byte), 1 << index[2] % 8, shared);
      });
  }
}

template <class Key>
void list_points(const VoxelPlan& plan, Listed<Key> points, int64_t begin, int64_t end) {
  const Key none = static_cast<Key>(plan.cells());
  for_each_voxel(
      plan, begin, end,
      [&](const Run& run, int64_t i, const Voxel& voxel) {
        points.keys[i] = static_cast<Key>(cell_of(plan.grid, run.cloud, voxel));
        points.positions[i] = static_cast<uint32_t>(i);
      },
      [&](int64_t i) {
        points.keys[i] = none;
        points.positions[i] = static_cast<uint32_t>(i);
      });
}

inline void raise(int32_t* target, int32_t value) {
  int32_t old = __atomic_load_n(target, __ATOMIC_RELAXED);
  while (old < value && !__atomic_compare_exchange_n(target, &old, value, true, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
  }
}

template <class Key>
void measure_range(const VoxelPlan& plan, const Key* keys, int32_t* exponents, int64_t begin,
                   int64_t end) {
  // Channels that are followed at once.
  constexpr int64_t kBlock = 16;
  const Array& features = plan.features;
  const Key none = static_cast<Key>(plan.cells());
  with_type(features.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* const data = reinterpret_cast<const T*>(features.data);
    for_each_run(plan.cloud, begin, end, [&](const Run& run) {
      if (run.cloud < 0) return;
      for (int64_t c = 0; c < plan.width; c += kBlock) {
        const int64_t channels = std::min(kBlock, plan.width - c);
        double largest[kBlock] = {};
        for (int64_t i = run.begin; i < run.end; ++i) {
          if (keys[i] == none) continue;
          const T* const row = data + run.start(features, i) + c * features.channel;
          for (int64_t k = 0; k < channels; ++k) {
            const double x = std::fabs(to_double(row[k * features.channel]));
            if (x > largest[k] && is_finite(x)) largest[k] = x;
          }
        }
        for (int64_t k = 0; k < channels; ++k) {
          if (largest[k] > 0) {
            raise(exponents + run.cloud * plan.width + c + k, exponent_of(largest[k]));
          }
        }
      }
    });
  });
}

RC_KERNELS_END
