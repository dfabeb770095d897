// SPDX-License-Identifier: Apache-2.0
// Each CPU kernel once on fixed data with one thread, for callgrind to count its instructions:
// bench/instructions.py runs this and reads the counts.
//
// Prints who compiled the library for what, then a line for each call of `counted`, in order: the
// SIMD level and the work.
#include <gnu/libc-version.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "robocache/robocache.hpp"

namespace {

using namespace robocache;

// Random numbers that are the same with every standard library.
class Random {
 public:
  float between(double low, double high) {
    return static_cast<float>(low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53);
  }
  int64_t below(int64_t limit) { return static_cast<int64_t>(random_() >> 1) % limit; }

 private:
  std::mt19937_64 random_{0};
};

// Samples of one sensor, 1 ms apart with jitter.
struct Sensor {
  Sensor(Random& random, int64_t samples, int64_t width, int64_t step = 1000000)
      : shape{samples, width}, values(static_cast<size_t>(samples * width)) {
    for (float& value : values) value = random.between(-1, 1);
    for (int64_t i = 0; i < samples; ++i) times.push_back(i * step + random.below(step / 2));
  }
  ConstTensor tensor() const { return {values, shape}; }

  Dims shape;
  std::vector<float> values;
  std::vector<int64_t> times;
};

using Call = std::function<void(Context&)>;
struct Work {
  const char* name;
  Call call;
};

std::vector<Work> resampling(Random& random) {
  const int64_t samples = 2000, targets = 1000, width = 32, rows = 50, window = 16;
  static const Sensor wide(random, samples, width), narrow(random, samples, 7);
  static std::vector<uint16_t> halves(static_cast<size_t>(samples * width));
  for (uint16_t& half : halves) half = static_cast<uint16_t>(0x3c00 + random.below(0x400));  // 1..2
  static std::vector<int64_t> clock, scattered, ids, windows;
  for (int64_t i = 0; i < targets; ++i) clock.push_back(500000 + i * 2000000);
  for (int64_t i = 0; i < targets; ++i) scattered.push_back(random.below(samples * 1000000));
  static const std::vector<int64_t> offsets = {0, 100, 900, 2000};
  for (int64_t row = 0; row < rows; ++row) {
    ids.push_back(random.below(3));
    for (int64_t i = 0; i < window; ++i) windows.push_back(row * 1000000 + i * 2000000);
  }
  static std::vector<float> output(static_cast<size_t>(targets * width));
  static std::vector<uint16_t> output_halves(output.size());
  static std::vector<float> gradient(wide.values.size());

  const auto plain = [](const Sensor& sensor, Mode mode) {
    return [&sensor, mode](Context& context) {
      ResampleOptions options;
      options.mode = mode;
      if (mode == Mode::mean) options.window = {ticks(10000000), {}};
      resample(context, sensor.tensor(), sensor.times, clock,
               {output.data(), {targets, sensor.shape[1]}}, options);
    };
  };
  return {
      {"resample: one small call",
       [](Context& context) {
         resample(context, {wide.values.data(), {50, 16}}, {wide.times.data(), {50}},
                  {clock.data(), {24}}, {output.data(), {24, 16}});
       }},
      {"resample: linear, 32 float32", plain(wide, Mode::linear)},
      {"resample: linear, 7 float32", plain(narrow, Mode::linear)},
      {"resample: linear, 32 float16",
       [](Context& context) {
         resample(context, {halves.data(), float16, {samples, width}}, wide.times, clock,
                  {output_halves.data(), float16, {targets, width}});
       }},
      {"resample: linear, targets in no order",
       [](Context& context) {
         resample(context, wide.tensor(), wide.times, scattered, {output.data(), {targets, width}});
       }},
      {"resample: windows out of a store",
       [](Context& context) {
         ResampleOptions options;
         options.offsets = offsets;
         options.sequence_ids = ids;
         options.skip_validation = true;
         static std::vector<int64_t> times;  // each sequence begins at 0
         if (times.empty()) {
           for (size_t e = 0; e + 1 < offsets.size(); ++e) {
             times.insert(times.end(), wide.times.begin(),
                          wide.times.begin() + (offsets[e + 1] - offsets[e]));
           }
         }
         resample(context, wide.tensor(), times, {windows, {rows, window}},
                  {output.data(), {rows, window, width}}, options);
       }},
      {"resample: previous, 7 float32", plain(narrow, Mode::previous)},
      {"resample: pchip, 7 float32", plain(narrow, Mode::pchip)},
      {"resample: mean of a window, 7 float32", plain(narrow, Mode::mean)},
      {"resample: pose, linear and slerp",
       [](Context& context) {
         ResampleOptions options;
         options.channels = {Channels{3, 4, Mode::slerp}};
         options.skip_validation = true;  // the quaternions are no unit ones
         resample(context, narrow.tensor(), narrow.times, clock, {output.data(), {targets, 7}},
                  options);
       }},
      {"resample: gradient, 32 float32",
       [](Context& context) {
         resample_backward(context, {output.data(), {targets, width}}, wide.tensor(), wide.times,
                           clock, {gradient, wide.shape});
       }},
  };
}

std::vector<Work> fusing(Random& random) {
  static const std::array<Sensor, 3> sensors = {Sensor(random, 2000, 14), Sensor(random, 1000, 6),
                                                Sensor(random, 500, 32)};
  static std::vector<int64_t> clock;
  for (int64_t i = 0; i < 500; ++i) clock.push_back(i * 3000000);
  static std::vector<float> output(clock.size() * 52);
  static std::vector<uint8_t> valid(clock.size() * sensors.size());
  return {{"fuse: three streams", [](Context& context) {
             std::array<Stream, 3> streams;
             for (size_t i = 0; i < streams.size(); ++i) {
               streams[i].values = sensors[i].tensor();
               streams[i].source_times = sensors[i].times;
               streams[i].options.max_gap = ticks(5000000);
             }
             FuseOptions options;
             options.valid = {valid, {500, 3}};
             fuse(context, streams, clock, {output, {500, 52}}, options);
           }}};
}

std::vector<Work> voxelizing(Random& random) {
  const int64_t count = 20000, edge = 32;
  static const Grid grid = {{0, 0, 0}, {0.1, 0.1, 0.1}, {edge, edge, edge}};
  static std::vector<float> points(count * 3), features(count * 4);
  for (float& coordinate : points) coordinate = random.between(-0.1, 3.2);
  for (float& feature : features) feature = random.between(-1, 1);
  static std::vector<uint8_t> occupied(edge * edge * edge);
  static std::vector<int32_t> counts(occupied.size()), coords(count * 4), rows(count);
  static std::vector<float> cells(occupied.size() * 4), reduced(features.size()), bounds(6);

  const auto featured = [](Reduce reduce) {
    return [reduce](Context& context) {
      VoxelizeOptions options;
      options.reduce = reduce;
      options.features = {features, {count, 4}};
      voxelize(context, {points, {count, 3}}, grid, {cells, {edge, edge, edge, 4}}, options);
    };
  };
  return {
      {"voxelize: occupancy",
       [](Context& context) {
         voxelize(context, {points, {count, 3}}, grid, {occupied, {edge, edge, edge}});
       }},
      {"voxelize: count",
       [](Context& context) {
         VoxelizeOptions options;
         options.reduce = Reduce::count;
         voxelize(context, {points, {count, 3}}, grid, {counts, {edge, edge, edge}}, options);
       }},
      {"voxelize: mean of 4 float32", featured(Reduce::mean)},
      {"voxelize: max of 4 float32", featured(Reduce::max)},
      {"voxelize_sparse: mean of 4 float32",
       [](Context& context) {
         VoxelizeSparseOptions options;
         options.reduce = Reduce::mean;
         options.features = {features, {count, 4}};
         options.reduced = {reduced, {count, 4}};
         voxelize_sparse(context, {points, {count, 3}}, grid, {coords, {count, 4}}, options);
       }},
      {"voxelize_sparse: centroids",
       [](Context& context) {
         VoxelizeSparseOptions options;
         options.reduce = Reduce::mean;
         options.features = {points, {count, 3}};
         options.reduced = {reduced.data(), {count, 3}};
         options.counts = {counts.data(), {count}};
         options.point_to_voxel = rows;
         voxelize_sparse(context, {points, {count, 3}}, grid, {coords, {count, 4}}, options);
       }},
      {"voxelize: gradient of a mean of 4 float32",
       [](Context& context) {
         VoxelizeOptions options;
         options.reduce = Reduce::mean;
         options.features = {features, {count, 4}};
         voxelize_backward(context, {cells, {edge, edge, edge, 4}}, {points, {count, 3}}, grid,
                           {reduced, {count, 4}}, options);
       }},
      {"pointcloud_bounds",
       [](Context& context) {
         pointcloud_bounds(context, {points, {count, 3}}, {bounds, {2, 3}});
       }},
  };
}

std::vector<Work> volumes(Random& random) {
  const int64_t frames = 2, height = 60, width = 80, edge = 32, pixels = frames * height * width;
  static std::vector<float> depth(pixels), points(pixels * 3);
  for (float& metres : depth) metres = random.between(1.4, 1.6);
  static const std::vector<double> intrinsics = {66, 0, 40, 0, 66, 30, 0, 0, 1};
  static const std::vector<double> poses = {1, 0, 0, 0, 0, 1, 0, 0, 0,  0, 1, 0, 0, 0, 0, 1,
                                            0, 0, 1, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 0, 1};
  static const std::vector<double> sensor = {0, 0, 0};
  static std::vector<float> distance(edge * edge * edge), weight(distance.size());
  static const Volume volume = {{{-2, -2, -2}, {0.125, 0.125, 0.125}, {edge, edge, edge}},
                                {distance, {edge, edge, edge}},
                                {weight, {edge, edge, edge}}};
  return {
      {"tsdf_integrate: two frames",
       [](Context& context) {
         TsdfIntegrateOptions options;
         options.truncation = 0.5;
         tsdf_integrate(context, {depth, {frames, height, width}}, {intrinsics, {3, 3}},
                        {poses, {frames, 4, 4}}, volume, options);
       }},
      {"depth_to_points: two frames",
       [](Context& context) {
         DepthToPointsOptions options;
         options.poses = {poses, {frames, 4, 4}};
         depth_to_points(context, {depth, {frames, height, width}}, {intrinsics, {3, 3}},
                         {points, {frames, height, width, 3}}, options);
       }},
      {"tsdf_from_points: rays of a sensor",
       [](Context& context) {
         TsdfFromPointsOptions options;
         options.truncation = 0.5;
         options.sensor_origins = sensor;
         tsdf_from_points(context, {points.data(), {2000, 3}}, volume, options);
       }},
      {"tsdf_extract_points",
       [](Context& context) { tsdf_extract_points(context, volume, {points, {pixels, 3}}); }},
  };
}

}  // namespace

