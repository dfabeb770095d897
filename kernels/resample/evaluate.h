// SPDX-License-Identifier: Apache-2.0
// Stage 2, once per element: a channel, or the four channels of a quaternion.
#pragma once

#include "kernels/resample/reader.h"
#include "kernels/resample/window.h"

RC_KERNELS_BEGIN

template <class Raw>
RC_HD inline Stencil read_stencil(const Reader<Raw>& reader, const Bracket& bracket) {
  Stencil s = {};
  s.has_first = static_cast<bool>(bracket.outer_a);
  s.has_last = static_cast<bool>(bracket.outer_b);
  if (s.has_first) s.y[0] = reader.read(bracket.outer_a);
  s.y[1] = reader.read(bracket.a);
  s.y[2] = reader.read(bracket.b);
  if (s.has_last) s.y[3] = reader.read(bracket.outer_b);
  for (int i = 0; i < 3; ++i) s.h[i] = bracket.distance[i];
  return s;
}

// A point on the curve between a and b.
template <class Raw>
RC_HD inline void evaluate_curve(const Reader<Raw>& reader, const Bracket& bracket, int32_t mode,
                                 double* out) {
  if (mode == RC_MODE_PCHIP) {
    *out = pchip(read_stencil(reader, bracket), bracket.weight);
    return;
  }
  double v0[4], v1[4];
  reader.read(bracket.a, v0);
  reader.read(bracket.b, v1);
  if (mode == RC_MODE_SLERP) {
    slerp(v0, v1, bracket.weight, out);
  } else if (mode == RC_MODE_ANGLE) {
    *out = angle(v0[0], v1[0], bracket.weight);
  } else if (reader.plan.values.type == Type::f64) {
    *out = linear(v0[0], v1[0], bracket.weight);
  } else {
    *out = linear(static_cast<float>(v0[0]), static_cast<float>(v1[0]),
                  static_cast<float>(bracket.weight));
  }
}

// What became of an element: bits of rc_reason, and whether it was filled.
struct Outcome {
  uint8_t reason;
  bool filled;
};

// Makes one element of one target. `index` is that of its first channel in `plan.output`;
// `finite(reader, not_later)` is a walk over the knots that hold a finite sample.
template <class Raw, class Finite>
RC_HD inline Outcome evaluate(const ResamplePlan& plan, const Sequence<Raw>& sequence,
                              typename Sequence<Raw>::Time t, const Bracket& bracket,
                              const Choice& choice, int32_t mode, int64_t channel, int64_t index,
                              Finite&& finite) {
  const Reader<Raw> reader{plan, sequence, channel, channels_of_element(mode)};
  const Array& output = plan.output;
  const auto put = [&](const double* values) {
    bool nan = false;
    for (int i = 0; i < reader.channels; ++i) {
      store(output.type, output.data, index + i * output.channel, values[i]);
      nan = nan || is_nan(values[i]);
    }
    return nan ? static_cast<uint8_t>(RC_REASON_NAN) : uint8_t{0};
  };
  const auto fill = [&](int reason) {
    for (int i = 0; i < reader.channels; ++i) {
      store(output.type, output.data, index + i * output.channel, plan.fill_value);
    }
    return Outcome{static_cast<uint8_t>(reason), true};
  };
  const auto copy_knot = [&](const Knot& knot, uint8_t reason) {
    const int64_t position = reader.representative(knot);
    double values[4];
    reader.read(knot, values);
    if (position < 0) return Outcome{static_cast<uint8_t>(reason | put(values)), false};
    bool nan = false;
    for (int i = 0; i < reader.channels; ++i) {
      copy(plan.values.type, plan.values.data, reader.index(position, i), output.type, output.data,
           index + i * output.channel);
      nan = nan || is_nan(values[i]);
    }
    return Outcome{static_cast<uint8_t>(nan ? reason | RC_REASON_NAN : reason), false};
  };

  Bracket b = bracket;
  Choice c = choice;
  if (plan.skip_nan && b.where != Where::kEmpty && !is_aggregate(mode)) {
    b = make_bracket(plan, sequence, t, finite(reader, bracket.not_later));
    c = choose(plan, b, mode);
    if (b.where == Where::kEmpty) return fill(RC_REASON_NAN);
  }
  double values[4];
  switch (c.action) {
    case Action::kFill:
      return fill(c.reason);
    case Action::kCopy:
      return copy_knot(c.knot, c.reason);
    case Action::kCurve:
      evaluate_curve(reader, b, mode, values);
      return {static_cast<uint8_t>(c.reason | put(values)), false};
    case Action::kAggregate:
      break;
  }
  if (mode == RC_MODE_LAST) {
    const Knot newest = newest_knot(reader, b);
    return newest ? copy_knot(newest, c.reason) : fill(c.reason | RC_REASON_NAN);
  }
  const int64_t count = aggregate(reader, b, mode, values);
  if (count == 0) return fill(c.reason | RC_REASON_NAN);
  return {static_cast<uint8_t>(c.reason | put(values)), false};
}

RC_KERNELS_END
