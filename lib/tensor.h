// SPDX-License-Identifier: Apache-2.0
/** Checked views of the caller's tensors: the rules of robocache/tensor.h in one place. */
#pragma once

#include <cstdint>
#include <string>

#include "robocache/tensor.h"

#include "kernels/common/types.h"

namespace rc {

/** "float32", "bool". */
const char* name(Type type);

/** Bytes of one element. */
int64_t size_of(Type type);

/** A tensor that obeys every rule of robocache/tensor.h that concerns one tensor alone. */
struct View {
  /** The first element: `byte_offset` is applied. NULL only where `count` is 0. */
  char* data = nullptr;
  /** Product of the shape; 1 where `ndim` is 0. */
  int64_t count = 0;
  int64_t item_size = 0;
  Type type = Type::u8;
  int32_t ndim = 0;
  /** Entries from `ndim` on are 1 and 0. No product of shape entries overflows, a zero among them
   * or not, nor does the number of bytes. */
  int64_t shape[RC_MAX_NDIM] = {};
  /** In elements, filled in where the caller gave none. */
  int64_t strides[RC_MAX_NDIM] = {};

  /** Bytes from the first element to the end of the last in memory; 0 where `count` is 0. */
  int64_t extent() const;
};

/** Checks `tensor` (not NULL) for work on `device`; failures name `argument`. */
View view(const rc_tensor* tensor, const char* argument, rc_device device);

/** Refuses memory that `device` does not reach. */
void check_device(const rc_tensor& tensor, const char* argument, rc_device device);

/** "float32 [4,7]", for messages. */
std::string describe(const View& view);

/** "[4,7]". */
std::string describe_shape(const View& view);
std::string describe_strides(const View& view);

}  // namespace rc
