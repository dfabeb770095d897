// SPDX-License-Identifier: Apache-2.0
// The gradient of one element with respect to the samples it was made of: the transpose of
// evaluate(), in float64.
#pragma once

#include "kernels/common/curve_gradients.h"
#include "kernels/resample/evaluate.h"

namespace rc {

// A checked call of rc_resample_backward, or one stream of rc_fuse_backward.
struct GradientPlan {
  // As for rc_resample; `output` is the gradient of the output, and `values` has no data where none
  // is needed.
  ResamplePlan forward;
  Array grad_values;
  bool in_float64;  // the weight of a linear mode is not rounded to float32

  // Rows that read each sequence, when there are sequence_ids: sequence e has rows[row_begin[e]] to
  // rows[row_begin[e + 1] - 1], ascending.
  int64_t* row_begin;
  int64_t* rows;
  // Sums of the sequences [forward.first_sequence, forward.last_sequence): [samples, width].
  double* sums;
  // On CUDA, where gradients are gathered: whether the targets of any row are in no order, and of which.
  uint8_t* unordered;
};

}  // namespace rc

RC_KERNELS_BEGIN

// Adds gradients to the samples of one element.
template <class Raw>
struct Adjoint {
  const Reader<Raw>& reader;
  double* sums;  // of the sequence: [samples, width]
  int64_t width;

  RC_HD void add(int64_t position, const double* g) const {
    double* sum = sums + reader.sequence.sample(position) * width + reader.channel;
    for (int i = 0; i < reader.channels; ++i) sum[i] += g[i];
  }
  RC_HD void add(const Knot& knot, const double* g) const {
    const int64_t position = reader.representative(knot);
    if (position >= 0) return add(position, g);
    if (reader.channels == 4) return add_mean_quaternion(knot, g);
    int64_t count = 0;
    for (int64_t k = knot.first; k <= knot.last; ++k) count += reader.counts(k) ? 1 : 0;
    const double share = *g / static_cast<double>(count);
    for (int64_t k = knot.first; k <= knot.last; ++k) {
      if (reader.counts(k)) add(k, &share);
    }
  }
  RC_HD void add(const Knot& knot, double g) const { add(knot, &g); }

 private:
  // m = s / |s| with s the sum of the quaternions, signs aligned: ds = (g - m (m . g)) / |s|.
  RC_HD void add_mean_quaternion(const Knot& knot, const double* g) const {
    double sum[4] = {0, 0, 0, 0}, q[4];
    for (int64_t k = knot.first; k <= knot.last; ++k) {
      if (!reader.counts(k)) continue;
      for (int i = 0; i < 4; ++i) q[i] = reader.value(k, i);
      const double sign = dot4(q, sum) < 0 ? -1 : 1;
      for (int i = 0; i < 4; ++i) sum[i] += sign * q[i];
    }
    const double length = length4(sum);
    double mean[4], share[4];
    for (int i = 0; i < 4; ++i) mean[i] = sum[i] / length;
    const double along = dot4(mean, g);
    for (int64_t k = knot.first; k <= knot.last; ++k) {
      if (!reader.counts(k)) continue;
      for (int i = 0; i < 4; ++i) q[i] = reader.value(k, i);
      const double sign = dot4(q, mean) < 0 ? -1 : 1;
      for (int i = 0; i < 4; ++i) share[i] = sign * (g[i] - mean[i] * along) / length;
      add(k, share);
    }
  }
};

template <class Raw>
RC_HD inline void curve_gradient(const Adjoint<Raw>& adjoint, const Bracket& bracket, int32_t mode,
                                 bool in_float64, const double* g) {
  const Reader<Raw>& reader = adjoint.reader;
  if (mode == RC_MODE_PCHIP) {
    double part[4];
    pchip_gradient(read_stencil(reader, bracket), bracket.weight, part);
    if (bracket.outer_a) adjoint.add(bracket.outer_a, *g * part[0]);
    adjoint.add(bracket.a, *g * part[1]);
    adjoint.add(bracket.b, *g * part[2]);
    if (bracket.outer_b) adjoint.add(bracket.outer_b, *g * part[3]);
  } else if (mode == RC_MODE_SLERP) {
    double q0[4], q1[4], g0[4], g1[4];
    reader.read(bracket.a, q0);
    reader.read(bracket.b, q1);
    slerp_gradient(q0, q1, bracket.weight, g, g0, g1);
    adjoint.add(bracket.a, g0);
    adjoint.add(bracket.b, g1);
  } else {
    const bool exact = in_float64 || mode == RC_MODE_ANGLE;
    const double w = exact ? bracket.weight : static_cast<float>(bracket.weight);
    adjoint.add(bracket.a, *g * (1 - w));
    adjoint.add(bracket.b, *g * w);
  }
}

template <class Raw>
RC_HD inline void aggregate_gradient(const Adjoint<Raw>& adjoint, const Bracket& bracket,
                                     int32_t mode, double g) {
  const Reader<Raw>& reader = adjoint.reader;
  if (mode == RC_MODE_LAST) {
    const Knot newest = newest_knot(reader, bracket);
    if (newest) adjoint.add(newest, g);
    return;
  }
  if (mode == RC_MODE_MIN || mode == RC_MODE_MAX) {
    Knot chosen = kNoKnot;
    double best = 0;
    for_each_knot(reader, bracket, [&](const Knot& knot) {
      const double v = reader.read(knot);
      const bool better = mode == RC_MODE_MIN ? v < best : v > best;
      if (!chosen || better || (is_nan(v) && !is_nan(best))) {
        chosen = knot;
        best = v;
      }
    });
    if (chosen) adjoint.add(chosen, g);
    return;
  }
  int64_t count = 0;
  for_each_knot(reader, bracket, [&](const Knot&) { ++count; });
  const double share = mode == RC_MODE_MEAN ? g / static_cast<double>(count) : g;
  for_each_knot(reader, bracket, [&](const Knot& knot) { adjoint.add(knot, share); });
}

// Adds the gradient `g` of one element to `sums`; `finite` as for evaluate().
template <class Raw, class Finite>
RC_HD inline void element_gradient(const GradientPlan& plan, const Sequence<Raw>& sequence,
                                   typename Sequence<Raw>::Time t, const Bracket& bracket,
                                   int32_t mode, int64_t channel, const double* g, Finite&& finite,
                                   double* sums) {
  const ResamplePlan& forward = plan.forward;
  const Reader<Raw> reader{forward, sequence, channel, channels_of_element(mode)};
  const Adjoint<Raw> adjoint{reader, sums, forward.width};
  Bracket b = bracket;
  if (forward.skip_nan && b.where != Where::kEmpty && !is_aggregate(mode)) {
    b = make_bracket(forward, sequence, t, finite(reader, bracket.not_later));
  }
  const Choice choice = choose(forward, b, mode);
  switch (choice.action) {
    case Action::kFill:
      return;
    case Action::kCopy:
      return adjoint.add(choice.knot, g);
    case Action::kCurve:
      return curve_gradient(adjoint, b, mode, plan.in_float64, g);
    case Action::kAggregate:
      return aggregate_gradient(adjoint, b, mode, *g);
  }
}

RC_KERNELS_END
