// SPDX-License-Identifier: Apache-2.0
#include "kernels/voxelize/voxelize.h"

namespace rc {

template <class Key>
static int64_t digit_of(Key key, int shift) {
  return static_cast<int64_t>(key >> shift & static_cast<Key>(kRadixSize - 1));
}

template <class Key>
void count_digits(const Key* keys, int shift, int64_t begin, int64_t end, uint32_t* counts) {
  for (int64_t i = begin; i < end; ++i) ++counts[digit_of(keys[i], shift)];
}

template <class Key>
void move_by_digit(Listed<Key> from, Listed<Key> to, int shift, int64_t begin, int64_t end,
                   uint32_t* places) {
  for (int64_t i = begin; i < end; ++i) {
    const uint32_t place = places[digit_of(from.keys[i], shift)]++;
    to.keys[place] = from.keys[i];
    to.positions[place] = from.positions[i];
  }
}

template void count_digits(const uint32_t*, int, int64_t, int64_t, uint32_t*);
template void count_digits(const uint64_t*, int, int64_t, int64_t, uint32_t*);
template void move_by_digit(Listed<uint32_t>, Listed<uint32_t>, int, int64_t, int64_t, uint32_t*);
template void move_by_digit(Listed<uint64_t>, Listed<uint64_t>, int, int64_t, int64_t, uint32_t*);

}  // namespace rc
