// SPDX-License-Identifier: Apache-2.0
// Loops that make the channels of a few targets, neighbouring lanes on neighbouring channels, as
// many at a time as one access of up to 16 bytes can take. Which loop serves a group is the host's
// choice.
#pragma once

#include "kernels/common/curves.h"
#include "kernels/common/fixed_divisor.h"
#include "kernels/resample/cuda_vectors.h"
#include "kernels/resample/packed_plans.h"
#include "kernels/resample/row_step.h"

namespace rc {

constexpr int kWarp = 32;

// What a loop is written for; its number is `family << kWidthBits | log2 of elements at a time`.
enum Family : int {
  // Copies of samples as they are, counted in bytes.
  kBytes,
  // Lines between samples, and whatever else happens to a target among those.
  kHalf,
  kBFloat16,
  kFloat,
  kDouble,
  // Between two types: values that fit float32; float64 and int32.
  kMixed,
  kWide,
};
constexpr int kWidthBits = 3;

// The targets of one warp as a group of channels sees them.
struct WarpTargets {
  // Of a copy both are the same.
  struct alignas(16) Samples {
    const char *a, *b;
  };
  struct alignas(16) Target {
    char* output;
    // What is taken of b - a beside the sample to go by: the weight of b, or that less one.
    float part;
    RowStep step;
  };
  Samples samples[kWarp];
  Target targets[kWarp];
  double weights[kWarp];
  // Whether a channel is NaN.
  uint32_t nan[kWarp];
};

// Channels begin to begin + count - 1 of the targets of a warp.
struct Channels {
  unsigned begin, count, targets;
  // inverse_of() the accesses of a target: few of several targets, any number of one.
  unsigned inverse;
  double fill_value;
  Type from, to;
  // Of all targets: neither filled nor skipped.
  bool all_made;
  bool notes_nan;
};

}  // namespace rc

RC_KERNELS_BEGIN

// How many elements of each access a loop may be written for, as powers of two.
inline int widest_of(Family family) {
  switch (family) {
    case kBytes:
      return 4;
    case kHalf:
    case kBFloat16:
      return 3;
    case kFloat:
    case kMixed:
      return 2;
    default:
      return 1;
  }
}

inline Family family_of(const ResamplePlan& plan, const Group& group) {
  const Type from = plan.values.type, to = plan.output.type;
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  if (from == to) {
    if (!is_float(from)) return kBytes;
    if (group.mode != RC_MODE_LINEAR && !wants_validity) return kBytes;
    return from == Type::f16    ? kHalf
           : from == Type::bf16 ? kBFloat16
           : from == Type::f32  ? kFloat
                                : kDouble;
  }
  return from == Type::f64 || from == Type::i32 ? kWide : kMixed;
}

// The loop for a group: the widest that its place in the arrays allows.
inline int loop_of(const ResamplePlan& plan, const Group& group) {
  const Array &in = plan.values, &out = plan.output;
  const Family family = family_of(plan, group);
  const auto fits = [&](const Array& array, int64_t rows, int64_t width) {
    const auto address =
        static_cast<int64_t>(reinterpret_cast<uintptr_t>(array.data) / item_size(array.type));
    return address % width == 0 && array.step % width == 0 && (rows == 1 || array.row % width == 0);
  };
  // Elements that a byte loop counts as one.
  const int item = family == kBytes ? item_size(in.type) : 1;
  int log2 = widest_of(family);
  for (; 1 << log2 > item; --log2) {
    const int64_t width = (int64_t{1} << log2) / item;
    // Between two types there are two widths.
    if ((family == kMixed || family == kWide) && log2 != widest_of(family)) continue;
    if (group.begin % width == 0 && group.count % width == 0 && fits(in, plan.sequences, width) &&
        fits(out, plan.rows, width)) {
      break;
    }
  }
  return family << kWidthBits | log2;
}

// Accesses to each sample that a loop makes for one target.
inline int64_t accesses_of(const ResamplePlan& plan, const Group& group) {
  const int loop = loop_of(plan, group);
  const int64_t bytes = loop >> kWidthBits == kBytes ? item_size(plan.values.type) : 1;
  return group.count * bytes >> (loop & ((1 << kWidthBits) - 1));
}

#if defined(__CUDACC__)

