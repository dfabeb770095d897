// SPDX-License-Identifier: Apache-2.0
// check.h spread over the blocks of a launch: block i of n looks at the i-th of n parts of each
// array, which are next to what it reads anyway where rows come in the order of their sequences.
#pragma once

#include "kernels/common/fault_record.h"
#include "kernels/resample/check.h"
#include "kernels/resample/cuda_grid.h"
#include "kernels/resample/cuda_locate.h"
#include "kernels/resample/packed_plans.h"

RC_KERNELS_BEGIN

// Samples that have times of their own.
RC_HD inline int64_t distinct_samples(const ResamplePlan& plan) {
  return plan.shared_times() && plan.sequences > 1 ? plan.samples : stored_samples(plan);
}

// Whether source times lie one behind the other, one sequence behind the other or one for all.
RC_HD inline bool has_samples_in_line(const ResamplePlan& plan) {
  const Array& times = plan.source_times;
  return times.step == 1 && (times.row == plan.samples || distinct_samples(plan) == plan.samples);
}
RC_HD inline bool has_targets_in_line(const ResamplePlan& plan) {
  const Array& times = plan.target_times;
  return times.step == 1 &&
         (plan.packed_targets() || plan.rows == 1 || times.row == 0 || times.row == plan.targets);
}

// The longest of the arrays beside the times that are to be checked, of those that there are.
inline uint32_t most_of_arrays(const ResamplePlan& plan) {
  const bool of_sequences = plan.offsets || plan.lengths;
  const bool of_rows = plan.sequence_ids || plan.target_offsets;
  return static_cast<uint32_t>(
      std::max(of_sequences ? plan.sequences + 1 : 0, of_rows ? plan.rows + 1 : 0));
}

// The longest array to check.
inline int64_t most_checked(const ResamplePlan& plan) {
  return std::max(
      {plan.sequences + 1, plan.rows + 1, distinct_samples(plan), distinct_targets(plan)});
}

// Calls check(sequence, index in it) for sample i, counted along the arrays, if a sequence has it.
template <class Check>
__device__ Fault check_sample(const ResamplePlan& plan, int64_t i, Check check) {
  // As holder().
  const int64_t e = plan.offsets
                        ? border_of_threads(plan.sequences - 1,
                                            [&](int64_t k) { return plan.offsets[k + 1] <= i; })
                        : i / plan.samples;
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

// Who shares a part: the threads of its block, or those of each warp for themselves.
struct ByBlock {
  __device__ static unsigned index() { return threadIdx.x; }
  __device__ static unsigned count() { return blockDim.x; }
};
struct ByWarp {
  __device__ static unsigned index() { return threadIdx.x % 32; }
  // Compilers do not know it: else they unroll loops that almost no call comes to.
  __device__ static unsigned count() {
    unsigned count;
    asm("mov.u32 %0, WARP_SZ;" : "=r"(count));
    return count;
  }
};

// Passes those numbers of [begin, end) to `doubtful` that are not clear; of each thread a few are looked
// at side by side.
template <class Threads, class Raw, class IsClear, class Doubtful>
__device__ void look_at_all(const Raw* begin, const Raw* end, IsClear is_clear, Doubtful doubtful) {
  // As many as the part of a block has of each thread where samples are twice the targets.
  constexpr int kAtOnce = 2;
  const int64_t step = Threads::count();
  for (const Raw* p = begin + Threads::index(); p < end; p += kAtOnce * step) {
    bool all_clear = true;
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      const Raw* const at = p + k * step;
      if (at >= end) continue;
      const bool clear = is_clear(at);
      all_clear = all_clear && clear;
    }
    if (all_clear) continue;
    for (const Raw* at = p; at < end && at < p + kAtOnce * step; at += step) {
      if (!is_clear(at)) doubtful(at);
    }
  }
}

// Whether sample i is the first of a sequence, where all have as many. Apart: few times are asked for it.
static __device__ __noinline__ bool is_first_sample(int64_t i, int64_t samples) {
  return i == divide(i, samples) * samples;
}

// Passes the positions of source times of a part to `doubtful` that a look at two of them does not clear,
// if all times lie one behind the other.
template <class Threads, class Raw, class Doubtful>
__device__ void look_at_times(const ResamplePlan& plan, const Range& range, Doubtful doubtful) {
  const auto* const times = reinterpret_cast<const Raw*>(plan.source_times.data);
  const bool checks_order = plan.order == RC_ORDER_CHECK;
  const auto is_clear = [&](const Raw* at) {
    const Raw t = __ldg(at), before = __ldg(at - (at > times));
    return is_time(t) && !(checks_order && t < before);
  };
  look_at_all<Threads>(times + range.begin, times + range.end, is_clear, [&](const Raw* at) {
    const int64_t i = at - times;
    const bool is_first = !plan.offsets && is_first_sample(i, plan.samples);
    if (!is_first || !is_time(*at)) doubtful(i);
  });
}

