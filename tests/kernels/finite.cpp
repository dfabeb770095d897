// SPDX-License-Identifier: Apache-2.0
/** finite.h, which only the CUDA path uses, on the host: bits against a plain search, and walks by bits
 * against walks that look at every sample. */
#include "kernels/resample/finite.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <vector>

#include "check.h"
#include "random.h"

namespace {

using namespace rc;

/** The levels above the lowest, which is there. */
void summarize(const BitTree& tree) {
  for (int level = 1; level < BitTree::kLevels; ++level) {
    const BitLevel above = level_of(tree, level), below = level_of(tree, level - 1);
    for (int64_t i = 0; i < above.size; ++i) above.words[i] = summary_word(below, i);
  }
}

void bits_are_found(Random& random) {
  // More than a word of each level.
  const int64_t count = random.pick<int64_t>({1, 63, 64, 65, 4096, 5000, 262144, 700000});
  std::vector<int64_t> set;
  for (int64_t i = 0, most = random.pick<int64_t>({0, 1, 3, 300}); i < most; ++i) {
    set.push_back(random.chance(10) ? random.pick<int64_t>({0, count - 1})
                                    : random.integer(0, count - 1));
  }
  std::sort(set.begin(), set.end());
  std::vector<uint64_t> words(static_cast<size_t>(words_of_tree(count)));
  const BitTree tree = {words.data(), count};
  for (const int64_t i : set) words[static_cast<size_t>(i / 64)] |= uint64_t{1} << i % 64;
  summarize(tree);
  for (int n = 0; n < 200; ++n) {
    int64_t i = random.integer(0, count);
    if (random.chance(30) && !set.empty()) {
      i = set[static_cast<size_t>(random.integer(0, static_cast<int64_t>(set.size()) - 1))];
    }
    const auto next = std::lower_bound(set.begin(), set.end(), i);
    CHECK_EQUAL(next_bit(tree, i), next == set.end() ? count : *next);
    const auto after = std::upper_bound(set.begin(), set.end(), i - 1);
    CHECK_EQUAL(previous_bit(tree, i - 1), after == set.begin() ? -1 : *(after - 1));
  }
}

/** A store of sequences with runs of NaN, and the plan of a call that reads it. */
struct Store {
  std::vector<float> values;
  std::vector<int64_t> times, offsets, lengths, sorted, sorted_count;
  std::vector<uint64_t> words;
  ResamplePlan plan = {};

  explicit Store(Random& random) {
    const int64_t sequences = random.integer(1, 4), width = random.pick<int64_t>({1, 3, 4, 8});
    const bool packed = random.chance(50);
    // Packed samples in front of the first sequence and behind the last belong to none.
    int64_t stored = packed ? random.pick<int64_t>({0, 5, 100}) : 0;
    std::vector<int64_t> begins, counts;
    const int64_t longest = random.pick<int64_t>({1, 20, 70, 300});
    for (int64_t e = 0; e < sequences; ++e) {
      counts.push_back(random.integer(0, longest));
      begins.push_back(packed ? stored : e * longest);
      stored += packed ? counts.back() : longest;
    }
    const int64_t last_end = stored;
    if (packed) stored += random.pick<int64_t>({0, 5, 100});
    times.resize(static_cast<size_t>(stored));
    const int64_t most = random.pick<int64_t>({3, 100, 100000});
    for (int64_t& t : times) t = random.integer(0, most);
    for (size_t e = 0; e < counts.size(); ++e) {
      std::sort(times.begin() + begins[e], times.begin() + begins[e] + counts[e]);
    }
    values.assign(static_cast<size_t>(stored * width), 1);
    for (int64_t c = 0; c < width; ++c) {
      bool blank = random.chance(50);
      for (int64_t i = 0; i < stored; ++i) {
        if (random.integer(0, 30) == 0) blank = !blank;
        if (blank) values[static_cast<size_t>(i * width + c)] = random.chance(50) ? NAN : INFINITY;
      }
    }
    plan.sequences = plan.last_sequence = sequences;
    plan.samples = packed ? stored : longest;
    plan.width = width;
    plan.has_values = plan.skip_nan = true;
    plan.values = {reinterpret_cast<char*>(values.data()), Type::f32, packed ? 0 : longest * width,
                   width, 1};
    plan.source_times = {reinterpret_cast<char*>(times.data()), Type::i64, packed ? 0 : longest, 1,
                         0};
    plan.clock.identity = true;
    if (packed) {
      offsets = begins;
      offsets.push_back(last_end);
      plan.offsets = {offsets.data(), 1};
    } else {
      lengths = counts;
      plan.lengths = {lengths.data(), 1};
    }
    if (random.chance(50)) drop_some(random, begins, counts);
    words.resize(static_cast<size_t>(width * words_of_tree(stored)));
    plan.finite = words.data();
  }

