// SPDX-License-Identifier: Apache-2.0
/** Device time of calls, by pairs of events around them. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <deque>
#include <vector>

#include "lib/cuda_device.h"

namespace rc {

/** Its functions want the device to be current. */
class CudaTimers {
 public:
  void start(cudaStream_t stream);
  /** Nothing without a start. */
  void stop(cudaStream_t stream, int32_t op, uint64_t items, uint64_t bytes);
  /** The calls whose time is known, and with `wait` all, in order; they are forgotten. */
  std::vector<TimedCall> take_finished(bool wait);
  /** Forgets all calls. */
  void drop();
  /** Returns the events to CUDA. */
  void close();

 private:
  struct Timer {
    cudaEvent_t start, stop;
    TimedCall call;
  };

  /** Whether the last of `spare_` has been started. */
  bool started_ = false;
  std::vector<Timer> spare_;
  std::deque<Timer> running_;
};

}  // namespace rc
