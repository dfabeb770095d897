// SPDX-License-Identifier: Apache-2.0
// Faults in offsets, lengths and ids, one number at a time.
#pragma once

#include "kernels/common/arrays.h"
#include "kernels/common/fault.h"

RC_KERNELS_BEGIN

// Who asks, where no plan tells: one of rc_op; the stream of a fuse, else -1.
struct CheckedCall {
  int32_t op, stream;
};

constexpr RC_HD Fault no_fault() { return {}; }

// `call` has `op` and `stream`: a plan, or CheckedCall.
template <class Call>
RC_HD inline Fault fault_at(const Call& call, Argument argument, FaultKind kind, int64_t row,
                            int64_t index, int64_t value = 0, int64_t limit = 0) {
  return {kind, argument, call.op, call.stream, row, index, value, limit};
}

// Number i of `count` that may not fall, from at least 0 to at most `end`; from exactly 0 to
// exactly `end` where `whole`.
template <class Call>
RC_HD inline Fault check_offset(const Call& call, Argument argument, const Integers& offsets,
                                int64_t count, int64_t end, bool whole, int64_t i) {
  const int64_t offset = offsets[i];
  const auto fault = [&](FaultKind kind, int64_t limit) {
    return fault_at(call, argument, kind, -1, i, offset, limit);
  };
  if (offset < 0 || offset > end) return fault(FaultKind::kOutOfRange, end);
  if (i > 0 && offset < offsets[i - 1]) return fault(FaultKind::kDecreasing, offsets[i - 1]);
  if (whole && i == 0 && offset != 0) return fault(FaultKind::kNotAtEnd, 0);
  if (whole && i == count - 1 && offset != end) return fault(FaultKind::kNotAtEnd, end);
  return no_fault();
}

// Number i, which may be 0 to `limit`.
template <class Call>
RC_HD inline Fault check_range(const Call& call, Argument argument, const Integers& values,
                               int64_t limit, int64_t i) {
  if (values[i] >= 0 && values[i] <= limit) return no_fault();
  return fault_at(call, argument, FaultKind::kOutOfRange, -1, i, values[i], limit);
}

RC_KERNELS_END
