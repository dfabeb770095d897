// SPDX-License-Identifier: Apache-2.0
// Faults in the contents of the tensors of a call, one number at a time.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/common/layout_check.h"
#include "kernels/common/numbers.h"
#include "kernels/resample/sequence.h"

RC_KERNELS_BEGIN

// Time i of a sequence, in the order of the array.
template <class Raw>
RC_HD inline Fault check_time(const ResamplePlan& plan, const Sequence<Raw>& sequence, int64_t i) {
  using Time = typename Sequence<Raw>::Time;
  const auto fault = [&](FaultKind kind) {
    return fault_at(plan, Argument::kSourceTimes, kind, plan.shared_times() ? -1 : sequence.id, i);
  };
  const Time t = static_cast<Time>(sequence.times[i * sequence.step]);
  if (!is_time(t)) return fault(FaultKind::kNotFinite);
  if (plan.order != RC_ORDER_CHECK || i == 0) return no_fault();
  if (t < static_cast<Time>(sequence.times[(i - 1) * sequence.step])) {
    return fault(FaultKind::kBackward);
  }
  return no_fault();
}

// Whether the values hold quaternions.
RC_HD inline bool has_quaternions(const ResamplePlan& plan) {
  for (int g = 0; plan.has_values && g < plan.num_groups; ++g) {
    if (plan.groups[g].mode == RC_MODE_SLERP) return true;
  }
  return false;
}

// Whether the length of a quaternion is 0, as it is of numbers whose squares vanish. For all others
// a comparison settles it: fma is a call where the compiler may not count on the instruction.
RC_HD inline bool is_zero_quaternion(const double* q) {
  for (int k = 0; k < 4; ++k) {
    if (fabs(q[k]) > 1e-150) return false;
  }
  return length4(q) == 0;
}

// The quaternions of sample i of sequence e.
RC_HD inline Fault check_quaternions(const ResamplePlan& plan, int64_t e, int64_t i) {
  const Array& v = plan.values;
  const int64_t sample = e * v.row + (sequence_begin(plan, e) + i) * v.step;
  for (int g = 0; g < plan.num_groups; ++g) {
    const Group& group = plan.groups[g];
    if (group.mode != RC_MODE_SLERP) continue;
    for (int64_t c = group.begin; c < group.begin + group.count; c += 4) {
      double q[4];
      for (int k = 0; k < 4; ++k) q[k] = load(v.type, v.data, sample + (c + k) * v.channel);
      if (is_zero_quaternion(q)) {
        return fault_at(plan, Argument::kValues, FaultKind::kZeroQuaternion, e, i);
      }
    }
  }
  return no_fault();
}

// Target times of which there is one each, shared ones counted once.
RC_HD inline int64_t distinct_targets(const ResamplePlan& plan) {
  return plan.packed_targets() || plan.target_times.row == 0 ? plan.targets
                                                             : plan.rows * plan.targets;
}

// Target time i of those.
template <class Raw>
RC_HD inline Fault check_target(const ResamplePlan& plan, int64_t i) {
  const Array& times = plan.target_times;
  const bool by_row = !plan.packed_targets() && times.row != 0;
  const int64_t row = by_row ? i / plan.targets : 0, target = by_row ? i % plan.targets : i;
  const auto t = static_cast<typename Sequence<Raw>::Time>(
      reinterpret_cast<const Raw*>(times.data)[row * times.row + target * times.step]);
  if (is_time(t)) return no_fault();
  return fault_at(plan, Argument::kTargetTimes, FaultKind::kNotFinite, by_row ? row : -1, target);
}

RC_KERNELS_END
