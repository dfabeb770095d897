// SPDX-License-Identifier: Apache-2.0
// Has L2 fetch what a kernel will read soon, while it waits for what tells it more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

// A sector, or more bytes but for the last few, where the device has an instruction for that.
__device__ inline void ask_for(const char* place, size_t bytes) {
  constexpr size_t kSector = 32;
  if (bytes <= kSector) {
    asm volatile("prefetch.global.L2 [%0];" ::"l"(place));
    return;
  }
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  constexpr uintptr_t kUnit = 16;
  const auto first = reinterpret_cast<uintptr_t>(place);
  const uintptr_t begin = first / kUnit * kUnit, end = (first + bytes) / kUnit * kUnit;
  asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(begin),
               "r"(static_cast<uint32_t>(end - begin)));
#endif
}

RC_KERNELS_END
