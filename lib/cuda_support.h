// SPDX-License-Identifier: Apache-2.0
/** What the CUDA files of lib/ share: errors, the current device, captured streams. */
#pragma once

#include <cuda.h>
#include <cudaTypedefs.h>
#include <cuda_runtime_api.h>

#include <cstdint>

namespace rc {

/** Throws what an error of CUDA means; `doing` begins the message. */
void check(cudaError_t error, const char* doing);

/** Whether work on a stream goes into a graph. The legacy stream counts so while a stream is
 * captured that it would wait for. */
bool is_capturing(cudaStream_t stream);

/** The primary context of a device: the one that the runtime and every framework use. */
class PrimaryContext {
 public:
  explicit PrimaryContext(int32_t device_id);
  ~PrimaryContext();
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;

 private:
  friend class Current;
  /** Functions of the driver that the runtime has no equal of: they make a device current without
   * starting a context on the device that was current before. */
  struct Driver {
    PFN_cuDevicePrimaryCtxRetain_v7000 retain;
    PFN_cuDevicePrimaryCtxRelease_v11000 release;
    PFN_cuCtxPushCurrent_v4000 push;
    PFN_cuCtxPopCurrent_v4000 pop;
    PFN_cuCtxGetCurrent_v4000 get;
    Driver();
  };

  const Driver driver_;
  int32_t device_id_;
  CUcontext context_;
};

/** Makes a device current for a scope, and allows there what does not concern a stream that this
 * thread may be capturing. */
class Current {
 public:
  explicit Current(const PrimaryContext& context) : context_(context) {
    // It is, as a rule: asking is cheaper than a push and a pop.
    CUcontext now = nullptr;
    context_.driver_.get(&now);
    is_pushed_ = now != context_.context_;
    if (is_pushed_) context_.driver_.push(context_.context_);
    cudaThreadExchangeStreamCaptureMode(&mode_);
  }
  ~Current() {
    cudaThreadExchangeStreamCaptureMode(&mode_);
    CUcontext popped;
    if (is_pushed_) context_.driver_.pop(&popped);
  }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  const PrimaryContext& context_;
  bool is_pushed_;
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

}  // namespace rc
