// SPDX-License-Identifier: Apache-2.0
// Faults in the contents of the tensors of a call.
#include "kernels/common/curves.h"
#include "kernels/common/numbers.h"
#include "kernels/resample/resample.h"
#include "kernels/resample/sequence.h"

namespace rc {

static Fault fault_at(const ResamplePlan& plan, Argument argument, FaultKind kind, int64_t row,
                      int64_t index, int64_t value = 0, int64_t limit = 0) {
  return {kind, argument, plan.op, plan.stream, row, index, value, limit};
}

// Numbers that may not fall, from at least 0 to at most `end`, or exactly these where `whole`.
static Fault check_offsets(const ResamplePlan& plan, Argument argument, const Integers& offsets,
                           int64_t count, int64_t end, bool whole) {
  const auto fault = [&](FaultKind kind, int64_t i, int64_t limit) {
    return fault_at(plan, argument, kind, -1, i, offsets[i], limit);
  };
  for (int64_t i = 0; i < count; ++i) {
    if (offsets[i] < 0 || offsets[i] > end) return fault(FaultKind::kOutOfRange, i, end);
    if (i > 0 && offsets[i] < offsets[i - 1]) {
      return fault(FaultKind::kDecreasing, i, offsets[i - 1]);
    }
  }
  if (whole && offsets[0] != 0) return fault(FaultKind::kNotAtEnd, 0, 0);
  if (whole && offsets[count - 1] != end) return fault(FaultKind::kNotAtEnd, count - 1, end);
  return {};
}

static Fault check_range(const ResamplePlan& plan, Argument argument, const Integers& values,
                         int64_t count, int64_t limit) {
  for (int64_t i = 0; i < count; ++i) {
    if (values[i] < 0 || values[i] > limit) {
      return fault_at(plan, argument, FaultKind::kOutOfRange, -1, i, values[i], limit);
    }
  }
  return {};
}

Fault check_layout(const ResamplePlan& plan) {
  Fault fault = {};
  if (plan.offsets) {
    fault = check_offsets(plan, Argument::kOffsets, plan.offsets, plan.sequences + 1, plan.samples,
                          false);
  }
  if (fault.kind == FaultKind::kNone && plan.lengths) {
    fault = check_range(plan, Argument::kLengths, plan.lengths, plan.sequences, plan.samples);
  }
  if (fault.kind == FaultKind::kNone && plan.sequence_ids) {
    fault = check_range(plan, Argument::kSequenceIds, plan.sequence_ids, plan.rows,
                        plan.sequences - 1);
  }
  if (fault.kind == FaultKind::kNone && plan.target_offsets) {
    fault = check_offsets(plan, Argument::kTargetOffsets, plan.target_offsets, plan.rows + 1,
                          plan.targets, true);
  }
  return fault;
}

template <class Raw>
static Fault check_times(const ResamplePlan& plan, int64_t e) {
  using Time = typename Sequence<Raw>::Time;
  if (plan.shared_times() && e > 0) return {};
  ResamplePlan unordered = plan;
  unordered.sorted = nullptr;
  const Sequence<Raw> samples(unordered, e);
  Time last = {};
  for (int64_t i = 0; i < samples.count; ++i) {
    const auto fault = [&](FaultKind kind) {
      return fault_at(plan, Argument::kSourceTimes, kind, plan.shared_times() ? -1 : e, i);
    };
    const Time t = static_cast<Time>(samples.times[i * samples.step]);
    if (!is_time(t)) return fault(FaultKind::kNotFinite);
    if (plan.order == RC_ORDER_CHECK && i > 0 && t < last) return fault(FaultKind::kBackward);
    last = t;
  }
  return {};
}

static Fault check_quaternions(const ResamplePlan& plan, int64_t e, const Group& group) {
  const Array& v = plan.values;
  const int64_t begin = sequence_begin(plan, e);
  for (int64_t s = 0; s < sequence_length(plan, e); ++s) {
    for (int64_t c = group.begin; c < group.begin + group.count; c += 4) {
      double q[4];
      for (int i = 0; i < 4; ++i) {
        q[i] = load(v.type, v.data, e * v.row + (begin + s) * v.step + (c + i) * v.channel);
      }
      if (length4(q) == 0) {
        return fault_at(plan, Argument::kValues, FaultKind::kZeroQuaternion, e, s);
      }
    }
  }
  return {};
}

Fault check_sequence(const ResamplePlan& plan, int64_t e) {
  Fault fault = plan.source_times.type == Type::i64   ? check_times<int64_t>(plan, e)
                : plan.source_times.type == Type::f64 ? check_times<double>(plan, e)
                                                      : check_times<float>(plan, e);
  for (int g = 0; g < plan.num_groups && fault.kind == FaultKind::kNone && plan.has_values; ++g) {
    if (plan.groups[g].mode == RC_MODE_SLERP) fault = check_quaternions(plan, e, plan.groups[g]);
  }
  return fault;
}

Fault check_targets(const ResamplePlan& plan, int64_t begin, int64_t end) {
  if (plan.target_times.type == Type::i64) return {};
  const Array& times = plan.target_times;
  const bool by_row = !plan.packed_targets() && times.row != 0;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t row = by_row ? i / plan.targets : 0, target = by_row ? i % plan.targets : i;
    if (!is_finite(load(times.type, times.data, row * times.row + target * times.step))) {
      return fault_at(plan, Argument::kTargetTimes, FaultKind::kNotFinite, by_row ? row : -1,
                      target);
    }
  }
  return {};
}

}  // namespace rc
