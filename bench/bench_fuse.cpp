// SPDX-License-Identifier: Apache-2.0
// Speed of rc_fuse through the C interface: the streams of a robot on one clock, at each SIMD level.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "robocache/robocache.h"

#include "bench/levels.h"

namespace {

constexpr int64_t kStep = 1000000;
constexpr rc_device kCpu = {RC_DEVICE_CPU, 0};
constexpr rc_dtype kFloat32 = {RC_DTYPE_FLOAT, 32, 1}, kInt64 = {RC_DTYPE_INT, 64, 1};

// One sensor: float32 channels, one sample in so many steps, with jittered stamps.
class Sensor {
 public:
  Sensor(int64_t samples, int64_t width, int64_t every)
      : values_(static_cast<size_t>(samples * width)),
        times_(static_cast<size_t>(samples)),
        values_shape_{samples, width},
        times_shape_{samples},
        values_tensor_{values_.data(), kCpu, 2, kFloat32, values_shape_, nullptr, 0},
        times_tensor_{times_.data(), kCpu, 1, kInt64, times_shape_, nullptr, 0},
        stream_ RC_STREAM_INIT {
    std::mt19937_64 random(static_cast<uint64_t>(samples));
    for (float& value : values_) value = static_cast<float>(random() % 2000) / 1000 - 1;
    for (int64_t i = 0; i < samples; ++i) {
      const auto jitter = static_cast<int64_t>(random() % (kStep / 2));
      times_[static_cast<size_t>(i)] = i * every * kStep + jitter;
    }
    stream_.values = &values_tensor_;
    stream_.source_times = &times_tensor_;
  }
  Sensor(const Sensor&) = delete;
  Sensor& operator=(const Sensor&) = delete;

  const rc_stream* stream() const { return &stream_; }
  // That must move for so many targets: two rows of each, no row twice, and all times.
  size_t bytes(size_t targets) const {
    const size_t width = values_.size() / times_.size();
    const size_t rows = std::min(times_.size(), 2 * targets);
    return rows * width * sizeof(float) + times_.size() * sizeof(int64_t);
  }

 private:
  std::vector<float> values_;
  std::vector<int64_t> times_;
  int64_t values_shape_[2], times_shape_[1];
  rc_tensor values_tensor_, times_tensor_;
  rc_stream stream_;
};

// Force at 1 kHz, joints at 500 Hz and a camera's embedding at 33 Hz, on a clock of 100 Hz.
class Problem {
 public:
  explicit Problem(int64_t milliseconds)
      : force_(milliseconds, 6, 1),
        joints_(milliseconds / 2, 14, 2),
        camera_(milliseconds / 30, 512, 30),
        targets_(static_cast<size_t>(milliseconds / 10)),
        output_(targets_.size() * kWidth) {
    for (size_t i = 0; i < targets_.size(); ++i) {
      targets_[i] = kStep / 2 + static_cast<int64_t>(i) * 10 * kStep;
    }
  }

  rc_status run(rc_context* context) {
    const rc_stream* const streams[] = {force_.stream(), joints_.stream(), camera_.stream()};
    int64_t count[] = {static_cast<int64_t>(targets_.size())};
    int64_t shape[] = {count[0], kWidth};
    const rc_tensor targets = {targets_.data(), kCpu, 1, kInt64, count, nullptr, 0};
    rc_tensor output = {output_.data(), kCpu, 2, kFloat32, shape, nullptr, 0};
    return rc_fuse(context, streams, 3, &targets, nullptr, &output);
  }

  int64_t bytes() const {
    size_t bytes = targets_.size() * sizeof(int64_t) + output_.size() * sizeof(float);
    for (const Sensor* sensor : {&force_, &joints_, &camera_}) {
      bytes += sensor->bytes(targets_.size());
    }
    return static_cast<int64_t>(bytes);
  }

 private:
  static constexpr int64_t kWidth = 6 + 14 + 512;
  Sensor force_, joints_, camera_;
  std::vector<int64_t> targets_;
  std::vector<float> output_;
};

// Milliseconds of recording, threads (0 = all cores), SIMD level (0 = the best).
void fuse(benchmark::State& state) {
  Problem problem(state.range(0));
  const bench::Context context = bench::make_context(state.range(1), state.range(2));
  if (!context || problem.run(context.get()) != RC_SUCCESS) {
    state.SkipWithError(rc_last_error_message());
    return;
  }
  bench::measure(state, std::to_string(state.range(0)), state.range(2),
                 [&] { problem.run(context.get()); });
  state.SetBytesProcessed(state.iterations() * problem.bytes());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"ms", "threads", "simd"});
  for (const int64_t milliseconds : {1000, 1000000}) {
    for (const int64_t level : bench::simd_levels()) b->Args({milliseconds, 1, level});
  }
  b->Args({1000000, 0, RC_SIMD_AUTO});
  b->Unit(benchmark::kMicrosecond)->UseRealTime();
}
BENCHMARK(fuse)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
