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

// Sequences of float32 or float16 channels at about 1 kHz with jittered stamps; regular targets.
class Problem {
 public:
  Problem(int64_t rows, int64_t samples, int64_t targets, int64_t channels, int64_t bits)
      : bits_(static_cast<uint8_t>(bits)),
        values_(rows * samples * channels * bits / 8),
        source_(samples),
        target_(targets),
        output_(rows * targets * channels * bits / 8),
        values_shape_{rows, samples, channels},
        source_shape_{samples},
        target_shape_{targets},
        output_shape_{rows, targets, channels} {
    std::mt19937_64 random(0);
    for (size_t i = 0; i < values_.size(); i += sizeof(float)) {
      const float one = static_cast<float>(random() % 2000) / 1000 - 1;
      const uint32_t two = 0x3c003c00 | (random() & 0x3ff03ff);  // float16 from 1 to 2
      std::memcpy(&values_[i], bits == 16 ? static_cast<const void*>(&two) : &one, sizeof one);
    }
    for (int64_t i = 0; i < samples; ++i)
      source_[i] = i * kStep + static_cast<int64_t>(random() % (kStep / 2));
    for (int64_t i = 0; i < targets; ++i)
      target_[i] = kStep / 2 + i * ((samples - 1) * kStep / targets);
  }

  rc_status run(rc_context* context) {
    const rc_device cpu = {RC_DEVICE_CPU, 0};
    const rc_dtype type = {RC_DTYPE_FLOAT, bits_, 1};
    const rc_dtype i64 = {RC_DTYPE_INT, 64, 1};
    const rc_tensor values = {values_.data(), cpu, 3, type, values_shape_, nullptr, 0};
    const rc_tensor source = {source_.data(), cpu, 1, i64, source_shape_, nullptr, 0};
    const rc_tensor target = {target_.data(), cpu, 1, i64, target_shape_, nullptr, 0};
    rc_tensor output = {output_.data(), cpu, 3, type, output_shape_, nullptr, 0};
    return rc_resample(context, &values, &source, &target, nullptr, &output);
  }

  int64_t bytes() const {
    return static_cast<int64_t>(values_.size() + output_.size() +
                                (source_.size() + target_.size()) * sizeof(int64_t));
  }

 private:
  uint8_t bits_;
  std::vector<char> values_;
  std::vector<int64_t> source_;
  std::vector<int64_t> target_;
  std::vector<char> output_;
  int64_t values_shape_[3];
  int64_t source_shape_[1];
  int64_t target_shape_[1];
  int64_t output_shape_[3];
};

// Arguments: rows, samples, targets, channels, bits of a channel, threads (0 = all cores), SIMD
// level (0 = the best).
void resample(benchmark::State& state) {
  Problem problem(state.range(0), state.range(1), state.range(2), state.range(3), state.range(4));
  const bench::Context context = bench::make_context(state.range(5), state.range(6));
  if (!context || problem.run(context.get()) != RC_SUCCESS) {
    state.SkipWithError(rc_last_error_message());
    return;
  }
  bench::measure(state, std::to_string(problem.bytes()) + " bytes", state.range(6),
                 [&] { problem.run(context.get()); });
  state.SetBytesProcessed(state.iterations() * problem.bytes());
}

// The ceiling: a copy of as many bytes as the largest problem reads and writes.
void copy(benchmark::State& state) {
  const size_t size = 96 << 20;
  std::vector<char> source(size, 1);
  std::vector<char> target(size, 2);
  bench::measure(state, "copy", RC_SIMD_BASELINE, [&] {
    std::memcpy(target.data(), source.data(), size);
    benchmark::ClobberMemory();
  });
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * 2 * size));
}

BENCHMARK(copy)->Unit(benchmark::kMillisecond)->UseRealTime();

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"B", "S", "T", "D", "bits", "threads", "simd"});
  b->Args({1, 50, 32, 16, 32, 1, RC_SIMD_AUTO});
  for (const int64_t bits : {32, 16}) {
    for (const int64_t level : bench::simd_levels()) b->Args({32, 500, 250, 256, bits, 1, level});
    for (const int64_t level : bench::simd_levels()) {
      b->Args({1, 1000000, 500000, 32, bits, 1, level});
    }
  }
  b->Args({1, 1000000, 500000, 32, 32, 0, RC_SIMD_AUTO});
  // What lies in the caches: the work itself.
  for (const int64_t level : bench::simd_levels()) b->Args({1, 4000, 2000, 32, 32, 1, level});
  b->Unit(benchmark::kMicrosecond)->UseRealTime();
}
BENCHMARK(resample)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
