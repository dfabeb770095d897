// SPDX-License-Identifier: Apache-2.0
/** Body of the `_workspace_size` functions. */
#pragma once

#include <cstdint>

#include "lib/error.h"

namespace rc {

/** Stores what `needed` returns; 0 on failure. */
template <class Needed>
rc_status workspace_query(const char* function, uint64_t* size, Needed needed) noexcept {
  return entry(function, [&] {
    if (size == nullptr) fail(RC_ERROR_INVALID_ARGUMENT, "size: expected a pointer, got NULL");
    *size = 0;
    *size = needed();
  });
}

}  // namespace rc
