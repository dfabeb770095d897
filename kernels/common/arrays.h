// SPDX-License-Identifier: Apache-2.0
// The caller's arrays as kernels see them: strides count elements. Plain data, shared by all levels.
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"
#include "kernels/common/types.h"

namespace rc {

// int64 values with a stride; no array where `data` is null.
struct Integers {
  const int64_t* data;
  int64_t stride;

  RC_SHARED int64_t operator[](int64_t i) const { return data[i * stride]; }
  RC_SHARED explicit operator bool() const { return data != nullptr; }
};

// An array of [rows, steps, channels]: of sequences and samples, rows and targets, or clouds and
// points. Packed and shared ones have row stride 0.
struct Array {
  char* data;
  Type type;
  int64_t row, step, channel;

  RC_SHARED explicit operator bool() const { return data != nullptr; }
};

}  // namespace rc
