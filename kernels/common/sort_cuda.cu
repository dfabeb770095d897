// SPDX-License-Identifier: Apache-2.0
#include <cub/device/device_radix_sort.cuh>

#include "kernels/common/sort_cuda.h"

namespace rc {
namespace {

// The sort itself, or, without `temporary`, the memory that it needs.
template <class Key, class Number>
cudaError_t sort(Pairs<Key, Number>& pairs, void* temporary, size_t* size, int ignored, int bits,
                 cudaStream_t stream) {
  cub::DoubleBuffer<Key> keys(pairs.key(), pairs.free_keys());
  cub::DoubleBuffer<Number> numbers(pairs.number(), pairs.free_numbers());
  const cudaError_t error = cub::DeviceRadixSort::SortPairs(temporary, *size, keys, numbers,
                                                            pairs.count, ignored, bits, stream);
  if (temporary != nullptr) {
    pairs.current_keys ^= keys.selector;
    pairs.current_numbers ^= numbers.selector;
  }
  return error;
}

}  // namespace

template <class Key, class Number>
cudaError_t make_pairs(int64_t count, Carver& carver, Pairs<Key, Number>* pairs) {
  *pairs = {};
  pairs->count = count;
  for (Key*& keys : pairs->keys) keys = carver.take<Key>(count);
  for (Number*& numbers : pairs->numbers) numbers = carver.take<Number>(count);
  // Fewer bits need no more.
  const cudaError_t error =
      sort(*pairs, nullptr, &pairs->temporary_size, 0, static_cast<int>(sizeof(Key)) * 8, nullptr);
  pairs->temporary = carver.take<char>(static_cast<int64_t>(pairs->temporary_size));
  return error;
}

template <class Key, class Number>
cudaError_t sort_pairs(Pairs<Key, Number>& pairs, int bits, cudaStream_t stream, int ignored) {
  if (pairs.count == 0 || bits == ignored) return cudaSuccess;
  size_t size = pairs.temporary_size;
  return sort(pairs, pairs.temporary, &size, ignored, bits, stream);
}

template cudaError_t make_pairs(int64_t, Carver&, Pairs<uint64_t, int64_t>*);
template cudaError_t make_pairs(int64_t, Carver&, Pairs<uint64_t, uint32_t>*);
template cudaError_t make_pairs(int64_t, Carver&, Pairs<uint32_t, uint32_t>*);
template cudaError_t sort_pairs(Pairs<uint64_t, int64_t>&, int, cudaStream_t, int);
template cudaError_t sort_pairs(Pairs<uint64_t, uint32_t>&, int, cudaStream_t, int);
template cudaError_t sort_pairs(Pairs<uint32_t, uint32_t>&, int, cudaStream_t, int);

}  // namespace rc