// The type of a family of one floating type.
template <int kFamily>
struct FloatOf;
template <>
struct FloatOf<kHalf> {
  using Type = Half;
};
template <>
struct FloatOf<kBFloat16> {
  using Type = BFloat16;
};
template <>
struct FloatOf<kFloat> {
  using Type = float;
};
template <>
struct FloatOf<kDouble> {
  using Type = double;
};

// How a result follows from the two samples of a target.
struct Line {
  bool is_copy, is_late;
  float part;
  const double* weight_of_b;

  __device__ double weight() const { return *weight_of_b; }
  // As linear() of curves.h.
  __device__ float at(float v0, float v1) const { return fmaf(part, v1 - v0, is_late ? v1 : v0); }
};

// The element types of a family: how samples are read, and results made of them. kPaysToDraw: whether
// draw() of many takes less than make(), which of two types is no longer.

// Bytes as they are.
template <int kSize>
struct ByteElements {
  static constexpr int kBytes = kSize;
  using In = Words<kBytes>;
  using Out = In;
  static constexpr int kWidth = kBytes;
  static constexpr bool kHasCurves = false;
  static constexpr bool kPaysToDraw = true;

  __device__ ByteElements(Type, Type) {}
  template <class Row>
  __device__ In read(const Row& row, unsigned i) const {
    return load_words<kBytes>(row + static_cast<size_t>(i) * kBytes);
  }
  template <class Row>
  __device__ void write(const Row& row, unsigned i, const Out& out) const {
    store_words(row + static_cast<size_t>(i) * kBytes, out);
  }
  __device__ Out make(const In& a, const In&, const Line&) const { return a; }
  __device__ bool draw(const In& a, const In&, const Line&, Out& out) const {
    out = a;
    return true;
  }
  __device__ bool has_nan(const Out&) const { return false; }
};

// One floating type.
template <class T, int kCount>
struct FloatElements {
  static constexpr int kBytes = kCount * sizeof(T);
  using In = Words<kBytes>;
  using Out = In;
  static constexpr int kWidth = kCount;
  static constexpr bool kHasCurves = true;
  static constexpr bool kPaysToDraw = true;

  __device__ FloatElements(Type, Type) {}
  template <class Row>
  __device__ In read(const Row& row, unsigned i) const {
    return load_words<kBytes>(row + static_cast<size_t>(i) * kBytes);
  }
  template <class Row>
  __device__ void write(const Row& row, unsigned i, const Out& out) const {
    store_words(row + static_cast<size_t>(i) * kBytes, out);
  }
  __device__ Out make(const In& a, const In& b, const Line& line) const {
    Out out;
    if constexpr (std::is_same_v<T, double>) {
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        set_double(out, k, canonical(linear(double_at(a, k), double_at(b, k), line.weight())));
      }
    } else {
      float x[kCount];
#pragma unroll
      for (int k = 0; k < kCount; ++k) x[k] = line.at(float_at<T>(a, k), float_at<T>(b, k));
      out = round_all<T>(x);
    }
#pragma unroll
    for (int k = 0; k < Out::kCount; ++k) out.words[k] = line.is_copy ? a.words[k] : out.words[k];
    return out;
  }
  // make() but for copies, whose parts are -0: false where a result is NaN, which takes make().
  __device__ bool draw(const In& a, const In& b, const Line& line, Out& out) const {
    bool nan = false;
    if constexpr (std::is_same_v<T, double>) {
      const double weight = line.weight();
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        const double x = linear(double_at(a, k), double_at(b, k), weight);
        nan = nan || is_nan(x);
        set_double(out, k, x);
      }
    } else {
      float x[kCount];
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        x[k] = line.at(float_at<T>(a, k), float_at<T>(b, k));
        nan = nan || x[k] != x[k];
      }
      out = round_numbers<T>(x);
    }
    return !nan;
  }
  __device__ bool has_nan(const Out& out) const {
    bool nan = false;
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      if constexpr (std::is_same_v<T, double>) {
        nan = nan || is_nan(double_at(out, k));
      } else {
        const float x = float_at<T>(out, k);
        nan = nan || x != x;
      }
    }
    return nan;
  }
};

