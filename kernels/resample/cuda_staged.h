// SPDX-License-Identifier: Apache-2.0
// Targets that lie about as densely as their samples. A block takes a run of targets. The times
// around them and the samples that they need are one piece of memory each, which it copies into
// shared memory in whole lines and reads there as often as it likes: to check the times, to find the
// targets, and to make their channels.
//
// Which times these are is guessed, as if samples were evenly spaced; a target that is elsewhere is
// searched for in global memory. Samples for which there is no room are read there.
#pragma once

#include "kernels/common/cuda_prefetch.h"
#include "kernels/resample/cuda_check.h"
#include "kernels/resample/cuda_locate.h"
#include "kernels/resample/cuda_stage.h"
#include "kernels/resample/quality.h"
#include "kernels/resample/rounded_quotient.h"
#include "kernels/resample/row_loops.h"
#include "kernels/resample/staged_plan.h"

RC_KERNELS_BEGIN

// What is left of a target once it is found.
struct alignas(16) Note {
  // Samples, counted from the first of the block's first sequence.
  unsigned a, b;
  // As in WarpTargets.
  float part;
  // Where the output lies behind that of the block's first target, in elements, and a RowStep.
  unsigned output_and_step;

  static constexpr unsigned kStepBits = 3;
  __device__ unsigned output() const { return output_and_step >> kStepBits; }
  __device__ RowStep step() const {
    return static_cast<RowStep>(output_and_step & ((1u << kStepBits) - 1));
  }
};
static_assert(sizeof(Note) == kNoteBytes, "room for notes");

__device__ inline Note* notes_of_block() { return reinterpret_cast<Note*>(stage()); }
__device__ inline TargetOutcome* outcomes_of_block(const StagedStream& s) {
  return reinterpret_cast<TargetOutcome*>(stage() + s.outcomes_at);
}

// The plan of a stream that is staged.
template <class Plans>
__device__ void unpack(const Plans& all, const StagedStream& s, ResamplePlan& plan) {
  unpack_stream(all, s, plan);
  plan.output = array_of(s.output, s.to);
  plan.sequence_ids = {nullptr, 0};
  plan.mode = s.mode;
}

// What all threads of a block know of its targets.
struct Run {
  // The first target: its row, and its number there, or of all where targets are packed.
  int64_t row, target;
  int64_t last_row;
  // The first sample of the first sequence, counted over all sequences.
  int64_t first_sample;
  unsigned targets;
  // Times on the stage: the first, counted from that sample, and how many.
  int first_time;
  unsigned times;
};

// A sequence as the targets of a row see it.
struct Extent {
  // Behind the first sample of the run.
  int64_t begin, count;
};
__device__ inline Extent extent_of(const ResamplePlan& plan, const Run& run, int64_t row) {
  if (plan.offsets) {
    return {plan.offsets[row] - run.first_sample, plan.offsets[row + 1] - plan.offsets[row]};
  }
  return {(row - run.row) * plan.samples, plan.lengths ? plan.lengths[row] : plan.samples};
}

// Whether rows and sequences have one length each, as far as the arrays tell.
__device__ inline bool is_even(const ResamplePlan& plan) {
  return !plan.offsets && !plan.lengths && !plan.target_offsets;
}

// Chooses `room` times at most about those from `low` to `high`, of `end` in all.
__device__ inline void choose_times(const StagedStream& s, int low, int high, int end, Run& run) {
  if (end <= static_cast<int>(s.room_for_times)) {
    low = 0;
    high = end;
  } else {
    low = max(low - static_cast<int>(s.slack), 0);
    high =
        min(min(high + static_cast<int>(s.slack), end), low + static_cast<int>(s.room_for_times));
  }
  run.first_time = low;
  run.times = static_cast<unsigned>(max(high - low, 0));
}

// Where the run of a block lies, and which times it brings: all of its sequences if there is room, else
// those where the targets would be if samples were evenly spaced. Without targets nothing is to be
// served.
__device__ inline Run even_run(const ResamplePlan& plan, const StagedStream& s, unsigned number) {
  Run run = {};
  const auto rows = static_cast<unsigned>(plan.rows), targets = static_cast<unsigned>(plan.targets);
  const auto samples = static_cast<int>(plan.samples);
  if (s.rows_of_block > 1) {
    const unsigned row = number * s.rows_of_block;
    if (row >= rows) return run;
    const unsigned count = min(s.rows_of_block, rows - row);
    run.row = row;
    run.last_row = row + count - 1;
    run.targets = count * targets;
    choose_times(s, 0, 0, samples * (plan.shared_times() ? 1 : static_cast<int>(count)), run);
  } else {
    const unsigned row = divide(number, s.blocks_of_row);
    if (row >= rows) return run;
    const unsigned target = (number - row * s.blocks_of_row.value) * s.targets_of_block;
    run.row = run.last_row = row;
    run.target = target;
    run.targets = min(s.targets_of_block, targets - target);
    choose_times(s, static_cast<int>(static_cast<float>(target) * s.density),
                 static_cast<int>(static_cast<float>(target + run.targets) * s.density), samples,
                 run);
  }
  run.first_sample = run.row * plan.samples;
  return run;
}

