// SPDX-License-Identifier: Apache-2.0
// Replays a recording's messages at their own pace into a node that fuses them on a timer, and
// measures how long that takes. After start-up nothing allocates and nothing takes a lock.
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "message_log.h"
#include "node.h"
#include "options.h"
#include "priority.h"
#include "report.h"
#include "schedule.h"
#include "trace.h"

// Where a test has put itself between the program and the C library, it is told when start-up is over.
extern "C" __attribute__((weak)) void realtime_steady(int steady);

namespace realtime {
namespace {

Window make_window(const Options& options) {
  return {options.window, std::llround(1e9 / options.rate_hz),
          std::llround(options.delay_ms * 1e6)};
}

/** Samples that reach back beyond the window, what is late included, twice as many as should. */
int64_t history_of(const LogStream& stream, const Window& window, const Disturbance& disturbance) {
  const int64_t reach = window.steps * window.period_ns + window.delay_ns + disturbance.late_ns;
  return 8 + 2 * (reach / stream.period_ns);
}

std::vector<Sensor> make_sensors(const MessageLog& log, const Window& window,
                                 const Disturbance& disturbance) {
  std::vector<Sensor> sensors;
  for (int64_t i = 0; i < log.header().num_streams; ++i) {
    const LogStream& stream = log.stream(i);
    const rc_channels* const groups = log.groups(stream);
    sensors.push_back({stream.name,
                       stream.width,
                       {groups, groups + stream.num_groups},
                       stream.max_gap_ns,
                       history_of(stream, window, disturbance)});
  }
  return sensors;
}

void sleep_until(int64_t ns) {
  const timespec when = {ns / 1000000000, ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

/** The thread that receives. It outlives the last tick, for its end gives memory back. */
class Receiver {
 public:
  template <class Body>
  explicit Receiver(Body body)
      : thread_([this, body] {
          body(over_);
          while (!over_) sleep_until(monotonic_ns() + 1000000);
        }) {}
  ~Receiver() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

class Replay {
 public:
  Replay(const Options& options, const MessageLog& log, const Disturbance& disturbance)
      : options_(options),
        log_(log),
        window_(make_window(options)),
        arrivals_(make_schedule(log, disturbance, options.seconds)),
        node_(make_sensors(log, window_, disturbance), window_) {
    if (arrivals_.empty()) throw std::runtime_error(options.log + ": no message arrives");
    ticks_ = 1 + (arrivals_.back().time_ns - arrivals_.front().time_ns) / window_.period_ns;
    trace_ = std::make_unique<Trace>(options.trace.empty() ? 0 : ticks_, node_.fuser());
  }

  void run() {
    options_.speed > 0 ? at_pace() : at_once();
    if (!options_.trace.empty()) trace_->write(options_.trace, node_.fuser(), arrivals_);
    report_.ticks = ticks_;
    report_.messages = static_cast<int64_t>(arrivals_.size());
    report_.durations = {{"rc_fuse", &node_.fuse()}};
    if (options_.speed > 0) {
      report_.durations.insert(report_.durations.end(), {{"message to output", &node_.latency()},
                                                         {"tick to output", &output_},
                                                         {"timer late", &jitter_}});
    }
    options_.json ? print_json(report_, node_) : print_table(report_, node_);
  }

 private:
  int64_t tick_ns(int64_t k) const {
    return arrivals_.front().time_ns + (k + 1) * window_.period_ns;
  }

  void deliver(const Arrival& arrival) {
    const LogMessage& message = log_.message(arrival.message);
    node_.on_message(message.stream, message.stamp_ns, log_.values(message));
  }

  void tick(int64_t k) {
    node_.on_timer(tick_ns(k));
    trace_->add(tick_ns(k), node_.fuser());
  }

  /** One thread, no clock: the same messages meet the same ticks each time. */
  void at_once() {
    begin();
    size_t next = 0;
    for (int64_t k = 0; k < ticks_; ++k) {
      for (; next < arrivals_.size() && arrivals_[next].time_ns <= tick_ns(k); ++next) {
        deliver(arrivals_[next]);
      }
      tick(k);
    }
    end();
  }

  /** A thread that receives, and this one with the timer. */
  void at_pace() {
    if (options_.priority > 0) report_.refused = lock_memory();
    // Time for both to be ready; then `start` on this clock is the first arrival.
    const int64_t start = monotonic_ns() + 50000000;
    const auto due = [&](int64_t recorded_ns) {
      const auto after = static_cast<double>(recorded_ns - arrivals_.front().time_ns);
      return start + static_cast<int64_t>(after / options_.speed);
    };
    const Receiver receiver([&](const std::atomic<bool>& over) {
      for (size_t i = 0; i < arrivals_.size() && !over; ++i) {
        sleep_until(due(arrivals_[i].time_ns));
        deliver(arrivals_[i]);
      }
    });
    if (options_.priority > 0) {
      const std::string refused = take_priority(options_.priority);
      report_.refused += (report_.refused.empty() || refused.empty() ? "" : "; ") + refused;
    }
    begin();
    for (int64_t k = 0; k < ticks_; ++k) {
      const int64_t wanted = due(tick_ns(k));
      sleep_until(wanted);
      jitter_.add(monotonic_ns() - wanted);
      tick(k);
      const int64_t done = monotonic_ns();
      output_.add(done - wanted);
      report_.overruns += done > due(tick_ns(k + 1));
    }
    end();
  }

  void begin() {
    count_faults(-1);
    if (realtime_steady != nullptr) realtime_steady(1);
  }
  void end() {
    if (realtime_steady != nullptr) realtime_steady(0);
    count_faults(1);
  }

  void count_faults(int64_t sign) {
    rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    report_.minor_faults += sign * usage.ru_minflt;
    report_.major_faults += sign * usage.ru_majflt;
  }

  const Options& options_;
  const MessageLog& log_;
  const Window window_;
  const std::vector<Arrival> arrivals_;
  Node node_;
  int64_t ticks_ = 0;
  std::unique_ptr<Trace> trace_;
  Histogram output_, jitter_;
  Report report_;
};

void run(const Options& options) {
  const MessageLog log(options.log);
  const Disturbance disturbance = {std::llround(options.late_ms * 1e6), options.drop,
                                   static_cast<uint64_t>(options.seed)};
  std::make_unique<Replay>(options, log, disturbance)->run();
}

}  // namespace
}  // namespace realtime

int main(int argc, char** argv) {
  try {
    realtime::run(realtime::read_options(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
