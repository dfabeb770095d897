// SPDX-License-Identifier: Apache-2.0
// rc_resample on a CUDA device: the rules of check.h, locate.h, evaluate.h and quality.h, which the
// CPU follows too, spread over threads.
#define RC_LEVEL cuda
#include <algorithm>
#include <new>

#include "kernels/resample/check.h"
#include "kernels/resample/evaluate.h"
#include "kernels/resample/quality.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Threads of a block, and targets of a tile.
constexpr int kTile = 128;
// Blocks of a launch; more work is taken in turns.
constexpr int64_t kMaxBlocks = 1 << 16;

unsigned blocks_for(int64_t count) {
  return static_cast<unsigned>(std::min((count - 1) / kTile + 1, kMaxBlocks));
}

// The last k in [0, count) with offsets[k] <= position: the sequence or row that holds it. Wrong
// offsets give a wrong k, but one in that range.
__device__ int64_t holder(const Integers& offsets, int64_t count, int64_t position) {
  return border(1, count, [&](int64_t k) { return offsets[k] <= position; }) - 1;
}

// Whether a sequence lies within the arrays. Where offsets, lengths or ids are wrong it may not:
// the checks report that, and the rows concerned are left alone.
__device__ bool is_readable(const ResamplePlan& plan, int64_t sequence) {
  if (sequence < 0 || sequence >= plan.sequences) return false;
  const int64_t begin = sequence_begin(plan, sequence), length = sequence_length(plan, sequence);
  return begin >= 0 && length >= 0 && begin <= plan.samples && length <= plan.samples - begin;
}

// Checks numbers 0 to count - 1, spread over the threads of the grid; each thread stops at its
// first fault.
template <class Check>
__device__ void scan(int64_t count, Fault& fault, Check check) {
  for (int64_t i = int64_t{blockIdx.x} * kTile + threadIdx.x;
       i < count && fault.kind == FaultKind::kNone; i += int64_t{gridDim.x} * kTile) {
    fault = check(i);
  }
}

// Samples in the arrays, and of those the ones that have times of their own.
RC_HD int64_t stored_samples(const ResamplePlan& plan) {
  return plan.offsets ? plan.samples : plan.sequences * plan.samples;
}
RC_HD int64_t distinct_samples(const ResamplePlan& plan) {
  return plan.shared_times() && plan.sequences > 1 ? plan.samples : stored_samples(plan);
}

// Calls check(sequence, index in it) for sample i, counted along the arrays, if a sequence has it.
template <class Check>
__device__ Fault check_sample(const ResamplePlan& plan, int64_t i, Check check) {
  const int64_t e = plan.offsets ? holder(plan.offsets, plan.sequences, i) : i / plan.samples;
  if (e < 0 || !is_readable(plan, e)) return no_fault();
  const int64_t index = plan.offsets ? i - plan.offsets[e] : i % plan.samples;
  return index >= 0 && index < sequence_length(plan, e) ? check(e, index) : no_fault();
}

// Reports the first fault in offsets, lengths, ids, times and quaternions.
template <class Raw>
__global__ void __launch_bounds__(kTile)
    check_contents(const __grid_constant__ ResamplePlan plan, FaultRecord* record, uint64_t call) {
  Fault fault = no_fault();
  // In the order in which faults are reported.
  scan(plan.offsets ? plan.sequences + 1 : 0, fault, [&](int64_t i) {
    return check_offset(plan, Argument::kOffsets, plan.offsets, plan.sequences + 1, plan.samples,
                        false, i);
  });
  scan(plan.lengths ? plan.sequences : 0, fault, [&](int64_t i) {
    return check_range(plan, Argument::kLengths, plan.lengths, plan.samples, i);
  });
  scan(plan.sequence_ids ? plan.rows : 0, fault, [&](int64_t i) {
    return check_range(plan, Argument::kSequenceIds, plan.sequence_ids, plan.sequences - 1, i);
  });
  scan(plan.target_offsets ? plan.rows + 1 : 0, fault, [&](int64_t i) {
    return check_offset(plan, Argument::kTargetOffsets, plan.target_offsets, plan.rows + 1,
                        plan.targets, true, i);
  });
  scan(distinct_samples(plan), fault, [&](int64_t i) {
    return check_sample(plan, i, [&](int64_t e, int64_t index) {
      return check_time(plan, Sequence<Raw>(plan, e), index);
    });
  });
  if (plan.target_times.type != Type::i64) {
    scan(distinct_targets(plan), fault, [&](int64_t i) { return check_target<Raw>(plan, i); });
  }
  if (has_quaternions(plan)) {
    scan(stored_samples(plan), fault, [&](int64_t i) {
      return check_sample(
          plan, i, [&](int64_t e, int64_t index) { return check_quaternions(plan, e, index); });
    });
  }
  if (!__syncthreads_or(fault.kind != FaultKind::kNone)) return;

  // One report for the block.
  __shared__ Fault faults[kTile];
  faults[threadIdx.x] = fault;
  for (unsigned half = kTile / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x >= half) continue;
    Fault& mine = faults[threadIdx.x];
    const Fault& other = faults[threadIdx.x + half];
    if (other.kind == FaultKind::kNone) continue;
    if (mine.kind == FaultKind::kNone || precedes(other, mine)) mine = other;
  }
  if (threadIdx.x == 0) report(record, call, faults[0]);
}

// What stage 1 leaves for the others.
template <class Raw>
struct Located {
  Sequence<Raw> sequence;
  typename Sequence<Raw>::Time time;
  Bracket bracket;
  int64_t row, target;
};

