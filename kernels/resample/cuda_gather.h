// SPDX-License-Identifier: Apache-2.0
// The gradient of modes that pass a target on to two samples at most, gathered: a block has some samples
// to itself, finds the targets around them and adds what these pass on, in their order. So every sum
// stays in a register and every sample is written once.
//
// Targets around samples are those around the block's first and last one if they are in order. Rows of
// others are noted (note_order) and left to the kernel that scatters.
#pragma once

#include "kernels/resample/cuda_grid.h"
#include "kernels/resample/cuda_locate.h"
#include "kernels/resample/resample_backward_cuda.h"

namespace rc {

constexpr int kGatherThreads = 256;
// Targets of a tile, and samples of a block at most.
constexpr int kGatherTargets = 512;
constexpr int kGatherSamples = 1024;

// What one launch gathers: all samples of the channels of one mode.
struct Gathering {
  GradientPlan plan;
  Group group;
  // Of a block; how many parts of channels there are, and parts of channels and samples together.
  int64_t channels, samples;
  int64_t channel_parts, parts;
};

// A target, and what it passes on: 1 - weight of its gradient to sample a, weight to sample b, both
// counted from the first of the block; -1: to none there.
struct Passing {
  int32_t a, b;
  double weight;
  int64_t gradient;  // index of that of channel 0
};

// The sequences that hold the first and the last sample of a block, and the targets from the first to
// behind the last that pass on to any, counted over all rows.
struct Reach {
  int64_t first_sequence, last_sequence;
  int64_t begin, end;
};

// Targets of a row, counted over all rows.
struct Stretch {
  int64_t begin, end;
};

}  // namespace rc

RC_KERNELS_BEGIN

// Calls f with a null pointer to the type of gradients: with_type() without integers, whose code would be
// a copy more of every loop that asks.
template <class F>
__device__ void with_float_type(Type type, F f) {
  switch (type) {
    case Type::f16:
      return f(static_cast<Half*>(nullptr));
    case Type::bf16:
      return f(static_cast<BFloat16*>(nullptr));
    case Type::f64:
      return f(static_cast<double*>(nullptr));
    default:
      return f(static_cast<float*>(nullptr));
  }
}

// Calls f with a null pointer to what times are compared as: two copies of a search where on_time_type()
// makes three.
template <class F>
__device__ void on_time_value(Type type, F f) {
  if (type == Type::i64) return f(static_cast<int64_t*>(nullptr));
  f(static_cast<double*>(nullptr));
}

// A time as that.
template <class Time>
__device__ Time load_time(const Array& times, int64_t index) {
  if (std::is_same_v<Time, double> && times.type == Type::f32) {
    return static_cast<Time>(__ldg(reinterpret_cast<const float*>(times.data) + index));
  }
  return __ldg(reinterpret_cast<const Time*>(times.data) + index);
}

// border() by a warp, all of whose lanes call it with the same numbers. In no order any number of them.
template <class Before>
__device__ int64_t border_of_warp(int64_t low, int64_t high, Before before) {
  constexpr int kWarp = 32;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  while (low < high) {
    const int64_t step = (high - low + kWarp - 1) / kWarp, probe = low + lane * step;
    const int count = __popc(__ballot_sync(~0u, probe < high && before(probe)));
    if (count == 0) return low;
    high = min(high, low + count * step);
    low += (count - 1) * step + 1;
  }
  return low;
}

// None where target offsets are wrong: the checks report them.
__device__ inline Stretch targets_of(const ResamplePlan& plan, int64_t row) {
  if (!plan.packed_targets()) return {row * plan.targets, (row + 1) * plan.targets};
  const int64_t begin = plan.target_offsets[row], end = plan.target_offsets[row + 1];
  if (begin < 0 || end < begin || end > plan.targets) return {0, 0};
  return {begin, end};
}

// Target `number` of a row that has it, within that or, where targets are packed, among all.
__device__ inline int64_t target_in(const ResamplePlan& plan, int64_t row, int64_t number) {
  return plan.packed_targets() ? number : number - row * plan.targets;
}

