// SPDX-License-Identifier: Apache-2.0
// Binary and galloping search. `before(k)` is true for the positions k up to some border and false
// from there on; the functions return the border.
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

// The border in [low, high].
template <class Before>
RC_HD inline int64_t border(int64_t low, int64_t high, Before before) {
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The border in [low, high], fast when it is near `hint`.
template <class Before>
RC_HD inline int64_t border_near(int64_t hint, int64_t low, int64_t high, Before before) {
  int64_t step = 1;
  if (hint < high && before(hint)) {
    low = hint + 1;
    for (; low + step <= high && before(low + step - 1); step *= 2) low += step;
    return border(low, low + step - 1 < high ? low + step - 1 : high, before);
  }
  high = hint;
  for (; high - step >= low && !before(high - step); step *= 2) high -= step;
  return border(high - step > low ? high - step : low, high, before);
}

RC_KERNELS_END
