// SPDX-License-Identifier: Apache-2.0
// The CPU kernels of voxelize.h, in the order in which calls use them. A caller splits the work as
// it likes: how it does changes no bit.
#pragma once

#include <cstdint>

#include "kernels/common/fault.h"
#include "kernels/voxelize/plan.h"

namespace rc {

// The first fault in offsets and lengths.
Fault check_cloud(int32_t op, const Cloud& cloud);

// Bounds of the points at the indices [begin, end) along the axis of points, and the result of all
// parts of a cloud.
struct Bounds;
Bounds bounds_of_points(const Cloud& clouds, int64_t cloud, int64_t begin, int64_t end);
void write_bounds(const BoundsPlan& plan, int64_t cloud, const Bounds* parts, int64_t count);

// A point of a list: its cell, and the position it came from. Key is uint32_t or uint64_t, as
// with_key() says.
template <class Key>
struct Entry;
template <>
struct Entry<uint32_t> {
  uint32_t position, cell;

  RC_SHARED uint32_t key() const { return cell; }
  RC_SHARED void set(uint32_t key, uint32_t at) { *this = {at, key}; }
};
template <>
struct Entry<uint64_t> {
  uint32_t position, low, high;

  RC_SHARED uint64_t key() const { return uint64_t{high} << 32 | low; }
  RC_SHARED void set(uint64_t key, uint32_t at) {
    *this = {at, static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  }
};

// Who else marks voxels at the same time: nobody; other threads; other threads, so few voxels for so many
// points that most are marked already.
enum class Company : uint8_t { kNone, kThreads, kCrowd };

// Voxels by their index along x.
struct Slice {
  int64_t begin, end;
};

// Loops over the positions [begin, end), compiled for each SIMD level.
struct PointKernels {
  // OCCUPANCY, OCCUPANCY_BITS and COUNT: marks those voxels of the points that are in a slice, and counts which
  // points are left out of the grid.
  void (*mark)(const DensePlan& plan, Company company, const Slice& slice, int64_t begin,
               int64_t end);
  // Lists the points; one that is left out takes the key `none` and is counted.
  void (*list32)(const VoxelPlan& plan, uint32_t none, Entry<uint32_t>* points, int64_t begin,
                 int64_t end);
  void (*list64)(const VoxelPlan& plan, uint64_t none, Entry<uint64_t>* points, int64_t begin,
                 int64_t end);
  // Raises exponents [clouds, width] to those of the features of the points that have a voxel.
  void (*range32)(const VoxelPlan& plan, uint32_t none, const Entry<uint32_t>* points,
                  int32_t* exponents, int64_t begin, int64_t end);
  void (*range64)(const VoxelPlan& plan, uint64_t none, const Entry<uint64_t>* points,
                  int32_t* exponents, int64_t begin, int64_t end);
};
extern const PointKernels point_kernels_baseline, point_kernels_avx2, point_kernels_avx512,
    point_kernels_neon;

// The cell of a point, whose position is its own place in the list.
struct Cell {
  uint32_t cell;

