// SPDX-License-Identifier: Apache-2.0
// The optional outputs of one target: validity, reasons, indices, age.
#pragma once

#include "kernels/resample/locate.h"

RC_KERNELS_BEGIN

template <class T>
RC_HD inline void put(const Array& array, int64_t row, int64_t target, T value) {
  reinterpret_cast<T*>(array.data)[row * array.row + target * array.step] = value;
}

RC_HD inline void put_validity(const ResamplePlan& plan, int64_t row, int64_t target, bool filled,
                               uint8_t reason) {
  const uint8_t valid = !filled && !(reason & RC_REASON_NAN) ? 1 : 0;
  if (plan.valid) put(plan.valid, row, target, valid);
  if (plan.fused_valid) put(plan.fused_valid, row, target, valid);
  if (plan.reason) put(plan.reason, row, target, reason);
}

// The sample that a knot stands for, along the sample axis of the values.
template <class Raw>
RC_HD inline int64_t index_of(const ResamplePlan& plan, const Sequence<Raw>& sequence,
                              const Knot& knot) {
  const bool first = plan.duplicates == RC_DUPLICATES_FIRST;
  return sequence.begin + sequence.sample(first ? knot.first : knot.last);
}

// `choice`: what `plan.mode` does with the target.
template <class Raw>
RC_HD inline void put_indices(const ResamplePlan& plan, int64_t row, int64_t target,
                              const Sequence<Raw>& sequence, const Bracket& bracket,
                              const Choice& choice) {
  int64_t source = -1, next = -1;
  double weight = 0;
  switch (choice.action) {
    case Action::kFill:
      break;
    case Action::kCopy:
      source = next = index_of(plan, sequence, choice.knot);
      break;
    case Action::kCurve:
      source = index_of(plan, sequence, bracket.a);
      next = index_of(plan, sequence, bracket.b);
      weight = bracket.weight;
      break;
    case Action::kAggregate:
      source = next = index_of(plan, sequence, sequence.ending_at(bracket.window_end - 1));
      break;
  }
  if (plan.source_index) put(plan.source_index, row, target, source);
  if (plan.next_index) put(plan.next_index, row, target, next);
  if (!plan.weight) return;
  if (plan.weight.type == Type::f64) {
    put(plan.weight, row, target, canonical(weight));
  } else {
    put(plan.weight, row, target, canonical(static_cast<float>(weight)));
  }
}

// later - earlier as an age: ticks saturate.
RC_HD inline int64_t age_of(uint64_t ticks, bool ahead) {
  if (ticks > static_cast<uint64_t>(INT64_MAX)) return ahead ? INT64_MIN : INT64_MAX;
  return ahead ? -static_cast<int64_t>(ticks) : static_cast<int64_t>(ticks);
}
RC_HD inline double age_of(double seconds, bool ahead) { return ahead ? -seconds : seconds; }

RC_HD inline int64_t no_age(int64_t) { return INT64_MAX; }
RC_HD inline double no_age(double) { return bit_cast<double>(uint64_t{0x7ff} << 52); }

template <class Raw>
RC_HD inline void put_age(const ResamplePlan& plan, int64_t row, int64_t target,
                          const Sequence<Raw>& sequence, const Bracket& bracket,
                          typename Sequence<Raw>::Time t) {
  if (!plan.age) return;
  if (bracket.where == Where::kEmpty) return put(plan.age, row, target, no_age(t));
  const bool ahead = bracket.where == Where::kBefore;
  const auto newest = sequence.time(bracket.where == Where::kAfter ? bracket.b : bracket.a);
  put(plan.age, row, target, age_of(ahead ? span(t, newest) : span(newest, t), ahead));
}

RC_KERNELS_END
