// SPDX-License-Identifier: Apache-2.0
// What is wrong with the contents of a tensor: found by either path, worded by describe_fault() of
// lib/fault.h. Plain data, shared by all levels.
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"

namespace rc {

// Arguments that can be at fault, in the order in which faults are reported.
enum class Argument : int32_t {
  kOffsets,
  kLengths,
  kSequenceIds,
  kTargetOffsets,
  kSourceTimes,
  kTargetTimes,
  kValues,
};

enum class FaultKind : int32_t {
  kNone,
  // Times.
  kBackward,
  kNotFinite,
  // Offsets: `value` is less than the one before it, or is not within 0 to `limit`, or is the first
  // or last one and not `limit`.
  kDecreasing,
  kOutOfRange,
  kNotAtEnd,
  // Values.
  kZeroQuaternion,
};

// A zeroed one says that nothing is wrong.
struct Fault {
  FaultKind kind;
  Argument argument;
  // Of rc_op; and the stream of a fuse, else -1.
  int32_t op;
  int32_t stream;
  // Where: the row of the output or sequence of the source, and the index along the last axis of a
  // time, offset, length or id (the only one where the argument has no rows: then row is -1).
  int64_t row;
  int64_t index;
  // The number that was found, and the one that bounds it.
  int64_t value;
  int64_t limit;
};

// Order in which faults of one call are reported.
RC_HD inline bool precedes(const Fault& a, const Fault& b) {
  if (a.stream != b.stream) return a.stream < b.stream;
  if (a.argument != b.argument) return a.argument < b.argument;
  if (a.row != b.row) return a.row < b.row;
  return a.index < b.index;
}

}  // namespace rc
