// SPDX-License-Identifier: Apache-2.0
#include "kernels/voxelize/check.h"
#include "kernels/voxelize/voxelize.h"

rc::Fault rc::check_cloud(int32_t op, const Cloud& cloud) {
  for (int64_t i = 0; i < checks_of(cloud); ++i) {
    const Fault fault = check_cloud_number(op, cloud, i);
    if (fault.kind != FaultKind::kNone) return fault;
  }
  return {};
}
