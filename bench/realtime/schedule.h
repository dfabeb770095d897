// SPDX-License-Identifier: Apache-2.0
/** Which messages of a log arrive, and when: as recorded, or later and not all of them. */
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "message_log.h"

namespace realtime {

/** What a network does to messages. */
struct Disturbance {
  /** Each message comes up to this much later than recorded, equally distributed. */
  int64_t late_ns = 0;
  /** Probability that a message does not come. */
  double drop = 0;
  uint64_t seed = 0;
};

struct Arrival {
  int64_t time_ns;
  /** Its index in the log. */
  int64_t message;
};

/** The messages of the first `seconds` of the log (all, if 0), in the order of their arrival. */
inline std::vector<Arrival> make_schedule(const MessageLog& log, const Disturbance& disturbance,
                                          double seconds) {
  // Written out, for the distributions of the standard library differ from one to another.
  std::mt19937_64 random(disturbance.seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  const double longest = seconds > 0 ? seconds * 1e9 : 9e18;
  std::vector<Arrival> arrivals;
  for (int64_t i = 0; i < log.header().num_messages; ++i) {
    const int64_t recorded = log.message(i).arrival_ns;
    if (static_cast<double>(recorded - log.message(0).arrival_ns) > longest) break;
    const bool dropped = uniform() < disturbance.drop;
    const double late = uniform() * static_cast<double>(disturbance.late_ns);
    if (!dropped) arrivals.push_back({recorded + static_cast<int64_t>(late), i});
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.time_ns < b.time_ns; });
  return arrivals;
}

}  // namespace realtime