// Where among `count` samples target `part` of `whole` would lie.
__device__ inline int even_place(int64_t count, int64_t part, int64_t whole) {
  return static_cast<int>(static_cast<float>(count) *
                          __fdividef(static_cast<float>(part), static_cast<float>(whole)));
}

// The same of rows or sequences of different lengths. Apart: it takes many registers.
template <class Plans>
__device__ __noinline__ Run uneven_run(const Plans& all, const StagedStream& s, unsigned number) {
  ResamplePlan plan;
  unpack(all, s, plan);
  Run run = {};
  int64_t from = 0, from_of = plan.targets, to = 0, to_of = plan.targets;
  if (plan.packed_targets()) {
    run.target = int64_t{number} * s.targets_of_block;
    if (run.target >= plan.targets) return run;
    run.targets =
        static_cast<unsigned>(min(int64_t{s.targets_of_block}, plan.targets - run.target));
    const int64_t last = run.target + run.targets - 1;
    const bool is_last = threadIdx.x % kWarp == kWarp - 1;
    const int64_t row = row_of_lane(plan, is_last ? last : run.target, run.target);
    run.row = __shfl_sync(~0u, row, 0);
    run.last_row = min(__shfl_sync(~0u, row, kWarp - 1), plan.rows - 1);
    // Wrong offsets may tell of targets where there is no row.
    if (run.row >= plan.rows) return {};
    const Integers& offsets = plan.target_offsets;
    from = run.target - offsets[run.row];
    from_of = offsets[run.row + 1] - offsets[run.row];
    to = last + 1 - offsets[run.last_row];
    to_of = offsets[run.last_row + 1] - offsets[run.last_row];
  } else {
    run = even_run(plan, s, number);
    if (run.targets == 0) return run;
    from = run.target;
    to = run.target + run.targets;
  }
  run.first_sample = plan.offsets ? plan.offsets[run.row] : run.row * plan.samples;
  run.times = 0;
  // Wrong offsets and lengths: no times.
  if (!is_readable(plan, run.row) || !is_readable(plan, run.last_row)) return run;
  const Extent first = extent_of(plan, run, run.row), last = extent_of(plan, run, run.last_row);
  const int64_t end = last.begin + last.count;
  if (end < 0 || end > kMostStagedSamples) return run;
  choose_times(s, even_place(first.count, from, from_of),
               static_cast<int>(last.begin) + even_place(last.count, to, to_of),
               static_cast<int>(end), run);
  return run;
}

// Target k of a run.
__device__ inline Place place_in(const ResamplePlan& plan, const Run& run, unsigned k) {
  const int64_t target = run.target + k;
  if (run.row == run.last_row) return {run.row, target};
  if (plan.packed_targets()) {
    return {border(run.row + 1, run.last_row + 1,
                   [&](int64_t row) { return plan.target_offsets[row] <= target; }) -
                1,
            target};
  }
  const auto targets = static_cast<unsigned>(plan.targets);
  const unsigned behind = k / targets;
  return {run.row + behind, k - behind * targets};
}

// Of `n` times in order those that are not later than t. Each look leaves a power of two less one, so
// that no look but the first depends on n.
template <class Raw>
__device__ unsigned not_later_of(const Raw* times, unsigned n, Raw t) {
  if (n == 0) return 0;
  const int log2 = 31 - __clz(static_cast<int>(n));
  const unsigned part = 1u << log2;
  const Raw* low = times;
  if (!(t < times[part - 1])) low += n - part + 1;
  switch (log2) {
#define RC_LOOK(k)                                 \
  case k + 1:                                      \
    if (!(t < low[(1u << k) - 1])) low += 1u << k; \
    [[fallthrough]];
    RC_LOOK(11)
    RC_LOOK(10)
    RC_LOOK(9)
    RC_LOOK(8)
    RC_LOOK(7)
    RC_LOOK(6)
    RC_LOOK(5)
    RC_LOOK(4)
    RC_LOOK(3)
    RC_LOOK(2)
    RC_LOOK(1)
    RC_LOOK(0)
#undef RC_LOOK
    default:
      break;
  }
  // As places in shared memory, which take 32 bits.
  return static_cast<unsigned>(__cvta_generic_to_shared(low) - __cvta_generic_to_shared(times)) /
         sizeof(Raw);
}

