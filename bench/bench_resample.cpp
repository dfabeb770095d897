// SPDX-License-Identifier: Apache-2.0
// Speed of rc_resample through the C interface: small calls, large ones, each SIMD level.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "robocache/robocache.h"

#include "bench/levels.h"

namespace {

constexpr int64_t kStep = 1000000;

// Sequences of float32 channels at about 1 kHz with jittered stamps, and regular targets.
class Problem {
 public:
  Problem(int64_t rows, int64_t samples, int64_t targets, int64_t channels)
      : values_(rows * samples * channels),
        source_(samples),
        target_(targets),
        output_(rows * targets * channels),
        values_shape_{rows, samples, channels},
        source_shape_{samples},
        target_shape_{targets},
        output_shape_{rows, targets, channels} {
    std::mt19937_64 random(0);
    for (float& value : values_) value = static_cast<float>(random() % 2000) / 1000 - 1;
    for (int64_t i = 0; i < samples; ++i)
      source_[i] = i * kStep + static_cast<int64_t>(random() % (kStep / 2));
    for (int64_t i = 0; i < targets; ++i)
      target_[i] = kStep / 2 + i * ((samples - 1) * kStep / targets);
  }

  rc_status run(rc_context* context) {
    const rc_device cpu = {RC_DEVICE_CPU, 0};
    const rc_dtype f32 = {RC_DTYPE_FLOAT, 32, 1};
    const rc_dtype i64 = {RC_DTYPE_INT, 64, 1};
    const rc_tensor values = {values_.data(), cpu, 3, f32, values_shape_, nullptr, 0};
    const rc_tensor source = {source_.data(), cpu, 1, i64, source_shape_, nullptr, 0};
    const rc_tensor target = {target_.data(), cpu, 1, i64, target_shape_, nullptr, 0};
    rc_tensor output = {output_.data(), cpu, 3, f32, output_shape_, nullptr, 0};
    return rc_resample(context, &values, &source, &target, nullptr, &output);
  }

  int64_t bytes() const {
    return static_cast<int64_t>((values_.size() + output_.size()) * sizeof(float) +
                                (source_.size() + target_.size()) * sizeof(int64_t));
  }

 private:
  std::vector<float> values_;
  std::vector<int64_t> source_;
  std::vector<int64_t> target_;
  std::vector<float> output_;
  int64_t values_shape_[3];
  int64_t source_shape_[1];
  int64_t target_shape_[1];
  int64_t output_shape_[3];
};

// Arguments: rows, samples, targets, channels, threads (0 = all cores), SIMD level (0 = the best).
void resample(benchmark::State& state) {
  Problem problem(state.range(0), state.range(1), state.range(2), state.range(3));
  const bench::Context context = bench::make_context(state.range(4), state.range(5));
  if (!context || problem.run(context.get()) != RC_SUCCESS) {
    state.SkipWithError(rc_last_error_message());
    return;
  }
  bench::measure(state, std::to_string(problem.bytes()) + " bytes", state.range(5),
                 [&] { problem.run(context.get()); });
  state.SetBytesProcessed(state.iterations() * problem.bytes());
}

// The ceiling: a copy of as many bytes as the largest problem reads and writes.
void copy(benchmark::State& state) {
  const size_t size = 96 << 20;
  std::vector<char> source(size, 1);
  std::vector<char> target(size, 2);
  for (auto _ : state) {
    std::memcpy(target.data(), source.data(), size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * 2 * size));
}

BENCHMARK(copy)->Unit(benchmark::kMillisecond)->UseRealTime();

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"B", "S", "T", "D", "threads", "simd"});
  b->Args({1, 50, 32, 16, 1, RC_SIMD_AUTO});
  for (const int64_t level : bench::simd_levels()) b->Args({32, 500, 250, 256, 1, level});
  for (const int64_t level : bench::simd_levels()) b->Args({1, 1000000, 500000, 32, 1, level});
  b->Args({1, 1000000, 500000, 32, 0, RC_SIMD_AUTO});
  b->Unit(benchmark::kMicrosecond)->UseRealTime();
}
BENCHMARK(resample)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
