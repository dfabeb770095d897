// SPDX-License-Identifier: Apache-2.0
// check.h spread over the blocks of a launch: block i of n looks at the i-th of n parts of each
// array, which are next to what it reads anyway where rows come in the order of their sequences.
#pragma once

#include "kernels/common/fault_record.h"
#include "kernels/resample/check.h"
#include "kernels/resample/cuda_grid.h"
#include "kernels/resample/packed_plans.h"

RC_KERNELS_BEGIN

// Samples that have times of their own.
RC_HD inline int64_t distinct_samples(const ResamplePlan& plan) {
  return plan.shared_times() && plan.sequences > 1 ? plan.samples : stored_samples(plan);
}

// The longest array to check.
inline int64_t most_checked(const ResamplePlan& plan) {
  return std::max(
      {plan.sequences + 1, plan.rows + 1, distinct_samples(plan), distinct_targets(plan)});
}

// Calls check(sequence, index in it) for sample i, counted along the arrays, if a sequence has it.
template <class Check>
__device__ Fault check_sample(const ResamplePlan& plan, int64_t i, Check check) {
  const int64_t e = plan.offsets ? holder(plan.offsets, plan.sequences, i) : i / plan.samples;
  if (e < 0 || !is_readable(plan, e)) return no_fault();
  const int64_t index = plan.offsets ? i - plan.offsets[e] : i % plan.samples;
  return index >= 0 && index < sequence_length(plan, e) ? check(e, index) : no_fault();
}

// The first and the last but one of the numbers of a part.
struct Range {
  int64_t begin, end;
};
__device__ inline Range range_of(int64_t count, const Part& part) {
  const int64_t each = divide(count + part.count - 1, part.count);
  return {part.index * each, min(count, (part.index + 1) * each)};
}

// Passes the positions of times of a part to `doubtful` that a look at two of them does not clear,
// if all times lie one behind the other.
template <class Raw, class Doubtful>
__device__ void look_at_times(const ResamplePlan& plan, const Range& range, Doubtful doubtful) {
  constexpr int kAtOnce = 4;
  const auto* const times = reinterpret_cast<const Raw*>(plan.source_times.data);
  const bool checks_order = plan.order == RC_ORDER_CHECK;
  const Raw* const end = times + range.end;
  const int64_t step = blockDim.x;
  for (const Raw* p = times + range.begin + threadIdx.x; p < end; p += kAtOnce * step) {
    bool clear = true;
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      const Raw* const at = p + k * step;
      if (at >= end) continue;
      const Raw t = __ldg(at), before = __ldg(at - (at > times));
      clear = clear && is_time(static_cast<typename TimeOf<Raw>::Value>(t)) &&
              !(checks_order && t < before);
    }
    if (clear) continue;
    for (const Raw* at = p; at < end && at < p + kAtOnce * step; at += step) {
      const int64_t i = at - times;
      const bool is_first = !plan.offsets && i == divide(i, plan.samples) * plan.samples;
      if (is_first && is_time(static_cast<typename TimeOf<Raw>::Value>(*at))) continue;
      doubtful(i);
    }
  }
}

// Passes the faults of this thread's numbers to `found`, those of one array in their order, the
// arrays in the order in which faults are reported. `each` is how many samples a part has.
template <class Raw, class Found>
__device__ void look_for_faults(const ResamplePlan& plan, const Part& part, int64_t each,
                                Found found) {
  const auto scan = [&](int64_t count, auto check) {
    const Range range = range_of(count, part);
    for (int64_t i = range.begin + threadIdx.x; i < range.end; i += blockDim.x) {
      const Fault fault = check(i);
      if (fault.kind != FaultKind::kNone) found(fault);
    }
  };
  if (plan.offsets) {
    scan(plan.sequences + 1, [&](int64_t i) {
      return check_offset(plan, Argument::kOffsets, plan.offsets, plan.sequences + 1, plan.samples,
                          false, i);
    });
  }
  if (plan.lengths) {
    scan(plan.sequences, [&](int64_t i) {
      return check_range(plan, Argument::kLengths, plan.lengths, plan.samples, i);
    });
  }
  if (plan.sequence_ids) {
    scan(plan.rows, [&](int64_t i) {
      return check_range(plan, Argument::kSequenceIds, plan.sequence_ids, plan.sequences - 1, i);
    });
  }
  if (plan.target_offsets) {
    scan(plan.rows + 1, [&](int64_t i) {
      return check_offset(plan, Argument::kTargetOffsets, plan.target_offsets, plan.rows + 1,
                          plan.targets, true, i);
    });
  }
  const auto check_one = [&](int64_t i) {
    return check_sample(plan, i, [&](int64_t e, int64_t index) {
      return check_time(plan, Sequence<Raw>(plan, e), index);
    });
  };
  // One sequence behind the other, or one for all.
  const Array& source = plan.source_times;
  if (source.step == 1 && (source.row == plan.samples || distinct_samples(plan) == plan.samples)) {
    const Range range = {part.index * each, min(distinct_samples(plan), (part.index + 1) * each)};
    look_at_times<Raw>(plan, range, [&](int64_t i) {
      const Fault fault = check_one(i);
      if (fault.kind != FaultKind::kNone) found(fault);
    });
  } else {
    scan(distinct_samples(plan), check_one);
  }
  if constexpr (!std::is_same_v<Raw, int64_t>) {
    scan(distinct_targets(plan), [&](int64_t i) { return check_target<Raw>(plan, i); });
  }
}

// Whether this thread sees a fault.
template <class Raw>
__device__ __noinline__ bool sees_fault(const ResamplePlan& plan, Part part) {
  bool seen = false;
  const int64_t each = divide(distinct_samples(plan) + part.count - 1, part.count);
  look_for_faults<Raw>(plan, part, each, [&](const Fault&) { seen = true; });
  return seen;
}

// Makes `fault` the first, if it is one and is.
static __device__ __noinline__ void keep_first(Fault& first, const Fault& fault) {
  if (fault.kind == FaultKind::kNone) return;
  if (first.kind == FaultKind::kNone || precedes(fault, first)) first = fault;
}

// Reports the first of the faults of a warp's threads, all of which call it.
__device__ inline void report_first(Fault fault, FaultRecord* record, uint64_t call) {
  constexpr int kWords = sizeof(Fault) / sizeof(unsigned);
#pragma unroll 1
  for (int distance = 16; distance > 0; distance /= 2) {
    Fault other;
    for (int i = 0; i < kWords; ++i) {
      reinterpret_cast<unsigned*>(&other)[i] =
          __shfl_down_sync(~0u, reinterpret_cast<const unsigned*>(&fault)[i], distance);
    }
    keep_first(fault, other);
  }
  if (threadIdx.x % 32 == 0 && fault.kind != FaultKind::kNone) report(record, call, fault);
}

// The first fault of this thread's numbers.
template <class Raw>
__device__ Fault first_fault(const ResamplePlan& plan, const Part& part) {
  Fault first = no_fault();
  const int64_t each = divide(distinct_samples(plan) + part.count - 1, part.count);
  look_for_faults<Raw>(plan, part, each, [&](const Fault& fault) { keep_first(first, fault); });
  return first;
}

RC_KERNELS_END