// Two types that are known when it runs, by way of float32, elements of kSize bytes being read. Those stay
// as they are until the result is made: whoever converts them waits for them.
template <int kSize, int kCount>
struct MixedElements {
  using In = Words<kCount * kSize>;
  struct Out {
    float values[kCount];
  };
  static constexpr int kWidth = kCount;
  static constexpr bool kHasCurves = true;
  static constexpr bool kPaysToDraw = false;

  Type from, to;

  __device__ MixedElements(Type from, Type to) : from(from), to(to) {}
  template <class Row>
  __device__ In read(const Row& row, unsigned i) const {
    return load_words<kCount * kSize>(row + static_cast<size_t>(i) * (kCount * kSize));
  }
  __device__ void write(char* row, unsigned i, const Out& out) const {
    switch (to) {
      case Type::f16:
        return write_as<Half>(row, i, out);
      case Type::bf16:
        return write_as<BFloat16>(row, i, out);
      case Type::f32:
        return write_as<float>(row, i, out);
      default:
#pragma unroll
        for (int k = 0; k < kCount; ++k) {
          Words<8> one;
          set_double(one, 0, canonical(static_cast<double>(out.values[k])));
          store_words(row + (static_cast<size_t>(i) * kCount + k) * 8, one);
        }
    }
  }
  __device__ Out make(const In& a, const In& b, const Line& line) const {
    const Out va = converted(a), vb = converted(b);
    Out out;
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      const float x = line.at(va.values[k], vb.values[k]);
      out.values[k] = line.is_copy ? va.values[k] : x;
    }
    return out;
  }
  __device__ bool draw(const In& a, const In& b, const Line& line, Out& out) const {
    const Out va = converted(a), vb = converted(b);
    bool nan = false;
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      out.values[k] = line.at(va.values[k], vb.values[k]);
      nan = nan || out.values[k] != out.values[k];
    }
    return !nan;
  }
  __device__ bool has_nan(const Out& out) const {
    bool nan = false;
#pragma unroll
    for (int k = 0; k < kCount; ++k) nan = nan || out.values[k] != out.values[k];
    return nan;
  }

 private:
  template <class T>
  __device__ static Out converted_from(const In& in) {
    Out out;
#pragma unroll
    for (int k = 0; k < kCount; ++k) out.values[k] = float_at<T>(in, k);
    return out;
  }
  __device__ Out converted(const In& in) const {
    if constexpr (kSize == 1) {
      return from == Type::u8 ? converted_from<uint8_t>(in) : converted_from<int8_t>(in);
    } else if constexpr (kSize == 2) {
      return from == Type::f16    ? converted_from<Half>(in)
             : from == Type::bf16 ? converted_from<BFloat16>(in)
                                  : converted_from<int16_t>(in);
    } else {
      return converted_from<float>(in);
    }
  }
  template <class T>
  __device__ static void write_as(char* row, unsigned i, const Out& out) {
    store_words(row + static_cast<size_t>(i) * (kCount * sizeof(T)), round_all<T>(out.values));
  }
};

// float64, of 8 bytes, to another type, and int32, of 4, by way of float64.
template <int kSize, int kCount>
struct WideElements {
  using In = Words<kCount * kSize>;
  struct Out {
    double values[kCount];
  };
  static constexpr int kWidth = kCount;
  static constexpr bool kHasCurves = true;
  static constexpr bool kPaysToDraw = false;

  Type to;

  __device__ WideElements(Type, Type to) : to(to) {}
  template <class Row>
  __device__ In read(const Row& row, unsigned i) const {
    return load_words<kCount * kSize>(row + static_cast<size_t>(i) * (kCount * kSize));
  }
  __device__ void write(char* row, unsigned i, const Out& out) const {
    if (to == Type::f32) {
      Words<kCount * 4> words;
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        words.words[k] = __float_as_uint(from_double<float>(out.values[k]));
      }
      return store_words(row + static_cast<size_t>(i) * (kCount * 4), words);
    }
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      store(to, row, static_cast<int64_t>(i) * kCount + k, out.values[k]);
    }
  }
  __device__ Out make(const In& a, const In& b, const Line& line) const {
    Out out;
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      if constexpr (kSize == 8) {
        const double x = linear(double_at(a, k), double_at(b, k), line.weight());
        out.values[k] = line.is_copy ? double_at(a, k) : x;
      } else {
        const int va = static_cast<int>(a.words[k]), vb = static_cast<int>(b.words[k]);
        const double x = line.at(static_cast<float>(va), static_cast<float>(vb));
        out.values[k] = line.is_copy ? va : x;
      }
    }
    return out;
  }
  __device__ bool draw(const In& a, const In& b, const Line& line, Out& out) const {
    out = make(a, b, line);
    return !has_nan(out);
  }
  __device__ bool has_nan(const Out& out) const {
    bool nan = false;
#pragma unroll
    for (int k = 0; k < kCount; ++k) nan = nan || is_nan(out.values[k]);
    return nan;
  }
};

