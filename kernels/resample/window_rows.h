// SPDX-License-Identifier: Apache-2.0
// Aggregates of all channels of a window at once: the results of window.h where each knot is one
// sample.
#pragma once

#include <algorithm>

#include "kernels/resample/lanes.h"
#include "kernels/resample/sequence.h"

RC_KERNELS_BEGIN

// Doubles that are folded at once, and in one pass over a window.
constexpr int kFoldLanes = kLanes<double> < 4 ? 4 : kLanes<double>;
constexpr int64_t kFolded = 64;

// How the values of a window come together. What `none` is folded in leaves a result as it is, and a
// first value folded into it is the result.
struct AddValues {
  static constexpr double none = -0.0;
  template <class V>
  void operator()(const V& x, V& result) const {
    result += x;
  }
};
struct KeepLeast {
  static constexpr double none = __builtin_inf();
  template <class V>
  void operator()(const V& x, V& result) const {
    result = (x < result) | (x != x) ? x : result;
  }
};
struct KeepGreatest {
  static constexpr double none = -__builtin_inf();
  template <class V>
  void operator()(const V& x, V& result) const {
    result = (x > result) | (x != x) ? x : result;
  }
};

template <class F>
inline void with_fold(int32_t mode, F f) {
  if (mode == RC_MODE_MIN) return f(KeepLeast());
  if (mode == RC_MODE_MAX) return f(KeepGreatest());
  f(AddValues());
}

// What some channels of a window come to, and how many values of each count.
struct Folded {
  double results[kFolded], counts[kFolded];
};

// Folds `channels` neighbouring channels of the positions [begin, end), one at least. `values` are
// those of sample 0.
template <bool kSkipsNaN, class T, class Raw, class Fold>
inline void fold_window(const T* values, int64_t step, const Sequence<Raw>& sequence, int64_t begin,
                        int64_t end, int64_t channels, const Fold& fold, Folded& folded) {
  cover<kFoldLanes>(channels, [&](auto lanes, int64_t c) {
    constexpr int kCount = decltype(lanes)::value;
    using V = Vector<double, kCount>;
    V result, count = V{} + static_cast<double>(kSkipsNaN ? 0 : end - begin), x;
    const auto load = [&](int64_t k) {
      load_doubles<kCount>(values + sequence.sample(k) * step + c, x);
    };
    if constexpr (kSkipsNaN) {
      const V none = (V{} + 1) * Fold::none;  // the sum of 0 and -0 is not -0
      result = none;
      for (int64_t k = begin; k < end; ++k) {
        load(k);
        const V difference = x - x;  // NaN where x is not finite
        count += difference == 0 ? V{} + 1 : V{};
        x = difference == 0 ? x : none;
        fold(x, result);
      }
    } else {
      load(begin);
      result = x;
      for (int64_t k = begin + 1; k < end; ++k) {
        load(k);
        fold(x, result);
      }
    }
    memcpy(folded.results + c, &result, sizeof result);
    memcpy(folded.counts + c, &count, sizeof count);
  });
}

// Whether each of the positions [begin, end) has a time of its own.
template <class Samples>
inline bool are_alone(const Samples& samples, int64_t begin, int64_t end) {
  for (int64_t k = begin + 1; k < end; ++k) {
    if (!(samples.time(k - 1) < samples.time(k))) return false;
  }
  return true;
}

// Whether windows of a group can be folded at once.
inline bool takes_folds(const ResamplePlan& plan, const Group& group) {
  const bool dense = group.count == 1 || plan.values.channel == 1;
  return is_aggregate(group.mode) && !is_copy(group.mode) && dense && is_float(plan.output.type);
}

// Makes the channels of a group at a target whose window has the positions [begin, end), each alone
// and one at least. `values` are those of sample 0, `index` is that of the first channel in
// `plan.output`. Sets `filled` where a channel has no value that counts; whether a NaN came out or
// there was such a channel.
template <class Raw>
inline bool serve_window(const ResamplePlan& plan, const Group& group, const char* values,
                         const Sequence<Raw>& sequence, int64_t begin, int64_t end, int64_t index,
                         bool* filled) {
  bool nan = false;
  Folded folded;
  for (int64_t c = 0; c < group.count; c += kFolded) {
    const int64_t channels = std::min(kFolded, group.count - c);
    with_type(plan.values.type, [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      const T* const first =
          reinterpret_cast<const T*>(values) + (group.begin + c) * plan.values.channel;
      with_fold(group.mode, [&](auto fold) {
        if (plan.skip_nan) {
          fold_window<true>(first, plan.values.step, sequence, begin, end, channels, fold, folded);
        } else {
          fold_window<false>(first, plan.values.step, sequence, begin, end, channels, fold, folded);
        }
      });
    });
    with_type(plan.output.type, [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      T* const out = reinterpret_cast<T*>(plan.output.data) + index + c * plan.output.channel;
      for (int64_t k = 0; k < channels; ++k) {
        const double count = folded.counts[k];
        double value = folded.results[k];
        if (group.mode == RC_MODE_MEAN) value /= count;
        if (count == 0) value = plan.fill_value;
        out[k * plan.output.channel] = from_double<T>(value);
        *filled = *filled || count == 0;
        nan = nan || count == 0 || is_nan(value);
      }
    });
  }
  return nan;
}

RC_KERNELS_END
