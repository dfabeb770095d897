// SPDX-License-Identifier: Apache-2.0
// Reading, writing and copying memory from end to end, 16 bytes a lane, and the runtime's own copy.
#include "bench/micro/measure.h"

namespace rc::micro {

namespace {

constexpr int kThreads = 256;

enum class Policy { kPlain, kEvictFirst };

const char* name_of(Policy policy) { return policy == Policy::kPlain ? "plain" : "evict-first"; }

template <Policy policy>
__device__ uint4 load(const uint4* from) {
  return policy == Policy::kPlain ? *from : __ldcs(from);
}

template <Policy policy>
__device__ void store(uint4* to, uint4 value) {
  if (policy == Policy::kPlain) {
    *to = value;
  } else {
    __stcs(to, value);
  }
}

template <Policy policy, int loads>
__global__ void copy(const uint4* source, uint4* target) {
  const std::size_t begin = blockIdx.x * std::size_t{kThreads * loads} + threadIdx.x;
  uint4 values[loads];
#pragma unroll
  for (int k = 0; k < loads; ++k) values[k] = load<policy>(source + begin + k * kThreads);
#pragma unroll
  for (int k = 0; k < loads; ++k) store<policy>(target + begin + k * kThreads, values[k]);
}

template <Policy policy, int loads>
__global__ void read(const uint4* source, std::uint32_t* sink) {
  const std::size_t begin = blockIdx.x * std::size_t{kThreads * loads} + threadIdx.x;
  std::uint32_t sum = 0;
#pragma unroll
  for (int k = 0; k < loads; ++k) {
    const uint4 value = load<policy>(source + begin + k * kThreads);
    sum += value.x ^ value.y ^ value.z ^ value.w;
  }
  if (sum == 0x9e3779b9u) *sink = sum;  // so that the loads are not left out
}

template <Policy policy, int loads>
__global__ void write(uint4* target, std::uint32_t seed) {
  const std::size_t begin = blockIdx.x * std::size_t{kThreads * loads} + threadIdx.x;
  const std::uint32_t value = seed ^ (static_cast<std::uint32_t>(begin) * 2654435769u);
#pragma unroll
  for (int k = 0; k < loads; ++k) {
    store<policy>(target + begin + k * kThreads, make_uint4(value, ~value, value + k, value ^ k));
  }
}

// `loads` of a lane are on their way at once.
template <Policy policy, int loads>
void measure(Bench& bench, const Memory& source, const Memory& target, std::size_t bytes) {
  const auto blocks = static_cast<unsigned>(bytes / sizeof(uint4) / (kThreads * loads));
  const std::string with = std::to_string(loads) + " x 16 bytes, " + name_of(policy);
  const auto* from = source.as<uint4>();
  auto* to = target.as<uint4>();
  const double size = static_cast<double>(bytes);
  cudaStream_t stream = bench.stream();
  const int launches = bytes > (std::size_t{1} << 28) ? 1 : 16;
  bench.measure({"copy", with, "in order", 2 * bytes, 0, 2 * size}, launches,
                [&](int) { copy<policy, loads><<<blocks, kThreads, 0, stream>>>(from, to); });
  must_be_equal(source, target, bytes);
  bench.measure({"read", with, "in order", bytes, 0, size}, launches, [&](int) {
    read<policy, loads><<<blocks, kThreads, 0, stream>>>(from, target.as<std::uint32_t>());
  });
  bench.measure({"write", with, "in order", bytes, 0, size}, launches, [&](int i) {
    write<policy, loads><<<blocks, kThreads, 0, stream>>>(to, static_cast<std::uint32_t>(i));
  });
}

}  // namespace

void measure_stream(Bench& bench) {
  constexpr std::size_t kLarge = std::size_t{1} << 30;
  const Memory source(kLarge);
  const Memory target(kLarge, 2);
  for (const std::size_t bytes : {std::size_t{1} << 23, kLarge}) {
    measure<Policy::kPlain, 1>(bench, source, target, bytes);
    measure<Policy::kPlain, 4>(bench, source, target, bytes);
    measure<Policy::kEvictFirst, 1>(bench, source, target, bytes);
  }
  const double size = static_cast<double>(kLarge);
  bench.measure({"copy", "cudaMemcpyAsync", "in order", 2 * kLarge, 0, 2 * size}, 1, [&](int) {
    check(cudaMemcpyAsync(target.as<void>(), source.as<void>(), kLarge, cudaMemcpyDeviceToDevice,
                          bench.stream()));
  });
  bench.measure({"write", "cudaMemsetAsync", "in order", kLarge, 0, size}, 1, [&](int) {
    check(cudaMemsetAsync(target.as<void>(), 0x5a, kLarge, bench.stream()));
  });
}

}  // namespace rc::micro
