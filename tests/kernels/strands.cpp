// SPDX-License-Identifier: Apache-2.0
/** strands.h at the pace of every processor: where it reads, how many places in turn and how far ahead, and
 * whether results go past the caches, changes no byte of what it makes. */
#include <cstdio>
#include <cstring>
#include <vector>

#include "check.h"
#include "kernels/resample/targets.h"
#include "random.h"

namespace {

using namespace rc;

constexpr int64_t kStep = 1000;

/** Rows of float32 channels, and a plan that reads them. */
struct Work {
  std::vector<float> values;
  std::vector<int64_t> times, targets;
  ResamplePlan plan = {};

  Work(Random& random, int64_t rows, int64_t samples, int64_t asked, int64_t width, int32_t mode)
      : values(rows * samples * width), times(rows * samples), targets(rows * asked) {
    for (float& value : values) value = static_cast<float>(random.real(-1, 1));
    for (size_t i = 0; i < times.size(); ++i) {
      times[i] = static_cast<int64_t>(i) % samples * kStep + random.integer(0, kStep / 2);
    }
    const int64_t span = samples * kStep;
    for (size_t i = 0; i < targets.size(); ++i) {
      // In order but for some, and some outside.
      targets[i] = random.chance(1) ? random.integer(-span / 8, span + span / 8)
                                    : static_cast<int64_t>(i) % asked * span / asked;
    }
    plan.sequences = plan.rows = rows;
    plan.samples = samples;
    plan.targets = asked;
    plan.width = width;
    plan.has_values = true;
    plan.values = {reinterpret_cast<char*>(values.data()), Type::f32, samples * width, width, 1};
    plan.source_times = {reinterpret_cast<char*>(times.data()), Type::i64, samples, 1, 0};
    plan.target_times = {reinterpret_cast<char*>(targets.data()), Type::i64, asked, 1, 0};
    plan.output = {nullptr, Type::f32, asked * width, width, 1};
    plan.num_groups = 1;
    plan.groups[0] = {0, width, mode};
    plan.mode = mode;
    plan.outside = RC_OUTSIDE_HOLD;
    plan.duplicates = RC_DUPLICATES_LAST;
    plan.max_gap = {UINT64_MAX, INFINITY};
    plan.clock.identity = true;
    plan.last_sequence = rows;
  }

  std::vector<float> results() const { return std::vector<float>(targets.size() * plan.width, -7); }
};

void every_pace_gives_the_same(Random& random, int64_t rows, int64_t samples, int64_t asked,
                               int64_t width, int32_t mode) {
  Work work(random, rows, samples, asked, width, mode);
  CHECK(is_for_strands(work.plan));
  // A target at a time knows neither strands nor samples ahead.
  std::vector<float> alone = work.results();
  work.plan.output.data = reinterpret_cast<char*>(alone.data());
  for (int64_t i = 0; i < rows * asked; ++i) {
    StrandLoop<int64_t, float>(work.plan, kInOneGo).serve(i, i + 1);
  }
  for (const ReadAhead& ahead : {kByPages, kInOneGo, ReadAhead{true, 1, 1000}}) {
    std::vector<float> together = work.results();
    work.plan.output.data = reinterpret_cast<char*>(together.data());
    const int64_t cut = random.integer(0, rows * asked);
    StrandLoop<int64_t, float>(work.plan, ahead).serve(0, cut);
    StrandLoop<int64_t, float>(work.plan, ahead).serve(cut, rows * asked);
    CHECK(memcmp(together.data(), alone.data(), alone.size() * sizeof(float)) == 0);
  }
}

}  // namespace

int main() {
  Random random(26);
  for (const int32_t mode : {RC_MODE_LINEAR, RC_MODE_PREVIOUS, RC_MODE_NEAREST}) {
    for (int n = 0; n < 40; ++n) {
      every_pace_gives_the_same(random, random.integer(1, 5), random.integer(1, 300),
                                random.integer(1, 400), random.integer(1, 40), mode);
    }
    // Many: these results go past the caches.
    every_pace_gives_the_same(random, 1, 400000, 300000, 29, mode);
    every_pace_gives_the_same(random, 2, 300, 9000, 500, mode);
  }
  return failed_checks != 0;
}
