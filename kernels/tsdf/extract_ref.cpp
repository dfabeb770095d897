// SPDX-License-Identifier: Apache-2.0
#include "kernels/tsdf/extract.h"
#include "kernels/tsdf/extract_kernels.h"

namespace rc {

int64_t count_crossings_of_row(const ExtractPlan& plan, int64_t row) {
  int64_t count = 0;
  for (int64_t z = 0; z < plan.volume.grid.dims[2]; ++z) {
    count += count_of(crossings_at(plan, index_in_row(plan.volume.grid, row, z)));
  }
  return count;
}

void write_crossings_of_row(const ExtractPlan& plan, int64_t row, int64_t first) {
  for (int64_t z = 0; z < plan.volume.grid.dims[2] && first < plan.capacity; ++z) {
    const VoxelIndex voxel = index_in_row(plan.volume.grid, row, z);
    const int axes = crossings_at(plan, voxel);
    write_crossings(plan, voxel, axes, first);
    first += count_of(axes);
  }
}

void clear_crossings(const ExtractPlan& plan, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) clear_crossing(plan, row);
}

}  // namespace rc
