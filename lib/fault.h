// SPDX-License-Identifier: Apache-2.0
/** The words for a fault in data, the same for either path. */
#pragma once

#include <string>

#include "kernels/common/fault.h"

namespace rc {

/** "source_times: expected non-decreasing times, got a step backward at row 3, index 17". */
std::string describe_fault(const Fault& fault);

/** "rc_resample", of a number of ::rc_op. */
const char* name_of_op(int32_t op);

}  // namespace rc
