// SPDX-License-Identifier: Apache-2.0
// rc_resample_backward on the CPU: a sequence at a time, its rows and targets in order.
#include <algorithm>

#include "kernels/resample/resample_backward.h"

namespace rc {

// Lines and copies, which most gradients are of: all channels of a group at once; `index` is that of the
// first one in the gradient of the output. False where that cannot be.
template <class Raw>
static bool add_group(const GradientPlan& plan, const Sequence<Raw>& sequence,
                      const Bracket& bracket, const Group& group, int64_t index, double* sums) {
  const ResamplePlan& forward = plan.forward;
  const bool is_line = group.mode == RC_MODE_LINEAR;
  if (!takes_steps(forward, group.mode) || !(is_line || is_copy(group.mode))) return false;
  const Choice choice = choose(forward, bracket, group.mode);
  if (choice.action == Action::kFill) return true;
  const bool curve = choice.action == Action::kCurve;
  const Reader<Raw> reader{forward, sequence, group.begin, 1};
  const int64_t a = reader.representative(curve ? bracket.a : choice.knot);
  const int64_t b = curve ? reader.representative(bracket.b) : a;
  if (a < 0 || b < 0) return false;
  double* const to_a = sums + sequence.sample(a) * forward.width + group.begin;
  double* const to_b = sums + sequence.sample(b) * forward.width + group.begin;
  const double weight = plan.in_float64 ? bracket.weight : static_cast<float>(bracket.weight);
  const Array& grad = forward.output;
  with_type(grad.type, [&](auto* type) {
    const auto* from = reinterpret_cast<decltype(type)>(grad.data) + index;
    for (int64_t c = 0; c < group.count; ++c) {
      const double g = to_double(from[c * grad.channel]);
      to_a[c] += curve ? g * (1 - weight) : g;
      if (curve) to_b[c] += g * weight;
    }
  });
  return true;
}

template <class Raw>
static void add_row(const GradientPlan& plan, const Sequence<Raw>& sequence, int64_t row,
                    double* sums) {
  const ResamplePlan& forward = plan.forward;
  const bool packed = forward.packed_targets();
  const int64_t first = packed ? forward.target_offsets[row] : 0;
  const int64_t last = packed ? forward.target_offsets[row + 1] : forward.targets;
  const Array& grad = forward.output;
  const auto* times =
      reinterpret_cast<const Raw*>(forward.target_times.data) + row * forward.target_times.row;
  Memory memory;
  int64_t hint = 0;
  for (int64_t i = first; i < last; ++i) {
    const auto t = static_cast<typename Sequence<Raw>::Time>(times[i * forward.target_times.step]);
    const Bracket bracket = locate(forward, sequence, t, hint);
    hint = bracket.not_later;
    for (int g = 0; g < forward.num_groups; ++g) {
      const Group& group = forward.groups[g];
      const int channels = channels_of_element(group.mode);
      const int64_t index = row * grad.row + i * grad.step;
      if (add_group(plan, sequence, bracket, group, index + group.begin * grad.channel, sums)) {
        continue;
      }
      for (int64_t c = group.begin; c < group.begin + group.count; c += channels) {
        double gradient[4];
        for (int j = 0; j < channels; ++j) {
          gradient[j] = load(grad.type, grad.data, index + (c + j) * grad.channel);
        }
        element_gradient(plan, sequence, t, bracket, group.mode, c, gradient, memory, sums);
      }
    }
  }
}

// Rounds the sums of `count` samples, or zeros without sums, into the gradient from `first` on.
static void write_samples(const GradientPlan& plan, int64_t e, int64_t first, int64_t count,
                          const double* sums) {
  const Array& out = plan.grad_values;
  const int64_t width = plan.forward.width;
  with_type(out.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    T* const samples = reinterpret_cast<T*>(out.data) + e * out.row;
    for (int64_t s = 0; s < count; ++s) {
      T* const to = samples + (first + s) * out.step;
      for (int64_t c = 0; c < width; ++c) {
        to[c * out.channel] = from_double<T>(sums != nullptr ? sums[s * width + c] : 0);
      }
    }
  });
}

template <class Raw>
static void sequence_gradient(const GradientPlan& plan, int64_t e) {
  const ResamplePlan& forward = plan.forward;
  const Sequence<Raw> sequence(forward, e);
  const int64_t length = sequence_length(forward, e);
  double* sums = plan.sums + begin_in_part(forward, e) * forward.width;
  std::fill_n(sums, length * forward.width, 0.0);
  if (!forward.sequence_ids) {
    add_row(plan, sequence, e, sums);
  } else {
    for (int64_t i = plan.row_begin[e]; i < plan.row_begin[e + 1]; ++i) {
      add_row(plan, sequence, plan.rows[i], sums);
    }
  }
  write_samples(plan, e, sequence.begin, length, sums);
  if (!forward.offsets) write_samples(plan, e, length, forward.samples - length, nullptr);
}

void resample_gradient(const GradientPlan& plan, int64_t e) {
  switch (plan.forward.target_times.type) {
    case Type::i64:
      return sequence_gradient<int64_t>(plan, e);
    case Type::f64:
      return sequence_gradient<double>(plan, e);
    default:
      return sequence_gradient<float>(plan, e);
  }
}

void clear_unused_gradient(const GradientPlan& plan) {
  const ResamplePlan& forward = plan.forward;
  if (!forward.offsets) return;
  const int64_t first = forward.offsets[0], last = forward.offsets[forward.sequences];
  write_samples(plan, 0, 0, first, nullptr);
  write_samples(plan, 0, last, forward.samples - last, nullptr);
}

void list_rows(const GradientPlan& plan) {
  const ResamplePlan& forward = plan.forward;
  int64_t* begin = plan.row_begin;
  std::fill_n(begin, forward.sequences + 1, 0);
  for (int64_t row = 0; row < forward.rows; ++row) ++begin[forward.sequence_ids[row] + 1];
  for (int64_t e = 0; e < forward.sequences; ++e) begin[e + 1] += begin[e];
  // Each entry moves to the end of its sequence's rows, and back by one place at the end.
  for (int64_t row = 0; row < forward.rows; ++row) {
    plan.rows[begin[forward.sequence_ids[row]]++] = row;
  }
  for (int64_t e = forward.sequences; e > 0; --e) begin[e] = begin[e - 1];
  begin[0] = 0;
}

}  // namespace rc
