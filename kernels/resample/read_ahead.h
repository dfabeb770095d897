// SPDX-License-Identifier: Apache-2.0
// How a processor comes by samples that are read in order, and are too many for its caches.
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

struct ReadAhead {
  bool in_turns;           // several places, not one
  int64_t bytes, targets;  // how far ahead samples are asked for: the least of both, but one target
};

// Where memory is read ahead in one page for each place that is read, several places keep more on its way.
constexpr ReadAhead kByPages = {true, 2048, 16};
// Others read one place as fast as they copy, and several in turn at half of that.
constexpr ReadAhead kInOneGo = {false, 16384, 32};

// Of this processor.
inline const ReadAhead& read_ahead() {
#if defined(__x86_64__)
  if (__builtin_cpu_is("intel")) return kByPages;
#endif
  return kInOneGo;
}

RC_KERNELS_END
