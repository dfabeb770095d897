// SPDX-License-Identifier: Apache-2.0
/** near.h, which only the CUDA path uses, on the host: what it finds is what locate() and choose() say, whatever the
 * guess, and it finds all targets of a jittered clock. */
#include "kernels/resample/near.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "check.h"
#include "random.h"

namespace {

using namespace rc;

struct Totals {
  int64_t targets = 0, found = 0, ends = 0, gaps = 0;
};

ResamplePlan plan_of(Random& random, const std::vector<int64_t>& times, int64_t step) {
  ResamplePlan plan = {};
  plan.samples = static_cast<int64_t>(times.size());
  auto* const data = reinterpret_cast<char*>(const_cast<int64_t*>(times.data()));
  plan.source_times = {data, Type::i64, 0, 1, 0};
  plan.clock.identity = true;
  plan.mode =
      random.pick<int32_t>({RC_MODE_LINEAR, RC_MODE_PREVIOUS, RC_MODE_NEXT, RC_MODE_NEAREST});
  plan.outside = static_cast<int32_t>(random.integer(0, 2));
  plan.duplicates = random.pick<int32_t>({RC_DUPLICATES_LAST, RC_DUPLICATES_FIRST});
  const auto gap = static_cast<uint64_t>(static_cast<double>(step) * random.real(0.2, 2.5));
  plan.max_gap.ticks = random.pick<uint64_t>({UINT64_MAX, UINT32_MAX, gap});
  return plan;
}

uint32_t max_gap_of(const ResamplePlan& plan) {
  return static_cast<uint32_t>(std::min<uint64_t>(plan.max_gap.ticks, UINT32_MAX));
}

NearTarget by_rule(const ResamplePlan& plan, int64_t t) {
  const Bracket r = locate(plan, Sequence<int64_t>(plan, 0), t, 0);
  const Choice choice = choose(plan, r, plan.mode);
  const bool takes_first = plan.duplicates == RC_DUPLICATES_FIRST;
  const auto sample = [&](const Knot& knot) {
    return static_cast<unsigned>(takes_first ? knot.first : knot.last);
  };
  if (choice.action == Action::kFill) return {0, 0, kFill, 0, choice.reason | kFilled};
  if (choice.action == Action::kCopy) {
    return {sample(choice.knot), sample(choice.knot), kCopy, -0.0f, choice.reason};
  }
  const auto weight = static_cast<float>(r.weight);
  const bool is_late = !(weight < 0.5f);
  return {sample(r.a), sample(r.b), is_late ? kLateCurve : kEarlyCurve,
          is_late ? weight - 1 : weight, choice.reason};
}

bool is_same_part(float one, float other) { return std::memcmp(&one, &other, sizeof one) == 0; }

/** Whether it is found. */
bool look_for(const ResamplePlan& plan, int64_t t, unsigned guess, Totals& totals) {
  const auto* const times = reinterpret_cast<const int64_t*>(plan.source_times.data);
  const auto count = static_cast<unsigned>(plan.samples);
  bool is_found = true;
  const NearTarget found = find_near(
      times, count, guess, t, {max_gap_of(plan), plan.mode, plan.outside}, [&]() -> NearTarget {
        is_found = false;
        return {};
      });
  ++totals.targets;
  if (!is_found) return false;
  const NearTarget expected = by_rule(plan, t);
  CHECK(found.step == expected.step && found.outcome == expected.outcome);
  if (expected.step != kFill) {
    CHECK(found.a == expected.a && found.b == expected.b);
    CHECK(is_same_part(found.part, expected.part));
  }
  ++totals.found;
  totals.ends += t < times[1] || t >= times[count - 2];
  totals.gaps += (found.outcome & RC_REASON_GAP) != 0;
  return true;
}

/** Steps of all kinds, some of which are none, from one end of int64 to the other. */
void whatever_is_found_is_right(Random& random, Totals& totals) {
  const auto count = static_cast<size_t>(random.pick({6, 7, 8, 12, 40, 300}));
  const int64_t step = random.pick<int64_t>({1, 3, 1000, 33'333'333, int64_t{1} << 30});
  const int64_t span = static_cast<int64_t>(count) * step * 13;
  int64_t time = random.pick<int64_t>({0, 1'700'000'000'000'000'000, INT64_MIN, INT64_MAX - span});
  const int odd = static_cast<int>(random.pick({0, 10, 50}));
  std::vector<int64_t> times(count);
  for (int64_t& each : times) {
    each = time;
    const double part = random.chance(odd) ? random.pick({0.0, 0.3, 1.7, 12.0}) : 1.0;
    time += static_cast<int64_t>(part * static_cast<double>(step));
  }
  // Times that are alike in 32 bits, and some whose differences int64 does not hold.
  if (random.chance(40)) {
    const int share = static_cast<int>(random.pick({15, 50, 85}));
    for (int64_t& each : times) {
      const int64_t from = random.chance(share) ? INT64_MIN + 2000 : INT64_MAX - 2000;
      const int64_t turns = random.integer(0, 1) * (int64_t{1} << 32);
      each = from + (from > 0 ? -turns : turns) + random.integer(-1000, 1000);
    }
    std::sort(times.begin(), times.end());
  }
  const ResamplePlan plan = plan_of(random, times, step);
  for (int n = 0; n < 400; ++n) {
    const auto k = random.integer(0, plan.samples - 1);
    int64_t t = times[static_cast<size_t>(k)];
    // At a sample, between two, or outside; or as far away as there is.
    int64_t off = random.pick<int64_t>({0, 0, 1, -1, step / 2});
    if (random.chance(50)) off = random.integer(-2 * step, 2 * step);
    if (__builtin_add_overflow(t, off, &t)) t = times.front();
    if (random.chance(3)) t = random.pick<int64_t>({INT64_MIN, INT64_MAX, 0});
    const int64_t guess = random.chance(80) ? k + random.integer(-3, 3) : random.integer(0, 400);
    look_for(plan, t, static_cast<unsigned>(std::max<int64_t>(guess, 0)), totals);
  }
}

/** Sensors that are late by up to half a period, and targets from before the first sample to behind the last. */
void jittered_clocks_are_found(Random& random, Totals& totals) {
  const int64_t count = random.pick({6, 50, 1000}), step = random.pick({50, 10'000'000});
  std::vector<int64_t> times(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    times[static_cast<size_t>(i)] = i * step + random.integer(0, step / 2 - 1);
  }
  const ResamplePlan plan = plan_of(random, times, step);
  const int64_t first = times.front(), last = times.back();
  for (int n = 0; n < 400; ++n) {
    const int64_t t = random.integer(first - step, last + step);
    const float part = static_cast<float>(t - first) / static_cast<float>(last - first);
    const float place = part * static_cast<float>(count - 1);
    const auto guess = static_cast<int64_t>(std::max(place, 0.0f));
    CHECK(look_for(plan, t, static_cast<unsigned>(std::min(guess, count - 1)), totals));
  }
}

}  // namespace

int main() {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Random random(seed);
  Totals any, jittered;
  for (int n = 0; n < 2000; ++n) whatever_is_found_is_right(random, any);
  for (int n = 0; n < 300; ++n) jittered_clocks_are_found(random, jittered);
  // Some guesses are right, and some are far away.
  CHECK(any.found > any.targets / 10 && any.found < any.targets * 9 / 10);
  CHECK(any.ends > any.found / 100 && any.gaps > any.found / 100);
  std::printf("%lld targets: %lld found, of which %lld at the ends, %lld in gaps\n",
              static_cast<long long>(any.targets), static_cast<long long>(any.found),
              static_cast<long long>(any.ends), static_cast<long long>(any.gaps));
  (void)new_cpu_context;
  return failed_checks != 0;
}
