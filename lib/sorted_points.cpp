// SPDX-License-Identifier: Apache-2.0
#include "lib/sorted_points.h"

#include <algorithm>

#include "kernels/common/search.h"
#include "kernels/voxelize/reduce.h"
#include "lib/parallel.h"
#include "lib/radix.h"
#include "lib/simd.h"

namespace rc {
namespace {

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
  result.counts = carver.take<uint32_t>(RadixPieces(positions).counters());
  return result;
}

template <class Key>
const Entry<Key>* sort(rc_context& context, Lists<Key>& memory, int64_t positions,
                       int64_t greatest) {
  const RadixPieces pieces(positions);
  Entry<Key>*from = memory.lists[0], *to = memory.lists[1];
  for (int shift = 0; shift < 64 && greatest >> shift != 0; shift += kRadixBits) {
    if (!pieces.place(context, from, shift, memory.counts)) continue;
    pieces.move(context, from, to, shift, memory.counts);
    std::swap(from, to);
  }
  return from;
}

void list(const PointKernels& kernels, const VoxelPlan& plan, uint32_t none,
          Entry<uint32_t>* points, int64_t begin, int64_t end) {
  kernels.list32(plan, none, points, begin, end);
}
void list(const PointKernels& kernels, const VoxelPlan& plan, uint64_t none,
          Entry<uint64_t>* points, int64_t begin, int64_t end) {
  kernels.list64(plan, none, points, begin, end);
}
void measure(const PointKernels& kernels, const VoxelPlan& plan, uint32_t none,
             const Entry<uint32_t>* points, int32_t* exponents, int64_t begin, int64_t end) {
  kernels.range32(plan, none, points, exponents, begin, end);
}
void measure(const PointKernels& kernels, const VoxelPlan& plan, uint64_t none,
             const Entry<uint64_t>* points, int32_t* exponents, int64_t begin, int64_t end) {
  kernels.range64(plan, none, points, exponents, begin, end);
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
  const Key none = static_cast<Key>(plan.cells());
  if (measured) std::fill_n(memory.exponents, plan.cloud.clouds * plan.width, kNoExponent);
  split(context, positions, 1 + plan.width, [&](int64_t begin, int64_t end) {
    list(kernels, plan, none, memory.lists[0], begin, end);
    if (measured) measure(kernels, plan, none, memory.lists[0], memory.exponents, begin, end);
  });
  const Entry<Key>* const points = sort(context, memory, positions, plan.cells());
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
