// SPDX-License-Identifier: Apache-2.0
/** The little of CUDA that tests need. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#define CUDA_OK(call) cuda_ok(call, __FILE__, __LINE__)
inline void cuda_ok(cudaError_t error, const char* file, int line) {
  if (error == cudaSuccess) return;
  std::printf("%s:%d: %s (%s)\n", file, line, cudaGetErrorString(error), cudaGetErrorName(error));
  std::exit(1);
}

class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(size_t size) : size_(size) { CUDA_OK(cudaMalloc(&data_, size)); }
  ~DeviceMemory() { CUDA_OK(cudaFree(data_)); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  void write(const std::vector<unsigned char>& bytes) {
    if (data_ == nullptr && !bytes.empty()) CUDA_OK(cudaMalloc(&data_, bytes.size()));
    size_ = bytes.size();
    CUDA_OK(cudaMemcpy(data_, bytes.data(), size_, cudaMemcpyHostToDevice));
    // The copy may return before its end, and only this stream would wait for it.
    CUDA_OK(cudaStreamSynchronize(nullptr));
  }
  std::vector<unsigned char> read() const {
    std::vector<unsigned char> bytes(size_);
    CUDA_OK(cudaMemcpy(bytes.data(), data_, size_, cudaMemcpyDeviceToHost));
    return bytes;
  }
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

class Stream {
 public:
  Stream() { CUDA_OK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { CUDA_OK(cudaStreamDestroy(stream_)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  cudaStream_t get() const { return stream_; }
  void wait() const { CUDA_OK(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_;
};

/** What `body` enqueues on a stream, captured. */
class Graph {
 public:
  template <class Body>
  Graph(const Stream& stream, Body body) {
    cudaGraph_t graph;
    CUDA_OK(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeGlobal));
    body();
    CUDA_OK(cudaStreamEndCapture(stream.get(), &graph));
    CUDA_OK(cudaGraphInstantiate(&executable_, graph, 0));
    CUDA_OK(cudaGraphDestroy(graph));
  }
  ~Graph() { CUDA_OK(cudaGraphExecDestroy(executable_)); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void launch(const Stream& stream) const { CUDA_OK(cudaGraphLaunch(executable_, stream.get())); }

 private:
  cudaGraphExec_t executable_;
};
