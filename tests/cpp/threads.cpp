// SPDX-License-Identifier: Apache-2.0
// A context in each thread, and a sentence for each thread's failure.
#include <array>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace robocache;

namespace {

constexpr int64_t kSamples = 1000;

/** Resamples a ramp of its own slope and fails once in a way of its own. */
bool works(int64_t slope) {
  Context context = new_context();
  std::vector<int64_t> times(kSamples), halves(kSamples - 1);
  std::vector<double> ramp(kSamples), between(kSamples - 1);
  for (int64_t i = 0; i < kSamples; ++i) {
    times[static_cast<std::size_t>(i)] = 10 * i;
    ramp[static_cast<std::size_t>(i)] = static_cast<double>(slope * i);
  }
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = times[i] + 5;
  VALUE_OF(resample(context, {ramp, {kSamples, 1}}, times, halves, {between, {kSamples - 1, 1}}));
  for (std::size_t i = 0; i < between.size(); ++i) {
    if (between[i] != static_cast<double>(slope) * (static_cast<double>(i) + 0.5)) return false;
  }
  const auto error = failure_of([&] { return target_clock(0, 1, -slope); });
  return error &&
         std::string(error->what()).find("got -" + std::to_string(slope)) != std::string::npos;
}

}  // namespace

int main() {
  std::array<bool, 4> good{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < good.size(); ++i) {
    threads.emplace_back([&good, i] { good[i] = works(static_cast<int64_t>(i) + 1); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool one : good) CHECK(one);
  return failed_checks != 0;
}
