// SPDX-License-Identifier: Apache-2.0
#include "lib/cuda_support.h"

#include "lib/error.h"

namespace rc {
namespace {

template <class Function>
void find(const char* name, unsigned int version, Function& function) {
  void* address = nullptr;
  cudaDriverEntryPointQueryResult result;
  check(cudaGetDriverEntryPointByVersion(name, &address, version, cudaEnableDefault, &result),
        name);
  function = reinterpret_cast<Function>(address);
}

}  // namespace

void check(cudaError_t error, const char* doing) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  const bool memory = error == cudaErrorMemoryAllocation;
  fail(memory ? RC_ERROR_OUT_OF_MEMORY : RC_ERROR_CUDA, "%s: %s (%s)", doing,
       cudaGetErrorString(error), cudaGetErrorName(error));
}

bool is_capturing(cudaStream_t stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  const cudaError_t error = cudaStreamIsCapturing(stream, &status);
  if (error == cudaErrorStreamCaptureImplicit) {
    cudaGetLastError();
    return true;
  }
  check(error, "asking whether the stream is captured");
  return status != cudaStreamCaptureStatusNone;
}

PrimaryContext::Driver::Driver() {
  find("cuDevicePrimaryCtxRetain", 7000, retain);
  find("cuDevicePrimaryCtxRelease", 11000, release);
  find("cuCtxPushCurrent", 4000, push);
  find("cuCtxPopCurrent", 4000, pop);
  find("cuCtxGetCurrent", 4000, get);
}

PrimaryContext::PrimaryContext(int32_t device_id) : device_id_(device_id) {
  // The codes of the driver and of the runtime are the same numbers.
  check(static_cast<cudaError_t>(driver_.retain(&context_, device_id)),
        "starting CUDA on the device");
}

PrimaryContext::~PrimaryContext() { driver_.release(device_id_); }

}  // namespace rc