// A target that is found: its samples, counted in its sequence, and what to do with them.
struct FoundTarget {
  unsigned a, b;
  double weight;
  float rounded_weight;
  RowStep step;
  uint8_t reason;
};

// A row as its targets see it.
struct RowView {
  // Behind the first row of the run; its targets, counted in the run.
  unsigned row, first_target, end_target;
  // Where target 0 of the run would be written if it were of this row.
  unsigned output;
  // Its first sample behind that of the run.
  int begin;
  // Its times on the stage: where, the first of them counted in the row, and how many.
  unsigned staged_at, first, num_staged;
  // Targets that are later than `least` to `least + between - 1` of them lie between two of those and
  // have neighbours that are there too, or are none.
  unsigned least, between;
  bool is_whole, is_there;
};

// Finds any target of a row. Apart: few targets need it. `staged_at` is where all of its times are on the
// stage, or 0.
template <class Raw, class Plans>
__device__ __noinline__ FoundTarget find_any(const Plans& all, const StagedStream& s, int64_t row,
                                             unsigned staged_at, Raw raw) {
  ResamplePlan plan;
  unpack(all, s, plan);
  const Sequence<Raw> sequence(plan, row);
  const Raw* const times =
      staged_at == 0 ? sequence.times : reinterpret_cast<const Raw*>(stage() + staged_at);
  const auto t = static_cast<typename TimeOf<Raw>::Value>(raw);
  Bracket r = {};
  const auto at = [&](unsigned k) { return static_cast<typename TimeOf<Raw>::Value>(times[k]); };
  if (!locate_alone(plan, static_cast<unsigned>(sequence.count), t, at, &r)) {
    r = locate_shared<Raw>(times, sequence.count, t, plan.max_gap);
  }
  const bool first = plan.duplicates == RC_DUPLICATES_FIRST;
  const int64_t a = first ? r.a.first : r.a.last, b = first ? r.b.first : r.b.last;
  const Choice choice = choose(plan, r, plan.mode);
  FoundTarget found;
  found.weight = r.weight;
  found.rounded_weight = static_cast<float>(r.weight);
  found.reason = choice.reason;
  const bool is_curve = choice.action == Action::kCurve;
  const bool takes_b = !is_curve && choice.knot.first != r.a.first;
  found.a = static_cast<unsigned>(takes_b ? b : a);
  found.b = static_cast<unsigned>(is_curve ? b : found.a);
  found.step = is_curve ? kEarlyCurve : choice.action == Action::kFill ? kFill : kCopy;
  return found;
}

// Finds target t of a row of the run. `may_share`: whether a time on the stage may be no later than the one
// before.
template <class Raw, class Plans>
__device__ FoundTarget find_staged(const Plans& all, const StagedStream& s, const Run& run,
                                   const RowView& view, bool may_share, Raw raw) {
  using Time = typename TimeOf<Raw>::Value;
  const Raw* const staged = reinterpret_cast<const Raw*>(stage() + view.staged_at);
  const unsigned later = not_later_of(staged, view.num_staged, raw);
  if (may_share || later - view.least >= view.between) {
    return find_any(all, s, run.row + view.row, view.is_whole ? view.staged_at : 0, raw);
  }
  const auto t = static_cast<Time>(raw);
  const auto ta = static_cast<Time>(staged[later - 1]);
  const auto tb = static_cast<Time>(staged[later]);
  FoundTarget found;
  found.reason = 0;
  found.weight = 0;
  found.rounded_weight = 0;
  found.a = view.first + later - 1;
  const auto to_a = span(ta, t), to_b = span(t, tb), whole = span(ta, tb);
  const auto limit = limit_of(s.max_gap, t);
  if (ta == t) {
    found.step = kCopy;
  } else if (s.mode == RC_MODE_LINEAR) {
    found.step = kEarlyCurve;
    if (whole > limit) {
      found.step = kFill;
      found.reason = RC_REASON_GAP;
    }
    const auto part = static_cast<double>(to_a), of = static_cast<double>(whole);
    if (std::is_same_v<Raw, int64_t> && !s.computes_double) {
      found.rounded_weight = rounded_quotient(part, of);
    } else {
      found.weight = part / of;
      found.rounded_weight = static_cast<float>(found.weight);
    }
  } else {
    const bool takes_b = s.mode == RC_MODE_NEXT || (s.mode == RC_MODE_NEAREST && to_b < to_a);
    found.step = kCopy;
    if ((takes_b ? to_b : to_a) > limit) {
      found.step = kFill;
      found.reason = RC_REASON_STALE;
    }
    found.a += takes_b ? 1 : 0;
  }
  found.b = found.a + (found.step == kEarlyCurve ? 1 : 0);
  return found;
}

