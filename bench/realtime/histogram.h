// SPDX-License-Identifier: Apache-2.0
/** Durations, counted: percentiles of any number of them in memory that never grows. */
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace realtime {

/** Nanoseconds in buckets that are at most 1/64 of their value wide; the greatest is kept exactly. */
class Histogram {
 public:
  void add(int64_t ns) {
    ns = std::max<int64_t>(ns, 0);
    ++buckets_[bucket(ns)];
    ++count_;
    greatest_ = std::max(greatest_, ns);
  }

  int64_t count() const { return count_; }
  int64_t max() const { return greatest_; }

  /** No more than `share` of the durations is longer than this, rounded up to the end of a bucket. */
  int64_t percentile(double share) const {
    const auto wanted = static_cast<int64_t>(share * static_cast<double>(count_));
    int64_t seen = 0;
    for (int64_t i = 0; i < num_buckets; ++i) {
      seen += buckets_[i];
      if (seen > 0 && seen >= wanted) return std::min(end_of(i), greatest_);
    }
    return greatest_;
  }

 private:
  static constexpr int64_t per_octave = 64;
  static constexpr int64_t num_buckets = per_octave * 58;

  // Values below 64 have a bucket each; every doubling after that has 64.
  static int64_t bucket(int64_t ns) {
    if (ns < per_octave) return ns;
    const int64_t octave = 63 - __builtin_clzll(static_cast<uint64_t>(ns)) - 6;
    return per_octave * (octave + 1) + ((ns >> octave) - per_octave);
  }
  static int64_t end_of(int64_t bucket) {
    if (bucket < 2 * per_octave) return bucket;
    const int64_t octave = bucket / per_octave - 1;
    const auto next = static_cast<uint64_t>(bucket % per_octave + per_octave + 1);
    return static_cast<int64_t>((next << octave) - 1);
  }

  std::array<int64_t, num_buckets> buckets_{};
  int64_t count_ = 0;
  int64_t greatest_ = 0;
};

}  // namespace realtime
