// SPDX-License-Identifier: Apache-2.0
// rc_resample_backward on a CUDA device.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/resample/gradient.h"

namespace rc {

// Writes the gradient of a plan that is checked but for its data. The carver gives the memory for
// that; without `launch` it is only asked.
cudaError_t resample_backward_cuda(GradientPlan& plan, Carver& carver, bool launch,
                                   cudaStream_t stream);

}  // namespace rc
