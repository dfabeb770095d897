// SPDX-License-Identifier: Apache-2.0
// Where kernels on a device leave the first fault that they meet.
#pragma once

#include <cstdint>

#include "kernels/common/fault.h"

namespace rc {

// In device memory, zeroed at first. Of all faults reported the one of the earliest call, and of
// this call the first in order, stays, whichever thread comes first.
struct FaultRecord {
  // 1 while a thread writes.
  uint32_t lock;
  uint32_t reserved;
  // Number of the call at fault; 0 says that nothing is wrong.
  uint64_t call;
  Fault fault;
};

#if defined(__CUDACC__)

__device__ inline void report(FaultRecord* record, uint64_t call, const Fault& fault) {
  volatile uint64_t* const recorded_call = &record->call;
  // What an earlier call left stays: no need to queue for the lock.
  if (*recorded_call != 0 && *recorded_call < call) return;
  while (atomicCAS(&record->lock, 0u, 1u) != 0) {
  }
  __threadfence();
  constexpr int kWords = sizeof(Fault) / sizeof(uint64_t);
  volatile uint64_t* const words = reinterpret_cast<volatile uint64_t*>(&record->fault);
  Fault recorded;
  for (int i = 0; i < kWords; ++i) reinterpret_cast<uint64_t*>(&recorded)[i] = words[i];
  if (*recorded_call == 0 || call < *recorded_call ||
      (call == *recorded_call && precedes(fault, recorded))) {
    for (int i = 0; i < kWords; ++i) words[i] = reinterpret_cast<const uint64_t*>(&fault)[i];
    *recorded_call = call;
  }
  __threadfence();
  atomicExch(&record->lock, 0u);
}

#endif

}  // namespace rc
