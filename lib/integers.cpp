// SPDX-License-Identifier: Apache-2.0
#include "lib/integers.h"

#include "lib/error.h"

namespace rc {

Integers integers(const View& v, const char* argument, const char* shape, int64_t count) {
  if (v.type != Type::i64) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected int64 %s, got %s", argument, shape,
         describe(v).c_str());
  }
  if (v.ndim != 1) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected %s, got %s", argument, shape,
         describe(v).c_str());
  }
  if (count >= 0 && v.shape[0] != count) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected int64 [%lld], got %s", argument,
         static_cast<long long>(count), describe(v).c_str());
  }
  // An empty one that has no memory is there all the same.
  static const int64_t nothing = 0;
  return {v.data != nullptr ? reinterpret_cast<const int64_t*>(v.data) : &nothing, v.strides[0]};
}

void require_offsets(const View& v, const char* argument) {
  if (v.ndim == 1 && v.shape[0] == 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected at least 1 entry, got %s", argument,
         describe(v).c_str());
  }
}

}  // namespace rc
