// SPDX-License-Identifier: Apache-2.0
// What a launch costs: empty kernels one behind the other in a graph.
#include "bench/micro/measure.h"

namespace rc::micro {

namespace {

__global__ void empty() {}

}  // namespace

void measure_launch(Bench& bench) {
  for (const int blocks : {1, bench.machine().multiprocessors, 8 * bench.machine().multiprocessors,
                           64 * bench.machine().multiprocessors}) {
    bench.measure({"empty kernel", std::to_string(blocks) + " blocks of 128", ""}, 256,
                  [&](int) { empty<<<blocks, 128, 0, bench.stream()>>>(); });
  }
}

}  // namespace rc::micro
