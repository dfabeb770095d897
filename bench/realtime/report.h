// SPDX-License-Identifier: Apache-2.0
/** What a replay measured, as a table or as one line of JSON. */
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "histogram.h"
#include "node.h"

namespace realtime {

struct Report {
  /** The measured durations by name; all of nanoseconds. */
  std::vector<std::pair<const char*, const Histogram*>> durations;
  int64_t ticks = 0;
  /** Ticks that ended after the next one was due. */
  int64_t overruns = 0;
  int64_t messages = 0;
  /** Page faults after start-up, of the thread of the timer. */
  int64_t minor_faults = 0, major_faults = 0;
  /** "", or what the system refused. */
  std::string refused;
};

inline double microseconds(int64_t ns) { return 1e-3 * static_cast<double>(ns); }

inline void print_table(const Report& report, const Node& node) {
  std::printf("%-32s %9s %9s %9s %9s\n", "microseconds", "p50", "p99", "max", "count");
  for (const auto& [name, h] : report.durations) {
    if (h->count() == 0) continue;
    std::printf("%-32s %9.1f %9.1f %9.1f %9" PRId64 "\n", name, microseconds(h->percentile(0.5)),
                microseconds(h->percentile(0.99)), microseconds(h->max()), h->count());
  }
  std::printf("\n%-32s %9s %9s %9s\n", "sensor", "overtaken", "lost", "stale");
  for (int64_t i = 0; i < node.fuser().count(); ++i) {
    const Node::Seen& seen = node.seen(i);
    std::printf("%-32s %9" PRId64 " %9" PRId64 " %9" PRId64 "\n",
                node.fuser().sensor(i).name.c_str(), seen.overtaken, seen.lost, seen.stale);
  }
  std::printf("\n%" PRId64 " messages, %" PRId64 " ticks, %" PRId64
              " overruns; page faults: %" PRId64 " minor, %" PRId64 " major\n",
              report.messages, report.ticks, report.overruns, report.minor_faults,
              report.major_faults);
  if (!report.refused.empty()) std::printf("refused: %s\n", report.refused.c_str());
}

/** `text` between quotes. Names come from a log, which may hold anything. */
inline std::string quoted(const std::string& text) {
  std::string made = "\"";
  for (const char c : text) {
    char escaped[8];
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      made += escaped;
    } else {
      made += c;
    }
  }
  return made + '"';
}

inline void print_json(const Report& report, const Node& node) {
  std::printf("{\"messages\": %" PRId64 ", \"ticks\": %" PRId64 ", \"overruns\": %" PRId64
              ", \"minor_faults\": %" PRId64 ", \"major_faults\": %" PRId64 ", \"refused\": %s",
              report.messages, report.ticks, report.overruns, report.minor_faults,
              report.major_faults, quoted(report.refused).c_str());
  for (const auto& [name, h] : report.durations) {
    std::printf(", %s: {\"count\": %" PRId64 ", \"p50_ns\": %" PRId64 ", \"p99_ns\": %" PRId64
                ", \"max_ns\": %" PRId64 "}",
                quoted(name).c_str(), h->count(), h->percentile(0.5), h->percentile(0.99),
                h->max());
  }
  std::printf(", \"sensors\": {");
  for (int64_t i = 0; i < node.fuser().count(); ++i) {
    const Node::Seen& seen = node.seen(i);
    std::printf("%s%s: {\"taken\": %" PRId64 ", \"overtaken\": %" PRId64 ", \"lost\": %" PRId64
                ", \"stale\": %" PRId64 "}",
                i == 0 ? "" : ", ", quoted(node.fuser().sensor(i).name).c_str(),
                node.fuser().history(i).added(), seen.overtaken, seen.lost, seen.stale);
  }
  std::printf("}}\n");
}

}  // namespace realtime
