// SPDX-License-Identifier: Apache-2.0
// Faults in the offsets and lengths of clouds, one number at a time.
#pragma once

#include "kernels/common/layout_check.h"
#include "kernels/voxelize/plan.h"

RC_KERNELS_BEGIN

// Numbers to check.
RC_HD inline int64_t checks_of(const Cloud& cloud) {
  return cloud.offsets ? cloud.clouds + 1 : cloud.lengths ? cloud.clouds : 0;
}

RC_HD inline Fault check_cloud_number(int32_t op, const Cloud& cloud, int64_t i) {
  const CheckedCall call = {op, -1};
  return cloud.offsets ? check_offset(call, Argument::kOffsets, cloud.offsets, cloud.clouds + 1,
                                      cloud.points, false, i)
                       : check_range(call, Argument::kLengths, cloud.lengths, cloud.points, i);
}

RC_KERNELS_END
