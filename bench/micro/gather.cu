// SPDX-License-Identifier: Apache-2.0
// Loads of rows from places that follow an order, up to 16 bytes a lane.
#include "bench/micro/measure.h"
#include "bench/micro/order.h"

namespace rc::micro {

namespace {

constexpr int kThreads = 256;
constexpr int kEach = 8;  // loads of a lane, all on their way at once
constexpr std::uint32_t kLoads = 1u << 24;

__device__ std::uint32_t folded(std::uint32_t value) { return value; }
__device__ std::uint32_t folded(uint4 value) { return value.x ^ value.y ^ value.z ^ value.w; }

// A row takes `lanes` neighbouring lanes, each a T of it.
template <class T, int lanes>
__global__ void gather(const T* rows, Order order, std::uint32_t mask, std::uint32_t* sink) {
  const std::uint32_t begin = blockIdx.x * (kThreads * kEach) + threadIdx.x;
  std::uint32_t sum = 0;
#pragma unroll
  for (int k = 0; k < kEach; ++k) {
    const std::uint32_t i = begin + k * kThreads;
    sum += folded(__ldg(rows + std::size_t{place(order, i / lanes, mask)} * lanes + i % lanes));
  }
  if (sum == 0x9e3779b9u) *sink = sum;  // so that the loads are not left out
}

template <class T, int lanes>
void measure(Bench& bench, const Memory& memory, const Memory& sink, std::size_t footprint,
             Order order) {
  constexpr std::uint32_t kRow = sizeof(T) * lanes;
  const auto mask = static_cast<std::uint32_t>(footprint / kRow - 1);
  const double sectors = kLoads / 32.0 * sectors_of_warp(order, mask, kRow, lanes);
  bench.measure({"gather", "rows of " + std::to_string(kRow) + " bytes", name_of(order), footprint,
                 0, static_cast<double>(kLoads) * sizeof(T), kLoads, sectors},
                4, [&](int) {
                  gather<T, lanes><<<kLoads / (kThreads * kEach), kThreads, 0, bench.stream()>>>(
                      memory.as<T>(), order, mask, sink.as<std::uint32_t>());
                });
}

}  // namespace

void measure_gather(Bench& bench) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const Memory memory(1024 * kMiB);
  const Memory sink(16);
  for (const Order order : {Order::kRandom, Order::kCoherent}) {
    for (const std::size_t footprint : {2 * kMiB, 16 * kMiB, 64 * kMiB, 256 * kMiB, 1024 * kMiB}) {
      measure<std::uint32_t, 1>(bench, memory, sink, footprint, order);
      measure<uint4, 1>(bench, memory, sink, footprint, order);
      measure<uint4, 2>(bench, memory, sink, footprint, order);
      measure<uint4, 4>(bench, memory, sink, footprint, order);
      measure<uint4, 16>(bench, memory, sink, footprint, order);
    }
  }
}

}  // namespace rc::micro
