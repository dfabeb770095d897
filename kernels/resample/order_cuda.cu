// SPDX-License-Identifier: Apache-2.0
// Order SORT and DROP on a CUDA device: what order_ref.cpp leaves, made for all sequences at once.
//
// Where offsets or lengths are wrong, sequences count as empty, so that nothing reads the order.
#define RC_LEVEL cuda
#include <cub/block/block_scan.cuh>

#include "kernels/common/sort_cuda.h"
#include "kernels/resample/check.h"
#include "kernels/resample/cuda_grid.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

constexpr int kBlock = 1024;

// Numbers that compare as the times do, -0 and 0 alike.
__device__ uint64_t key_of(int64_t t) {
  return static_cast<uint64_t>(t) ^ uint64_t { 1 } << 63;
}
__device__ uint64_t key_of(double t) {
  const uint64_t bits = bit_cast<uint64_t>(t + 0.0);
  return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
}

// By one block: the samples that each sequence has before any is left out.
__global__ void __launch_bounds__(kBlock) count_samples(const __grid_constant__ ResamplePlan plan) {
  bool wrong = false;
  for (int64_t i = threadIdx.x; plan.offsets && i <= plan.sequences; i += kBlock) {
    wrong = wrong || check_offset(plan, Argument::kOffsets, plan.offsets, plan.sequences + 1,
                                  plan.samples, false, i)
                             .kind != FaultKind::kNone;
  }
  wrong = __syncthreads_or(wrong);
  for (int64_t e = threadIdx.x; e < plan.sequences; e += kBlock) {
    plan.sorted_count[e] = !wrong && is_readable(plan, e) ? sequence_length(plan, e) : 0;
  }
}

// The sequence that has sample i, counted along the arrays; plan.sequences where none has it.
__device__ int64_t sequence_of(const ResamplePlan& plan, int64_t i) {
  if (!plan.offsets) return i / plan.samples;
  const int64_t e = holder(plan.offsets, plan.sequences, i);
  const bool inside = plan.sequences > 0 && plan.offsets[e] <= i && i < plan.offsets[e + 1];
  return inside ? e : plan.sequences;
}

// Pairs of the time and the number of each sample. Padding goes behind the samples of its sequence:
// its key is the highest and its numbers are higher.
template <class Raw>
__global__ void __launch_bounds__(kTile)
    write_times(const __grid_constant__ ResamplePlan plan, uint64_t* keys, int64_t* numbers) {
  for_each_number(stored_samples(plan), [&](int64_t i) {
    const int64_t e = sequence_of(plan, i);
    uint64_t key = UINT64_MAX;
    if (e < plan.sequences) {
      const Sequence<Raw> samples(plan, e);
      const int64_t index = plan.offsets ? i - samples.begin : i % plan.samples;
      if (index < plan.sorted_count[e]) key = key_of(samples.time_of_sample(index));
    }
    keys[i] = key;
    numbers[i] = i;
  });
}

__global__ void __launch_bounds__(kTile) write_sequences(const __grid_constant__ ResamplePlan plan,
                                                         uint64_t* keys, const int64_t* numbers) {
  for_each_number(stored_samples(plan), [&](int64_t i) {
    keys[i] = static_cast<uint64_t>(sequence_of(plan, numbers[i]));
  });
}

// From numbers along the arrays to indices within the sequences. Samples of no sequence are last.
__global__ void __launch_bounds__(kTile) write_sorted(const __grid_constant__ ResamplePlan plan,
                                                      int64_t* sorted, const int64_t* numbers) {
  for_each_number(stored_samples(plan), [&](int64_t i) {
    const int64_t e = sequence_of(plan, numbers[i]);
    const int64_t begin = !plan.offsets        ? e * plan.samples
                          : e < plan.sequences ? plan.offsets[e]
                                               : 0;
    sorted[i] = numbers[i] - begin;
  });
}

struct Later {
  __device__ uint64_t operator()(uint64_t a, uint64_t b) const { return a < b ? b : a; }
};

