// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/voxelize/segments.h"
#include "kernels/voxelize/voxelize.h"

namespace rc {

void fill_rows(const GridArray& array, const Grid& grid, int64_t depth, int64_t width, double value,
               int64_t begin, int64_t end) {
  const bool dense = array.channel == 1 && (depth <= 1 || array.axis[2] == width);
  with_type(array.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T element = from_double<T>(value);
    for (int64_t row = begin; row < end; ++row) {
      const int64_t cloud = row / (grid.dims[0] * grid.dims[1]);
      const int64_t x = row / grid.dims[1] % grid.dims[0], y = row % grid.dims[1];
      T* const start = reinterpret_cast<T*>(array.data) + cloud * array.cloud + x * array.axis[0] +
                       y * array.axis[1];
      if (dense) {
        std::fill_n(start, depth * width, element);
        continue;
      }
      for (int64_t z = 0; z < depth; ++z) {
        for (int64_t c = 0; c < width; ++c) start[z * array.axis[2] + c * array.channel] = element;
      }
    }
  });
}

// Sets `count` channels from `element` on.
static void fill_run(const Array& array, int64_t element, int64_t count, double value) {
  for (int64_t c = 0; array && c < count; ++c) {
    store(array.type, array.data, element + c * array.channel, value);
  }
}

void clear_rows(const SparsePlan& plan, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t k = 0; k < 4; ++k) {
      store_index(plan.coords, row * plan.coords.step + k * plan.coords.channel, -1);
    }
    fill_run(plan.reduced, row * plan.reduced.step, plan.voxels.width, plan.voxels.fill_value);
    if (plan.counts) {
      reinterpret_cast<int32_t*>(plan.counts.data)[row * plan.counts.step] = 0;
    }
    for (int64_t k = 0; k < plan.hard_points; ++k) {
      fill_run(plan.hard, row * plan.hard.row + k * plan.hard.step, plan.voxels.width,
               plan.voxels.fill_value);
    }
  }
}

void clear_points(const SparsePlan& plan, int64_t begin, int64_t end) {
  const Cloud& cloud = plan.voxels.cloud;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t b = cloud.offsets ? 0 : i / cloud.points;
    store_index(plan.point_to_voxel, start_of(plan.voxels, plan.point_to_voxel, b, i), -1);
  }
}

void clear_gradient(const VoxelGradientPlan& plan, int64_t begin, int64_t end) {
  const Cloud& cloud = plan.voxels.cloud;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t b = cloud.offsets ? 0 : i / cloud.points;
    const int64_t start = start_of(plan.voxels, plan.grad_features, b, i);
    for (int64_t c = 0; c < plan.voxels.width; ++c) {
      store(plan.grad_features.type, plan.grad_features.data,
            start + c * plan.grad_features.channel, 0);
    }
  }
}

}  // namespace rc
