// SPDX-License-Identifier: Apache-2.0
// Speed of the CUDA path through the C interface: events around replays of graphs.
//
//   bench_cuda [FILE.json]
//
// Every result is compared with that of the CPU, byte by byte, before it is timed. Writes what
// bench/google.py reads. Exit code: 77 where there is no GPU.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "robocache/robocache.h"

#include "bench/graph_replay.h"

namespace {

constexpr int64_t kStep = 1000000;
constexpr rc_device kCpu = {RC_DEVICE_CPU, 0}, kCuda = {RC_DEVICE_CUDA, 0};
constexpr rc_dtype kFloat32 = {RC_DTYPE_FLOAT, 32, 1}, kFloat64 = {RC_DTYPE_FLOAT, 64, 1},
                   kInt64 = {RC_DTYPE_INT, 64, 1}, kInt32 = {RC_DTYPE_INT, 32, 1},
                   kUint16 = {RC_DTYPE_UINT, 16, 1}, kUint8 = {RC_DTYPE_UINT, 8, 1};

using rc::bench::check;
void check(rc_status status) {
  if (status != RC_SUCCESS) throw std::runtime_error(rc_last_error_message());
}

struct DestroyContext {
  void operator()(rc_context* context) const { rc_context_destroy(context); }
};
using Context = std::unique_ptr<rc_context, DestroyContext>;

Context make_context(rc_device_type device, cudaStream_t stream) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = device;
  options.stream = stream;
  rc_context* context = nullptr;
  check(rc_context_create(&options, &context));
  return Context(context);
}

