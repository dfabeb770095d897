// SPDX-License-Identifier: Apache-2.0
/** Offsets, lengths and ids, from the arguments of a call. */
#pragma once

#include "kernels/common/arrays.h"
#include "lib/tensor.h"

namespace rc {

/** An int64 vector, of `count` entries unless that is negative; `shape` says so in messages. */
Integers integers(const View& v, const char* argument, const char* shape, int64_t count);

/** Refuses offsets without entries. */
void require_offsets(const View& v, const char* argument);

}  // namespace rc