// Calls f with a null pointer to the elements of a loop of a family; `from` is the type of the samples.
template <int kFamily, class F>
__device__ void with_elements_of(int log2, Type from, F f) {
  if constexpr (kFamily == kBytes) {
    if (log2 == 4) return f(static_cast<ByteElements<16>*>(nullptr));
    if (log2 == 3) return f(static_cast<ByteElements<8>*>(nullptr));
    if (log2 == 2) return f(static_cast<ByteElements<4>*>(nullptr));
    if (log2 == 1) return f(static_cast<ByteElements<2>*>(nullptr));
    f(static_cast<ByteElements<1>*>(nullptr));
  } else if constexpr (kFamily == kMixed) {
    const int size = item_size(from);
    if (log2 == 2) {
      if (size == 1) return f(static_cast<MixedElements<1, 4>*>(nullptr));
      if (size == 2) return f(static_cast<MixedElements<2, 4>*>(nullptr));
      return f(static_cast<MixedElements<4, 4>*>(nullptr));
    }
    if (size == 1) return f(static_cast<MixedElements<1, 1>*>(nullptr));
    if (size == 2) return f(static_cast<MixedElements<2, 1>*>(nullptr));
    f(static_cast<MixedElements<4, 1>*>(nullptr));
  } else if constexpr (kFamily == kWide) {
    if (from == Type::f64) {
      if (log2 == 1) return f(static_cast<WideElements<8, 2>*>(nullptr));
      return f(static_cast<WideElements<8, 1>*>(nullptr));
    }
    if (log2 == 1) return f(static_cast<WideElements<4, 2>*>(nullptr));
    f(static_cast<WideElements<4, 1>*>(nullptr));
  } else {
    using T = typename FloatOf<kFamily>::Type;
    if constexpr (sizeof(T) == 2) {
      if (log2 == 3) return f(static_cast<FloatElements<T, 8>*>(nullptr));
    }
    if constexpr (sizeof(T) <= 4) {
      if (log2 == 2) return f(static_cast<FloatElements<T, 4>*>(nullptr));
    }
    if (log2 == 1) return f(static_cast<FloatElements<T, 2>*>(nullptr));
    f(static_cast<FloatElements<T, 1>*>(nullptr));
  }
}

// The same of any loop.
template <class F>
__device__ void with_elements(int loop, Type from, F f) {
  const int log2 = loop & ((1 << kWidthBits) - 1);
  switch (loop >> kWidthBits) {
    case kBytes:
      return with_elements_of<kBytes>(log2, from, f);
    case kHalf:
      return with_elements_of<kHalf>(log2, from, f);
    case kBFloat16:
      return with_elements_of<kBFloat16>(log2, from, f);
    case kFloat:
      return with_elements_of<kFloat>(log2, from, f);
    case kDouble:
      return with_elements_of<kDouble>(log2, from, f);
    case kMixed:
      return with_elements_of<kMixed>(log2, from, f);
    default:
      return with_elements_of<kWide>(log2, from, f);
  }
}

__device__ inline Line line_of(const WarpTargets& warp, unsigned target,
                               const WarpTargets::Target& to) {
  return {to.step == kCopy, to.step == kLateCurve, to.part, &warp.weights[target]};
}

