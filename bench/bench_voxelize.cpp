// SPDX-License-Identifier: Apache-2.0
// Speed of rc_voxelize and rc_voxelize_sparse through the C interface: each reduction, points in any
// order and in that of a scan, each SIMD level.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "robocache/robocache.h"

#include "bench/levels.h"

namespace {

constexpr rc_device kCpu = {RC_DEVICE_CPU, 0};
constexpr rc_dtype kFloat32 = {RC_DTYPE_FLOAT, 32, 1}, kInt32 = {RC_DTYPE_INT, 32, 1},
                   kUint8 = {RC_DTYPE_UINT, 8, 1};

enum Order { kRandom = 0, kScan = 1 };

// A cloud of float32 points with four features in a cube of voxels of 0.1.
class Problem {
 public:
  Problem(int64_t points, int64_t edge, Order order)
      : points_(points * 3),
        features_(points * 4),
        grid_{{0, 0, 0}, {0.1, 0.1, 0.1}, {edge, edge, edge}},
        points_shape_{points, 3},
        features_shape_{points, 4},
        output_shape_{edge, edge, edge, 4},
        coords_shape_{points, 4} {
    std::mt19937_64 random(0);
    const auto uniform = [&](double low, double high) {
      return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
    };
    const double size = 0.1 * static_cast<double>(edge);
    for (int64_t i = 0; i < points; ++i) {
      // A scan looks around from the middle: neighbours in the list are neighbours in space.
      const double turn = order == kScan ? 6.283185307179586 * static_cast<double>(i) /
                                               static_cast<double>(points) * 64
                                         : 0;
      const double reach = size * (0.3 + 0.1 * std::sin(3 * turn));
      const double place[3] = {size / 2 + reach * std::cos(turn), size / 2 + reach * std::sin(turn),
                               size * static_cast<double>(i) / static_cast<double>(points)};
      for (int64_t k = 0; k < 3; ++k) {
        points_[static_cast<size_t>(i * 3 + k)] = static_cast<float>(
            order == kScan ? place[k] + uniform(-0.05, 0.05) : uniform(-0.01 * size, size));
      }
    }
    for (float& feature : features_) feature = static_cast<float>(uniform(-1, 1));
  }

  rc_status dense(rc_context* context, int32_t reduce) {
    const rc_tensor points = points_tensor(), features = features_tensor();
    rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
    options.reduce = reduce;
    const bool plain = reduce == RC_REDUCE_OCCUPANCY || reduce == RC_REDUCE_COUNT;
    options.features = plain ? nullptr : &features;
    const rc_dtype type = reduce == RC_REDUCE_OCCUPANCY ? kUint8 : plain ? kInt32 : kFloat32;
    const auto cells = static_cast<size_t>(output_shape_[0] * output_shape_[1] * output_shape_[2]);
    output_.resize(cells * (plain ? 1 : 4) * static_cast<size_t>(type.bits / 8));
    rc_tensor output = {output_.data(), kCpu, plain ? 3 : 4, type, output_shape_, nullptr, 0};
    return rc_voxelize(context, &points, &grid_, &options, &output);
  }

  rc_status sparse_mean(rc_context* context) {
    const rc_tensor points = points_tensor(), features = features_tensor();
    coords_.resize(static_cast<size_t>(coords_shape_[0] * 4));
    reduced_.resize(coords_.size());
    rc_tensor coords = {coords_.data(), kCpu, 2, kInt32, coords_shape_, nullptr, 0};
    rc_tensor reduced = {reduced_.data(), kCpu, 2, kFloat32, coords_shape_, nullptr, 0};
    rc_voxelize_sparse_options options = RC_VOXELIZE_SPARSE_OPTIONS_INIT;
    options.reduce = RC_REDUCE_MEAN;
    options.features = &features;
    options.reduced = &reduced;
    return rc_voxelize_sparse(context, &points, &grid_, &options, &coords);
  }

 private:
  rc_tensor points_tensor() {
    return {points_.data(), kCpu, 2, kFloat32, points_shape_, nullptr, 0};
  }
  rc_tensor features_tensor() {
    return {features_.data(), kCpu, 2, kFloat32, features_shape_, nullptr, 0};
  }

  std::vector<float> points_, features_, reduced_;
  std::vector<int32_t> coords_;
  std::vector<char> output_;
  rc_grid grid_;
  int64_t points_shape_[2], features_shape_[2], output_shape_[4], coords_shape_[2];
};

// Runs `call(problem, context)` and counts points.
template <class Call>
void measure(benchmark::State& state, const char* name, Call call) {
  Problem problem(state.range(0), state.range(1), static_cast<Order>(state.range(2)));
  const bench::Context context = bench::make_context(state.range(3), state.range(4));
  if (!context || call(problem, context.get()) != RC_SUCCESS) {
    state.SkipWithError(rc_last_error_message());
    return;
  }
  const std::string work = name + std::to_string(state.range(0)) + std::to_string(state.range(2));
  bench::measure(state, work, state.range(4), [&] { call(problem, context.get()); });
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Points, edge of the grid, order, threads (0 = all cores), SIMD level (0 = the best).
void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"N", "edge", "scan", "threads", "simd"});
  for (const Order order : {kRandom, kScan}) {
    for (const int64_t level : bench::simd_levels()) b->Args({500000, 128, order, 1, level});
  }
  b->Args({500000, 128, kScan, 0, RC_SIMD_AUTO});
  b->Args({4000000, 256, kRandom, 1, RC_SIMD_AUTO});
  b->Args({4000000, 256, kRandom, 0, RC_SIMD_AUTO});
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}

void dense(benchmark::State& state, const char* name, int32_t reduce) {
  measure(state, name,
          [=](Problem& problem, rc_context* context) { return problem.dense(context, reduce); });
}
void sparse_mean(benchmark::State& state) {
  measure(state, "sparse mean",
          [](Problem& problem, rc_context* context) { return problem.sparse_mean(context); });
}

BENCHMARK_CAPTURE(dense, occupancy, "occupancy", RC_REDUCE_OCCUPANCY)->Apply(sizes);
BENCHMARK_CAPTURE(dense, count, "count", RC_REDUCE_COUNT)->Apply(sizes);
BENCHMARK_CAPTURE(dense, mean, "mean", RC_REDUCE_MEAN)->Apply(sizes);
BENCHMARK_CAPTURE(dense, max, "max", RC_REDUCE_MAX)->Apply(sizes);
BENCHMARK(sparse_mean)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