  /** An order that leaves samples out; what lies behind it holds anything. */
  void drop_some(Random& random, const std::vector<int64_t>& begins,
                 const std::vector<int64_t>& counts) {
    sorted.assign(times.size(), std::numeric_limits<int64_t>::max() / 2);
    for (size_t e = 0; e < counts.size(); ++e) {
      int64_t kept = 0;
      for (int64_t i = 0; i < counts[e]; ++i) {
        if (random.chance(70)) sorted[static_cast<size_t>(begins[e] - begins[0] + kept++)] = i;
      }
      sorted_count.push_back(kept);
    }
    plan.sorted = sorted.data();
    plan.sorted_count = sorted_count.data();
  }

  void mark(int64_t channel, int channels) {
    const BitTree tree = finite_bits(plan, channel);
    const BitLevel lowest = level_of(tree, 0);
    for (int64_t i = 0; i < lowest.size; ++i) {
      lowest.words[i] = finite_word<int64_t>(plan, channel, channels, i);
    }
    summarize(tree);
  }
};

void check_knot(const Knot& got, const Knot& expected) {
  CHECK_EQUAL(static_cast<bool>(got), static_cast<bool>(expected));
  if (!got || !expected) return;
  CHECK_EQUAL(got.first, expected.first);
  CHECK_EQUAL(got.last, expected.last);
}

void walks_are_equal(Random& random) {
  Store store(random);
  const ResamplePlan& plan = store.plan;
  const int channels = plan.width % 4 == 0 && random.chance(50) ? 4 : 1;
  const int64_t channel = random.integer(0, plan.width / channels - 1) * channels;
  store.mark(channel, channels);
  for (int64_t e = 0; e < plan.sequences; ++e) {
    const Sequence<int64_t> sequence(plan, e);
    const Reader<int64_t> reader{plan, sequence, channel, channels};
    Memory memory;
    for (int n = 0; n < 50; ++n) {
      const int64_t t = random.chance(70) && sequence.count > 0
                            ? sequence.time(random.integer(0, sequence.count - 1))
                            : random.integer(-1, 100001);
      const int64_t not_later = sequence.not_later(t, 0);
      const FiniteWalk<int64_t> plain = memory(reader, not_later);
      const MarkedWalk<int64_t> marked = LookUp()(reader, not_later);
      const Knot lower = plain.lower(), upper = plain.upper();
      check_knot(marked.lower(), lower);
      check_knot(marked.upper(), upper);
      for (const Knot& knot : {lower, upper}) {
        if (!knot) continue;
        check_knot(marked.before(knot), plain.before(knot));
        check_knot(marked.after(knot), plain.after(knot));
      }
    }
  }
}

}  // namespace

int main() {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (uint64_t i = 0; i < 300; ++i) {
    Random random(seed + i);
    bits_are_found(random);
    for (int n = 0; n < 10; ++n) walks_are_equal(random);
  }
  (void)new_cpu_context;
  return failed_checks != 0;
}