// The elements of one access, whatever becomes of their target.
template <class Elements>
__device__ void make_any(const Elements& elements, const Channels& channels, unsigned target,
                         unsigned column, WarpTargets& warp) {
  const WarpTargets::Samples samples = warp.samples[target];
  const WarpTargets::Target to = warp.targets[target];
  if (to.step == kSkip) return;
  if (to.step == kFill) {
    const int count =
        Elements::kHasCurves ? Elements::kWidth : Elements::kWidth / item_size(channels.to);
    for (int k = 0; k < count; ++k) {
      store(channels.to, to.output, static_cast<int64_t>(column) * count + k, channels.fill_value);
    }
    return;
  }
  const auto a = elements.read(samples.a, column), b = elements.read(samples.b, column);
  const auto out = elements.make(a, b, line_of(warp, target, to));
  elements.write(to.output, column, out);
  if (channels.notes_nan && elements.has_nan(out)) warp.nan[target] = 1;
}

// A kernel that has all loops keeps them apart.
#ifdef RC_APART
#define RC_LOOP __noinline__
#else
#define RC_LOOP inline
#endif

// All accesses to the channels, each lane a few at once: their samples are read before the first
// result is made.
template <class Elements, int kAtOnce>
__device__ RC_LOOP void make_channels(const Channels channels, WarpTargets& warp) {
  const Elements elements(channels.from, channels.to);
  const unsigned width = channels.count / Elements::kWidth;
  const unsigned begin = channels.begin / Elements::kWidth;
  const unsigned total = channels.targets * width, lane = threadIdx.x % kWarp;
  const auto target_of = [&](unsigned j) { return divide_by_inverse(j, channels.inverse); };
  const auto column_of = [&, back = 0 - width](unsigned j, unsigned i) {
    return begin + (j + i * back);
  };
  const auto make_each = [&](unsigned from, unsigned to) {
    for (unsigned j = from + lane; j < to; j += kWarp) {
      const unsigned i = target_of(j);
      make_any(elements, channels, i, column_of(j, i), warp);
    }
  };
  if (!channels.all_made) return make_each(0, total);
  for (unsigned first = 0; first < total; first += kAtOnce * kWarp) {
    unsigned target[kAtOnce], column[kAtOnce];
    typename Elements::In a[kAtOnce], b[kAtOnce];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      // Behind the last access the last one again, which is not written: that takes less than to ask.
      const unsigned j = min(first + k * kWarp + lane, total - 1);
      target[k] = target_of(j);
      column[k] = column_of(j, target[k]);
      const WarpTargets::Samples samples = warp.samples[target[k]];
      a[k] = elements.read(samples.a, column[k]);
      if constexpr (Elements::kHasCurves) b[k] = elements.read(samples.b, column[k]);
    }
    bool drawn = true;
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      // In one access, which compilers make two of.
      const auto to =
          bit_cast<WarpTargets::Target>(reinterpret_cast<const uint4*>(warp.targets)[target[k]]);
      const bool is_there = first + k * kWarp + lane < total;
      const Line line = line_of(warp, target[k], to);
      if constexpr (Elements::kPaysToDraw) {
        typename Elements::Out out;
        drawn = elements.draw(a[k], b[k], line, out) && drawn;
        if (is_there) elements.write(to.output, column[k], out);
      } else if (is_there) {
        const auto out = elements.make(a[k], b[k], line);
        elements.write(to.output, column[k], out);
        if (channels.notes_nan && elements.has_nan(out)) warp.nan[target[k]] = 1;
      }
    }
    // Again, by the rules for NaN.
    if (!drawn) make_each(first, min(total, first + kAtOnce * kWarp));
  }
}

// Accesses of one lane at once: enough bytes to keep memory busy.
template <class Elements>
__device__ void make_channels(const Channels& channels, WarpTargets& warp) {
  constexpr int kBytesOfBoth = 2 * sizeof(typename Elements::In);
  make_channels<Elements, kBytesOfBoth >= 16 ? 2 : 4>(channels, warp);
}

// Runs a loop. `channels` counts elements.
__device__ inline void run_loop(int loop, Channels channels, WarpTargets& warp) {
  if (loop >> kWidthBits == kBytes) {
    channels.begin *= item_size(channels.to);
    channels.count *= item_size(channels.to);
  }
  with_elements(loop, channels.from, [&](auto* elements) {
    using Elements = std::remove_pointer_t<decltype(elements)>;
    channels.inverse = inverse_of(channels.count / Elements::kWidth);
    make_channels<Elements>(channels, warp);
  });
}

#endif

RC_KERNELS_END