// ---- Checks.

// The samples whose times a block checks, counted from the first of the run, where no offsets or
// lengths have to be checked before they are used.
struct Samples {
  int begin, end;
};
__device__ inline Samples samples_to_check(const ResamplePlan& plan, const StagedStream& s,
                                           const Run& run, unsigned number) {
  const auto samples = static_cast<unsigned>(plan.samples);
  if (s.rows_of_block > 1) {
    const int64_t rows = plan.shared_times() ? 1 : run.last_row - run.row + 1;
    return {0, static_cast<int>(rows * samples)};
  }
  const unsigned part = number - static_cast<unsigned>(run.row) * s.blocks_of_row.value;
  const unsigned each = divide(samples + s.blocks_of_row.value - 1, s.blocks_of_row);
  return {static_cast<int>(min(part * each, samples)),
          static_cast<int>(min((part + 1) * each, samples))};
}

// Looks at the times on the stage, and at those to check that are not there. Returns whether one on the
// stage is not later than the one before.
template <class Raw>
__device__ bool look_at_times(const ResamplePlan& plan, const Run& run, const Raw* staged,
                              const Raw* first, const Samples& to_check, bool& at_fault) {
  const auto is_clear = [](Raw before, Raw t) {
    return before < t && is_time(static_cast<typename TimeOf<Raw>::Value>(t));
  };
  const auto is_fault = [&](int sample, Raw before, Raw t) {
    if (!is_time(static_cast<typename TimeOf<Raw>::Value>(t))) return true;
    return t < before && static_cast<unsigned>(sample) % static_cast<unsigned>(plan.samples) != 0;
  };
  const auto check = [&](int sample, Raw before, Raw t) {
    if (sample < to_check.begin || sample >= to_check.end) return;
    at_fault = at_fault || is_fault(sample, before, t);
  };
  bool all_clear = true;
#pragma unroll 4
  for (unsigned k = threadIdx.x + 1; k < run.times; k += blockDim.x) {
    all_clear = all_clear && is_clear(staged[k - 1], staged[k]);
  }
  if (!all_clear) {
#pragma unroll 1
    for (unsigned k = threadIdx.x + 1; k < run.times; k += blockDim.x) {
      check(run.first_time + static_cast<int>(k), staged[k - 1], staged[k]);
    }
  }
  if (!std::is_same_v<Raw, int64_t> && threadIdx.x == 0 && run.times != 0) {
    check(run.first_time, staged[0], staged[0]);
  }
  const int end = run.first_time + static_cast<int>(run.times);
  const bool all_there =
      to_check.end <= end && (run.first_time == 0 || run.first_time < to_check.begin);
  if (!all_there) {
#pragma unroll 1
    for (int i = to_check.begin + static_cast<int>(threadIdx.x); i < to_check.end;
         i += static_cast<int>(blockDim.x)) {
      check(i, __ldg(first + max(i - 1, 0)), __ldg(first + i));
    }
  }
  return !all_clear;
}

// ---- Channels.

// What all channels of a run have in common.
struct Channelwise {
  // Accesses to a row.
  unsigned width;
  unsigned targets;
  const Note* notes;
  const double* weights;
  // Samples, on the stage or where the caller has them, and bytes from one to the next.
  const char* samples;
  unsigned pitch;
  char* output;
  // NULL where nobody asks.
  TargetOutcome* outcomes;
  // Bits of an element that is filled, and its bytes.
  uint64_t fill;
  unsigned item;
  Type from, to;

  __device__ AnyRow row(unsigned sample) const {
    return {samples + static_cast<size_t>(sample) * pitch};
  }
};

// Apart, since few targets are filled.
static __device__ __noinline__ void fill_elements(char* to, unsigned count, uint64_t fill,
                                                  unsigned item) {
  for (unsigned k = 0; k < count * item; ++k) to[k] = static_cast<char>(fill >> (k % item * 8));
}

// What becomes of an access where a result is NaN. Apart, since few are.
template <class Elements>
__device__ __noinline__ typename Elements::Out make_apart(const Elements elements,
                                                          const typename Elements::In a,
                                                          const typename Elements::In b,
                                                          const Line line) {
  return elements.make(a, b, line);
}