// What callgrind counts, found by its name.
extern "C" [[gnu::noinline]] void counted(const Call& call, Context& context) { call(context); }

int main() try {
  // "robocache 0.1.0, gcc 12.2.0, x86_64 (...), ...": what code was made, and the C library's part.
  std::string made = build_info();
  made = made.substr(made.find(", ") + 2);
  std::printf("%s, glibc %s\n", made.substr(0, made.find(" (")).c_str(), gnu_get_libc_version());

  Random random;
  std::vector<Work> all;
  for (const auto& group :
       {resampling(random), fusing(random), voxelizing(random), volumes(random)})
    all.insert(all.end(), group.begin(), group.end());

  using Level = std::pair<const char*, SimdLevel>;
  for (const auto& [level, simd] :
       {Level{"baseline", SimdLevel::baseline}, Level{"avx2", SimdLevel::avx2},
        Level{"neon", SimdLevel::neon}}) {
    ContextOptions options;
    options.device_type = DeviceType::cpu;
    options.threads = 1;
    options.simd_level = simd;
    const rc_context_options c_options = options.get();
    rc_context* made = nullptr;
    if (rc_context_create(&c_options, &made) != RC_SUCCESS) continue;  // not of this processor
    Context context = Context::adopt(made);
    for (const Work& work : all) {
      work.call(context);  // takes what is taken once
      counted(work.call, context);
      std::printf("%s: %s\n", level, work.name);
    }
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.name(), error.what());
  return 1;
}
