// SPDX-License-Identifier: Apache-2.0
// Stable sorts of (key, number) pairs on a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/carver.h"

namespace rc {

// Two of each array: a sort moves the pairs from one to the other, and back, as it needs. Key and
// Number are uint64_t and int64_t, or uint64_t or uint32_t and uint32_t.
template <class Key, class Number>
struct Pairs {
  int64_t count;
  Key* keys[2];
  Number* numbers[2];
  // Which of the two holds the pairs.
  int current_keys, current_numbers;
  void* temporary;
  size_t temporary_size;

  Key* key() const { return keys[current_keys]; }
  Number* number() const { return numbers[current_numbers]; }
  // The others, whose contents nobody needs between sorts.
  Key* free_keys() const { return keys[1 - current_keys]; }
  Number* free_numbers() const { return numbers[1 - current_numbers]; }
};

// Memory for `count` pairs.
template <class Key, class Number>
cudaError_t make_pairs(int64_t count, Carver& carver, Pairs<Key, Number>* pairs);

// Sorts by the lowest `bits` bits of the keys, but for the `ignored` ones among them that are lowest
// of all; pairs of equal keys keep their order.
template <class Key, class Number>
cudaError_t sort_pairs(Pairs<Key, Number>& pairs, int bits, cudaStream_t stream, int ignored = 0);

}  // namespace rc
