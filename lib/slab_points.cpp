// SPDX-License-Identifier: Apache-2.0
#include "lib/slab_points.h"

#include <algorithm>

#include "kernels/common/carver.h"
#include "kernels/voxelize/reduce.h"
#include "lib/parallel.h"
#include "lib/radix.h"
#include "lib/simd.h"

namespace rc {
namespace {

constexpr int64_t cells_per_word = 64, bytes_per_word = 8, line = 64;
/** Channels whose specials fit a record. */
constexpr int64_t most_channels = 32 / kSpecialBits;
/** Records of a slab stay in a core's cache, or may leave it where slabs would be too many. */
constexpr int64_t good_slab = 1 << 20, largest_slab = 1 << 23;
/** Keys of 32 bits have room for one more slab. */
constexpr int64_t most_cells = int64_t{UINT32_MAX} - largest_slab;

int64_t words_of_record(const VoxelPlan& plan) { return 1 + plan.width; }

/** How many bits tell the cells of a slab. Where cells are few there are enough slabs for all threads, of
 * whole words of marks. There are fewer slabs than kRadixSize: one more is for what is left out. */
int slab_bits(const rc_context& context, const VoxelPlan& plan) {
  constexpr int64_t slabs_of_thread = 4;
  const int64_t threads = context.pool.size();
  const auto is_for_all = [&](int bits) {
    return threads == 1 || plan.cells() >> bits >= threads * slabs_of_thread;
  };
  int bits = 0;
  while ((2 * words_of_record(plan) * bytes_per_word) << bits <= good_slab) ++bits;
  while (int64_t{1} << bits > cells_per_word && !is_for_all(bits)) --bits;
  while (divide_up(plan.cells(), int64_t{1} << bits) >= kRadixSize) ++bits;
  return bits;
}

struct Slabs {
  int64_t count;
  int bits;
  Cell* cells;
  Entry<uint32_t>* points;
  uint32_t *counters, *first;
  /** The first of each slab. */
  int64_t* rows;
  uint64_t* marks;
  uint32_t* ranks;
  int32_t* exponents;
  SlabRecords records;  // of thread 0
  /** How far those of the next thread are. */
  int64_t words_of_records;

