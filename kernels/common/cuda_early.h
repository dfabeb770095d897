// SPDX-License-Identifier: Apache-2.0
// Kernels that are launched while those in front of them in the stream end, and wait for them on the
// device: a launch then costs less (programmatic dependent launch).
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/hd.h"

namespace rc {

// Whether the current device runs kernels of this library as they were compiled for one that can wait.
// It does not change, and asking takes no more than a load.
bool launches_early();

}  // namespace rc

RC_KERNELS_BEGIN

// Waits for the kernels in front: all that they wrote is there. To be called by all threads before they
// touch memory.
__device__ inline void wait_for_former() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Allows the kernel behind to be launched once all blocks of this one have begun, not only when they
// end. It waits for this one all the same.
__device__ inline void let_next_begin() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}

// Launches a kernel that begins with wait_for_former().
template <class... Parameters, class... Arguments>
void launch_early(void (*kernel)(Parameters...), dim3 blocks, unsigned threads, size_t shared,
                  cudaStream_t stream, const Arguments&... arguments) {
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = shared;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = launches_early() ? 1 : 0;
  // The caller asks for the last error.
  cudaLaunchKernelEx(&config, kernel, Parameters(arguments)...);
}

RC_KERNELS_END
