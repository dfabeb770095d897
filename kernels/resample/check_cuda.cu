// SPDX-License-Identifier: Apache-2.0
// The checks of a call whose kernel does not check by itself.
#define RC_LEVEL cuda
#include "kernels/resample/cuda_check.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Reports the first fault in offsets, lengths, ids, times and quaternions.
template <class Raw>
__global__ void __launch_bounds__(kTile)
    check_contents(const __grid_constant__ ResamplePlan plan, FaultRecord* record, uint64_t call) {
  const Part part = {blockIdx.x, gridDim.x};
  Fault fault = first_fault<ByBlock, Raw>(plan, part);
  if (fault.kind == FaultKind::kNone && has_quaternions(plan)) {
    for (int64_t i = int64_t{blockIdx.x} * kTile + threadIdx.x;
         i < stored_samples(plan) && fault.kind == FaultKind::kNone;
         i += int64_t{gridDim.x} * kTile) {
      fault = check_sample(
          plan, i, [&](int64_t e, int64_t index) { return check_quaternions(plan, e, index); });
    }
  }
  if (__syncthreads_or(fault.kind != FaultKind::kNone)) report_first(fault, record, call);
}

template <class Raw>
void launch(const ResamplePlan& plan, FaultRecord* record, uint64_t call, cudaStream_t stream) {
  const int64_t most =
      std::max(most_checked(plan), has_quaternions(plan) ? stored_samples(plan) : 0);
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
