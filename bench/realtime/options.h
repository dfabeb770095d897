// SPDX-License-Identifier: Apache-2.0
/** The command line of replay. */
#pragma once

#include <getopt.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace realtime {

struct Options {
  std::string log;
  /** 1: at its own pace; 0: as fast as it goes, without a clock. */
  double speed = 1;
  double rate_hz = 50;
  int64_t window = 16;
  double delay_ms = 0;
  /** Of the log to replay; 0: all. */
  double seconds = 0;
  double late_ms = 0;
  double drop = 0;
  int64_t seed = 0;
  /** SCHED_FIFO of the thread of the timer, with memory locked; 0: neither. */
  int priority = 0;
  bool json = false;
  std::string trace;
};

inline constexpr const char* usage =
    "replay LOG [--speed 1] [--rate 50] [--window 16] [--delay-ms 0] [--seconds 0]\n"
    "           [--late-ms 0] [--drop 0] [--seed 0] [--priority 0] [--json] [--trace FILE]\n"
    "\n"
    "Replays a message log (write_log.py) and fuses the last --window steps at --rate hertz.\n"
    "  --speed     1: at its own pace; 0: as fast as it goes, on one thread\n"
    "  --delay-ms  the newest step lies this long before the tick\n"
    "  --seconds   of the log to replay; 0: all\n"
    "  --late-ms   messages come up to this much later than recorded\n"
    "  --drop      probability that a message does not come\n"
    "  --seed      of --late-ms and --drop\n"
    "  --priority  SCHED_FIFO, 1 to 99, and locked memory; what is refused is said\n"
    "  --json      the report as one line\n"
    "  --trace     everything that was fused, into a file\n";

/** Reads a number of [least, most]; anything else is refused by name. */
inline double number(const char* option, const char* text, double least, double most) {
  char* end;
  const double value = std::strtod(text, &end);
  if (end == text || *end != 0 || !(value >= least && value <= most)) {
    char message[160];
    std::snprintf(message, sizeof message, "--%s: expected %g to %g, got %s", option, least, most,
                  text);
    throw std::invalid_argument(message);
  }
  return value;
}

inline Options read_options(int argc, char** argv) {
  enum {
    kSpeed = 1,
    kRate,
    kWindow,
    kDelay,
    kSeconds,
    kLate,
    kDrop,
    kSeed,
    kPriority,
    kJson,
    kTrace
  };
  static const option known[] = {
      {"speed", 1, nullptr, kSpeed},       {"rate", 1, nullptr, kRate},
      {"window", 1, nullptr, kWindow},     {"delay-ms", 1, nullptr, kDelay},
      {"seconds", 1, nullptr, kSeconds},   {"late-ms", 1, nullptr, kLate},
      {"drop", 1, nullptr, kDrop},         {"seed", 1, nullptr, kSeed},
      {"priority", 1, nullptr, kPriority}, {"json", 0, nullptr, kJson},
      {"trace", 1, nullptr, kTrace},       {nullptr, 0, nullptr, 0}};
  Options options;
  int index = 0;
  for (int chosen; (chosen = getopt_long(argc, argv, "", known, &index)) != -1;) {
    const auto read = [&](double least, double most) {
      return number(known[index].name, optarg, least, most);
    };
    switch (chosen) {
      case kSpeed:
        options.speed = read(0, 1000);
        break;
      case kRate:
        options.rate_hz = read(0.001, 100000);
        break;
      case kWindow:
        options.window = static_cast<int64_t>(read(1, 10000));
        break;
      case kDelay:
        options.delay_ms = read(0, 60000);
        break;
      case kSeconds:
        options.seconds = read(0, 1e9);
        break;
      case kLate:
        options.late_ms = read(0, 60000);
        break;
      case kDrop:
        options.drop = read(0, 1);
        break;
      case kSeed:
        options.seed = static_cast<int64_t>(read(0, 1e15));
        break;
      case kPriority:
        options.priority = static_cast<int>(read(1, 99));
        break;
      case kJson:
        options.json = true;
        break;
      case kTrace:
        options.trace = optarg;
        break;
      default:
        throw std::invalid_argument(std::string("usage: ") + usage);
    }
  }
  if (optind != argc - 1) throw std::invalid_argument(std::string("usage: ") + usage);
  options.log = argv[optind];
  return options;
}

}  // namespace realtime
