// SPDX-License-Identifier: Apache-2.0
#include "kernels/voxelize/voxelize.h"

namespace rc {

template <class Item>
static uint32_t digit_of(const Item& point, int shift) {
  return static_cast<uint32_t>(point.key() >> shift & (kRadixSize - 1));
}

template <class Key>
static Entry<Key> entry_of(const Entry<Key>& point, int64_t) {
  return point;
}
static Entry<uint32_t> entry_of(const Cell& point, int64_t position) {
  return {static_cast<uint32_t>(position), point.cell};
}

template <class Item>
void count_digits(const Item* points, int shift, int64_t begin, int64_t end, uint32_t* counts) {
#pragma GCC unroll 4
  for (int64_t i = begin; i < end; ++i) ++counts[digit_of(points[i], shift)];
}

template <class Item, class Key>
void move_by_digit(const Item* from, Entry<Key>* to, int shift, int64_t begin, int64_t end,
                   uint32_t* places) {
#pragma GCC unroll 4
  for (int64_t i = begin; i < end; ++i) {
    const Item point = from[i];
    to[places[digit_of(point, shift)]++] = entry_of(point, i);
  }
}

template void count_digits(const Cell*, int, int64_t, int64_t, uint32_t*);
template void count_digits(const Entry<uint32_t>*, int, int64_t, int64_t, uint32_t*);
template void count_digits(const Entry<uint64_t>*, int, int64_t, int64_t, uint32_t*);
template void move_by_digit(const Cell*, Entry<uint32_t>*, int, int64_t, int64_t, uint32_t*);
template void move_by_digit(const Entry<uint32_t>*, Entry<uint32_t>*, int, int64_t, int64_t,
                            uint32_t*);
template void move_by_digit(const Entry<uint64_t>*, Entry<uint64_t>*, int, int64_t, int64_t,
                            uint32_t*);

}  // namespace rc