template <class Time>
__device__ Time target_time(const ResamplePlan& plan, int64_t row, int64_t target) {
  return load_time<Time>(plan.target_times,
                         row * plan.target_times.row + target * plan.target_times.step);
}

// ---- Rows whose targets are not in order.

// Notes the row of packed target `number`, unless that is the first of the row. Apart: few calls need it.
static __device__ __noinline__ void note_packed(const GradientPlan& plan, int64_t number) {
  const Integers& offsets = plan.forward.target_offsets;
  const int64_t row = holder(offsets, plan.forward.rows, number);
  if (number == offsets[row]) return;
  plan.unordered[0] = 1;
  plan.unordered[1 + row] = 1;
}

// Whether a target is not before the one in front of it.
template <class Time>
__device__ bool is_behind(const ResamplePlan& plan, const Place& place) {
  return target_time<Time>(plan, place.row, place.target - 1) <=
         target_time<Time>(plan, place.row, place.target);
}

// Notes rows that have a target before the one in front of it, or one that is no time. Of times that all
// rows share it notes row 0.
__global__ void __launch_bounds__(kTile)
    note_order(const __grid_constant__ GradientPlan plan, int64_t targets) {
  const ResamplePlan& forward = plan.forward;
  const bool has_rows = !forward.packed_targets() && !has_one_order(forward);
  const bool is_ticks = forward.target_times.type == Type::i64;
#pragma unroll 1
  for (int64_t i = int64_t{blockIdx.x} * kTile + threadIdx.x; i < targets;
       i += int64_t{gridDim.x} * kTile) {
    const Place place = has_rows ? place_of(forward, i) : Place{0, i};
    if (place.target == 0) continue;
    if (is_ticks ? is_behind<int64_t>(forward, place) : is_behind<double>(forward, place)) continue;
    if (forward.packed_targets()) {
      note_packed(plan, i);
    } else {
      plan.unordered[0] = 1;
      plan.unordered[1 + place.row] = 1;
    }
  }
}

// ---- The targets of a block.

// A sequence and its targets.
struct Row {
  // Where it begins among all stored samples; how many it has, -1 where it is not to be read.
  int64_t stored, count;
  // Index of its first time.
  int64_t time;
  Stretch targets;
};

__device__ inline Row row_at(const ResamplePlan& plan, int64_t e) {
  const int64_t begin = sequence_begin(plan, e);
  return {plan.offsets ? begin : e * plan.samples,
          is_readable(plan, e) ? sequence_length(plan, e) : -1,
          e * plan.source_times.row + begin * plan.source_times.step, targets_of(plan, e)};
}

// The sequence that holds a stored sample, or one next to it; -1 if there are none. By a warp.
__device__ inline int64_t sequence_around(const ResamplePlan& plan, int64_t sample) {
  if (!plan.offsets) return divide(sample, plan.samples);
  if (plan.sequences == 0) return -1;
  return border_of_warp(1, plan.sequences, [&](int64_t k) { return plan.offsets[k] <= sample; }) -
         1;
}

// What Sequence says of samples that are in order, for the few looks that need not be fast: each is a call.
template <class Time>
struct SourceTimes {
  const ResamplePlan& plan;
  int64_t begin;  // index of the first time
  int64_t count;

  __device__ Time time(int64_t position) const {
    return time_at(plan, begin + position * plan.source_times.step);
  }
  // The knot that ends or begins at a position.
  __device__ Knot ending_at(int64_t last) const { return {first_like(*this, last), last}; }
  __device__ Knot beginning_at(int64_t first) const { return {first, last_like(*this, first)}; }

 private:
  static __device__ __noinline__ Time time_at(const ResamplePlan& plan, int64_t index) {
    return load_time<Time>(plan.source_times, index);
  }
  static __device__ __noinline__ int64_t first_like(const SourceTimes samples, int64_t last) {
    const Time t = samples.time(last);
    if (last == 0 || samples.time(last - 1) < t) return last;
    return border(0, last, [&](int64_t k) { return samples.time(k) < t; });
  }
  static __device__ __noinline__ int64_t last_like(const SourceTimes samples, int64_t first) {
    const Time t = samples.time(first);
    if (first + 1 == samples.count || t < samples.time(first + 1)) return first;
    return border(first + 1, samples.count, [&](int64_t k) { return !(t < samples.time(k)); }) - 1;
  }
};