// Passes the numbers of target times of a part to `wrong` that are none, if all lie one behind the other.
template <class Threads, class Raw, class Wrong>
__device__ void look_at_targets(const ResamplePlan& plan, const Range& range, Wrong wrong) {
  const auto* const times = reinterpret_cast<const Raw*>(plan.target_times.data);
  look_at_all<Threads>(
      times + range.begin, times + range.end, [](const Raw* at) { return is_time(__ldg(at)); },
      [&](const Raw* at) { wrong(at - times); });
}

// Samples `each` to a part, of `count`.
__device__ inline Range samples_of(int64_t count, const Part& part, int64_t each) {
  return {part.index * each, min(count, (part.index + 1) * each)};
}

// Calls check(i) for this thread's numbers of the part of an array and passes faults to `found`.
template <class Threads, class Check, class Found>
__device__ void scan(int64_t count, const Part& part, Check check, Found found) {
  const Range range = range_of(count, part);
  for (int64_t i = range.begin + Threads::index(); i < range.end; i += Threads::count()) {
    const Fault fault = check(i);
    if (fault.kind != FaultKind::kNone) found(fault);
  }
}

// Passes the faults of offsets, lengths and ids to `found`, as look_for_faults().
template <class Threads, class Found>
__device__ void look_at_arrays(const ResamplePlan& plan, const Part& part, Found found) {
  if (plan.offsets) {
    const auto check = [&](int64_t i) {
      return check_offset(plan, Argument::kOffsets, plan.offsets, plan.sequences + 1, plan.samples,
                          false, i);
    };
    scan<Threads>(plan.sequences + 1, part, check, found);
  }
  if (plan.lengths) {
    const auto check = [&](int64_t i) {
      return check_range(plan, Argument::kLengths, plan.lengths, plan.samples, i);
    };
    scan<Threads>(plan.sequences, part, check, found);
  }
  if (plan.sequence_ids) {
    const auto check = [&](int64_t i) {
      return check_range(plan, Argument::kSequenceIds, plan.sequence_ids, plan.sequences - 1, i);
    };
    scan<Threads>(plan.rows, part, check, found);
  }
  if (plan.target_offsets) {
    const auto check = [&](int64_t i) {
      return check_offset(plan, Argument::kTargetOffsets, plan.target_offsets, plan.rows + 1,
                          plan.targets, true, i);
    };
    scan<Threads>(plan.rows + 1, part, check, found);
  }
}

// The fault of source time i, counted along the array.
template <class Raw>
__device__ Fault check_source(const ResamplePlan& plan, int64_t i) {
  return check_sample(plan, i, [&](int64_t e, int64_t index) {
    return check_time(plan, Sequence<Raw>(plan, e), index);
  });
}

// Passes the faults of this thread's numbers to `found`, those of one array in their order, the
// arrays in the order in which faults are reported. `each` is how many samples a part has.
template <class Threads, class Raw, class Found>
__device__ void look_for_faults(const ResamplePlan& plan, const Part& part, int64_t each,
                                Found found) {
  look_at_arrays<Threads>(plan, part, found);
  const auto check_one = [&](int64_t i) { return check_source<Raw>(plan, i); };
  if (has_samples_in_line(plan)) {
    look_at_times<Threads, Raw>(plan, samples_of(distinct_samples(plan), part, each),
                                [&](int64_t i) {
                                  const Fault fault = check_one(i);
                                  if (fault.kind != FaultKind::kNone) found(fault);
                                });
  } else {
    scan<Threads>(distinct_samples(plan), part, check_one, found);
  }
  if constexpr (!std::is_same_v<Raw, int64_t>) {
    const auto check = [&](int64_t i) { return check_target<Raw>(plan, i); };
    if (has_targets_in_line(plan)) {
      look_at_targets<Threads, Raw>(plan, range_of(distinct_targets(plan), part),
                                    [&](int64_t i) { found(check(i)); });
    } else {
      scan<Threads>(distinct_targets(plan), part, check, found);
    }
  }
}

// Whether this thread sees a fault.
template <class Raw>
__device__ __noinline__ bool sees_fault(const ResamplePlan& plan, Part part) {
  bool seen = false;
  const int64_t each = divide(distinct_samples(plan) + part.count - 1, part.count);
  look_for_faults<ByBlock, Raw>(plan, part, each, [&](const Fault&) { seen = true; });
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
template <class Threads, class Raw>
__device__ Fault first_fault(const ResamplePlan& plan, const Part& part) {
  Fault first = no_fault();
  const int64_t each = divide(distinct_samples(plan) + part.count - 1, part.count);
  look_for_faults<Threads, Raw>(plan, part, each,
                                [&](const Fault& fault) { keep_first(first, fault); });
  return first;
}

RC_KERNELS_END
