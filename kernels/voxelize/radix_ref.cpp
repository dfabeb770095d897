// SPDX-License-Identifier: Apache-2.0
#include "kernels/voxelize/voxelize.h"

namespace rc {

template <class Key>
static uint32_t digit_of(const Entry<Key>& point, int shift) {
  return static_cast<uint32_t>(point.key() >> shift & static_cast<Key>(kRadixSize - 1));
}

template <class Key>
void count_digits(const Entry<Key>* points, int shift, int64_t begin, int64_t end,
                  uint32_t* counts) {
  for (int64_t i = begin; i < end; ++i) ++counts[digit_of(points[i], shift)];
}

template <class Key>
void move_by_digit(const Entry<Key>* from, Entry<Key>* to, int shift, int64_t begin, int64_t end,
                   uint32_t* places) {
  for (int64_t i = begin; i < end; ++i) to[places[digit_of(from[i], shift)]++] = from[i];
}

template void count_digits(const Entry<uint32_t>*, int, int64_t, int64_t, uint32_t*);
template void count_digits(const Entry<uint64_t>*, int, int64_t, int64_t, uint32_t*);
template void move_by_digit(const Entry<uint32_t>*, Entry<uint32_t>*, int, int64_t, int64_t,
                            uint32_t*);
template void move_by_digit(const Entry<uint64_t>*, Entry<uint64_t>*, int, int64_t, int64_t,
                            uint32_t*);

}  // namespace rc
