// SPDX-License-Identifier: Apache-2.0
/** Outputs share no memory: neither among their own elements nor with another tensor. */
#pragma once

#include <cstddef>

#include "lib/tensor.h"

namespace rc {

/** Refuses an output two of whose elements may share memory: sorted by size, each stride has to
 * reach past everything that the smaller ones span. */
void check_output_layout(const View& output, const char* argument);

/** One tensor of a call and what the call does with it. */
struct Access {
  const View* view;
  const char* argument;
  bool written;
};

/** Refuses a written tensor that shares memory with any other tensor of the call; reorders the
 * list. Tensors that interleave without sharing a byte (column slices of one array) are accepted,
 * see `may_share_memory`. */
void check_disjoint(Access* accesses, size_t count);

/** Whether two tensors have a byte in common. Exact for layouts that slicing, transposing and
 * broadcasting of arrays produce; for contrived ones, where the search is given up after a fixed
 * number of steps, the answer is true. */
bool may_share_memory(const View& a, const View& b);

}  // namespace rc
