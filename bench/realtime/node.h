// SPDX-License-Identifier: Apache-2.0
/** What a node holds: a callback for each sensor's messages, one for a timer, rings between them.
 *
 * `on_message` belongs to the thread that receives, `on_timer` to the thread of the timer; neither
 * waits for the other. */
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "fuser.h"
#include "histogram.h"
#include "ring.h"

namespace realtime {

/** Now, on the clock that timers and latencies go by. */
inline int64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

class Node {
 public:
  /** Messages that may come between two ticks, for each sensor. */
  static constexpr int64_t ring_capacity = 256;

  Node(std::vector<Sensor> sensors, const Window& window) : fuser_(std::move(sensors), window) {
    for (int64_t i = 0; i < fuser_.count(); ++i) {
      rings_.push_back(std::make_unique<Ring>(ring_capacity, fuser_.sensor(i).width));
      seen_.push_back({INT64_MIN, 0, 0, 0});
    }
    fresh_.reserve(fuser_.count() * ring_capacity);
  }

  /** Callback of a subscription. A message for which there is no room is lost and counted. */
  void on_message(int64_t sensor, int64_t stamp_ns, const double* values) {
    if (!rings_[sensor]->push({stamp_ns, monotonic_ns()}, values)) ++seen_[sensor].lost;
  }

  /** Callback of the timer: takes what has come and fuses it as of `now_ns`, on the clock of the
   * stamps. */
  void on_timer(int64_t now_ns) {
    fresh_.clear();
    for (int64_t i = 0; i < fuser_.count(); ++i) {
      Seen& seen = seen_[i];
      const auto take = [&](const Ring::Head& head, const double* values) {
        fuser_.add(i, head.stamp_ns, values);
        fresh_.push_back(head.arrival_ns);
        seen.overtaken += head.stamp_ns < seen.newest_ns;
        seen.newest_ns = std::max(seen.newest_ns, head.stamp_ns);
      };
      // What comes meanwhile waits for the next tick.
      for (int64_t n = 0; n < ring_capacity && rings_[i]->pop(take); ++n) {
      }
    }
    const int64_t begin = monotonic_ns();
    fuser_.fuse(now_ns);
    const int64_t end = monotonic_ns();
    fuse_.add(end - begin);
    for (const int64_t arrival : fresh_) latency_.add(end - arrival);
    const uint8_t* const newest = &fuser_.valid()[(fuser_.steps() - 1) * fuser_.count()];
    for (int64_t i = 0; i < fuser_.count(); ++i) seen_[i].stale += newest[i] == 0;
  }

  const Fuser& fuser() const { return fuser_; }
  /** Time that rc_fuse took. */
  const Histogram& fuse() const { return fuse_; }
  /** From the arrival of a message to the end of the fusing that it first took part in. */
  const Histogram& latency() const { return latency_; }

  struct Seen {
    int64_t newest_ns;
    /** Messages that came after one with a later stamp. */
    int64_t overtaken;
    /** Ticks at which the newest step of the sensor was not valid. */
    int64_t stale;
    /** Messages that found the ring full. Written by the thread that receives. */
    int64_t lost;
  };
  const Seen& seen(int64_t sensor) const { return seen_[sensor]; }

 private:
  Fuser fuser_;
  std::vector<std::unique_ptr<Ring>> rings_;
  std::vector<int64_t> fresh_;
  std::vector<Seen> seen_;
  Histogram fuse_, latency_;
};

}  // namespace realtime
