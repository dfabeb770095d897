// SPDX-License-Identifier: Apache-2.0
// The loop of rc_resample on the CPU, compiled once per SIMD level: for each target its bracket, for
// each group of channels a choice, for each channel a value. This is the specification.
#pragma once

#include "kernels/resample/evaluate.h"
#include "kernels/resample/quality.h"
#include "kernels/resample/rows.h"

RC_KERNELS_BEGIN

// One target of one row.
template <class Raw>
struct Target {
  const ResamplePlan& plan;
  const RowKernels& kernels;
  const Sequence<Raw>& sequence;
  const Bracket& bracket;
  typename Sequence<Raw>::Time time;
  int64_t output;  // index of its first channel
  Memory& memory;

  Run<char> run(int64_t channel) const {
    const Array& o = plan.output;
    return {o.data + (output + channel * o.channel) * item_size(o.type), o.channel};
  }
  Run<const char> run(const Reader<Raw>& reader, int64_t position) const {
    const Array& v = plan.values;
    return {v.data + reader.index(position, 0) * item_size(v.type), v.channel};
  }

  // Whole groups at a time, where no channel has to look for samples of its own.
  bool serve_whole(const Group& group, const Choice& choice) const {
    if (plan.skip_nan) return false;
    const Reader<Raw> reader{plan, sequence, group.begin, 1};
    if (choice.action == Action::kCopy) {
      const int64_t position = reader.representative(choice.knot);
      if (position < 0) return false;
      kernels.copy(run(reader, position), run(group.begin), group.count);
      return true;
    }
    if (choice.action == Action::kCurve && group.mode == RC_MODE_LINEAR) {
      const int64_t a = reader.representative(bracket.a), b = reader.representative(bracket.b);
      if (a < 0 || b < 0) return false;
      kernels.linear(run(reader, a), run(reader, b), bracket.weight, run(group.begin), group.count);
      return true;
    }
    return false;
  }

  bool has_nan(const Group& group) const {
    const Array& o = plan.output;
    if (!is_float(o.type)) return false;
    for (int64_t c = group.begin; c < group.begin + group.count; ++c) {
      if (is_nan(load(o.type, o.data, output + c * o.channel))) return true;
    }
    return false;
  }

  Outcome serve(const Group& group, bool wants_validity) const {
    const Choice choice = choose(plan, bracket, group.mode);
    if (serve_whole(group, choice)) {
      const bool nan = wants_validity && has_nan(group);
      return {static_cast<uint8_t>(nan ? choice.reason | RC_REASON_NAN : choice.reason), false};
    }
    Outcome all = {0, false};
    for (int64_t c = group.begin; c < group.begin + group.count;
         c += channels_of_element(group.mode)) {
      const Outcome one = evaluate(plan, sequence, time, bracket, choice, group.mode, c,
                                   output + c * plan.output.channel, memory);
      all.reason |= one.reason;
      all.filled = all.filled || one.filled;
    }
    return all;
  }
};

// The targets [first, last) of one row, which lie at `base` in packed arrays.
template <class Raw>
inline void resample_row(const ResamplePlan& plan, const RowKernels& kernels, int64_t row,
                         int64_t base, int64_t first, int64_t last) {
  const int64_t e = plan.sequence_ids ? plan.sequence_ids[row] : row;
  if (e < plan.first_sequence || e >= plan.last_sequence) return;
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  const bool wants_indices = plan.source_index || plan.next_index || plan.weight;
  const Sequence<Raw> sequence(plan, e);
  const auto* times =
      reinterpret_cast<const Raw*>(plan.target_times.data) + row * plan.target_times.row;
  Memory memory;
  int64_t hint = 0;
  for (int64_t i = first; i < last; ++i) {
    const int64_t at = base + i;
    const auto t = static_cast<typename Sequence<Raw>::Time>(times[at * plan.target_times.step]);
    const Bracket bracket = locate(plan, sequence, t, hint);
    hint = bracket.not_later;
    const Target<Raw> target{
        plan, kernels, sequence, bracket, t, row * plan.output.row + at * plan.output.step, memory};
    const Choice choice = choose(plan, bracket, plan.mode);
    Outcome all = {0, false};
    if (!plan.has_values) all = {choice.reason, choice.action == Action::kFill};
    for (int g = 0; plan.has_values && g < plan.num_groups; ++g) {
      const Outcome one = target.serve(plan.groups[g], wants_validity);
      all.reason |= one.reason;
      all.filled = all.filled || one.filled;
    }
    if (wants_validity) put_validity(plan, row, at, all.filled, all.reason);
    if (wants_indices) put_indices(plan, row, at, sequence, bracket, choice);
    put_age(plan, row, at, sequence, bracket, t);
  }
}

template <class Raw>
inline void resample_rows(const ResamplePlan& plan, int64_t begin, int64_t end) {
  const RowKernels kernels =
      plan.has_values ? row_kernels(plan.values.type, plan.output.type) : RowKernels{};
  if (!plan.packed_targets()) {
    for (int64_t row = begin / plan.targets; begin < end; ++row) {
      const int64_t row_begin = row * plan.targets, row_end = row_begin + plan.targets;
      const int64_t stop = end < row_end ? end : row_end;
      resample_row<Raw>(plan, kernels, row, 0, begin - row_begin, stop - row_begin);
      begin = stop;
    }
    return;
  }
  // The last row that begins at or before `begin`.
  const Integers& offsets = plan.target_offsets;
  int64_t row = border(0, plan.rows, [&](int64_t r) { return offsets[r + 1] <= begin; });
  for (; begin < end; ++row) {
    const int64_t stop = end < offsets[row + 1] ? end : offsets[row + 1];
    resample_row<Raw>(plan, kernels, row, offsets[row], begin - offsets[row], stop - offsets[row]);
    begin = stop;
  }
}

inline void resample_targets(const ResamplePlan& plan, int64_t begin, int64_t end) {
  switch (plan.target_times.type) {
    case Type::i64:
      return resample_rows<int64_t>(plan, begin, end);
    case Type::f64:
      return resample_rows<double>(plan, begin, end);
    default:
      return resample_rows<float>(plan, begin, end);
  }
}

RC_KERNELS_END