// Where a target would lie if the samples were evenly spaced.
template <class Raw>
__device__ int64_t guess(const Sequence<Raw>& sequence, typename Sequence<Raw>::Time t) {
  if (sequence.count < 2) return 0;
  const auto first = sequence.time(0), last = sequence.time(sequence.count - 1);
  if (!(first < t)) return 0;
  if (!(t < last)) return sequence.count;
  // No number where the span of float times is infinite.
  const double part = quotient(span(first, t), span(first, last));
  const auto at = static_cast<int64_t>(part * static_cast<double>(sequence.count - 1)) + 1;
  return min(max(at, int64_t{0}), sequence.count);
}

// Finds target `number`, counted over all rows, among its samples; false if they are not there.
template <class Raw>
__device__ bool find(const ResamplePlan& plan, int64_t number, Located<Raw>* located) {
  int64_t row, target;
  if (plan.packed_targets()) {
    row = holder(plan.target_offsets, plan.rows, number);
    target = number;
  } else {
    row = number / plan.targets;
    target = number % plan.targets;
  }
  const int64_t e = plan.sequence_ids ? plan.sequence_ids[row] : row;
  if (!is_readable(plan, e)) return false;
  const Sequence<Raw> sequence(plan, e);
  const Array& times = plan.target_times;
  const auto t = static_cast<typename Sequence<Raw>::Time>(
      reinterpret_cast<const Raw*>(times.data)[row * times.row + target * times.step]);
  new (located)
      Located<Raw>{sequence, t, locate(plan, sequence, t, guess(sequence, t)), row, target};
  return true;
}

// A block takes a tile of targets. Stage 1 finds each target once, one thread each; stage 2 covers
// the elements of the tile, neighbouring threads on neighbouring channels, `1 << log2_lanes` of
// them to a target; stage 3 writes what is told of each target.
template <class Raw>
__global__ void __launch_bounds__(kTile)
    resample_tiles(const __grid_constant__ ResamplePlan plan, int log2_lanes) {
  __shared__ alignas(Located<Raw>) unsigned char memory[kTile * sizeof(Located<Raw>)];
  __shared__ bool found[kTile];
  // Of all channels: bits of rc_reason, and kFilled.
  __shared__ unsigned outcomes[kTile];
  constexpr unsigned kFilled = 256;
  auto* const tile = reinterpret_cast<Located<Raw>*>(memory);
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread & ((1 << log2_lanes) - 1);
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  const bool wants_indices = plan.source_index || plan.next_index || plan.weight;
  const int64_t total = plan.total_targets();

  for (int64_t begin = int64_t{blockIdx.x} * kTile; begin < total;
       begin += int64_t{gridDim.x} * kTile) {
    const int count = static_cast<int>(min(total - begin, int64_t{kTile}));
    if (thread < count) {
      found[thread] = find(plan, begin + thread, &tile[thread]);
      outcomes[thread] = 0;
    }
    __syncthreads();

    for (int g = 0; plan.has_values && g < plan.num_groups; ++g) {
      const Group& group = plan.groups[g];
      const int width = channels_of_element(group.mode);
      for (int i = thread >> log2_lanes; i < count; i += kTile >> log2_lanes) {
        if (!found[i]) continue;
        const Located<Raw>& at = tile[i];
        const Choice choice = choose(plan, at.bracket, group.mode);
        const int64_t output = at.row * plan.output.row + at.target * plan.output.step;
        unsigned all = 0;
        for (int64_t c = int64_t{lane} * width; c < group.count;
             c += int64_t{width} << log2_lanes) {
          const int64_t channel = group.begin + c;
          Blank blank = {};
          const Outcome one = evaluate(plan, at.sequence, at.time, at.bracket, choice, group.mode,
                                       channel, output + channel * plan.output.channel, &blank);
          all |= one.reason | (one.filled ? kFilled : 0);
        }
        if (wants_validity && all != 0) atomicOr(&outcomes[i], all);
      }
    }
    __syncthreads();

    if (thread < count && found[thread]) {
      const Located<Raw>& at = tile[thread];
      const Choice choice = choose(plan, at.bracket, plan.mode);
      unsigned all = outcomes[thread];
      if (!plan.has_values) all = choice.reason | (choice.action == Action::kFill ? kFilled : 0);
      if (wants_validity) {
        put_validity(plan, at.row, at.target, (all & kFilled) != 0, static_cast<uint8_t>(all));
      }
      if (wants_indices) put_indices(plan, at.row, at.target, at.sequence, at.bracket, choice);
      put_age(plan, at.row, at.target, at.sequence, at.bracket, at.time);
    }
    __syncthreads();
  }
}

template <class Raw>
cudaError_t launch(const ResamplePlan& plan, FaultRecord* record, uint64_t call,
                   cudaStream_t stream) {
  if (plan.validate) {
    const int64_t most =
        std::max({plan.sequences + 1, plan.rows + 1, distinct_samples(plan), distinct_targets(plan),
                  has_quaternions(plan) ? stored_samples(plan) : 0});
    check_contents<Raw><<<blocks_for(most), kTile, 0, stream>>>(plan, record, call);
  }
  if (const int64_t total = plan.total_targets(); total > 0) {
    int log2_lanes = 0;
    while ((int64_t{1} << log2_lanes) < std::min<int64_t>(plan.width, kTile)) ++log2_lanes;
    resample_tiles<Raw><<<blocks_for(total), kTile, 0, stream>>>(plan, log2_lanes);
  }
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t resample_cuda(const ResamplePlan& plan, FaultRecord* record, uint64_t call,
                          cudaStream_t stream) {
  switch (plan.target_times.type) {
    case Type::i64:
      return launch<int64_t>(plan, record, call, stream);
    case Type::f64:
      return launch<double>(plan, record, call, stream);
    default:
      return launch<float>(plan, record, call, stream);
  }
}

}  // namespace rc
