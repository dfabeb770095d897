// SPDX-License-Identifier: Apache-2.0
/** What the shape and the element type of an argument have to be, and which numbers a type holds. */
#pragma once

#include <initializer_list>

#include "lib/tensor.h"

namespace rc {

/** A shape to be had. */
struct Shape {
  int64_t entries[RC_MAX_NDIM];
  int32_t rank = 0;

  Shape(std::initializer_list<int64_t> known) {
    for (const int64_t entry : known) add(entry);
  }
  void add(int64_t entry) { entries[rank++] = entry; }
};

/** Stands for any number in a Shape. */
constexpr int64_t any = -1;

/** Refuses any shape but this one; messages call the entry that may be `any` by its `letter`. */
void require_shape(const View& view, const char* argument, const Shape& shape,
                   const char* letter = "");

/** Refuses any type but `type`. */
void require_type(const View& view, const char* argument, Type type);

/** Refuses a type that is none of the four float types. */
void require_float(const View& view, const char* argument);

/** Refuses a fill value that an output of `type` cannot hold: an integer type holds the integers of
 * its range, a float type whatever rounds to it. */
void require_fill_value(double fill_value, Type type);

}  // namespace rc