// A tensor in the memory of both devices.
class Array {
 public:
  Array(rc_dtype dtype, std::vector<int64_t> shape) : dtype_(dtype), shape_(std::move(shape)) {
    size_t size = dtype.bits / 8;
    for (const int64_t length : shape_) size *= static_cast<size_t>(length);
    host_.resize(size);
    check(cudaMalloc(&device_, size));
  }
  ~Array() { cudaFree(device_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  // Fills it with make(0), make(1), ...
  template <class T, class Make>
  void fill(Make make) {
    T* values = reinterpret_cast<T*>(host_.data());
    for (size_t i = 0; i < host_.size() / sizeof(T); ++i) values[i] = static_cast<T>(make(i));
    upload();
  }
  void clear() {
    std::fill(host_.begin(), host_.end(), 0);
    upload();
  }
  // Whether both devices hold the same bytes.
  bool agrees() const {
    std::vector<char> other(host_.size());
    check(cudaMemcpy(other.data(), device_, other.size(), cudaMemcpyDeviceToHost));
    return std::memcmp(host_.data(), other.data(), other.size()) == 0;
  }
  rc_tensor on(rc_device device) {
    void* const data = device.device_type == RC_DEVICE_CUDA ? device_ : host_.data();
    return {data, device, static_cast<int32_t>(shape_.size()), dtype_, shape_.data(), nullptr, 0};
  }
  size_t bytes() const { return host_.size(); }

 private:
  void upload() { check(cudaMemcpy(device_, host_.data(), host_.size(), cudaMemcpyHostToDevice)); }

  rc_dtype dtype_;
  std::vector<int64_t> shape_;
  std::vector<char> host_;
  void* device_ = nullptr;
};

// Events around replays of a graph of calls; microseconds of one.
class Bench {
 public:
  Bench() {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
    check(cudaEventCreate(&begin_));
    check(cudaEventCreate(&end_));
    cuda_ = make_context(RC_DEVICE_CUDA, stream_);
    cpu_ = make_context(RC_DEVICE_CPU, nullptr);
  }

  using Call = std::function<rc_status(rc_context*, rc_device)>;

  // `bytes`: what must move, 0 where that depends on the data. `outputs` are cleared, written by both devices and compared.
  void run(const std::string& name, size_t bytes, const std::vector<Array*>& outputs,
           const Call& call) {
    for (Array* output : outputs) output->clear();
    check(call(cpu_.get(), kCpu));
    check(call(cuda_.get(), kCuda));
    check(cudaStreamSynchronize(stream_));
    for (const Array* output : outputs) {
      if (!output->agrees()) throw std::runtime_error(name + ": the devices do not agree");
    }
    const auto record = [&] {
      for (int i = 0; i < kCalls; ++i) check(call(cuda_.get(), kCuda));
    };
    const double us = rc::bench::replay_microseconds(stream_, begin_, end_, record) / kCalls;
    const double rate = static_cast<double>(bytes) / us * 1e-3;
    std::printf("%-48s %10.2f us", name.c_str(), us);
    std::puts(bytes ? (" " + std::to_string(std::lround(rate)) + " GB/s").c_str() : "");
    runs_.push_back("{\"name\": \"" + name +
                    "\", \"run_type\": \"iteration\", \"real_time\": " + std::to_string(us) +
                    ", \"time_unit\": \"us\", \"bytes_per_second\": " + std::to_string(rate * 1e9) +
                    "}");
  }

  void write(const char* path, const char* device) const {
    std::FILE* file = std::fopen(path, "w");
    if (!file) throw std::runtime_error(std::string(path) + ": cannot be written");
    std::fprintf(file, "{\"context\": {\"device\": \"%s\"}, \"benchmarks\": [\n", device);
    for (size_t i = 0; i < runs_.size(); ++i) {
      std::fprintf(file, "%s%s\n", runs_[i].c_str(), i + 1 < runs_.size() ? "," : "");
    }
    std::fprintf(file, "]}\n");
    std::fclose(file);
  }

 private:
  static constexpr int kCalls = 20;

  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
  Context cuda_, cpu_;
  std::vector<std::string> runs_;
};

std::mt19937_64 random_bits(7);

float uniform(float low, float high) {
  return low + (high - low) * static_cast<float>(random_bits() >> 40) * 0x1p-24f;
}

// Float32 samples at about 1 kHz and their times.
struct Samples {
  Samples(int64_t rows, int64_t count, int64_t width)
      : values(kFloat32, {rows, count, width}), times(kInt64, {rows, count}) {
    values.fill<float>([](size_t) { return uniform(-1, 1); });
    times.fill<int64_t>([=](size_t i) {
      return static_cast<int64_t>(i) % count * kStep +
             static_cast<int64_t>(random_bits() % (kStep / 2));
    });
  }
  Array values, times;
};

void fill_targets(Array& targets, int64_t samples, int64_t count) {
  targets.fill<int64_t>([=](size_t i) {
    return kStep / 4 + static_cast<int64_t>(i) % count * ((samples - 1) * kStep / count);
  });
}

void resample(Bench& bench, int64_t rows, int64_t samples, int64_t count, int64_t width) {
  Samples from(rows, samples, width);
  Array targets(kInt64, {rows, count}), output(kFloat32, {rows, count, width});
  fill_targets(targets, samples, count);
  const std::string name = "resample/B:" + std::to_string(rows) + "/S:" + std::to_string(samples) +
                           "/T:" + std::to_string(count) + "/D:" + std::to_string(width);
  bench.run(name, from.values.bytes() + from.times.bytes() + targets.bytes() + output.bytes(),
            {&output}, [&](rc_context* context, rc_device device) {
              const rc_tensor values = from.values.on(device), times = from.times.on(device),
                              asked = targets.on(device);
              rc_tensor out = output.on(device);
              return rc_resample(context, &values, &times, &asked, nullptr, &out);
            });
}

// Three sensors of one rate on a clock of half of it.
void fuse(Bench& bench, int64_t rows, int64_t samples, int64_t count) {
  Samples force(rows, samples, 12), joints(rows, samples, 64), camera(rows, samples, 512);
  Array targets(kInt64, {rows, count}), output(kFloat32, {rows, count, 12 + 64 + 512});
  fill_targets(targets, samples, count);
  size_t bytes = targets.bytes() + output.bytes();
  for (const Samples* one : {&force, &joints, &camera}) {
    bytes += one->values.bytes() + one->times.bytes();
  }
  const std::string name = "fuse/B:" + std::to_string(rows) + "/S:" + std::to_string(samples) +
                           "/T:" + std::to_string(count);
  bench.run(name, bytes, {&output}, [&](rc_context* context, rc_device device) {
    rc_tensor values[3], times[3];
    rc_stream streams[3];
    const rc_stream* pointers[3];
    Samples* const sensors[] = {&force, &joints, &camera};
    for (int i = 0; i < 3; ++i) {
      values[i] = sensors[i]->values.on(device);
      times[i] = sensors[i]->times.on(device);
      streams[i] = RC_STREAM_INIT;
      streams[i].values = &values[i];
      streams[i].source_times = &times[i];
      pointers[i] = &streams[i];
    }
    const rc_tensor asked = targets.on(device);
    rc_tensor out = output.on(device);
    return rc_fuse(context, pointers, 3, &asked, nullptr, &out);
  });
}

void voxelize(Bench& bench, int64_t count, int64_t edge) {
  Array points(kFloat32, {count, 3}), features(kFloat32, {count, 4});
  const rc_grid grid = {{0, 0, 0}, {0.1, 0.1, 0.1}, {edge, edge, edge}};
  points.fill<float>([=](size_t) { return uniform(-0.001f, 0.1f) * static_cast<float>(edge); });
  features.fill<float>([](size_t) { return uniform(-1, 1); });
  const auto reduce = [&](const char* name, int32_t how, Array& output, bool featured) {
    const std::string work =
        std::string(name) + "/N:" + std::to_string(count) + "/edge:" + std::to_string(edge);
    const size_t bytes = points.bytes() + output.bytes() + (featured ? features.bytes() : 0);
    bench.run(work, bytes, {&output}, [&](rc_context* context, rc_device device) {
      const rc_tensor places = points.on(device), values = features.on(device);
      rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
      options.reduce = how;
      options.features = featured ? &values : nullptr;
      rc_tensor out = output.on(device);
      return rc_voxelize(context, &places, &grid, &options, &out);
    });
  };
  Array occupancy(kUint8, {edge, edge, edge}), counts(kInt32, {edge, edge, edge});
  Array reduced(kFloat32, {edge, edge, edge, 4});
  reduce("occupancy", RC_REDUCE_OCCUPANCY, occupancy, false);
  reduce("count", RC_REDUCE_COUNT, counts, false);
  reduce("mean", RC_REDUCE_MEAN, reduced, true);
  reduce("max", RC_REDUCE_MAX, reduced, true);
}

// A camera that turns around in the middle of a cube of 4 m and sees a wall that bulges.
void tsdf(Bench& bench, int64_t frames, int64_t height, int64_t width, int64_t edge) {
  Array depth(kUint16, {frames, height, width});
  Array distance(kFloat32, {edge, edge, edge}), weight(kFloat32, {edge, edge, edge});
  depth.fill<uint16_t>([=](size_t i) {
    const auto u = static_cast<double>(static_cast<int64_t>(i) % width);
    const auto v = static_cast<double>(static_cast<int64_t>(i) / width % height);
    return 1500 + 200 * std::sin(0.05 * u) * std::cos(0.04 * v);
  });
  const double focal = 0.8 * static_cast<double>(width);
  double camera[9] = {
      focal, 0, static_cast<double>(width) / 2, 0, focal, static_cast<double>(height) / 2, 0, 0, 1};
  std::vector<double> poses;
  for (int64_t f = 0; f < frames; ++f) {
    const double turn = 6.283185307179586 * static_cast<double>(f) / static_cast<double>(frames);
    const double c = std::cos(turn), s = std::sin(turn);
    poses.insert(poses.end(), {c, 0, s, 0, 0, 1, 0, 0, -s, 0, c, 0, 0, 0, 0, 1});
  }
  const double voxel = 4.0 / static_cast<double>(edge);
  const rc_grid grid = {{-2, -2, -2}, {voxel, voxel, voxel}, {edge, edge, edge}};
  int64_t square[] = {3, 3}, stack[] = {frames, 4, 4};
  const rc_tensor intrinsics = {camera, kCpu, 2, kFloat64, square, nullptr, 0};
  const rc_tensor places = {poses.data(), kCpu, 3, kFloat64, stack, nullptr, 0};
  bench.run("tsdf/K:" + std::to_string(frames) + "/edge:" + std::to_string(edge), 0,
            {&distance, &weight}, [&](rc_context* context, rc_device device) {
              const rc_tensor images = depth.on(device);
              rc_tsdf_integrate_options options = RC_TSDF_INTEGRATE_OPTIONS_INIT;
              options.truncation = 4 * voxel;
              rc_tensor field = distance.on(device), weights = weight.on(device);
              return rc_tsdf_integrate(context, &images, &intrinsics, &places, &grid, &options,
                                       &field, &weights);
            });
}

}  // namespace

int main(int count, char** arguments) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("skipped: no GPU");
    return 77;
  }
  try {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0));
    Bench bench;
    resample(bench, 32, 50, 32, 16);
    resample(bench, 4096, 1000, 500, 32);
    fuse(bench, 4, 100, 50);
    fuse(bench, 256, 500, 250);
    voxelize(bench, 10000000, 256);
    tsdf(bench, 32, 480, 640, 256);
    if (count > 1) bench.write(arguments[1], properties.name);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
