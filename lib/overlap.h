// SPDX-License-Identifier: Apache-2.0
/** Whether two strided tensors have a byte in common. */
#pragma once

#include "lib/tensor.h"

namespace rc {

/** Exact for layouts that slicing, transposing and broadcasting of arrays produce; for contrived
 * ones, where the search is given up after a fixed number of steps, the answer is true. */
bool may_share_memory(const View& a, const View& b);

}  // namespace rc
