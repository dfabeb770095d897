// SPDX-License-Identifier: Apache-2.0
// The bulk copy engine (cp.async.bulk): a copy through shared memory, and pieces fetched from
// anywhere. One thread of a block does it all.
#include <cuda/ptx>

#include "bench/micro/measure.h"
#include "bench/micro/order.h"

namespace rc::micro {

namespace {

namespace ptx = cuda::ptx;

constexpr int kStages = 4;
constexpr int kShared = 200 << 10;  // of a multiprocessor, for all of its blocks

template <int stage_bytes>
struct Pipeline {
  alignas(128) unsigned char stages[kStages][stage_bytes];
  std::uint64_t full[kStages];
};

// Copies [0, bytes) where `target` is given, else fetches pieces from anywhere in it.
template <int stage_bytes>
__global__ void move(const unsigned char* source, unsigned char* target, std::size_t bytes,
                     std::uint32_t piece) {
#if __CUDA_ARCH__ >= 900
  extern __shared__ __align__(128) unsigned char memory[];
  if (threadIdx.x != 0) return;
  auto& pipeline = *reinterpret_cast<Pipeline<stage_bytes>*>(memory);
  for (auto& barrier : pipeline.full) ptx::mbarrier_init(&barrier, 1);
  ptx::fence_mbarrier_init(ptx::sem_release, ptx::scope_cluster);

  const std::size_t chunks = bytes / stage_bytes;
  const std::size_t count = (chunks - blockIdx.x + gridDim.x - 1) / gridDim.x;
  const auto pieces = static_cast<std::uint32_t>(bytes / piece);
  const auto fetch = [&](std::size_t k) {
    const std::size_t chunk = blockIdx.x + k * gridDim.x;
    const auto stage = k % kStages;
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared,
                                   &pipeline.full[stage], stage_bytes);
    for (std::uint32_t at = 0; at < stage_bytes; at += piece) {
      const auto number = static_cast<std::uint32_t>((chunk * stage_bytes + at) / piece);
      const std::size_t from = target ? number : scramble(number) & (pieces - 1);
      ptx::cp_async_bulk(ptx::space_cluster, ptx::space_global, pipeline.stages[stage] + at,
                         source + from * piece, piece, &pipeline.full[stage]);
    }
  };
  for (std::size_t k = 0; k < kStages && k < count; ++k) fetch(k);
  for (std::size_t k = 0; k < count; ++k) {
    const auto stage = k % kStages;
    while (!ptx::mbarrier_try_wait_parity(&pipeline.full[stage], (k / kStages) & 1)) {
    }
    if (target) {
      ptx::cp_async_bulk(ptx::space_global, ptx::space_shared,
                         target + (blockIdx.x + k * gridDim.x) * stage_bytes,
                         pipeline.stages[stage], stage_bytes);
      ptx::cp_async_bulk_commit_group();
      // The stage of the chunk before is free once the engine has read it.
      ptx::cp_async_bulk_wait_group_read(ptx::n32_t<1>{});
      if (k > 0 && k - 1 + kStages < count) fetch(k - 1 + kStages);
    } else if (k + kStages < count) {
      fetch(k + kStages);
    }
  }
  ptx::cp_async_bulk_wait_group(ptx::n32_t<0>{});
#endif
}

struct Buffers {
  static constexpr std::size_t kBytes = std::size_t{1} << 30;
  Memory source{kBytes};
  Memory target{kBytes, 2};
};

template <int stage_bytes>
void measure(Bench& bench, const Buffers& buffers) {
  constexpr std::size_t kBytes = Buffers::kBytes;
  constexpr int kBlockBytes = sizeof(Pipeline<stage_bytes>);
  check(cudaFuncSetAttribute(move<stage_bytes>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             kBlockBytes));
  const int blocks = kShared / kBlockBytes * bench.machine().multiprocessors;
  const double size = static_cast<double>(kBytes);
  const auto enqueue = [&](unsigned char* to, std::uint32_t piece) {
    move<stage_bytes><<<blocks, 32, kBlockBytes, bench.stream()>>>(
        buffers.source.as<unsigned char>(), to, kBytes, piece);
  };
  const std::string stages = "cp.async.bulk, stages of " + std::to_string(stage_bytes);
  bench.measure({"copy", stages, "in order", 2 * kBytes, 0, 2 * size}, 1,
                [&](int) { enqueue(buffers.target.as<unsigned char>(), stage_bytes); });
  must_be_equal(buffers.source, buffers.target, kBytes);
  for (std::uint32_t piece = 128; piece <= stage_bytes; piece *= 4) {
    bench.measure({"bulk gather", stages, "pieces of " + std::to_string(piece) + " bytes", kBytes,
                   0, size, size / piece, size / 32},
                  1, [&](int) { enqueue(nullptr, piece); });
  }
}

}  // namespace

void measure_bulk(Bench& bench) {
  const Buffers buffers;
  measure<2048>(bench, buffers);
  measure<8192>(bench, buffers);
  measure<32768>(bench, buffers);
}

}  // namespace rc::micro