// All accesses of a run side by side, neighbouring threads at neighbouring ones.
template <class Elements>
__device__ void make_accesses(const Channelwise& c) {
  const Elements elements(c.from, c.to);
  const unsigned total = c.targets * c.width;
  // Exact for so small numbers, and without a division.
  const float inverse = __frcp_rn(static_cast<float>(c.width));
  const auto targets_on = static_cast<unsigned>((static_cast<float>(blockDim.x) + 0.5f) * inverse);
  const unsigned columns_on = blockDim.x - targets_on * c.width;
  auto i = static_cast<unsigned>((static_cast<float>(threadIdx.x) + 0.5f) * inverse);
  unsigned column = threadIdx.x - i * c.width;
#pragma unroll 1
  for (unsigned j = threadIdx.x; j < total; j += blockDim.x) {
    const Note note = c.notes[i];
    const RowStep step = note.step();
    char* const row = c.output + static_cast<size_t>(note.output()) * c.item;
    if (step > kFill) {
      const auto a = elements.read(c.row(note.a), column);
      const auto b = elements.read(c.row(note.b), column);
      const Line line = {step == kCopy, step == kLateCurve, note.part, c.weights + i};
      typename Elements::Out out;
      if (!elements.draw(a, b, line, out)) {
        out = make_apart(elements, a, b, line);
        if (c.outcomes != nullptr && elements.has_nan(out)) c.outcomes[i].has_nan = 1;
      }
      elements.write(row, column, out);
    } else if (step == kFill) {
      const unsigned count = Elements::kHasCurves ? Elements::kWidth : Elements::kWidth / c.item;
      fill_elements(row + size_t{column} * count * c.item, count, c.fill, c.item);
    }
    i += targets_on;
    column += columns_on;
    if (column >= c.width) {
      column -= c.width;
      ++i;
    }
  }
}

// Each thread the rows of its targets, of kCount accesses, on the stage at `samples` and `output`.
template <class Elements, int kCount>
__device__ void make_rows(const Channelwise& c, unsigned samples, unsigned output) {
  const Elements elements(c.from, c.to);
#pragma unroll 1
  for (unsigned i = threadIdx.x; i < c.targets; i += blockDim.x) {
    const Note note = c.notes[i];
    const RowStep step = note.step();
    const StagedRow to = {output + i * (kCount * Elements::kBytes)};
    if (step > kFill) {
      const StagedRow row_a = {samples + note.a * c.pitch}, row_b = {samples + note.b * c.pitch};
      typename Elements::In a[kCount], b[kCount];
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        a[k] = elements.read(row_a, k);
        b[k] = elements.read(row_b, k);
      }
      const Line line = {step == kCopy, step == kLateCurve, note.part, nullptr};
      bool drawn = true;
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        typename Elements::Out out;
        drawn = elements.draw(a[k], b[k], line, out) && drawn;
        elements.write(to, k, out);
      }
      if (drawn) continue;
#pragma unroll 1
      for (int k = 0; k < kCount; ++k) {
        const auto out =
            make_apart(elements, elements.read(row_a, k), elements.read(row_b, k), line);
        elements.write(to, k, out);
        if (c.outcomes != nullptr && elements.has_nan(out)) c.outcomes[i].has_nan = 1;
      }
    } else {
      fill_elements(stage() + to.at, kCount * Elements::kWidth, c.fill, c.item);
    }
  }
}

template <class Elements>
__device__ void make_rows(const Channelwise& c, unsigned samples, unsigned output) {
  switch (c.width) {
    case 1:
      return make_rows<Elements, 1>(c, samples, output);
    case 3:
      return make_rows<Elements, 3>(c, samples, output);
    case 5:
      return make_rows<Elements, 5>(c, samples, output);
    default:
      return make_rows<Elements, 7>(c, samples, output);
  }
}

// The loops of has_short_rows().
__device__ inline void make_short_rows(int loop, const Channelwise& c, unsigned samples,
                                       unsigned output) {
  const int log2 = loop & ((1 << kWidthBits) - 1);
  switch (loop >> kWidthBits) {
    case kHalf:
      if (log2 == 0) return make_rows<FloatElements<Half, 1>>(c, samples, output);
      return make_rows<FloatElements<Half, 2>>(c, samples, output);
    case kBFloat16:
      if (log2 == 0) return make_rows<FloatElements<BFloat16, 1>>(c, samples, output);
      return make_rows<FloatElements<BFloat16, 2>>(c, samples, output);
    default:
      return make_rows<FloatElements<float, 1>>(c, samples, output);
  }
}

__device__ inline void make_all_accesses(int loop, const Channelwise& c) {
  with_elements(loop, c.from, [&](auto* elements) {
    make_accesses<std::remove_pointer_t<decltype(elements)>>(c);
  });
}

// ---- A block.

// What the threads of a block tell each other.
struct Told {
  unsigned first_sample, last_sample;
  // Whether a target is left alone.
  unsigned skips;
};

