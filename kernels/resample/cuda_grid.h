// SPDX-License-Identifier: Apache-2.0
// What the CUDA kernels of resample and fuse share: which sequences may be read, and their types.
#pragma once

#include "kernels/common/cuda_launch.h"
#include "kernels/common/search.h"
#include "kernels/resample/sequence.h"

RC_KERNELS_BEGIN

// The last k in [0, count) with offsets[k] <= position: the sequence or row that holds it. Wrong
// offsets give a wrong k, but one in that range.
__device__ inline int64_t holder(const Integers& offsets, int64_t count, int64_t position) {
  return border(1, count, [&](int64_t k) { return offsets[k] <= position; }) - 1;
}

// Whether a sequence lies within the arrays. Where offsets, lengths or ids are wrong it may not:
// the checks report that, and the rows concerned are left alone.
__device__ inline bool is_readable(const ResamplePlan& plan, int64_t sequence) {
  if (sequence < 0 || sequence >= plan.sequences) return false;
  const int64_t begin = sequence_begin(plan, sequence), length = sequence_length(plan, sequence);
  return begin >= 0 && length >= 0 && begin <= plan.samples && length <= plan.samples - begin;
}

// Samples in the arrays, whether a sequence has them or not.
RC_HD inline int64_t stored_samples(const ResamplePlan& plan) {
  return plan.offsets ? plan.samples : plan.sequences * plan.samples;
}

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

RC_KERNELS_END
