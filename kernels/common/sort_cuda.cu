// SPDX-License-Identifier: Apache-2.0
#include <cub/device/device_radix_sort.cuh>

#include "kernels/common/sort_cuda.h"

namespace rc {
namespace {

// The sort itself, or, without `temporary`, the memory that it needs.
cudaError_t sort(Pairs& pairs, void* temporary, size_t* size, int bits, cudaStream_t stream) {
  cub::DoubleBuffer<uint64_t> keys(pairs.keys[pairs.current_keys],
                                   pairs.keys[1 - pairs.current_keys]);
  cub::DoubleBuffer<int64_t> numbers(pairs.numbers[pairs.current_numbers],
                                     pairs.numbers[1 - pairs.current_numbers]);
  const cudaError_t error = cub::DeviceRadixSort::SortPairs(temporary, *size, keys, numbers,
                                                            pairs.count, 0, bits, stream);
  if (temporary != nullptr) {
    pairs.current_keys ^= keys.selector;
    pairs.current_numbers ^= numbers.selector;
  }
  return error;
}

}  // namespace

cudaError_t make_pairs(int64_t count, Carver& carver, Pairs* pairs) {
  *pairs = {};
  pairs->count = count;
  for (uint64_t*& keys : pairs->keys) keys = carver.take<uint64_t>(count);
  for (int64_t*& numbers : pairs->numbers) numbers = carver.take<int64_t>(count);
  // Fewer bits need no more.
  const cudaError_t error = sort(*pairs, nullptr, &pairs->temporary_size, 64, nullptr);
  pairs->temporary = carver.take<char>(static_cast<int64_t>(pairs->temporary_size));
  return error;
}

cudaError_t sort_pairs(Pairs& pairs, int bits, cudaStream_t stream) {
  if (pairs.count == 0 || bits == 0) return cudaSuccess;
  size_t size = pairs.temporary_size;
  return sort(pairs, pairs.temporary, &size, bits, stream);
}

}  // namespace rc
