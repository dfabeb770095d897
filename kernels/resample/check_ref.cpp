// SPDX-License-Identifier: Apache-2.0
// check.h on the CPU, number after number.
#include <algorithm>
#include <initializer_list>

#include "kernels/resample/check.h"
#include "kernels/resample/resample.h"

namespace rc {

// Checks numbers begin to end - 1 up to the first fault.
template <class Check>
static Fault scan(int64_t begin, int64_t end, Check check) {
  for (int64_t i = begin; i < end; ++i) {
    const Fault fault = check(i);
    if (fault.kind != FaultKind::kNone) return fault;
  }
  return {};
}

static Fault check_offsets(const ResamplePlan& plan) {
  const int64_t count = plan.offsets ? plan.sequences + 1 : 0;
  return scan(0, count, [&](int64_t i) {
    return check_offset(plan, Argument::kOffsets, plan.offsets, count, plan.samples, false, i);
  });
}

static Fault check_lengths(const ResamplePlan& plan) {
  return scan(0, plan.lengths ? plan.sequences : 0, [&](int64_t i) {
    return check_range(plan, Argument::kLengths, plan.lengths, plan.samples, i);
  });
}

static Fault check_sequence_ids(const ResamplePlan& plan) {
  return scan(0, plan.sequence_ids ? plan.rows : 0, [&](int64_t i) {
    return check_range(plan, Argument::kSequenceIds, plan.sequence_ids, plan.sequences - 1, i);
  });
}

static Fault check_target_offsets(const ResamplePlan& plan) {
  const int64_t count = plan.target_offsets ? plan.rows + 1 : 0;
  return scan(0, count, [&](int64_t i) {
    return check_offset(plan, Argument::kTargetOffsets, plan.target_offsets, count, plan.targets,
                        true, i);
  });
}

Fault check_layout(const ResamplePlan& plan) {
  for (const auto check :
       {check_offsets, check_lengths, check_sequence_ids, check_target_offsets}) {
    const Fault fault = check(plan);
    if (fault.kind != FaultKind::kNone) return fault;
  }
  return {};
}

// Whether none of `count` times from `times` on has a fault, of which the first follows `before`: a
// loop without a way out takes less time than one that looks for the first.
template <class Raw>
static bool are_times(const Raw* times, int64_t step, int64_t count, Raw before, bool ordered) {
  bool right = true;
  for (int64_t i = 0; i < count; ++i) {
    const Raw t = times[i * step];
    right &= is_time(static_cast<typename TimeOf<Raw>::Value>(t)) & (!ordered | !(t < before));
    before = t;
  }
  return right;
}

// The same of times that lie side by side. At four places in turn: memory is read ahead page by page.
template <class Raw>
static bool are_dense_times(const Raw* times, int64_t count, Raw before, bool ordered) {
  const int64_t part = (count - 1) / 4;
  if (!ordered || part < 64) return are_times(times, 1, count, before, ordered);
  const auto right = [](Raw t, Raw earlier) {
    return is_time(static_cast<typename TimeOf<Raw>::Value>(t)) & !(t < earlier);
  };
  const Raw *const first = times + 1, *const second = first + part, *const third = second + part,
                   *const fourth = third + part;
  bool all = right(*times, before);
  for (int64_t i = 0; i < part; ++i) {
    all &= right(first[i], first[i - 1]);
    all &= right(second[i], second[i - 1]);
    all &= right(third[i], third[i - 1]);
    all &= right(fourth[i], fourth[i - 1]);
  }
  const int64_t done = 1 + 4 * part;
  return all & are_times(times + done, 1, count - done, times[done - 1], true);
}

// Whether a sequence has no fault in the times [begin, end).
template <class Raw>
static bool are_times(const Sequence<Raw>& sequence, bool ordered, int64_t begin, int64_t end) {
  const Raw* const times = sequence.times + begin * sequence.step;
  const Raw before = begin > 0 ? times[-sequence.step] : *times;
  if (sequence.step == 1) return are_dense_times(times, end - begin, before, ordered);
  return are_times(times, sequence.step, end - begin, before, ordered);
}

template <class Raw>
static Fault check_times(const ResamplePlan& plan, int64_t e, int64_t begin, int64_t end) {
  if (plan.shared_times() && e > 0) return {};
  const Sequence<Raw> sequence(plan, e);
  if (are_times(sequence, plan.order == RC_ORDER_CHECK, begin, end)) return {};
  return scan(begin, end, [&](int64_t i) { return check_time(plan, sequence, i); });
}

Fault check_samples(const ResamplePlan& plan, int64_t e, int64_t begin, int64_t end) {
  end = std::min(end, sequence_length(plan, e));
  if (begin >= end) return {};
  const Fault fault =
      plan.source_times.type == Type::i64   ? check_times<int64_t>(plan, e, begin, end)
      : plan.source_times.type == Type::f64 ? check_times<double>(plan, e, begin, end)
                                            : check_times<float>(plan, e, begin, end);
  if (fault.kind != FaultKind::kNone || !has_quaternions(plan)) return fault;
  return scan(begin, end, [&](int64_t i) { return check_quaternions(plan, e, i); });
}

Fault check_targets(const ResamplePlan& plan, int64_t begin, int64_t end) {
  switch (plan.target_times.type) {
    case Type::i64:
      return {};
    case Type::f64:
      return scan(begin, end, [&](int64_t i) { return check_target<double>(plan, i); });
    default:
      return scan(begin, end, [&](int64_t i) { return check_target<float>(plan, i); });
  }
}

}  // namespace rc
