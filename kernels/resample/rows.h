// SPDX-License-Identifier: Apache-2.0
// Channels of many targets whose steps are known: the results of evaluate(), by one loop for each pair
// of types, without a question per channel.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/resample/lanes.h"
#include "kernels/resample/steps.h"

RC_KERNELS_BEGIN

// A group of channels at some targets. Strides count elements.
struct Rows {
  const char* values;  // of sample 0 of the sequence, from the first channel on
  int64_t sample, value_channel;
  char* output;  // of the first target, from the first channel on
  int64_t target, output_channel;
  int64_t targets, channels;
  int32_t mode;
  Step* steps;
  const Outer* outers;  // for pchip
  double fill_value;
  bool watch_nan;  // steps shall tell, in `reason`, which targets have a NaN
};

using ServeRows = void (*)(const Rows& rows);

// fma(factor, b - a, base) is linear(): which factor and base that takes is a question per target.
// Whether a NaN came out.
template <int N, class In, class Out>
inline bool linear_lanes(const In* a, const In* b, const In* base, Compute<In> factor, Out* out) {
  Vector<Compute<In>, N> from, to, at;
  load_lanes<N>(a, from);
  load_lanes<N>(b, to);
  load_lanes<N>(base, at);
  to -= from;
  fma_lanes<N>(factor, to, at);
  const bool nan = canonical_lanes<N>(at);
  store_lanes<N>(at, out);
  return nan;
}

template <int N, class In, class Out>
inline void copy_lanes(const In* in, Out* out) {
  if constexpr (std::is_same_v<In, Out>) {
    memcpy(out, in, N * sizeof(In));
  } else if constexpr (std::is_same_v<In, int32_t>) {
    // Not by way of float32, which would round it twice.
    for (int i = 0; i < N; ++i) out[i] = from_double<Out>(in[i]);
  } else {
    Vector<Compute<In>, N> numbers;
    load_lanes<N>(in, numbers);
    canonical_lanes<N>(numbers);
    store_lanes<N>(numbers, out);
  }
}

template <int N, class T>
inline bool has_nan(const T* data) {
  if constexpr (std::is_integral_v<T>) {
    return false;
  } else {
    Vector<Compute<T>, N> numbers;
    load_lanes<N>(data, numbers);
    return canonical_lanes<N>(numbers);
  }
}

// Calls chunk(lanes, i, j) for runs of elements that begin with element i of one array and j of
// another; neighbours in a run are neighbours in memory.
template <int N, bool kDense, class Chunk>
inline void cover_both(const Rows& rows, const Chunk& chunk) {
  if constexpr (kDense) {
    cover<N>(rows.channels, [&](auto lanes, int64_t i) { chunk(lanes, i, i); });
  } else {
    for (int64_t c = 0; c < rows.channels; ++c) {
      chunk(Lanes<1>(), c * rows.value_channel, c * rows.output_channel);
    }
  }
}

// One copy of each is enough: they take longer than a call.
__attribute__((noinline)) inline double angle_at(double v0, double v1, double w) {
  return angle(v0, v1, w);
}
__attribute__((noinline)) inline double pchip_at(const Stencil& stencil, double w) {
  return pchip(stencil, w);
}
__attribute__((noinline)) inline void slerp_at(const double* q0, const double* q1, double w,
                                               double* out) {
  slerp(q0, q1, w, out);
}

