// SPDX-License-Identifier: Apache-2.0
// The CPU kernels of voxelize.h, in the order in which calls use them. A caller splits the work as it
// likes: how it does changes no bit.
#pragma once

#include <cstdint>

#include "kernels/common/fault.h"
#include "kernels/voxelize/plan.h"

namespace rc {

// The first fault in offsets and lengths.
Fault check_cloud(int32_t op, const Cloud& cloud);

// Bounds of the points at the indices [begin, end) along the axis of points, and the result of all parts of a cloud.
struct Bounds;
Bounds bounds_of_points(const Cloud& clouds, int64_t cloud, int64_t begin, int64_t end);
void write_bounds(const BoundsPlan& plan, int64_t cloud, const Bounds* parts, int64_t count);

// Points in some order: their cells, and the positions they came from. Key is uint32_t where the
// cells and one more fit it, else uint64_t.
template <class Key>
struct Listed {
  Key* keys;
  uint32_t* positions;
};

// Loops over the positions [begin, end), compiled for each SIMD level.
struct PointKernels {
  // OCCUPANCY, OCCUPANCY_BITS and COUNT: marks the voxels of the points, beside other threads where
  // `shared`, and counts what is left out.
  void (*mark)(const DensePlan& plan, bool shared, int64_t begin, int64_t end);
  // Writes keys and positions; a point that is left out takes the key `plan.cells()` and is counted.
  void (*list32)(const VoxelPlan& plan, Listed<uint32_t> points, int64_t begin, int64_t end);
  void (*list64)(const VoxelPlan& plan, Listed<uint64_t> points, int64_t begin, int64_t end);
  // Raises exponents [clouds, width] to those of the features of the points that have a voxel.
  void (*range32)(const VoxelPlan& plan, const uint32_t* keys, int32_t* exponents, int64_t begin,
                  int64_t end);
  void (*range64)(const VoxelPlan& plan, const uint64_t* keys, int32_t* exponents, int64_t begin,
                  int64_t end);
};
extern const PointKernels point_kernels_baseline, point_kernels_avx2;

// One pass of a stable radix sort, by the digit of kRadixBits bits from `shift` on: `count_digits`
// of each piece of the list, then, when the counts have become first places, `move_by_digit`.
constexpr int kRadixBits = 11;
constexpr int64_t kRadixSize = int64_t{1} << kRadixBits;
template <class Key>
void count_digits(const Key* keys, int shift, int64_t begin, int64_t end, uint32_t* counts);
template <class Key>
void move_by_digit(Listed<Key> from, Listed<Key> to, int shift, int64_t begin, int64_t end,
                   uint32_t* places);

// Segments are the points of one voxel in a sorted list, of which the first `count` have voxels.
// These work on the segments that begin in [begin, end).
template <class Key>
struct Segments {
  static void reduce(const DensePlan& plan, Listed<Key> points, int64_t count,
                     const int32_t* exponents, int64_t begin, int64_t end);
  static void gradient(const VoxelGradientPlan& plan, Listed<Key> points, int64_t count,
                       int64_t begin, int64_t end);
  // How many there are.
  static int64_t number(Listed<Key> points, int64_t begin, int64_t end);
  // Writes the rows from `row` on.
  static void list(const SparsePlan& plan, Listed<Key> points, int64_t count,
                   const int32_t* exponents, int64_t row, int64_t begin, int64_t end);
};

// Sets the rows along z [begin, end), counted over clouds, x and y, to `value`. A row has `depth`
// steps of `width` channels.
void fill_rows(const GridArray& array, const Grid& grid, int64_t depth, int64_t width, double value,
               int64_t begin, int64_t end);

// Fills the rows [begin, end) of a sparse result, which no voxel has.
void clear_rows(const SparsePlan& plan, int64_t begin, int64_t end);

// Sets the rows of the points [begin, end) to -1.
void clear_points(const SparsePlan& plan, int64_t begin, int64_t end);

// Sets the gradients of the points [begin, end), padding included, to 0.
void clear_gradient(const VoxelGradientPlan& plan, int64_t begin, int64_t end);

}  // namespace rc
