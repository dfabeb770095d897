// SPDX-License-Identifier: Apache-2.0
#include "lib/sorted_points.h"

#include <algorithm>

#include "kernels/common/search.h"
#include "kernels/voxelize/reduce.h"
#include "lib/parallel.h"
#include "lib/simd.h"

namespace rc {
namespace {

/** Points of one piece of the sort, and most pieces: their counters stay small beside the lists. */
constexpr int64_t points_per_piece = 1 << 16;
constexpr int64_t most_pieces = 64;

int64_t pieces_of(int64_t positions) {
  return std::clamp<int64_t>(positions / points_per_piece, 1, most_pieces);
}

template <class Key>
struct Lists {
  Entry<Key>* lists[2];
  int32_t* exponents;
  uint32_t* counts;
};

template <class Key>
Lists<Key> carve(const VoxelPlan& plan, Carver& carver) {
  const int64_t positions = plan.cloud.positions();
  Lists<Key> result;
  for (Entry<Key>*& list : result.lists) list = carver.take<Entry<Key>>(positions);
  result.exponents =
      carver.take<int32_t>(plan.measures_range() ? plan.cloud.clouds * plan.width : 0);
  result.counts = carver.take<uint32_t>(pieces_of(positions) * kRadixSize);
  return result;
}

/** Turns the counts [pieces, digits] into first places. False when all keys have the same digit. */
bool place_digits(uint32_t* counts, int64_t pieces, int64_t positions) {
  uint32_t place = 0;
  for (int64_t digit = 0; digit < kRadixSize; ++digit) {
    const uint32_t before = place;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      uint32_t& count = counts[piece * kRadixSize + digit];
      const uint32_t number = count;
      count = place;
      place += number;
    }
    if (place - before == static_cast<uint64_t>(positions)) return false;
  }
  return true;
}

template <class Key>
const Entry<Key>* sort(rc_context& context, Lists<Key>& memory, int64_t positions,
                       int64_t greatest) {
  const int64_t pieces = pieces_of(positions);
  const auto each_piece = [&](auto body) {
    context.pool.run(pieces, [&](int64_t piece, int) {
      body(memory.counts + piece * kRadixSize, positions * piece / pieces,
           positions * (piece + 1) / pieces);
    });
  };
  Entry<Key>*from = memory.lists[0], *to = memory.lists[1];
  for (int shift = 0; shift < 64 && greatest >> shift != 0; shift += kRadixBits) {
    each_piece([&](uint32_t* counts, int64_t begin, int64_t end) {
      std::fill_n(counts, kRadixSize, 0);
      count_digits(from, shift, begin, end, counts);
    });
    if (!place_digits(memory.counts, pieces, positions)) continue;
    each_piece([&](uint32_t* places, int64_t begin, int64_t end) {
      move_by_digit(from, to, shift, begin, end, places);
    });
    std::swap(from, to);
  }
  return from;
}

void list(const PointKernels& kernels, const VoxelPlan& plan, Entry<uint32_t>* points,
          int64_t begin, int64_t end) {
  kernels.list32(plan, points, begin, end);
}
void list(const PointKernels& kernels, const VoxelPlan& plan, Entry<uint64_t>* points,
          int64_t begin, int64_t end) {
  kernels.list64(plan, points, begin, end);
}
void measure(const PointKernels& kernels, const VoxelPlan& plan, const Entry<uint32_t>* points,
             int32_t* exponents, int64_t begin, int64_t end) {
  kernels.range32(plan, points, exponents, begin, end);
}
void measure(const PointKernels& kernels, const VoxelPlan& plan, const Entry<uint64_t>* points,
             int32_t* exponents, int64_t begin, int64_t end) {
  kernels.range64(plan, points, exponents, begin, end);
}

}  // namespace

const PointKernels& point_kernels(const rc_context& context) {
  return RC_AT_LEVEL(context.simd_level, point_kernels);
}

template <>
const VoxelKernels<uint32_t>& voxel_kernels(const rc_context& context) {
  return RC_AT_LEVEL(context.simd_level, voxel_kernels32);
}

template <>
const VoxelKernels<uint64_t>& voxel_kernels(const rc_context& context) {
  return RC_AT_LEVEL(context.simd_level, voxel_kernels64);
}

template <class Key>
SortedPoints<Key> sort_points(rc_context& context, const VoxelPlan& plan, char* workspace) {
  Carver carver(workspace);
  Lists<Key> memory = carve<Key>(plan, carver);
  const PointKernels& kernels = point_kernels(context);
  const int64_t positions = plan.cloud.positions();
  const bool measured = plan.measures_range();
  if (measured) std::fill_n(memory.exponents, plan.cloud.clouds * plan.width, kNoExponent);
  split(context, positions, 1 + plan.width, [&](int64_t begin, int64_t end) {
    list(kernels, plan, memory.lists[0], begin, end);
    if (measured) measure(kernels, plan, memory.lists[0], memory.exponents, begin, end);
  });
  const Entry<Key>* const points = sort(context, memory, positions, plan.cells());
  const Key none = static_cast<Key>(plan.cells());
  const int64_t count = border(0, positions, [&](int64_t i) { return points[i].key() < none; });
  return {points, count, memory.exponents};
}

template SortedPoints<uint32_t> sort_points(rc_context&, const VoxelPlan&, char*);
template SortedPoints<uint64_t> sort_points(rc_context&, const VoxelPlan&, char*);

uint64_t sort_workspace(const VoxelPlan& plan) {
  return with_key(plan, [&](auto* key) {
    Carver carver(nullptr);
    carve<std::remove_pointer_t<decltype(key)>>(plan, carver);
    return carver.most();
  });
}

}  // namespace rc
