// SPDX-License-Identifier: Apache-2.0
// What the CUDA kernels of resample and fuse share: types of times, and which target is whose.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/common/search.h"
#include "kernels/resample/locate.h"

RC_KERNELS_BEGIN

// Calls f with a null pointer to the type of times.
template <class F>
auto with_time_type(Type type, F f) {
  switch (type) {
    case Type::i64:
      return f(static_cast<int64_t*>(nullptr));
    case Type::f64:
      return f(static_cast<double*>(nullptr));
    default:
      return f(static_cast<float*>(nullptr));
  }
}
template <class F>
__device__ void on_time_type(Type type, F f) {
  if (type == Type::i64) return f(static_cast<int64_t*>(nullptr));
  if (type == Type::f64) return f(static_cast<double*>(nullptr));
  f(static_cast<float*>(nullptr));
}

// Where a target would lie if the samples were evenly spaced.
template <class Raw>
__device__ int64_t guess(const Sequence<Raw>& sequence, typename Sequence<Raw>::Time t) {
  if (sequence.count < 2) return 0;
  const auto first = sequence.time(0), last = sequence.time(sequence.count - 1);
  if (!(first < t)) return 0;
  if (!(t < last)) return sequence.count;
  // No number where the span of float times is infinite.
  const double part = quotient(span(first, t), span(first, last));
  const auto at = static_cast<int64_t>(part * static_cast<double>(sequence.count - 1)) + 1;
  return min(max(at, int64_t{0}), sequence.count);
}

// A target of the output: `target` counts over all rows where targets are packed, else in its row.
struct Place {
  int64_t row, target;
};

// a / b of numbers that are not negative: dividing 64 bits takes a hundred instructions.
__device__ inline int64_t divide(int64_t a, int64_t b) {
  return (a | b) >> 32 == 0 ? static_cast<unsigned>(a) / static_cast<unsigned>(b) : a / b;
}

// Target `number`, counted over all rows, where those are not packed.
__device__ inline Place place_of(const ResamplePlan& plan, int64_t number) {
  const int64_t row = divide(number, plan.targets);
  return {row, number - row * plan.targets};
}

RC_KERNELS_END