// The channels of target i in a mode that computes in float64; whether a NaN came out.
template <class In, class Out>
__attribute__((noinline)) bool serve_curve(const Rows& rows, int64_t i, Out* out) {
  const Step& step = rows.steps[i];
  const auto value = [&](int64_t sample, int64_t channel) {
    const auto* values = reinterpret_cast<const In*>(rows.values);
    return to_double(values[sample * rows.sample + channel * rows.value_channel]);
  };
  bool nan = false;
  const auto put = [&](int64_t channel, double result) {
    out[channel * rows.output_channel] = from_double<Out>(result);
    nan |= is_nan(result);
  };
  if (rows.mode == RC_MODE_SLERP) {
    for (int64_t c = 0; c < rows.channels; c += 4) {
      double q0[4], q1[4], q[4];
      for (int k = 0; k < 4; ++k) {
        q0[k] = value(step.a, c + k);
        q1[k] = value(step.b, c + k);
      }
      slerp_at(q0, q1, step.weight, q);
      for (int k = 0; k < 4; ++k) put(c + k, q[k]);
    }
  } else if (rows.mode == RC_MODE_ANGLE) {
    for (int64_t c = 0; c < rows.channels; ++c) {
      put(c, angle_at(value(step.a, c), value(step.b, c), step.weight));
    }
  } else {
    const Outer& outer = rows.outers[i];
    Stencil s = {};
    s.has_first = outer.has_first;
    s.has_last = outer.has_last;
    for (int k = 0; k < 3; ++k) s.h[k] = outer.distance[k];
    for (int64_t c = 0; c < rows.channels; ++c) {
      if (s.has_first) s.y[0] = value(outer.first, c);
      s.y[1] = value(step.a, c);
      s.y[2] = value(step.b, c);
      if (s.has_last) s.y[3] = value(outer.last, c);
      put(c, pchip_at(s, step.weight));
    }
  }
  return nan;
}

// `kDense`: neighbouring channels are neighbours in memory, on both sides.
template <class In, class Out, bool kDense>
__attribute__((flatten)) inline void serve_rows(const Rows& rows) {
  constexpr int kWidth = kLanes<Compute<In>>;
  const auto* values = reinterpret_cast<const In*>(rows.values);
  const Out fill = from_double<Out>(rows.fill_value);
  for (int64_t i = 0; i < rows.targets; ++i) {
    Step& step = rows.steps[i];
    auto* out = reinterpret_cast<Out*>(rows.output) + i * rows.target;
    const In* a = values + step.a * rows.sample;
    const In* b = values + step.b * rows.sample;
    bool nan = false;
    switch (step.action) {
      case Action::kFill:
        for (int64_t c = 0; c < rows.channels; ++c) out[c * rows.output_channel] = fill;
        break;
      case Action::kCopy:
        cover_both<kWidth, kDense>(rows, [&](auto lanes, int64_t from, int64_t to) {
          copy_lanes<lanes.value>(a + from, out + to);
          if (rows.watch_nan) nan |= has_nan<lanes.value>(a + from);
        });
        break;
      case Action::kCurve:
        if constexpr (!std::is_integral_v<Out>) {
          if (rows.mode != RC_MODE_LINEAR) {
            nan = serve_curve<In, Out>(rows, i, out);
            break;
          }
          const auto w = static_cast<Compute<In>>(step.weight);
          const bool near_a = w < Compute<In>{0.5};
          const Compute<In> factor = near_a ? w : w - 1;
          const In* base = near_a ? a : b;
          cover_both<kWidth, kDense>(rows, [&](auto lanes, int64_t from, int64_t to) {
            nan |= linear_lanes<lanes.value>(a + from, b + from, base + from, factor, out + to);
          });
        }
        break;
      case Action::kAggregate:
        break;
    }
    if (nan) step.reason |= RC_REASON_NAN;
  }
}

template <class In, class Out>
inline void serve_rows(const Rows& rows) {
  if ((rows.value_channel == 1 && rows.output_channel == 1) || rows.channels == 1) {
    serve_rows<In, Out, true>(rows);
  } else {
    serve_rows<In, Out, false>(rows);
  }
}

// The loops for a pair of types; an integer type of outputs is that of the values.
inline ServeRows rows_kernel(Type from, Type to) {
  ServeRows kernel = nullptr;
  with_type(from, [&](auto* in) {
    using In = std::remove_pointer_t<decltype(in)>;
    with_type(to, [&](auto* out) {
      using Out = std::remove_pointer_t<decltype(out)>;
      if constexpr (!std::is_integral_v<Out> || std::is_same_v<In, Out>)
        kernel = serve_rows<In, Out>;
    });
  });
  return kernel;
}

RC_KERNELS_END
