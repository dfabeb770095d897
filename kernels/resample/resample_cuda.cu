// SPDX-License-Identifier: Apache-2.0
// rc_resample on a CUDA device: the rules of locate.h, evaluate.h and quality.h, which the CPU
// follows too, spread over threads.
#define RC_LEVEL cuda
#include "kernels/resample/cuda_tiles.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

template <class Raw>
__global__ void __launch_bounds__(kTile) resample_tiles(const __grid_constant__ ResamplePlan plan) {
  serve_tiles<Raw>(plan);
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t resample_cuda(const ResamplePlan& plan, cudaStream_t stream) {
  const int64_t total = plan.total_targets();
  if (total == 0) return cudaSuccess;
  with_time_type(plan.target_times.type, [&](auto* raw) {
    using Raw = std::remove_pointer_t<decltype(raw)>;
    resample_tiles<Raw><<<blocks_for(total), kTile, 0, stream>>>(plan);
  });
  return cudaGetLastError();
}

}  // namespace rc
