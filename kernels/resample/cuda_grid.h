// SPDX-License-Identifier: Apache-2.0
// What the CUDA kernels of resample and fuse share: which sequences may be read, and their types.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/common/search.h"
#include "kernels/resample/sequence.h"

RC_KERNELS_BEGIN

// Calls f with a null pointer to the type of times.
template <class F>
auto with_time_type(Type type, F f) {
  switch (type) {
    case Type::i64:
      return f(static_cast<int64_t*>(nullptr));
    case Type::f64:
      return f(static_cast<double*>(nullptr));
    default:
      return f(static_cast<float*>(nullptr));
  }
}

RC_KERNELS_END
