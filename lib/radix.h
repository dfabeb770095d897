// SPDX-License-Identifier: Apache-2.0
/** A pass of a stable radix sort over the threads of a context: piece by piece of the list, whose
 * counters stay small beside it. */
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/voxelize/voxelize.h"
#include "lib/context.h"

namespace rc {

class RadixPieces {
 public:
  explicit RadixPieces(int64_t positions)
      : positions_(positions),
        pieces_(std::clamp<int64_t>(positions / points_per_piece, 1, most_pieces)) {}

  /** How many counters there are. */
  int64_t counters() const { return pieces_ * kRadixSize; }

  /** Counts the digits and turns the counters [pieces, kRadixSize] into first places; those of piece
   * 0 are the first places of the digits. False where all points have the same digit. */
  template <class Item>
  bool place(rc_context& context, const Item* points, int shift, uint32_t* counters) const {
    each(context, counters, [&](uint32_t* counts, int64_t begin, int64_t end) {
      std::fill_n(counts, kRadixSize, 0);
      count_digits(points, shift, begin, end, counts);
    });
    uint32_t place = 0;
    bool alike = false;
    for (int64_t digit = 0; digit < kRadixSize; ++digit) {
      const uint32_t before = place;
      for (int64_t piece = 0; piece < pieces_; ++piece) {
        uint32_t& count = counters[piece * kRadixSize + digit];
        const uint32_t number = count;
        count = place;
        place += number;
      }
      alike = alike || place - before == static_cast<uint64_t>(positions_);
    }
    return !alike;
  }

  /** Moves the points to their places. */
  template <class Item, class Key>
  void move(rc_context& context, const Item* from, Entry<Key>* to, int shift,
            uint32_t* counters) const {
    each(context, counters, [&](uint32_t* places, int64_t begin, int64_t end) {
      move_by_digit(from, to, shift, begin, end, places);
    });
  }

 private:
  static constexpr int64_t points_per_piece = 1 << 16, most_pieces = 64;

  template <class Body>
  void each(rc_context& context, uint32_t* counters, Body body) const {
    context.pool.run(pieces_, [&](int64_t piece, int) {
      body(counters + piece * kRadixSize, positions_ * piece / pieces_,
           positions_ * (piece + 1) / pieces_);
    });
  }

  int64_t positions_, pieces_;
};

}  // namespace rc