// The first target of row e that passes on to the sample at a position or one behind it, or the end of those
// that do to it or one in front of it; the sequence has that sample. By a warp.
template <class Time>
__device__ int64_t border_of_targets(const ResamplePlan& plan, int64_t e, const Row& row,
                                     int64_t position, bool is_begin) {
  const SourceTimes<Time> samples = {plan, row.time, row.count};
  const Stretch& all = row.targets;
  // The last time in front of the sample, or the first behind it.
  const int64_t next =
      is_begin ? samples.ending_at(position).first - 1 : samples.beginning_at(position).last + 1;
  if (next < 0) return all.begin;
  if (next >= samples.count) return all.end;
  const Time limit = samples.time(next);
  // Targets outside are extrapolated from the first two knots or the last two.
  if (is_begin && !(samples.time(0) < limit)) return all.begin;
  if (!is_begin && !(limit < samples.time(samples.count - 1))) return all.end;
  return border_of_warp(all.begin, all.end, [&](int64_t k) {
    const Time t = target_time<Time>(plan, e, target_in(plan, e, k));
    return t < limit || (is_begin && t == limit);
  });
}

// By the first two warps of a block: one looks for the begin, the other for the end. Targets in no order
// are left out, where nothing lies on the other side of them.
__device__ inline void find_reach(const GradientPlan& plan, int64_t first, int64_t last,
                                  Reach* reach) {
  const ResamplePlan& forward = plan.forward;
  const bool is_begin = threadIdx.x < 32;
  const int64_t sample = is_begin ? first : last, e = sequence_around(forward, sample);
  int64_t border = 0;
  if (e >= 0) {
    const Row row = row_at(forward, e);
    const int64_t position = sample - row.stored;
    if (is_unordered(plan, e)) {
      border = is_begin ? row.targets.end : row.targets.begin;
    } else if (position < 0) {
      border = row.targets.begin;
    } else if (position >= row.count) {
      border = row.targets.end;
    } else {
      on_time_value(forward.target_times.type, [&](auto* type) {
        using Time = std::remove_pointer_t<decltype(type)>;
        border = border_of_targets<Time>(forward, e, row, position, is_begin);
      });
    }
  }
  if (threadIdx.x % 32 != 0) return;
  (is_begin ? reach->first_sequence : reach->last_sequence) = e;
  (is_begin ? reach->begin : reach->end) = border;
}

// The row of a target within reach.
__device__ inline int64_t row_within(const ResamplePlan& plan, const Reach& reach, int64_t number) {
  if (reach.first_sequence >= reach.last_sequence) return reach.first_sequence;
  if (!plan.packed_targets()) return divide(number, plan.targets);
  return border(reach.first_sequence + 1, reach.last_sequence + 1,
                [&](int64_t k) { return plan.target_offsets[k] <= number; }) -
         1;
}

// The knots around a target, or the first or last two.
template <class Time>
struct Neighbours {
  Knot a, b;
  Time ta, tb;
  int64_t not_later;
};

// Apart: where samples near a target share their times.
template <class Time>
__device__ __noinline__ Neighbours<Time> find_knots(const SourceTimes<Time> samples, Time t) {
  const int64_t count = samples.count;
  Neighbours<Time> r;
  r.not_later = border(0, count, [&](int64_t k) { return !(t < samples.time(k)); });
  if (r.not_later == 0) {
    r.a = r.b = samples.beginning_at(0);
    if (r.a.last + 1 < count) r.b = samples.beginning_at(r.a.last + 1);
  } else {
    r.a = r.b = samples.ending_at(r.not_later - 1);
    if (r.not_later < count) {
      r.b = samples.beginning_at(r.not_later);
    } else if (r.a.first > 0) {
      r.a = samples.ending_at(r.a.first - 1);
    }
  }
  r.ta = samples.time(r.a.first);
  r.tb = samples.time(r.b.first);
  return r;
}