// A sequence by a block, a stretch of samples after the other: those stay that are not earlier than
// the latest up to there.
template <class Raw>
__global__ void __launch_bounds__(kBlock)
    drop_backward_steps(const __grid_constant__ ResamplePlan plan, int64_t* sorted) {
  using LatestScan = cub::BlockScan<uint64_t, kBlock>;
  using KeptScan = cub::BlockScan<int, kBlock>;
  __shared__ union {
    typename LatestScan::TempStorage latest;
    typename KeptScan::TempStorage kept;
  } memory;
  __shared__ uint64_t latest;
  for (int64_t e = blockIdx.x; e < plan.sequences; e += gridDim.x) {
    const int64_t count = plan.sorted_count[e];
    const Sequence<Raw> samples(plan, e);
    int64_t* const positions = sorted + begin_in_part(plan, e);
    int64_t kept = 0;
    if (threadIdx.x == 0) latest = 0;
    for (int64_t first = 0; first < count; first += kBlock) {
      const int64_t index = first + threadIdx.x;
      const uint64_t key = index < count ? key_of(samples.time_of_sample(index)) : 0;
      __syncthreads();
      const uint64_t before = latest;
      uint64_t highest;
      LatestScan(memory.latest).InclusiveScan(key, highest, Later());
      highest = highest < before ? before : highest;
      const int keep = index < count && key >= highest ? 1 : 0;
      __syncthreads();
      if (threadIdx.x == kBlock - 1) latest = highest;
      int rank, all;
      KeptScan(memory.kept).ExclusiveSum(keep, rank, all);
      if (keep) positions[kept + rank] = index;
      kept += all;
    }
    // All have read the count of this sequence and the latest time of its last stretch.
    __syncthreads();
    if (threadIdx.x == 0) plan.sorted_count[e] = kept;
  }
}

cudaError_t sort_samples(const ResamplePlan& plan, Pairs<uint64_t, int64_t>& pairs, int64_t* sorted,
                         cudaStream_t stream) {
  const int64_t count = pairs.count;
  if (count == 0) return cudaSuccess;
  const unsigned blocks = blocks_for(count);
  with_time_type(plan.source_times.type, [&](auto* raw) {
    using Raw = std::remove_pointer_t<decltype(raw)>;
    write_times<Raw><<<blocks, kTile, 0, stream>>>(plan, pairs.key(), pairs.number());
  });
  cudaError_t error = sort_pairs(pairs, 64, stream);
  if (error == cudaSuccess && (plan.sequences != 1 || plan.offsets)) {
    write_sequences<<<blocks, kTile, 0, stream>>>(plan, pairs.key(), pairs.number());
    error = sort_pairs(pairs, bits_of(plan.sequences), stream);
  }
  if (error != cudaSuccess) return error;
  write_sorted<<<blocks, kTile, 0, stream>>>(plan, sorted, pairs.number());
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

namespace rc {

void take_order(ResamplePlan& plan, Carver& carver) {
  if (plan.order == RC_ORDER_CHECK) return;
  plan.sorted_count = carver.take<int64_t>(plan.sequences);
  plan.sorted = carver.take<int64_t>(stored_samples(plan));
}

cudaError_t order_cuda(const ResamplePlan& plan, Carver& carver, bool launch, cudaStream_t stream) {
  if (plan.order == RC_ORDER_CHECK) return cudaSuccess;
  Pairs<uint64_t, int64_t> pairs = {};
  if (plan.order == RC_ORDER_SORT) {
    const cudaError_t error = make_pairs(stored_samples(plan), carver, &pairs);
    if (error != cudaSuccess) return error;
  }
  if (!launch || plan.sequences == 0) return cudaSuccess;
  // The kernels write the order; what they read is in the order of the arrays.
  ResamplePlan unordered = plan;
  unordered.sorted = nullptr;
  count_samples<<<1, kBlock, 0, stream>>>(unordered);
  if (plan.order == RC_ORDER_SORT) return sort_samples(unordered, pairs, plan.sorted, stream);
  with_time_type(plan.source_times.type, [&](auto* raw) {
    using Raw = std::remove_pointer_t<decltype(raw)>;
    const auto blocks = static_cast<unsigned>(std::min(plan.sequences, kMaxBlocks));
    drop_backward_steps<Raw><<<blocks, kBlock, 0, stream>>>(unordered, plan.sorted);
  });
  return cudaGetLastError();
}

}  // namespace rc
