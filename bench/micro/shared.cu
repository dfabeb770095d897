// SPDX-License-Identifier: Apache-2.0
// Additions in shared memory, every multiprocessor full of warps.
#include <cooperative_groups.h>

#include "bench/micro/measure.h"
#include "bench/micro/order.h"

namespace rc::micro {

namespace {

constexpr int kThreads = 1024;
constexpr int kBlocks = 2;  // of a multiprocessor
constexpr int kRounds = 512;
constexpr std::uint32_t kWords = 8192;  // of 4 bytes

enum class Pattern { kRandom, kApart, kSame };

const char* name_of(Pattern pattern) {
  return pattern == Pattern::kRandom  ? "random"
         : pattern == Pattern::kApart ? "each lane its own bank"
                                      : "a warp's lanes at one address";
}

struct Store {
  static constexpr const char* kName = "st.shared.u32";
  static constexpr std::uint32_t kElements = kWords;
  __device__ static void add(void* memory, std::uint32_t at, std::uint32_t value) {
    static_cast<volatile std::uint32_t*>(memory)[at] = value;
  }
};

struct AddU32 {
  static constexpr const char* kName = "red.shared.add.u32";
  static constexpr std::uint32_t kElements = kWords;
  __device__ static void add(void* memory, std::uint32_t at, std::uint32_t value) {
    atomicAdd(static_cast<std::uint32_t*>(memory) + at, value);
  }
};

struct MaxU32 {
  static constexpr const char* kName = "red.shared.max.u32";
  static constexpr std::uint32_t kElements = kWords;
  __device__ static void add(void* memory, std::uint32_t at, std::uint32_t value) {
    atomicMax(static_cast<std::uint32_t*>(memory) + at, value);
  }
};

struct AddU64 {
  static constexpr const char* kName = "red.shared.add.u64";
  static constexpr std::uint32_t kElements = kWords / 2;
  __device__ static void add(void* memory, std::uint32_t at, std::uint32_t value) {
    atomicAdd(static_cast<unsigned long long*>(memory) + at, value * 0x10001ull);
  }
};

// A 64-bit sum as two of 32 bits: the low one tells whether it carries.
struct AddLimbs {
  static constexpr const char* kName = "64 bits as two of 32";
  static constexpr std::uint32_t kElements = kWords / 2;
  __device__ static void add(void* memory, std::uint32_t at, std::uint32_t value) {
    auto* low = static_cast<std::uint32_t*>(memory) + at;
    const std::uint32_t before = atomicAdd(low, value);
    atomicAdd(low + kElements, (value >> 8) + (before + value < value));
  }
};

template <class Operation>
__global__ void adds(Pattern pattern, std::uint32_t* sink) {
  extern __shared__ std::uint32_t memory[];
  for (std::uint32_t i = threadIdx.x; i < kWords; i += kThreads) memory[i] = i;
  __syncthreads();
  std::uint32_t state = scramble(blockIdx.x * kThreads + threadIdx.x);
  for (int round = 0; round < kRounds; ++round) {
    state = state * 1664525u + 1013904223u;
    const std::uint32_t at = pattern == Pattern::kRandom  ? state >> 8
                             : pattern == Pattern::kApart ? threadIdx.x + round * 32u
                                                          : threadIdx.x / 32 + round;
    Operation::add(memory, at & (Operation::kElements - 1), state);
  }
  __syncthreads();
  if (memory[threadIdx.x] == 0x9e3779b9u) *sink = threadIdx.x;
}

// Each lane to any word of the shared memory of all blocks of its cluster.
constexpr std::uint32_t kClusterWords = 32768;  // of a block

__global__ void cluster_ors(std::uint32_t* sink) {
#if __CUDA_ARCH__ >= 900
  extern __shared__ std::uint32_t memory[];
  const auto cluster = cooperative_groups::this_cluster();
  for (std::uint32_t i = threadIdx.x; i < kClusterWords; i += kThreads) memory[i] = 0;
  cluster.sync();
  const std::uint32_t blocks = cluster.num_blocks();
  std::uint32_t state = scramble(blockIdx.x * kThreads + threadIdx.x);
  for (int round = 0; round < kRounds; ++round) {
    state = state * 1664525u + 1013904223u;
    std::uint32_t* block = cluster.map_shared_rank(memory, (state >> 28) & (blocks - 1));
    atomicOr(block + ((state >> 10) & (kClusterWords - 1)), 1u << (state >> 5 & 31));
  }
  cluster.sync();
  if (memory[threadIdx.x] == 0x9e3779b9u) *sink = threadIdx.x;
#endif
}

void measure_clusters(Bench& bench, const Memory& sink) {
  constexpr int kBytes = kClusterWords * sizeof(std::uint32_t);
  check(cudaFuncSetAttribute(cluster_ors, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes));
  check(cudaFuncSetAttribute(cluster_ors, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  for (const unsigned size : {1u, 2u, 4u, 8u, 16u}) {
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {size, 1, 1};
    cudaLaunchConfig_t config{};
    config.blockDim = kThreads;
    config.gridDim = size;
    config.dynamicSmemBytes = kBytes;
    config.stream = bench.stream();
    config.attrs = &attribute;
    config.numAttrs = 1;
    int clusters = 0;
    check(cudaOccupancyMaxActiveClusters(&clusters, cluster_ors, &config));
    config.gridDim = size * static_cast<unsigned>(clusters);
    bench.measure(
        {"cluster", "red.shared::cluster.or.b32",
         std::to_string(clusters) + " clusters of " + std::to_string(size),
         std::size_t{size} * kBytes, 0, 0,
         static_cast<double>(config.gridDim.x) * kThreads * kRounds},
        4, [&](int) { check(cudaLaunchKernelEx(&config, cluster_ors, sink.as<std::uint32_t>())); });
  }
}

template <class Operation>
void measure(Bench& bench, const Memory& sink) {
  constexpr std::size_t kBytes = kWords * sizeof(std::uint32_t);
  const int blocks = kBlocks * bench.machine().multiprocessors;
  for (const Pattern pattern : {Pattern::kRandom, Pattern::kApart, Pattern::kSame}) {
    bench.measure({"shared memory", Operation::kName, name_of(pattern), kBytes, 0, 0,
                   static_cast<double>(blocks) * kThreads * kRounds},
                  4, [&](int) {
                    adds<Operation><<<blocks, kThreads, kBytes, bench.stream()>>>(
                        pattern, sink.as<std::uint32_t>());
                  });
  }
}

}  // namespace

void measure_shared(Bench& bench) {
  const Memory sink(16);
  measure<Store>(bench, sink);
  measure<AddU32>(bench, sink);
  measure<MaxU32>(bench, sink);
  measure<AddU64>(bench, sink);
  measure<AddLimbs>(bench, sink);
  measure_clusters(bench, sink);
}

}  // namespace rc::micro
