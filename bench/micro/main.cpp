// SPDX-License-Identifier: Apache-2.0
// What the GPU can do: launches, streams, scattered accesses, shared memory, searches.
//
//   micro [--json FILE] [GROUP...]
//
// Prints one line for each measurement; `python -m bench.micro.run` makes tables of the JSON. Without
// a GPU it says so and exits with 77.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/micro/measure.h"

namespace {

using rc::micro::Bench;
using rc::micro::Machine;
using rc::micro::Row;

const std::vector<std::pair<std::string, void (*)(Bench&)>> kGroups = {
    {"launch", rc::micro::measure_launch}, {"stream", rc::micro::measure_stream},
    {"bulk", rc::micro::measure_bulk},     {"scatter", rc::micro::measure_scatter},
    {"gather", rc::micro::measure_gather}, {"shared", rc::micro::measure_shared},
    {"search", rc::micro::measure_search},
};

struct Arguments {
  std::string json;
  std::set<std::string> groups;  // all, where it is empty
};

Arguments parse(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--json") {
      if (i + 1 == count) throw std::invalid_argument("--json wants a file");
      arguments.json = words[++i];
    } else if (std::any_of(kGroups.begin(), kGroups.end(),
                           [&](const auto& group) { return group.first == word; })) {
      arguments.groups.insert(word);
    } else {
      throw std::invalid_argument("unknown group: " + word);
    }
  }
  return arguments;
}

// Nothing here holds a character that JSON would want escaped.
void write_json(const std::string& path, const Bench& bench) {
  const Machine& machine = bench.machine();
  std::ofstream out(path);
  out << "{\"device\": \"" << machine.device
      << "\", \"multiprocessors\": " << machine.multiprocessors
      << ", \"l2_bytes\": " << machine.l2_bytes << ", \"megahertz\": " << machine.megahertz
      << ", \"driver\": " << machine.driver << ", \"runtime\": " << machine.runtime
      << ",\n\"rows\": [";
  const char* separator = "\n";
  for (const Row& row : bench.rows()) {
    out << separator << "{\"work\": \"" << row.work << "\", \"with\": \"" << row.with
        << "\", \"order\": \"" << row.order << "\", \"footprint\": " << row.footprint
        << ", \"us\": " << row.us << ", \"bytes\": " << row.bytes
        << ", \"operations\": " << row.operations << ", \"sectors\": " << row.sectors << "}";
    separator = ",\n";
  }
  out << "\n]}\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

int run(int count, char** words) {
  const Arguments arguments = parse(count, words);
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("skipped: no GPU\n");
    return 77;
  }
  Bench bench;
  std::printf("%s, %d multiprocessors at %.0f MHz\n", bench.machine().device.c_str(),
              bench.machine().multiprocessors, bench.machine().megahertz);
  for (const auto& [name, measure] : kGroups) {
    if (!arguments.groups.empty() && arguments.groups.count(name) == 0) continue;
    const std::size_t before = bench.rows().size();
    measure(bench);
    for (std::size_t i = before; i < bench.rows().size(); ++i) {
      const Row& row = bench.rows()[i];
      std::printf("%-18s %-46s %-34s %11zu %10.3f us\n", row.work.c_str(), row.with.c_str(),
                  row.order.c_str(), row.footprint, row.us);
    }
  }
  if (!arguments.json.empty()) write_json(arguments.json, bench);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "micro: %s\n", error.what());
    return 1;
  }
}
