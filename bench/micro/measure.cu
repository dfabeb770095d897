// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "bench/micro/measure.h"
#include "bench/micro/order.h"

namespace rc::micro {

namespace {

__global__ void fill(std::uint32_t* words, std::size_t count, std::uint32_t seed) {
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < count;
       i += std::size_t{gridDim.x} * blockDim.x) {
    words[i] = scramble(static_cast<std::uint32_t>(i) * 2654435769u + seed);
  }
}

__global__ void compare(const std::uint32_t* one, const std::uint32_t* other, std::size_t count,
                        int* differ) {
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < count;
       i += std::size_t{gridDim.x} * blockDim.x) {
    if (one[i] != other[i]) *differ = 1;
  }
}

__global__ void spin(long long clocks) {
  for (const long long begin = clock64(); clock64() - begin < clocks;) {
  }
}

}  // namespace

Memory::Memory(std::size_t bytes, std::uint32_t seed) {
  check(cudaMalloc(&data_, bytes));
  fill<<<2048, 256>>>(as<std::uint32_t>(), bytes / sizeof(std::uint32_t), seed);
  check(cudaGetLastError());
  check(cudaDeviceSynchronize());
}

void must_be_equal(const Memory& one, const Memory& other, std::size_t bytes) {
  const Memory differ(sizeof(int));
  int result = 0;
  check(cudaMemset(differ.as<void>(), 0, sizeof result));
  compare<<<2048, 256>>>(one.as<std::uint32_t>(), other.as<std::uint32_t>(),
                         bytes / sizeof(std::uint32_t), differ.as<int>());
  check(cudaMemcpy(&result, differ.as<void>(), sizeof result, cudaMemcpyDeviceToHost));
  if (result != 0) throw std::runtime_error("a copy differs from its source");
}

Bench::Bench() {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0));
  machine_.device = properties.name;
  machine_.multiprocessors = properties.multiProcessorCount;
  machine_.l2_bytes = properties.l2CacheSize;
  check(cudaDriverGetVersion(&machine_.driver));
  check(cudaRuntimeGetVersion(&machine_.runtime));
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  check(cudaEventCreate(&begin_));
  check(cudaEventCreate(&end_));
  // Two lengths, so that what a launch costs drops out.
  constexpr long long kClocks = 1 << 21;
  const auto spun = [this](long long clocks) {
    return microseconds(1, [=](int) { spin<<<1, 1, 0, stream_>>>(clocks); });
  };
  const double once = spun(kClocks);
  machine_.megahertz = kClocks / (spun(2 * kClocks) - once);
}

Bench::~Bench() {
  cudaEventDestroy(end_);
  cudaEventDestroy(begin_);
  cudaStreamDestroy(stream_);
}

double Bench::microseconds(int launches, const std::function<void(int)>& launch) {
  const auto record = [&] {
    for (int i = 0; i < launches; ++i) launch(i);
    check(cudaGetLastError());
  };
  return bench::replay_microseconds(stream_, begin_, end_, record) / launches;
}

void Bench::measure(Row row, int launches, const std::function<void(int)>& launch) {
  row.us = microseconds(launches, launch);
  rows_.push_back(row);
}

}  // namespace rc::micro