// Completes a view whose row and targets are known.
template <class Raw>
__device__ void see(const ResamplePlan& plan, const StagedStream& s, const Run& run,
                    const Extent& extent, RowView& view) {
  // Packed outputs have no rows.
  view.output = view.row * static_cast<unsigned>(plan.output.row);
  if (!plan.packed_targets()) {
    view.output -= view.first_target * static_cast<unsigned>(plan.output.step);
  }
  view.begin = static_cast<int>(extent.begin);
  const int count = static_cast<int>(extent.count), times = static_cast<int>(run.times);
  const int begin = (plan.shared_times() ? 0 : view.begin) - run.first_time;
  const int low = min(max(begin, 0), times), high = min(max(begin + count, low), times);
  view.first = static_cast<unsigned>(low - begin);
  view.num_staged = static_cast<unsigned>(high - low);
  view.staged_at = s.times_at + static_cast<unsigned>(low) * sizeof(Raw);
  view.is_whole = high - low == count;
  const int before = low > begin, behind = high < begin + count;
  view.least = static_cast<unsigned>(1 + before);
  view.between = static_cast<unsigned>(max(high - low - 1 - before - behind, 0));
}

// The row that holds target k of a run. Apart, as long as a run is of one row; that is handed over as a
// value, since whatever has an address lies in memory for all.
template <class Raw, class Plans>
__device__ __noinline__ RowView view_among(const Plans& all, const StagedStream& s, const Run run,
                                           unsigned k) {
  ResamplePlan plan;
  unpack(all, s, plan);
  const int64_t row = place_in(plan, run, k).row;
  RowView view;
  view.row = static_cast<unsigned>(row - run.row);
  if (plan.packed_targets()) {
    const int64_t first = plan.target_offsets[row] - run.target;
    const int64_t end = plan.target_offsets[row + 1] - run.target;
    view.first_target = static_cast<unsigned>(max(first, int64_t{0}));
    // Offsets that fall are wrong: on to the next target.
    view.end_target =
        static_cast<unsigned>(min(max(end, int64_t{k} + 1), static_cast<int64_t>(run.targets)));
  } else {
    const auto targets = static_cast<unsigned>(plan.targets);
    view.first_target = run.row == run.last_row ? 0 : view.row * targets;
    view.end_target = run.row == run.last_row ? run.targets : view.first_target + targets;
  }
  const Extent extent = extent_of(plan, run, row);
  // Wrong offsets and lengths: the row is left alone.
  view.is_there = is_even(plan) || (is_readable(plan, row) && extent.begin >= 0 &&
                                    extent.begin + extent.count <= kMostStagedSamples);
  see<Raw>(plan, s, run, extent, view);
  return view;
}

template <class Raw, class Plans>
__device__ RowView first_view(const Plans& all, const ResamplePlan& plan, const StagedStream& s,
                              const Run& run) {
  if (!is_even(plan) || run.row != run.last_row) return view_among<Raw>(all, s, run, 0);
  RowView view;
  view.row = 0;
  view.first_target = 0;
  view.end_target = run.targets;
  view.is_there = true;
  see<Raw>(plan, s, run, {0, plan.samples}, view);
  return view;
}

// Where the time of a target waits until it is noted.
template <class Raw>
__device__ Raw& target_time(unsigned k) {
  return *reinterpret_cast<Raw*>(&notes_of_block()[k]);
}

