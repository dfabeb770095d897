// SPDX-License-Identifier: Apache-2.0
// What no point reaches.
#include <algorithm>

#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/voxelize.h"

namespace rc {

template <class T>
static void fill_steps(T* data, const Array& array, int64_t begin, int64_t end, int64_t width,
                       T value) {
  if (array.step == width && (array.channel == 1 || width == 1)) {
    std::fill(data + begin * width, data + end * width, value);
    return;
  }
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t c = 0; c < width; ++c) data[i * array.step + c * array.channel] = value;
  }
}

// Sets `width` channels of the steps [begin, end); step 0 begins at element `start`.
static void fill_steps(const Array& array, int64_t start, int64_t begin, int64_t end, int64_t width,
                       double value) {
  if (!array) return;
  if (array.type == Type::i64) {
    return fill_steps(reinterpret_cast<int64_t*>(array.data) + start, array, begin, end, width,
                      static_cast<int64_t>(value));
  }
  with_type(array.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    fill_steps(reinterpret_cast<T*>(array.data) + start, array, begin, end, width,
               from_double<T>(value));
  });
}

// Where a row along z, counted over clouds, x and y, begins in a dense array.
static int64_t begin_of_row(const GridArray& array, const Grid& grid, int64_t row) {
  const int64_t cloud = row / (grid.dims[0] * grid.dims[1]);
  return element_of(array, cloud, {row / grid.dims[1] % grid.dims[0], row % grid.dims[1], 0});
}

// The steps [begin, end) of a dense array, whose rows along z have `depth` of them.
static void fill_grid(const GridArray& array, const Grid& grid, int64_t depth, int64_t width,
                      double value, int64_t begin, int64_t end) {
  if (!array || begin >= end) return;
  const Array steps = {array.data, array.type, 0, array.axis[2], array.channel};
  int64_t row = begin / depth, z = begin - row * depth;
  for (; begin < end; ++row, z = 0) {
    const int64_t last = std::min(depth, z + (end - begin));
    fill_steps(steps, begin_of_row(array, grid, row), z, last, width, value);
    begin += last - z;
  }
}

void clear_voxels(const DensePlan& plan, int64_t begin, int64_t end) {
  const Grid& grid = plan.voxels.grid;
  const int64_t z = grid.dims[2], depth = plan.depth();
  if (reduces_features(plan.voxels.reduce)) return clear_cells(plan, begin * z, end * z);
  fill_grid(plan.counts, grid, z, 1, 0, begin * z, end * z);
  fill_grid(plan.output, grid, depth, 1, 0, begin * depth, end * depth);
}

void clear_cells(const DensePlan& plan, int64_t begin, int64_t end) {
  const VoxelPlan& voxels = plan.voxels;
  const int64_t depth = voxels.grid.dims[2];
  fill_grid(plan.counts, voxels.grid, depth, 1, 0, begin, end);
  fill_grid(plan.output, voxels.grid, depth, voxels.width, voxels.fill_value, begin, end);
}

void add_counts(const DensePlan& plan, const int32_t* counts, int64_t parts, int64_t begin,
                int64_t end) {
  const GridArray& output = plan.output;
  const int64_t depth = plan.voxels.grid.dims[2], cells = plan.voxels.cells();
  for (int64_t row = begin; row < end; ++row) {
    auto* const to =
        reinterpret_cast<int32_t*>(output.data) + begin_of_row(output, plan.voxels.grid, row);
    for (int64_t z = 0; z < depth; ++z) {
      auto sum = static_cast<uint32_t>(to[z * output.axis[2]]);  // counts wrap
      for (int64_t part = 0; part < parts; ++part) {
        sum += static_cast<uint32_t>(counts[part * cells + row * depth + z]);
      }
      to[z * output.axis[2]] = static_cast<int32_t>(sum);
    }
  }
}

void clear_rows(const SparsePlan& plan, int64_t begin, int64_t end) {
  const int64_t width = plan.voxels.width;
  fill_steps(plan.coords, 0, begin, end, 4, -1);
  fill_steps(plan.counts, 0, begin, end, 1, 0);
  fill_steps(plan.reduced, 0, begin, end, width, plan.voxels.fill_value);
  for (int64_t row = begin; plan.hard && row < end; ++row) {
    fill_steps(plan.hard, row * plan.hard.row, 0, plan.hard_points, width, plan.voxels.fill_value);
  }
}

// Sets `width` channels of what belongs to the points [begin, end), padding included.
static void fill_points(const Cloud& cloud, const Array& array, int64_t width, double value,
                        int64_t begin, int64_t end) {
  if (cloud.offsets) return fill_steps(array, 0, begin, end, width, value);
  while (begin < end) {
    const int64_t b = begin / cloud.points, first = b * cloud.points;
    const int64_t last = std::min(end, first + cloud.points);
    fill_steps(array, b * array.row, begin - first, last - first, width, value);
    begin = last;
  }
}

void clear_points(const SparsePlan& plan, int64_t begin, int64_t end) {
  fill_points(plan.voxels.cloud, plan.point_to_voxel, 1, -1, begin, end);
}

void clear_gradient(const VoxelGradientPlan& plan, int64_t begin, int64_t end) {
  fill_points(plan.voxels.cloud, plan.grad_features, plan.voxels.width, 0, begin, end);
}

}  // namespace rc
