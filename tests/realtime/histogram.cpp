// SPDX-License-Identifier: Apache-2.0
// Percentiles of counted durations against those of the durations themselves.
#include "bench/realtime/histogram.h"

#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

int main() {
  int failures = 0;
  std::mt19937_64 random(5);
  for (const double spread : {4.0, 12.0, 40.0}) {
    realtime::Histogram histogram;
    std::vector<int64_t> all;
    for (int i = 0; i < 20001; ++i) {
      const double exponent = spread * static_cast<double>(random() >> 11) * 0x1p-53;
      all.push_back(static_cast<int64_t>(std::exp2(exponent)) - 1);
      histogram.add(all.back());
    }
    std::sort(all.begin(), all.end());
    for (const double share : {0.0, 0.01, 0.5, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<size_t>(share * static_cast<double>(all.size()));
      const int64_t exact = all[rank == 0 ? 0 : rank - 1];
      const int64_t got = histogram.percentile(share);
      if (got >= exact && got - exact <= exact / 64) continue;
      ++failures;
      std::fprintf(stderr, "%g of 2^%g: expected %lld and at most 1/64 more, got %lld\n", share,
                   spread, static_cast<long long>(exact), static_cast<long long>(got));
    }
    failures += histogram.max() != all.back() || histogram.count() != 20001;
  }
  realtime::Histogram extremes;
  extremes.add(-5);
  extremes.add(INT64_MAX);
  failures += extremes.percentile(0.5) != 0 || extremes.percentile(1) != INT64_MAX;
  return failures != 0;
}
