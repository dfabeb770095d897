// SPDX-License-Identifier: Apache-2.0
// Neighbouring lanes of a warp with the same number speak with one voice: atomics of one address
// are made one after the other.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/common/hd.h"

RC_KERNELS_BEGIN

// To be made by whole warps.
struct LaneRun {
  int lane, head, length;

  __device__ explicit LaneRun(uint32_t number) : lane(static_cast<int>(threadIdx.x % 32)) {
    const uint32_t before = __shfl_up_sync(0xffffffffu, number, 1);
    const unsigned heads = __ballot_sync(0xffffffffu, lane == 0 || before != number);
    const unsigned through = 0xffffffffu >> (31 - lane);
    head = 31 - __clz(static_cast<int>(heads & through));
    const unsigned later = heads & ~through;
    length = (later != 0 ? __ffs(static_cast<int>(later)) - 1 : 32) - head;
  }
  __device__ bool leads() const { return lane == head; }
  __device__ unsigned lanes() const { return 0xffffffffu >> (32 - length) << head; }
};

RC_KERNELS_END
