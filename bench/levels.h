// SPDX-License-Identifier: Apache-2.0
// What the benchmarks share: contexts, and how much faster a SIMD level is than the baseline.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "robocache/robocache.h"

namespace bench {

struct DestroyContext {
  void operator()(rc_context* context) const { rc_context_destroy(context); }
};
using Context = std::unique_ptr<rc_context, DestroyContext>;

// A CPU context; empty where the processor lacks the level.
inline Context make_context(int64_t threads, int64_t simd_level) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.threads = static_cast<int32_t>(threads);
  options.simd_level = static_cast<int32_t>(simd_level);
  rc_context* context = nullptr;
  rc_context_create(&options, &context);
  return Context(context);
}

// The levels that the processor has, the baseline first.
inline std::vector<int64_t> simd_levels() {
  std::vector<int64_t> levels;
  for (const rc_simd_level level : {RC_SIMD_BASELINE, RC_SIMD_AVX2, RC_SIMD_AVX512, RC_SIMD_NEON}) {
    if (make_context(1, level)) levels.push_back(level);
  }
  return levels;
}

// Runs `call` for each iteration. `work` is the same text for all levels of one work: "speedup"
// counts how much faster this level is than the baseline, 0 where that has not run.
template <class Call>
void measure(benchmark::State& state, const std::string& work, int64_t simd_level, Call call) {
  static std::map<std::string, double> baselines;
  const auto begin = std::chrono::steady_clock::now();
  for (auto _ : state) call();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  const double seconds = passed.count() / static_cast<double>(state.iterations());
  if (simd_level == RC_SIMD_BASELINE) baselines[work] = seconds;
  const auto baseline = baselines.find(work);
  // Of every run: a CSV has the same columns in each of its lines.
  state.counters["speedup"] = baseline == baselines.end() ? 0 : baseline->second / seconds;
}

}  // namespace bench
