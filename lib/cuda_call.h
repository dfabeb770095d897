// SPDX-License-Identifier: Apache-2.0
/** One call of an operation on a CUDA device. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/fault_record.h"

namespace rc {

/** Where work goes, and where its faults are noted under the number of the call. */
struct CudaCall {
  cudaStream_t stream;
  FaultRecord* record;
  uint64_t number;
};

}  // namespace rc