// locate(), without what pchip and aggregates need.
template <class Time>
__device__ Bracket locate_in(const SourceTimes<Time>& samples, Time t) {
  const ResamplePlan& plan = samples.plan;
  Bracket r = {};
  const int64_t step = plan.source_times.step;
  const auto time_at = [&](unsigned k) {
    return load_time<Time>(plan.source_times, samples.begin + k * step);
  };
  Time ta, tb;
  if (samples.count >= kMostPositions ||
      !find_alone(static_cast<unsigned>(samples.count), t, time_at, &ta, &tb, &r)) {
    const Neighbours<Time> found = find_knots(samples, t);
    r.a = found.a;
    r.b = found.b;
    r.not_later = found.not_later;
    ta = found.ta;
    tb = found.tb;
  }
  settle_bracket(plan, samples.count, t, ta, tb, &r);
  return r;
}

// What target `number` passes on to `samples` stored samples from `first` on.
__device__ inline Passing find_passing(const Gathering& all, const Reach& reach, int64_t number,
                                       int64_t first, int samples) {
  const ResamplePlan& plan = all.plan.forward;
  Passing passing = {-1, -1, 0, 0};
  const int64_t e = row_within(plan, reach, number);
  const Row row = row_at(plan, e);
  if (number < row.targets.begin || number >= row.targets.end) return passing;
  if (row.count <= 0 || is_unordered(all.plan, e)) return passing;
  const int64_t target = target_in(plan, e, number);
  Bracket bracket;
  on_time_value(plan.target_times.type, [&](auto* type) {
    using Time = std::remove_pointer_t<decltype(type)>;
    const SourceTimes<Time> samples_of_row = {plan, row.time, row.count};
    bracket = locate_in(samples_of_row, target_time<Time>(plan, e, target));
  });
  const Choice choice = choose(plan, bracket, all.group.mode);
  if (choice.action == Action::kFill) return passing;
  const auto place_of_knot = [&](const Knot& knot) {
    const bool is_first = plan.duplicates == RC_DUPLICATES_FIRST;
    const int64_t place = row.stored - first + (is_first ? knot.first : knot.last);
    return place >= 0 && place < samples ? static_cast<int32_t>(place) : -1;
  };
  passing.gradient = e * plan.output.row + target * plan.output.step;
  if (choice.action == Action::kCopy) {
    passing.a = place_of_knot(choice.knot);
    return passing;
  }
  const bool exact = all.plan.in_float64 || all.group.mode == RC_MODE_ANGLE;
  passing.weight = exact ? bracket.weight : static_cast<float>(bracket.weight);
  passing.a = place_of_knot(bracket.a);
  passing.b = place_of_knot(bracket.b);
  return passing;
}

// ---- The samples of a block.

// Adds what targets [i, end) of a tile pass on to a sample. `gradients` are those of its channel.
template <class T>
__device__ double add_passed(const Passing* tile, int i, int end, int sample, const T* gradients,
                             double sum) {
  // Read side by side: two wait no longer than one.
  constexpr int kAtOnce = 2;
#pragma unroll 1
  for (; i < end; i += kAtOnce) {
    T g[kAtOnce] = {};
    double part[kAtOnce];
    bool is_passed[kAtOnce];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      const Passing& passing = tile[min(i + k, end - 1)];
      const bool to_a = passing.a == sample;
      is_passed[k] = i + k < end && (to_a || passing.b == sample);
      part[k] = to_a ? 1 - passing.weight : passing.weight;
      if (is_passed[k]) g[k] = gradients[passing.gradient];
    }
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (is_passed[k]) sum += to_double(g[k]) * part[k];
    }
  }
  return sum;
}