// Finds the targets of a run and notes what to make of them. Whether one is no time. A warp takes 32 of
// them at a time, and of these those of one row.
template <class Raw, class Plans>
__device__ bool note_targets(const Plans& all, const ResamplePlan& plan, const StagedStream& s,
                             const Run& run, bool may_share, Told& told) {
  unsigned first_sample = ~0u, last_sample = 0;
  bool no_time = false;
  RowView view = first_view<Raw>(all, plan, s, run);
#pragma unroll 1
  for (unsigned k = threadIdx.x; k - threadIdx.x % kWarp < run.targets; k += blockDim.x) {
    const unsigned first = k - threadIdx.x % kWarp, end = min(first + kWarp, run.targets);
    if (view.end_target <= first) view = view_among<Raw>(all, s, run, first);
    for (;;) {
      if (k >= view.first_target && k < min(view.end_target, end)) {
        const Raw t = target_time<Raw>(k);
        no_time = no_time || !is_time(static_cast<typename TimeOf<Raw>::Value>(t));
        const unsigned output = view.output + k * static_cast<unsigned>(plan.output.step);
        Note note = {0, 0, 0, output << Note::kStepBits | kSkip};
        TargetOutcome outcome = {};
        if (view.is_there) {
          const FoundTarget found = find_staged(all, s, run, view, may_share, t);
          const bool is_curve = found.step == kEarlyCurve;
          const bool is_late = is_curve && !(found.rounded_weight < 0.5f);
          const RowStep step = is_late ? kLateCurve : found.step;
          const auto begin = static_cast<unsigned>(view.begin);
          // With a part of -0 a number less itself changes nothing, whatever its sign.
          note = {found.a + begin, found.b + begin,
                  is_late    ? found.rounded_weight - 1
                  : is_curve ? found.rounded_weight
                             : -0.0f,
                  output << Note::kStepBits | step};
          if (s.computes_double) {
            reinterpret_cast<double*>(stage() + s.weights_at)[k] = is_curve ? found.weight : -0.0;
          }
          outcome = {static_cast<uint16_t>(found.reason | (step == kFill ? kFilled : 0)), 0, 1};
          if (step != kFill) {
            // No sample is later than b.
            first_sample = min(first_sample, note.a);
            last_sample = max(last_sample, note.b);
          }
        } else {
          told.skips = 1;
        }
        notes_of_block()[k] = note;
        if (s.wants_validity) outcomes_of_block(s)[k] = outcome;
      }
      if (view.end_target >= end) break;
      view = view_among<Raw>(all, s, run, view.end_target);
    }
  }
  first_sample = __reduce_min_sync(~0u, first_sample);
  last_sample = __reduce_max_sync(~0u, last_sample);
  if (threadIdx.x % kWarp == 0) {
    atomicMin(&told.first_sample, first_sample);
    atomicMax(&told.last_sample, last_sample);
  }
  return no_time;
}

// Tells of each target of a run, once all of its channels are made.
__device__ inline void put_outcomes(const ResamplePlan& plan, const StagedStream& s, const Run& run,
                                    const TargetOutcome* outcomes) {
  __syncthreads();
  for (unsigned k = threadIdx.x; k < run.targets; k += blockDim.x) {
    const TargetOutcome outcome = outcomes[k];
    if (!outcome.is_there) continue;
    const auto [row, target] = place_in(plan, run, k);
    const unsigned nan = outcome.has_nan != 0 ? RC_REASON_NAN : 0;
    put_validity(plan, row, target, (outcome.bits & kFilled) != 0,
                 static_cast<uint8_t>(outcome.bits | nan));
  }
}

// Reports what a block has found wrong. Apart, since almost no call comes here.
template <class Raw, class Plans>
__device__ __noinline__ void report_run(const Plans& all, const StagedStream& s, unsigned number,
                                        FaultRecord* record, uint64_t call) {
  ResamplePlan plan;
  unpack(all, s, plan);
  Fault first = no_fault();
  const auto found = [&](const Fault& fault) { keep_first(first, fault); };
  if (!is_even(plan)) {
    look_for_faults<ByBlock, Raw>(plan, Part{number, s.blocks}, s.checked, found);
  } else {
    const Run run = even_run(plan, s, number);
    const Samples samples = samples_to_check(plan, s, run, number);
    for (int i = samples.begin + static_cast<int>(threadIdx.x); i < samples.end;
         i += static_cast<int>(blockDim.x)) {
      const int64_t behind = i / plan.samples;
      found(check_time(plan, Sequence<Raw>(plan, run.row + behind), i - behind * plan.samples));
    }
    if constexpr (!std::is_same_v<Raw, int64_t>) {
      const int64_t before = plan.target_times.row == 0 ? 0 : run.row * plan.targets;
      const int64_t distinct = distinct_targets(plan);
      for (unsigned k = threadIdx.x; k < run.targets; k += blockDim.x) {
        found(check_target<Raw>(plan, (before + run.target + k) % distinct));
      }
    }
  }
  report_first(first, record, call);
}

// Has L2 fetch, while times are on their way, the samples between which the targets of a run would lie if
// they were evenly spaced.
__device__ inline void ask_for_samples(const ResamplePlan& plan, const StagedStream& s,
                                       const Run& run, const char* samples) {
  if (threadIdx.x != 0 || run.targets == 0 || s.room_for_samples == 0) return;
  auto first = 0u, end = static_cast<unsigned>((run.last_row - run.row + 1) * plan.samples);
  if (s.rows_of_block == 1) {
    first = static_cast<unsigned>(static_cast<float>(run.target) * s.density);
    end = min(static_cast<unsigned>(static_cast<float>(run.target + run.targets) * s.density), end);
  }
  if (first >= end) return;
  ask_for(samples + size_t{first} * s.pitch, size_t{end - first - 1} * s.pitch + s.row_bytes);
}

// What a block knows when its targets are found.
struct Scene {
  Run run;
  const char* samples;
  bool at_fault;
};

