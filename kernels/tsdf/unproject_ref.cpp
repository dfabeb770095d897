// SPDX-License-Identifier: Apache-2.0
#include "kernels/tsdf/tsdf.h"
#include "kernels/tsdf/unproject.h"

void rc::unproject_rows(const UnprojectPlan& plan, const PinholePass& pass, int64_t begin,
                        int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const int64_t frame = row / plan.depth.height, v = row % plan.depth.height;
    for (int64_t u = 0; u < plan.depth.width; ++u) {
      unproject(plan, pass.cameras[frame], pass.first + frame, v, u);
    }
  }
}