// A block takes some samples and channels. Its threads find a tile of targets together, one each; then
// each adds up what they pass on to its pairs of sample and channel, neighbours to neighbouring
// channels. Most blocks have one tile; sums of more wait in memory from tile to tile.
__global__ void __launch_bounds__(kGatherThreads)
    gather_gradient(const __grid_constant__ Gathering all) {
  __shared__ Passing tile[kGatherTargets];
  // The targets of the tile, from the first to behind the last, that pass on to each sample.
  __shared__ int first_of[kGatherSamples], end_of[kGatherSamples];
  // Samples of sequences that this kernel leaves alone.
  __shared__ bool is_left[kGatherSamples];
  __shared__ Reach reach;
  const GradientPlan& plan = all.plan;
  const ResamplePlan& forward = plan.forward;
  const Array &grad = forward.output, &out = plan.grad_values;
  const int thread = static_cast<int>(threadIdx.x);
  const bool leaves_any = plan.unordered[0] != 0;

  for (int64_t part = blockIdx.x; part < all.parts; part += gridDim.x) {
    const int64_t sample_part = divide(part, all.channel_parts);
    const int64_t in_group = (part - sample_part * all.channel_parts) * all.channels;
    const int channels = static_cast<int>(min(all.channels, all.group.count - in_group));
    const int64_t first = sample_part * all.samples;
    const int samples = static_cast<int>(min(all.samples, stored_samples(forward) - first));
    if (thread < 64) find_reach(plan, first, first + samples - 1, &reach);
    if (leaves_any) {
#pragma unroll 1
      for (int s = thread; s < samples; s += kGatherThreads) is_left[s] = false;
    }
    __syncthreads();
    if (leaves_any) {
#pragma unroll 1
      for (int64_t e = max(reach.first_sequence, int64_t{0}) + thread; e <= reach.last_sequence;
           e += kGatherThreads) {
        if (!is_unordered(plan, e)) continue;
        const Row row = row_at(forward, e);
        const int64_t begin = row.stored - first, end = min(begin + row.count, int64_t{samples});
#pragma unroll 1
        for (int64_t s = max(begin, int64_t{0}); s < end; ++s) is_left[s] = true;
      }
    }

    for (int64_t begin = reach.begin;; begin += kGatherTargets) {
      const int64_t rest = max(reach.end - begin, int64_t{0});
      const int count = static_cast<int>(min(rest, int64_t{kGatherTargets}));
#pragma unroll 1
      for (int s = thread; s < samples; s += kGatherThreads) {
        first_of[s] = kGatherTargets;
        end_of[s] = 0;
      }
      __syncthreads();
#pragma unroll 1
      for (int i = thread; i < count; i += kGatherThreads) {
        const Passing passing = find_passing(all, reach, begin + i, first, samples);
        tile[i] = passing;
        for (const int sample : {passing.a, passing.b}) {
          if (sample < 0) continue;
          atomicMin(&first_of[sample], i);
          atomicMax(&end_of[sample], i + 1);
        }
      }
      __syncthreads();

      const bool is_last = rest <= kGatherTargets;
      int s = thread / channels, c = thread % channels;
      while (s < samples) {
        const int64_t channel = all.group.begin + in_group + c;
        double* const kept = plan.sums + (first + s) * forward.width + channel;
        if (leaves_any && is_left[s]) {
          *kept = 0;
        } else {
          double sum = begin == reach.begin ? 0 : *kept;
          if (first_of[s] < end_of[s]) {
            with_float_type(grad.type, [&](auto* type) {
              const auto* gradients =
                  reinterpret_cast<decltype(type)>(grad.data) + channel * grad.channel;
              sum = add_passed(tile, first_of[s], end_of[s], s, gradients, sum);
            });
          }
          if (is_last) {
            const int64_t place = place_of_sample(plan, first + s) + channel * out.channel;
            with_float_type(out.type, [&](auto* type) {
              using T = std::remove_pointer_t<decltype(type)>;
              reinterpret_cast<T*>(out.data)[place] = from_double<T>(sum);
            });
          } else {
            *kept = sum;
          }
        }
        s += kGatherThreads / channels;
        c += kGatherThreads % channels;
        if (c >= channels) {
          c -= channels;
          ++s;
        }
      }
      __syncthreads();
      if (is_last) break;
    }
  }
}

RC_KERNELS_END
