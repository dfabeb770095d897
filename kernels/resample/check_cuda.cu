// SPDX-License-Identifier: Apache-2.0
// check.h on a CUDA device: every number by a thread of its own.
#define RC_LEVEL cuda
#include <algorithm>

#include "kernels/resample/check.h"
#include "kernels/resample/cuda_grid.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Checks numbers 0 to count - 1, spread over the threads of the grid; each thread stops at its
// first fault.
template <class Check>
__device__ void scan(int64_t count, Fault& fault, Check check) {
  for (int64_t i = int64_t{blockIdx.x} * kTile + threadIdx.x;
       i < count && fault.kind == FaultKind::kNone; i += int64_t{gridDim.x} * kTile) {
    fault = check(i);
  }
}

// Samples that have times of their own.
RC_HD int64_t distinct_samples(const ResamplePlan& plan) {
  return plan.shared_times() && plan.sequences > 1 ? plan.samples : stored_samples(plan);
}

// Calls check(sequence, index in it) for sample i, counted along the arrays, if a sequence has it.
template <class Check>
__device__ Fault check_sample(const ResamplePlan& plan, int64_t i, Check check) {
  const int64_t e = plan.offsets ? holder(plan.offsets, plan.sequences, i) : i / plan.samples;
  if (e < 0 || !is_readable(plan, e)) return no_fault();
  const int64_t index = plan.offsets ? i - plan.offsets[e] : i % plan.samples;
  return index >= 0 && index < sequence_length(plan, e) ? check(e, index) : no_fault();
}

// Reports the first fault in offsets, lengths, ids, times and quaternions.
template <class Raw>
__global__ void __launch_bounds__(kTile)
    check_contents(const __grid_constant__ ResamplePlan plan, FaultRecord* record, uint64_t call) {
  Fault fault = no_fault();
  // In the order in which faults are reported.
  scan(plan.offsets ? plan.sequences + 1 : 0, fault, [&](int64_t i) {
    return check_offset(plan, Argument::kOffsets, plan.offsets, plan.sequences + 1, plan.samples,
                        false, i);
  });
  scan(plan.lengths ? plan.sequences : 0, fault, [&](int64_t i) {
    return check_range(plan, Argument::kLengths, plan.lengths, plan.samples, i);
  });
  scan(plan.sequence_ids ? plan.rows : 0, fault, [&](int64_t i) {
    return check_range(plan, Argument::kSequenceIds, plan.sequence_ids, plan.sequences - 1, i);
  });
  scan(plan.target_offsets ? plan.rows + 1 : 0, fault, [&](int64_t i) {
    return check_offset(plan, Argument::kTargetOffsets, plan.target_offsets, plan.rows + 1,
                        plan.targets, true, i);
  });
  scan(distinct_samples(plan), fault, [&](int64_t i) {
    return check_sample(plan, i, [&](int64_t e, int64_t index) {
      return check_time(plan, Sequence<Raw>(plan, e), index);
    });
  });
  if (plan.target_times.type != Type::i64) {
    scan(distinct_targets(plan), fault, [&](int64_t i) { return check_target<Raw>(plan, i); });
  }
  if (has_quaternions(plan)) {
    scan(stored_samples(plan), fault, [&](int64_t i) {
      return check_sample(
          plan, i, [&](int64_t e, int64_t index) { return check_quaternions(plan, e, index); });
    });
  }
  if (!__syncthreads_or(fault.kind != FaultKind::kNone)) return;

  // One report for the block.
  __shared__ Fault faults[kTile];
  faults[threadIdx.x] = fault;
  for (unsigned half = kTile / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x >= half) continue;
    Fault& mine = faults[threadIdx.x];
    const Fault& other = faults[threadIdx.x + half];
    if (other.kind == FaultKind::kNone) continue;
    if (mine.kind == FaultKind::kNone || precedes(other, mine)) mine = other;
  }
  if (threadIdx.x == 0) report(record, call, faults[0]);
}

template <class Raw>
void launch(const ResamplePlan& plan, FaultRecord* record, uint64_t call, cudaStream_t stream) {
  const int64_t most =
      std::max({plan.sequences + 1, plan.rows + 1, distinct_samples(plan), distinct_targets(plan),
                has_quaternions(plan) ? stored_samples(plan) : 0});
  check_contents<Raw><<<blocks_for(most), kTile, 0, stream>>>(plan, record, call);
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t check_cuda(const ResamplePlan& plan, FaultRecord* record, uint64_t call,
                       cudaStream_t stream) {
  if (!plan.validate) return cudaSuccess;
  ResamplePlan unordered = plan;
  unordered.sorted = nullptr;
  with_time_type(plan.target_times.type, [&](auto* raw) {
    launch<std::remove_pointer_t<decltype(raw)>>(unordered, record, call, stream);
  });
  return cudaGetLastError();
}

}  // namespace rc
