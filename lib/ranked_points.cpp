// SPDX-License-Identifier: Apache-2.0
#include "lib/ranked_points.h"

#include <algorithm>

#include "kernels/common/carver.h"
#include "kernels/common/search.h"
#include "kernels/voxelize/reduce.h"
#include "lib/parallel.h"
#include "lib/simd.h"

namespace rc {
namespace {

constexpr int64_t bits_per_word = 64, bytes_per_word = 8, line = 64;
/** Channels whose specials fit a record. */
constexpr int64_t most_channels = 32 / kSpecialBits;
/** Sums of so many integers fit 64 bits: kMostIn64Bits of the kernels. */
constexpr int64_t most_summed = 1 << 22;
/** Each thread looks at the cells of all points for those that are its own: that does not pay with
 * more of them. */
constexpr int64_t most_slabs = 8;

RankedPoints carve(const VoxelPlan& plan, Carver& carver) {
  const int64_t positions = plan.cloud.positions(), cells = plan.cells();
  RankedPoints points = {};
  points.words = divide_up(cells, bits_per_word);
  points.words_of_record = 1 + plan.width;
  points.cells = carver.take<Cell>(positions);
  points.marks = carver.take<uint64_t>(points.words);
  points.ranks = carver.take<uint32_t>(points.words);
  const int64_t most = std::min(positions, cells);
  // From the beginning of a line on.
  char* const memory = carver.take<char>(most * points.words_of_record * bytes_per_word + line);
  const auto into_line = static_cast<int64_t>(reinterpret_cast<uintptr_t>(memory) % line);
  points.records = reinterpret_cast<uint64_t*>(memory + (line - into_line) % line);
  points.exponents =
      carver.take<int32_t>(plan.measures_range() ? plan.cloud.clouds * plan.width : 0);
  return points;
}

/** The end of the cells that hold the first `part` of `parts` of the voxels. */
int64_t end_of_slab(const RankedPoints& points, int64_t cells, int64_t part, int64_t parts) {
  if (part == parts) return cells;
  const int64_t voxels = points.voxels * part / parts;
  const int64_t word = border(0, points.words, [&](int64_t w) { return points.ranks[w] < voxels; });
  return std::min(cells, word * bits_per_word);
}

}  // namespace

bool uses_ranks(const rc_context& context, const SparsePlan& plan) {
  const VoxelPlan& voxels = plan.voxels;
  const int64_t positions = voxels.cloud.positions(), cells = voxels.cells();
  // The first points of a voxel have an order.
  if (plan.hard || voxels.width > most_channels) return false;
  const bool sums = voxels.reduce == RC_REDUCE_SUM || voxels.reduce == RC_REDUCE_MEAN;
  if (sums && (voxels.features.type == Type::f64 || positions > most_summed)) return false;
  if (cells == 0 || cells >= int64_t{UINT32_MAX} || cells / bits_per_word > positions) return false;
  const uint64_t limit = context.options.workspace_limit;
  return context.pool.size() <= most_slabs && (limit == 0 || rank_workspace(voxels) <= limit);
}

const RankKernels& rank_kernels(const rc_context& context) {
  return RC_AT_LEVEL(context.simd_level, rank_kernels);
}

RankedPoints rank_points(rc_context& context, const VoxelPlan& plan, char* workspace) {
  Carver carver(workspace);
  RankedPoints points = carve(plan, carver);
  const RankKernels& kernels = rank_kernels(context);
  const int64_t positions = plan.cloud.positions(), cells = plan.cells();
  const bool measured = plan.measures_range();
  if (measured) std::fill_n(points.exponents, plan.cloud.clouds * plan.width, kNoExponent);
  std::fill_n(points.marks, points.words, 0);
  split(context, positions, 1 + plan.width, [&](int64_t begin, int64_t end) {
    kernels.list(plan, points.cells, begin, end);
    if (measured) kernels.range(plan, points.cells, points.exponents, begin, end);
    kernels.mark(plan, points, context.pool.size() > 1, begin, end);
  });
  for (int64_t w = 0; w < points.words; ++w) {
    points.ranks[w] = static_cast<uint32_t>(points.voxels);
    points.voxels += __builtin_popcountll(points.marks[w]);
  }
  split(context, points.voxels, points.words_of_record, [&](int64_t begin, int64_t end) {
    std::fill_n(points.records + begin * points.words_of_record,
                (end - begin) * points.words_of_record, 0);
  });
  const int64_t slabs = positions < elements_per_task ? 1 : context.pool.size();
  context.pool.run(slabs, [&](int64_t slab, int) {
    const int64_t begin = end_of_slab(points, cells, slab, slabs);
    const int64_t end = end_of_slab(points, cells, slab + 1, slabs);
    if (begin >= end) return;
    kernels.add(plan, points, {static_cast<uint32_t>(begin), static_cast<uint32_t>(end - begin)});
  });
  return points;
}

uint64_t rank_workspace(const VoxelPlan& plan) {
  Carver carver(nullptr);
  carve(plan, carver);
  return carver.most();
}

}  // namespace rc