// Brings times, checks them and finds the targets.
template <class Raw, class Plans>
__device__ Scene find_run(const Plans& all, const ResamplePlan& plan, const StagedStream& s,
                          unsigned number, Told& told) {
  const bool even = is_even(plan);
  bool at_fault = !even && s.validate && sees_any_fault<Raw>(all, s, Part{number, s.blocks});
  const Run run = even ? even_run(plan, s, number) : uneven_run(all, s, number);

  // Times and targets.
  const Raw* const first_time =
      reinterpret_cast<const Raw*>(s.times) + (plan.shared_times() ? 0 : run.first_sample);
  Raw* const times = reinterpret_cast<Raw*>(stage() + s.times_at);
  for (unsigned k = threadIdx.x; k < run.times; k += blockDim.x) {
    __pipeline_memcpy_async(times + k, first_time + run.first_time + k, sizeof(Raw));
  }
  const Array& targets = plan.target_times;
  const Raw* const first_target =
      reinterpret_cast<const Raw*>(targets.data) + run.row * targets.row + run.target;
  for (unsigned k = threadIdx.x; k < run.targets; k += blockDim.x) {
    // Shared ones serve all rows.
    const bool again = run.row != run.last_row && targets.row == 0 && !plan.packed_targets();
    const unsigned at = again ? k % static_cast<unsigned>(plan.targets) : k;
    __pipeline_memcpy_async(&target_time<Raw>(k), first_target + at, sizeof(Raw));
  }
  if (threadIdx.x == 0) told = {~0u, 0, 0};
  const char* const samples =
      s.values.data + (plan.offsets ? run.first_sample * s.values.step : run.row * s.values.row);
  if (even) ask_for_samples(plan, s, run, samples);
  wait_for_stage();

  const bool checks = even && s.validate && run.targets != 0;
  const Samples to_check = checks ? samples_to_check(plan, s, run, number) : Samples{0, 0};
  const bool may_share =
      __syncthreads_or(look_at_times(plan, run, times, first_time, to_check, at_fault)) != 0;
  const bool no_time = run.targets != 0 && note_targets<Raw>(all, plan, s, run, may_share, told);
  __syncthreads();
  return {run, samples, at_fault || (checks && no_time)};
}

// Brings the samples that the targets of a run need and makes its channels.
__device__ inline void make_run(const ResamplePlan& plan, const StagedStream& s, const Scene& scene,
                                const Told& told) {
  const Run& run = scene.run;
  const unsigned first = told.first_sample, count = told.last_sample - first + 1;
  const bool needs_none = told.last_sample < first;
  const bool is_staged = !needs_none && count <= s.room_for_samples;
  const char* const samples = scene.samples + static_cast<size_t>(first) * s.pitch;
  const unsigned samples_at = place_on_stage(s.samples_at, samples);
  if (is_staged) {
    bring(samples_at, samples, (count - 1) * s.pitch + s.row_bytes);
    wait_for_stage();
  }
  const int64_t output =
      (plan.packed_targets() ? 0 : run.row * plan.output.row) + run.target * plan.output.step;
  const unsigned item = item_size(s.to), origin = samples_at - first * s.pitch;
  const Channelwise channels = {
      s.width,
      run.targets,
      notes_of_block(),
      reinterpret_cast<const double*>(stage() + s.weights_at),
      is_staged ? reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(stage() + samples_at) -
                                                size_t{first} * s.pitch)
                : scene.samples,
      s.pitch,
      plan.output.data + output * item,
      s.wants_validity ? outcomes_of_block(s) : nullptr,
      s.fill,
      item,
      s.from,
      s.to};
  if (is_staged && s.has_short_rows && told.skips == 0) {
    const unsigned output_at = place_on_stage(s.output_at, channels.output);
    make_short_rows(s.loop, channels, origin, output_at);
    __syncthreads();
    send(output_at, channels.output, run.targets * s.row_bytes);
  } else {
    make_all_accesses(s.loop, channels);
  }
  if (s.wants_validity) put_outcomes(plan, s, run, channels.outcomes);
}

template <class Plans>
__device__ void serve_staged(const Plans& all, const StagedStream& s, unsigned number,
                             FaultRecord* record, uint64_t call) {
  __shared__ Told told;
  ResamplePlan plan;
  unpack(all, s, plan);
  Scene scene;
  on_time_type(all.target_times.type, [&](auto* raw) {
    scene = find_run<std::remove_pointer_t<decltype(raw)>>(all, plan, s, number, told);
  });
  make_run(plan, s, scene, told);
  if (!__any_sync(~0u, scene.at_fault)) return;
  on_time_type(all.target_times.type, [&](auto* raw) {
    report_run<std::remove_pointer_t<decltype(raw)>>(all, s, number, record, call);
  });
}

RC_KERNELS_END
