// SPDX-License-Identifier: Apache-2.0
// Stable sorts of (key, number) pairs on a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/carver.h"

namespace rc {

// Two of each array: a sort moves the pairs from one to the other, and back, as it needs.
struct Pairs {
  int64_t count;
  uint64_t* keys[2];
  int64_t* numbers[2];
  // Which of the two holds the pairs.
  int current_keys, current_numbers;
  void* temporary;
  size_t temporary_size;

  uint64_t* key() const { return keys[current_keys]; }
  int64_t* number() const { return numbers[current_numbers]; }
};

// Memory for `count` pairs.
cudaError_t make_pairs(int64_t count, Carver& carver, Pairs* pairs);

// Sorts by the lowest `bits` bits of the keys; pairs of equal keys keep their order.
cudaError_t sort_pairs(Pairs& pairs, int bits, cudaStream_t stream);

// Bits of the numbers 0 to `largest`.
inline int bits_of(int64_t largest) {
  int bits = 0;
  while (bits < 63 && largest >> bits != 0) ++bits;
  return bits;
}

}  // namespace rc
