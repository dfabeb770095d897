// SPDX-License-Identifier: Apache-2.0
// Speed of rc_tsdf_integrate through the C interface: a wall that bulges, seen from the middle of a
// cube, at each SIMD level.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "robocache/robocache.h"

#include "bench/levels.h"

namespace {

constexpr int64_t kHeight = 240, kWidth = 320;
constexpr rc_device kCpu = {RC_DEVICE_CPU, 0};
constexpr rc_dtype kFloat32 = {RC_DTYPE_FLOAT, 32, 1}, kFloat64 = {RC_DTYPE_FLOAT, 64, 1};

// Frames of a camera in the middle of a cube of 4 m that turns around its y axis.
class Problem {
 public:
  Problem(int64_t frames, int64_t edge)
      : depth_(static_cast<size_t>(frames * kHeight * kWidth)),
        poses_(static_cast<size_t>(frames * 16)),
        distance_(static_cast<size_t>(edge * edge * edge)),
        weight_(distance_.size()),
        grid_{{-2, -2, -2}, {}, {edge, edge, edge}},
        depth_shape_{frames, kHeight, kWidth},
        poses_shape_{frames, 4, 4},
        volume_shape_{edge, edge, edge} {
    for (double& size : grid_.voxel_size) size = 4.0 / static_cast<double>(edge);
    for (int64_t f = 0; f < frames; ++f) {
      const double turn = 6.283185307179586 * static_cast<double>(f) / static_cast<double>(frames);
      const double c = std::cos(turn), s = std::sin(turn);
      const double pose[16] = {c, 0, s, 0, 0, 1, 0, 0, -s, 0, c, 0, 0, 0, 0, 1};
      for (size_t k = 0; k < 16; ++k) poses_[static_cast<size_t>(f) * 16 + k] = pose[k];
      for (int64_t v = 0; v < kHeight; ++v) {
        for (int64_t u = 0; u < kWidth; ++u) {
          const double bulge =
              std::sin(0.05 * static_cast<double>(u)) * std::cos(0.04 * static_cast<double>(v));
          depth_[static_cast<size_t>((f * kHeight + v) * kWidth + u)] =
              static_cast<float>(1.5 + 0.2 * bulge);
        }
      }
    }
  }

  rc_status run(rc_context* context) {
    const rc_tensor depth = {depth_.data(), kCpu, 3, kFloat32, depth_shape_, nullptr, 0};
    const rc_tensor intrinsics = {intrinsics_, kCpu, 2, kFloat64, intrinsics_shape_, nullptr, 0};
    const rc_tensor poses = {poses_.data(), kCpu, 3, kFloat64, poses_shape_, nullptr, 0};
    rc_tensor tsdf = {distance_.data(), kCpu, 3, kFloat32, volume_shape_, nullptr, 0};
    rc_tensor weight = {weight_.data(), kCpu, 3, kFloat32, volume_shape_, nullptr, 0};
    rc_tsdf_integrate_options options = RC_TSDF_INTEGRATE_OPTIONS_INIT;
    options.truncation = 4 * grid_.voxel_size[0];
    return rc_tsdf_integrate(context, &depth, &intrinsics, &poses, &grid_, &options, &tsdf,
                             &weight);
  }

 private:
  std::vector<float> depth_;
  std::vector<double> poses_;
  std::vector<float> distance_, weight_;
  rc_grid grid_;
  double intrinsics_[9] = {262.5, 0, 160, 0, 262.5, 120, 0, 0, 1};
  int64_t intrinsics_shape_[2] = {3, 3};
  int64_t depth_shape_[3], poses_shape_[3], volume_shape_[3];
};

// Frames, edge of the volume, threads (0 = all cores), SIMD level (0 = the best). Counts voxels
// times frames.
void integrate(benchmark::State& state) {
  Problem problem(state.range(0), state.range(1));
  const bench::Context context = bench::make_context(state.range(2), state.range(3));
  if (!context || problem.run(context.get()) != RC_SUCCESS) {
    state.SkipWithError(rc_last_error_message());
    return;
  }
  bench::measure(state, std::to_string(state.range(1)), state.range(3),
                 [&] { problem.run(context.get()); });
  const int64_t edge = state.range(1);
  state.SetItemsProcessed(state.iterations() * state.range(0) * edge * edge * edge);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"K", "edge", "threads", "simd"});
  for (const int64_t level : bench::simd_levels()) b->Args({8, 128, 1, level});
  b->Args({8, 128, 0, RC_SIMD_AUTO});
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK(integrate)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
