// SPDX-License-Identifier: Apache-2.0
#include "lib/cuda_extract.h"

#include "kernels/tsdf/extract_cuda.h"
#include "lib/cuda_support.h"

namespace rc {

uint64_t cuda_extract_workspace(const ExtractPlan& plan) {
  Carver carver(nullptr);
  check(tsdf_extract_cuda(plan, carver, false, nullptr), "asking for workspace");
  return carver.most();
}

void cuda_extract(const ExtractPlan& plan, char* workspace, const CudaCall& call) {
  Carver carver(workspace);
  check(tsdf_extract_cuda(plan, carver, true, call.stream), "launching the kernels");
}

}  // namespace rc
