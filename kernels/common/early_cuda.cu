// SPDX-License-Identifier: Apache-2.0
#define RC_LEVEL cuda
#include <atomic>

#include "kernels/common/cuda_early.h"

RC_KERNELS_BEGIN
namespace {

// Compiled for the same devices as all others.
__global__ void wait_only() { wait_for_former(); }

}  // namespace
RC_KERNELS_END

namespace rc {

bool launches_early() {
  enum Answer : int8_t { kUnknown, kLate, kEarly };
  constexpr int kMostDevices = 64;
  static std::atomic<Answer> answers[kMostDevices] = {};
  int device;
  if (cudaGetDevice(&device) != cudaSuccess || device >= kMostDevices) return false;
  Answer answer = answers[device].load(std::memory_order_relaxed);
  if (answer == kUnknown) {
    cudaFuncAttributes attributes;
    const bool known = cudaFuncGetAttributes(&attributes, wait_only) == cudaSuccess;
    answer = known && attributes.ptxVersion >= 90 ? kEarly : kLate;
    answers[device].store(answer, std::memory_order_relaxed);
  }
  return answer == kEarly;
}

}  // namespace rc