  RC_SHARED uint32_t key() const { return cell; }
  RC_SHARED void set(uint32_t key, uint32_t) { cell = key; }
};

// One pass of a stable radix sort, by the digit of kRadixBits bits from `shift` on: `count_digits`
// of each piece of the list, then, when the counts have become first places, `move_by_digit`. Item
// is Entry<Key>, or Cell.
constexpr int kRadixBits = 11;
constexpr int64_t kRadixSize = int64_t{1} << kRadixBits;
template <class Item>
void count_digits(const Item* points, int shift, int64_t begin, int64_t end, uint32_t* counts);
template <class Item, class Key>
void move_by_digit(const Item* from, Entry<Key>* to, int shift, int64_t begin, int64_t end,
                   uint32_t* places);

// A list in the order of cells, of which the first `count` points have one.
template <class Key>
struct SortedPoints {
  const Entry<Key>* points;
  int64_t count;
  // Of the features [clouds, width], where the plan measures their range.
  const int32_t* exponents;
};

// Points in the order of slabs, 2^bits cells each that follow one another, and of positions in one.
// Its voxels are the cells that have a point, numbered in the order of cells.
struct SlabPoints {
  const Entry<uint32_t>* points;
  const uint32_t* first;  // of each slab, and the end of the last
  int bits;
  // A bit for each cell, whether it has a point; and for each word of these the number of the first
  // voxel in it.
  uint64_t* marks;
  uint32_t* ranks;
  // As those of SortedPoints.
  const int32_t* exponents;
};

// Memory for what the voxels of one slab add up to: a record for each, of how many points it has and,
// 32 bits up, kSpecialBits of each channel that tell what was not finite; then of its channels.
struct SlabRecords {
  uint64_t* records;
  int64_t words;  // of one
};

// Loops over points that are grouped but not sorted, compiled for each SIMD level.
struct SlabKernels {
  // As those of PointKernels.
  void (*list)(const VoxelPlan& plan, uint32_t none, Cell* cells, int64_t begin, int64_t end);
  void (*range)(const VoxelPlan& plan, uint32_t none, const Cell* cells, int32_t* exponents,
                int64_t begin, int64_t end);
  // SUM, MEAN, MAX and MIN: all voxels of a slab. What no point reaches is made empty, unless the
  // plan accumulates.
  void (*reduce)(const DensePlan& plan, const SlabPoints& points, const SlabRecords& records,
                 int64_t slab);
  // Finds the voxels of a slab, and says how many it has.
  int64_t (*number)(const VoxelPlan& plan, const SlabPoints& points, int64_t slab);
  // Writes their rows, the rows [row, end).
  void (*list_voxels)(const SparsePlan& plan, const SlabPoints& points, const SlabRecords& records,
                      int64_t slab, int64_t row, int64_t end);
  // Writes the row of each point, or -1, once the voxels are found: `rows` are the first ones of the
  // slabs, `cells` and `none` those of `list`.
  void (*number_points)(const SparsePlan& plan, const SlabPoints& points, const Cell* cells,
                        uint32_t none, const int64_t* rows, int64_t begin, int64_t end);
};
extern const SlabKernels slab_kernels_baseline, slab_kernels_avx2, slab_kernels_avx512,
    slab_kernels_neon;

// Loops over voxels, compiled for each SIMD level.
template <class Key>
struct VoxelKernels {
  using Points = SortedPoints<Key>;
  // SUM, MEAN, MAX and MIN: all voxels of the rows along z [begin, end), counted over clouds, x and
  // y. What no point reaches is made empty, unless the plan accumulates.
  void (*reduce)(const DensePlan& plan, const Points& points, int64_t begin, int64_t end);
  // The others take voxels whose first point in the list is one of [begin, end).
  void (*gradient)(const VoxelGradientPlan& plan, const Points& points, int64_t begin, int64_t end);
  // How many there are.
  int64_t (*number)(const Points& points, int64_t begin, int64_t end);
  // Writes the rows from `row` on.
  void (*list)(const SparsePlan& plan, const Points& points, int64_t row, int64_t begin,
               int64_t end);
};
extern const VoxelKernels<uint32_t> voxel_kernels32_baseline, voxel_kernels32_avx2,
    voxel_kernels32_avx512, voxel_kernels32_neon;
extern const VoxelKernels<uint64_t> voxel_kernels64_baseline, voxel_kernels64_avx2,
    voxel_kernels64_avx512, voxel_kernels64_neon;

// Makes voxels empty: those of the rows along z [begin, end), counted over clouds, x and y, or those
// of the cells [begin, end).
void clear_voxels(const DensePlan& plan, int64_t begin, int64_t end);
void clear_cells(const DensePlan& plan, int64_t begin, int64_t end);

// Adds `parts` grids of counts that follow one another to COUNT's voxels, in the same rows.
void add_counts(const DensePlan& plan, const int32_t* counts, int64_t parts, int64_t begin,
                int64_t end);

// Fills the rows [begin, end) of a sparse result, which no voxel has.
void clear_rows(const SparsePlan& plan, int64_t begin, int64_t end);

// Sets the rows of the points [begin, end) to -1.
void clear_points(const SparsePlan& plan, int64_t begin, int64_t end);

// Sets the gradients of the points [begin, end), padding included, to 0.
void clear_gradient(const VoxelGradientPlan& plan, int64_t begin, int64_t end);

}  // namespace rc
