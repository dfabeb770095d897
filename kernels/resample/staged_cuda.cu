// SPDX-License-Identifier: Apache-2.0
// Dense targets, served by blocks that stage what they read (cuda_staged.h).
#define RC_LEVEL cuda
#include "kernels/resample/cuda_staged.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

template <class Plans>
__global__ void __launch_bounds__(kStagedThreads, 8)
    resample_staged(const __grid_constant__ Plans all, FaultRecord* record, uint64_t call) {
  unsigned number;
  const StagedStream& s = all.streams[stream_of_block(all, &number)];
  serve_staged(all, s, number, record, call);
}

// Serves plans from `plans` on, as many as a launch takes, and returns how many.
template <class Plans>
int64_t launch_some(const ResamplePlan* plans, int64_t count, FaultRecord* record, uint64_t call,
                    cudaStream_t stream) {
  Plans all = {};
  all.op = plans[0].op;
  all.rows = plans[0].rows;
  all.targets = plans[0].targets;
  all.target_times = plans[0].target_times;
  all.target_offsets = plans[0].target_offsets;
  uint32_t bytes = 0;
  while (all.count < std::min<int64_t>(count, Plans::kMaxStreams)) {
    bytes = std::max(bytes, add_staged_stream(plans[all.count], all));
  }
  const auto blocks = static_cast<unsigned>(spread(plans[0], all));
  resample_staged<<<blocks, all.threads, bytes, stream>>>(all, record, call);
  return all.count;
}

}  // namespace
RC_KERNELS_END

namespace rc {

bool is_for_staging_cuda(const ResamplePlan& plan) {
  StagedPlans<1> all = {};
  return add_staged_stream(plan, all) != 0;
}

bool pays_to_stage_cuda(const ResamplePlan& plan) {
  return pays_to_stage(plan) && !is_usual_cuda(plan) && is_for_staging_cuda(plan);
}

cudaError_t staged_cuda(const ResamplePlan* plans, int64_t count, FaultRecord* record,
                        uint64_t call, cudaStream_t stream) {
  for (int64_t i = 0; i < count;) {
    const int64_t rest = count - i;
    i += rest == 1 ? launch_some<StagedPlans<1>>(plans + i, rest, record, call, stream)
                   : launch_some<StagedPlans<16>>(plans + i, rest, record, call, stream);
  }
  return cudaGetLastError();
}

}  // namespace rc
