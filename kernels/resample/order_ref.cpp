// SPDX-License-Identifier: Apache-2.0
// Order SORT and DROP: which samples of a sequence count, in the order of time.
#include <algorithm>

#include "kernels/resample/resample.h"
#include "kernels/resample/sequence.h"

namespace rc {

template <class Raw>
static int64_t drop_backward_steps(const Sequence<Raw>& samples, int64_t count, int64_t* kept) {
  int64_t n = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (n > 0 && samples.time_of_sample(i) < samples.time_of_sample(kept[n - 1])) continue;
    kept[n++] = i;
  }
  return n;
}

template <class Raw>
static void order_samples(const ResamplePlan& plan, int64_t e) {
  ResamplePlan unordered = plan;
  unordered.sorted = nullptr;
  const Sequence<Raw> samples(unordered, e);
  int64_t* positions = plan.sorted + begin_in_part(plan, e);
  int64_t count = samples.count;
  if (plan.order == RC_ORDER_DROP) {
    count = drop_backward_steps(samples, count, positions);
  } else {
    for (int64_t i = 0; i < count; ++i) positions[i] = i;
    // By time and then by index: as a stable sort, in place.
    std::sort(positions, positions + count, [&](int64_t a, int64_t b) {
      const auto ta = samples.time_of_sample(a), tb = samples.time_of_sample(b);
      return ta < tb || (ta == tb && a < b);
    });
  }
  plan.sorted_count[e - plan.first_sequence] = count;
}

void order_sequence(const ResamplePlan& plan, int64_t e) {
  switch (plan.source_times.type) {
    case Type::i64:
      return order_samples<int64_t>(plan, e);
    case Type::f64:
      return order_samples<double>(plan, e);
    default:
      return order_samples<float>(plan, e);
  }
}

}  // namespace rc