  /** The cell of a point that is left out: in a slab of its own. */
  uint32_t none() const { return static_cast<uint32_t>(count << bits); }
  SlabPoints grouped() const { return {points, first, bits, marks, ranks, exponents}; }
  SlabRecords records_of(int thread) const {
    return {records.records + thread * words_of_records, records.words};
  }
};

Slabs carve(const rc_context& context, const VoxelPlan& plan, Carver& carver) {
  const int64_t positions = plan.cloud.positions(), cells = plan.cells();
  Slabs slabs = {};
  slabs.bits = slab_bits(context, plan);
  slabs.count = divide_up(cells, int64_t{1} << slabs.bits);
  slabs.cells = carver.take<Cell>(positions);
  slabs.points = carver.take<Entry<uint32_t>>(positions);
  slabs.counters = carver.take<uint32_t>(RadixPieces(positions).counters());
  slabs.first = carver.take<uint32_t>(slabs.count + 1);
  slabs.rows = carver.take<int64_t>(slabs.count + 1);
  slabs.marks = carver.take<uint64_t>(divide_up(cells, cells_per_word));
  slabs.ranks = carver.take<uint32_t>(divide_up(cells, cells_per_word));
  slabs.exponents =
      carver.take<int32_t>(plan.measures_range() ? plan.cloud.clouds * plan.width : 0);
  slabs.records.words = words_of_record(plan);
  const int64_t voxels = std::min({positions, cells, int64_t{1} << slabs.bits});
  // Threads write to lines of their own.
  slabs.words_of_records = voxels * slabs.records.words + line / bytes_per_word;
  slabs.records.records = carver.take<uint64_t>(context.pool.size() * slabs.words_of_records);
  return slabs;
}

const SlabKernels& slab_kernels(const rc_context& context) {
  return RC_AT_LEVEL(context.simd_level, slab_kernels);
}

/** Groups the points, in `workspace`, and counts what is left out. */
Slabs group(rc_context& context, const VoxelPlan& plan, char* workspace) {
  Carver carver(workspace);
  const Slabs slabs = carve(context, plan, carver);
  const SlabKernels& kernels = slab_kernels(context);
  const int64_t positions = plan.cloud.positions();
  const bool measured = plan.measures_range();
  if (measured) std::fill_n(slabs.exponents, plan.cloud.clouds * plan.width, kNoExponent);
  split(context, positions, 1 + plan.width, [&](int64_t begin, int64_t end) {
    kernels.list(plan, slabs.none(), slabs.cells, begin, end);
    if (measured) kernels.range(plan, slabs.none(), slabs.cells, slabs.exponents, begin, end);
  });
  const RadixPieces pieces(positions);
  pieces.place(context, slabs.cells, slabs.bits, slabs.counters);
  std::copy_n(slabs.counters, slabs.count + 1, slabs.first);
  pieces.move(context, slabs.cells, slabs.points, slabs.bits, slabs.counters);
  return slabs;
}

/** Runs body(slab, thread) for all slabs. */
template <class Body>
void each_slab(rc_context& context, const Slabs& slabs, int64_t elements, Body body) {
  const int64_t tasks = std::clamp<int64_t>(elements / elements_per_task, 1, slabs.count);
  context.pool.run(tasks, [&](int64_t task, int thread) {
    const int64_t end = slabs.count * (task + 1) / tasks;
    for (int64_t slab = slabs.count * task / tasks; slab < end; ++slab) body(slab, thread);
  });
}

bool uses_slabs(const rc_context& context, const VoxelPlan& plan) {
  const int64_t positions = plan.cloud.positions(), cells = plan.cells();
  if (plan.width > most_channels || cells == 0 || cells > most_cells) return false;
  const bool sums = plan.reduce == RC_REDUCE_SUM || plan.reduce == RC_REDUCE_MEAN;
  if (sums && (plan.features.type == Type::f64 || positions > kMostIn64Bits)) return false;
  const int bits = slab_bits(context, plan);
  if ((words_of_record(plan) * bytes_per_word) << bits > largest_slab) return false;
  const uint64_t limit = context.options.workspace_limit;
  return limit == 0 || slab_workspace(context, plan) <= limit;
}

}  // namespace

bool uses_slabs(const rc_context& context, const DensePlan& plan) {
  return reduces_features(plan.voxels.reduce) && uses_slabs(context, plan.voxels);
}

bool uses_slabs(const rc_context& context, const SparsePlan& plan) {
  // The first points of a voxel have an order; and cells are looked at, points or not.
  return !plan.hard && plan.voxels.cells() / cells_per_word <= plan.voxels.cloud.positions() &&
         uses_slabs(context, plan.voxels);
}

uint64_t slab_workspace(const rc_context& context, const VoxelPlan& plan) {
  Carver carver(nullptr);
  carve(context, plan, carver);
  return carver.most();
}

void reduce_slabs(rc_context& context, const DensePlan& plan, char* workspace) {
  const VoxelPlan& voxels = plan.voxels;
  const Slabs slabs = group(context, voxels, workspace);
  const int64_t elements = (voxels.cells() + voxels.cloud.positions()) * (1 + voxels.width);
  each_slab(context, slabs, elements, [&](int64_t slab, int thread) {
    slab_kernels(context).reduce(plan, slabs.grouped(), slabs.records_of(thread), slab);
  });
}

int64_t list_slabs(rc_context& context, const SparsePlan& plan, char* workspace) {
  const VoxelPlan& voxels = plan.voxels;
  const Slabs slabs = group(context, voxels, workspace);
  const int64_t positions = voxels.cloud.positions();
  int64_t* const rows = slabs.rows;
  // Voxels are counted first, so that each slab knows the number of its first row.
  rows[0] = 0;
  each_slab(context, slabs, positions, [&](int64_t slab, int) {
    rows[slab + 1] = slab_kernels(context).number(voxels, slabs.grouped(), slab);
  });
  for (int64_t slab = 0; slab < slabs.count; ++slab) rows[slab + 1] += rows[slab];
  each_slab(context, slabs, positions * (4 + voxels.width), [&](int64_t slab, int thread) {
    slab_kernels(context).list_voxels(plan, slabs.grouped(), slabs.records_of(thread), slab,
                                      rows[slab], rows[slab + 1]);
  });
  if (plan.point_to_voxel) {
    split(context, positions, 1, [&](int64_t begin, int64_t end) {
      slab_kernels(context).number_points(plan, slabs.grouped(), slabs.cells, slabs.none(), rows,
                                          begin, end);
    });
  }
  return rows[slabs.count];
}

}  // namespace rc
