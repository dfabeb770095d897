// SPDX-License-Identifier: Apache-2.0
#include "lib/cuda_timers.h"

#include "lib/cuda_support.h"

namespace rc {

void CudaTimers::start(cudaStream_t stream) {
  if (spare_.empty()) {
    Timer timer = {};
    check(cudaEventCreate(&timer.start), "making a timer");
    check(cudaEventCreate(&timer.stop), "making a timer");
    spare_.push_back(timer);
  }
  check(cudaEventRecord(spare_.back().start, stream), "starting a timer");
  started_ = true;
}

void CudaTimers::stop(cudaStream_t stream, int32_t op, uint64_t items, uint64_t bytes) {
  if (!started_) return;
  started_ = false;
  check(cudaEventRecord(spare_.back().stop, stream), "stopping a timer");
  running_.push_back(spare_.back());
  spare_.pop_back();
  running_.back().call = {op, items, bytes, 0};
}

std::vector<TimedCall> CudaTimers::take_finished(bool wait) {
  std::vector<TimedCall> calls;
  for (; !running_.empty(); running_.pop_front()) {
    const Timer& timer = running_.front();
    const cudaError_t error = wait ? cudaEventSynchronize(timer.stop) : cudaEventQuery(timer.stop);
    if (error == cudaErrorNotReady) {
      cudaGetLastError();
      break;
    }
    check(error, "waiting for a measured call");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, timer.start, timer.stop), "reading a timer");
    calls.push_back(timer.call);
    calls.back().nanoseconds = static_cast<uint64_t>(static_cast<double>(milliseconds) * 1e6);
    spare_.push_back(timer);
  }
  return calls;
}

void CudaTimers::drop() {
  spare_.insert(spare_.end(), running_.begin(), running_.end());
  running_.clear();
}

void CudaTimers::close() {
  drop();
  for (const Timer& timer : spare_) {
    cudaEventDestroy(timer.start);
    cudaEventDestroy(timer.stop);
  }
}

}  // namespace rc
