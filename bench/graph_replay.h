// SPDX-License-Identifier: Apache-2.0
// How programs time work on a GPU: events around replays of a graph.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace rc::bench {

// Throws std::runtime_error unless a call of CUDA went well.
inline void check(cudaError_t status) {
  if (status != cudaSuccess) throw std::runtime_error(cudaGetErrorString(status));
}

// Holds a stream back until the host has put on it what is timed: the time of a GPU that has nothing
// to do would begin when the host asks for the first event, microseconds before the work is there.
class Gate {
 public:
  explicit Gate(cudaStream_t stream) {
    open_ = false;
    check(cudaLaunchHostFunc(stream, wait, nullptr));
  }
  ~Gate() { open_ = true; }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

 private:
  static void CUDART_CB wait(void*) {
    while (!open_) std::this_thread::yield();
  }

  // Outlives every gate: CUDA's thread may look once more after one was opened.
  static inline std::atomic<bool> open_ = true;
};

// Median microseconds of what `record` puts on the stream, which is captured once.
template <class Record>
double replay_microseconds(cudaStream_t stream, cudaEvent_t begin, cudaEvent_t end, Record record) {
  constexpr int kWarmUp = 3, kReplays = 31;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  record();
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(stream, &graph));
  cudaGraphExec_t ready = nullptr;
  check(cudaGraphInstantiate(&ready, graph, 0));
  std::vector<float> times;
  for (int replay = 0; replay < kWarmUp + kReplays; ++replay) {
    {
      const Gate gate(stream);
      check(cudaEventRecord(begin, stream));
      check(cudaGraphLaunch(ready, stream));
      check(cudaEventRecord(end, stream));
    }
    check(cudaEventSynchronize(end));
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin, end));
    if (replay >= kWarmUp) times.push_back(milliseconds);
  }
  check(cudaGraphExecDestroy(ready));
  check(cudaGraphDestroy(graph));
  std::nth_element(times.begin(), times.begin() + kReplays / 2, times.end());
  return 1e3 * static_cast<double>(times[kReplays / 2]);
}

}  // namespace rc::bench
