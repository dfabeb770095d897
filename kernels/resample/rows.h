// SPDX-License-Identifier: Apache-2.0
// Channels of many targets whose steps are known: the results of evaluate(), by one loop for each pair
// of types, without a question per channel.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/resample/lanes.h"
#include "kernels/resample/pchip_lanes.h"
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

// What follows from two samples: fma(factor, b - a, base) is linear().
template <class In>
struct Line {
  const In *a, *b, *base;
  Compute<In> factor;

  template <int N>
  Vector<Compute<In>, N> at(int64_t i) const {
    Vector<Compute<In>, N> from, to, result;
    load_lanes<N>(a + i, from);
    load_lanes<N>(b + i, to);
    load_lanes<N>(base + i, result);
    to -= from;
    fma_lanes<N>(factor, to, result);
    return result;
  }
};

template <class In>
inline Line<In> line_of(const In* a, const In* b, double weight) {
  const auto w = static_cast<Compute<In>>(weight);
  // Without a branch, which weights in no order would make a processor guess wrong.
  const In* const ends[2] = {a, b};
  const int late = !(w < Compute<In>{0.5});
  return {a, b, ends[late], w - static_cast<Compute<In>>(late)};
}

// Points on some lines; whether there was a NaN. Most often there is none: they are made canonical in
// a second pass.
template <int N, class In, class Out>
inline bool serve_line(const Line<In>& line, int64_t count, Out* out) {
  if constexpr (N >= 4) {
    if (count < N) return serve_line<N / 2>(line, count, out);
    NaNWatch<Vector<Compute<In>, N>> watch;
    cover<N>(count, [&](auto, int64_t i) {
      const auto result = line.template at<N>(i);
      watch.see(result);
      store_lanes<N>(result, out + i);
    });
    if (!watch.any()) return false;
  }
  bool nan = false;
  for (int64_t i = 0; i < count; ++i) {
    auto result = line.template at<1>(i);
    nan |= canonical_lanes<1>(result);
    store_lanes<1>(result, out + i);
  }
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

// The channels of a target in a mode that computes in float64; whether a NaN came out.
template <class In, class Out>
__attribute__((noinline)) bool serve_curve(const Rows& rows, const Step& step, const Outer* of_step,
                                           Out* out) {
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
    const Outer& outer = *of_step;
    Stencil s = {};
    s.has_first = outer.has_first;
    s.has_last = outer.has_last;
    for (int k = 0; k < 3; ++k) s.h[k] = outer.distance[k];
    const auto put_one = [&](int64_t c) {
      if (s.has_first) s.y[0] = value(outer.first, c);
      s.y[1] = value(step.a, c);
      s.y[2] = value(step.b, c);
      if (s.has_last) s.y[3] = value(outer.last, c);
      put(c, pchip_at(s, step.weight));
    };
    const bool dense = rows.value_channel == 1 && rows.output_channel == 1;
    if (!dense || !s.has_first || !s.has_last) {
      for (int64_t c = 0; c < rows.channels; ++c) put_one(c);
      return nan;
    }
    const auto row = [&](int64_t sample) {
      return reinterpret_cast<const In*>(rows.values) + sample * rows.sample;
    };
    const In* const y[4] = {row(outer.first), row(step.a), row(step.b), row(outer.last)};
    cover<kLanes<double>>(rows.channels, [&](auto lanes, int64_t c) {
      if constexpr (lanes.value == 1) {
        put_one(c);
      } else {
        const In* const from[4] = {y[0] + c, y[1] + c, y[2] + c, y[3] + c};
        auto result = pchip_lanes<lanes.value>(from, s.h, step.weight);
        nan |= canonical_lanes<lanes.value>(result);
        store_lanes<lanes.value>(result, out + c);
      }
    });
  }
  return nan;
}

// The channels of one target; whether a NaN came out. `kDense`: neighbouring channels are neighbours in
// memory, on both sides.
template <class In, class Out, bool kDense>
__attribute__((always_inline)) inline bool serve_row(const Rows& rows, const Step& step,
                                                     const Outer* outer, Out* out) {
  constexpr int kWidth = kLanes<Compute<In>>;
  const auto* values = reinterpret_cast<const In*>(rows.values);
  const In* const a = values + step.a * rows.sample;
  const In* const b = values + step.b * rows.sample;
  bool nan = false;
  switch (step.action) {
    case Action::kFill: {
      const Out fill = from_double<Out>(rows.fill_value);
      for (int64_t c = 0; c < rows.channels; ++c) out[c * rows.output_channel] = fill;
      break;
    }
    case Action::kCopy:
      cover_both<kWidth, kDense>(rows, [&](auto lanes, int64_t from, int64_t to) {
        copy_lanes<lanes.value>(a + from, out + to);
        if (rows.watch_nan) nan |= has_nan<lanes.value>(a + from);
      });
      break;
    case Action::kCurve:
      if constexpr (!std::is_integral_v<Out>) {
        if (rows.mode != RC_MODE_LINEAR) return serve_curve<In>(rows, step, outer, out);
        const Line<In> line = line_of(a, b, step.weight);
        if constexpr (kDense) return serve_line<kWidth>(line, rows.channels, out);
        cover_both<1, false>(rows, [&](auto, int64_t from, int64_t to) {
          auto result = line.template at<1>(from);
          nan |= canonical_lanes<1>(result);
          store_lanes<1>(result, out + to);
        });
      }
      break;
    case Action::kAggregate:
      break;
  }
  return nan;
}

template <class In, class Out, bool kDense>
__attribute__((flatten)) inline void serve_rows(const Rows& rows) {
  for (int64_t i = 0; i < rows.targets; ++i) {
    Step& step = rows.steps[i];
    auto* const out = reinterpret_cast<Out*>(rows.output) + i * rows.target;
    if (serve_row<In, Out, kDense>(rows, step, &rows.outers[i], out)) {
      step.reason |= RC_REASON_NAN;
    }
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
