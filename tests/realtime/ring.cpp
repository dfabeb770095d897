// SPDX-License-Identifier: Apache-2.0
// Two threads and a ring that is often full and often empty: every sample that was let in comes out
// once, whole and in order. And the history behind it, at every fill.
#include "bench/realtime/ring.h"

#include <cstdio>
#include <thread>

#include "bench/realtime/history.h"

namespace {

constexpr int64_t width = 3;

int failures = 0;

void check(bool condition, const char* what, int64_t at) {
  if (condition) return;
  ++failures;
  std::fprintf(stderr, "%s at %lld\n", what, static_cast<long long>(at));
}

void values_of(int64_t number, double* values) {
  for (int64_t c = 0; c < width; ++c) values[c] = static_cast<double>(number * width + c);
}

void between_threads(int64_t capacity) {
  constexpr int64_t samples = 200000;
  realtime::Ring ring(capacity, width);
  std::thread pushes([&] {
    double values[width];
    for (int64_t i = 0; i < samples;) {
      values_of(i, values);
      if (ring.push({i, -i}, values)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  int64_t next = 0;
  while (next < samples) {
    const bool any = ring.pop([&](const realtime::Ring::Head& head, const double* values) {
      double expected[width];
      values_of(next, expected);
      check(head.stamp_ns == next && head.arrival_ns == -next, "head", next);
      for (int64_t c = 0; c < width; ++c) check(values[c] == expected[c], "values", next);
      ++next;
    });
    if (!any) std::this_thread::yield();
  }
  pushes.join();
  check(!ring.pop([](const auto&, const double*) {}), "not empty", next);
}

void full() {
  realtime::Ring ring(2, width);
  const double values[width] = {};
  check(ring.push({1, 1}, values) && ring.push({2, 2}, values), "room for two", 0);
  check(!ring.push({3, 3}, values), "no room for a third", 0);
  check(ring.pop([](const auto& head, const double*) { check(head.stamp_ns == 1, "first", 0); }),
        "one", 0);
  check(ring.push({4, 4}, values), "room again", 0);
}

void history() {
  constexpr int64_t capacity = 5;
  realtime::History last(capacity, width);
  for (int64_t added = 0; added < 4 * capacity; ++added) {
    check(last.size() == (added < capacity ? added : capacity), "size", added);
    for (int64_t i = 0; i < last.size(); ++i) {
      const int64_t number = added - last.size() + i;
      double expected[width];
      values_of(number, expected);
      check(last.stamps()[i] == number, "stamp", added);
      for (int64_t c = 0; c < width; ++c) {
        check(last.values()[i * width + c] == expected[c], "value", added);
      }
    }
    double values[width];
    values_of(added, values);
    last.add(added, values);
  }
  check(last.added() == 4 * capacity, "added", last.added());
}

}  // namespace

int main() {
  between_threads(1);
  between_threads(7);
  between_threads(256);
  full();
  history();
  return failures != 0;
}
