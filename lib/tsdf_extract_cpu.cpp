// SPDX-License-Identifier: Apache-2.0
#include "lib/tsdf_extract_cpu.h"

#include <algorithm>

#include "kernels/common/carver.h"
#include "kernels/tsdf/extract_kernels.h"
#include "lib/float_environment.h"
#include "lib/parallel.h"

namespace rc {

/** First row of the outputs of each row of voxels, and behind the last one the number of points. */
static int64_t* take_firsts(const ExtractPlan& plan, Carver& carver) {
  return carver.take<int64_t>(plan.rows() + 1);
}

uint64_t extract_workspace(const ExtractPlan& plan) {
  Carver carver(nullptr);
  take_firsts(plan, carver);
  return carver.most();
}

void tsdf_extract_cpu(rc_context& context, const ExtractPlan& plan, char* workspace) {
  const FloatEnvironment environment;
  Carver carver(workspace);
  int64_t* const firsts = take_firsts(plan, carver);
  const int64_t rows = plan.rows(), voxels = plan.volume.grid.dims[2];
  split(context, rows, voxels, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      firsts[row + 1] = count_crossings_of_row(plan, row);
    }
  });
  firsts[0] = 0;
  for (int64_t row = 0; row < rows; ++row) firsts[row + 1] += firsts[row];
  split(context, rows, voxels, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      if (firsts[row] < firsts[row + 1]) write_crossings_of_row(plan, row, firsts[row]);
    }
  });
  const int64_t kept = std::min(firsts[rows], plan.capacity);
  split(context, plan.capacity - kept, 9,
        [&](int64_t begin, int64_t end) { clear_crossings(plan, kept + begin, kept + end); });
  if (plan.total != nullptr) *plan.total = firsts[rows];
}

}  // namespace rc
