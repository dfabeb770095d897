// SPDX-License-Identifier: Apache-2.0
/** Calls on a CUDA device that need memory or have several streams: whose memory it is, how much,
 * graphs, faults that name the stream, sizes beyond a block. */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "calls.h"

namespace {

constexpr int64_t kRows = 3, kSamples = 500, kTargets = 200, kWidth = 5;
constexpr int64_t kStreams = 64;

/** An allocator that counts, of memory in stream order. */
struct Counter {
  int calls = 0;
  int64_t held = 0;
  uint64_t most = 0;

  rc_context_options options(uint64_t limit = 0) {
    rc_context_options o = RC_CONTEXT_OPTIONS_INIT;
    o.device_type = RC_DEVICE_CUDA;
    o.workspace_limit = limit;
    o.allocate = [](void* self, uint64_t size, uint64_t alignment, void* stream) -> void* {
      auto& counter = *static_cast<Counter*>(self);
      CHECK(alignment <= 256);
      ++counter.calls;
      counter.held += static_cast<int64_t>(size);
      counter.most = std::max(counter.most, size);
      void* memory = nullptr;
      CUDA_OK(cudaMallocAsync(&memory, size, static_cast<cudaStream_t>(stream)));
      return memory;
    };
    o.deallocate = [](void* self, void* pointer, uint64_t size, void* stream) {
      static_cast<Counter*>(self)->held -= static_cast<int64_t>(size);
      CUDA_OK(cudaFreeAsync(pointer, static_cast<cudaStream_t>(stream)));
    };
    o.allocator_cookie = this;
    return o;
  }
};

/** Where the arrays of a call lie: on the host or on the device. */
class Arrays {
 public:
  explicit Arrays(rc_device device) : device_(device) {}

  template <class T>
  rc_tensor* add(rc_dtype dtype, std::vector<int64_t> shape, const std::vector<T>& contents) {
    return add_bytes(dtype, std::move(shape), bytes_of(contents));
  }
  rc_tensor* add_output(rc_dtype dtype, std::vector<int64_t> shape) {
    int64_t size = dtype.bits / 8;
    for (const int64_t length : shape) size *= length;
    return add_bytes(dtype, std::move(shape), std::vector<unsigned char>(size, 0xcd));
  }
  void write(const rc_tensor* tensor, const std::vector<unsigned char>& bytes) {
    CUDA_OK(cudaMemcpy(tensor->data, bytes.data(), bytes.size(), cudaMemcpyDefault));
    CUDA_OK(cudaDeviceSynchronize());
  }
  std::vector<unsigned char> read(const rc_tensor* tensor) const {
    int64_t size = tensor->dtype.bits / 8;
    for (int32_t i = 0; i < tensor->ndim; ++i) size *= tensor->shape[i];
    std::vector<unsigned char> bytes(size);
    CUDA_OK(cudaMemcpy(bytes.data(), tensor->data, bytes.size(), cudaMemcpyDefault));
    return bytes;
  }

 private:
  rc_tensor* add_bytes(rc_dtype dtype, std::vector<int64_t> shape,
                       const std::vector<unsigned char>& bytes) {
    void* data = nullptr;
    if (device_.device_type == RC_DEVICE_CPU) {
      host_.push_back(std::make_unique<std::vector<unsigned char>>(bytes));
      data = host_.back()->data();
    } else {
      memory_.push_back(std::make_unique<DeviceMemory>());
      memory_.back()->write(bytes);
      data = memory_.back()->data();
    }
    tensors_.push_back(std::make_unique<Tensor>(data, dtype, std::move(shape), device_));
    return &tensors_.back()->view;
  }

  rc_device device_;
  std::vector<std::unique_ptr<std::vector<unsigned char>>> host_;
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
  std::vector<std::unique_ptr<Tensor>> tensors_;
};

std::vector<float> some_values(int64_t count, int seed) {
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>((i * 7919 + static_cast<size_t>(seed) * 31) % 1009) / 16;
  }
  return values;
}
/** Values with runs of NaN. */
std::vector<float> with_gaps(std::vector<float> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (i * 31 % 1009 < 400) values[i] = NAN;
  }
  return values;
}
/** Out of order, some of them twice. */
std::vector<int64_t> some_times(int seed) {
  std::vector<int64_t> times(static_cast<size_t>(kRows * kSamples));
  for (size_t i = 0; i < times.size(); ++i) {
    times[i] = static_cast<int64_t>((i * 37 + static_cast<size_t>(seed)) % 401);
  }
  return times;
}
std::vector<int64_t> some_targets() {
  std::vector<int64_t> times(static_cast<size_t>(kTargets));
  for (size_t i = 0; i < times.size(); ++i) times[i] = static_cast<int64_t>(i * 171 % 420) - 5;
  return times;
}

/** Calls of each operation on arrays of one device, all of them of samples out of order and with gaps. */
struct Calls {
  Arrays arrays;
  rc_tensor *values, *times, *targets, *output, *gradient, *ids;
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  rc_tensor* fused;
  std::vector<rc_stream> streams;
  std::vector<const rc_stream*> pointers;

  explicit Calls(rc_device device) : arrays(device) {
    values = arrays.add(kFloat32, {kRows, kSamples, kWidth},
                        with_gaps(some_values(kRows * kSamples * kWidth, 1)));
    times = arrays.add(kInt64, {kRows, kSamples}, some_times(0));
    targets = arrays.add(kInt64, {kTargets}, some_targets());
    ids = arrays.add(kInt64, {kRows}, std::vector<int64_t>{2, 0, 2});
    output = arrays.add_output(kFloat32, {kRows, kTargets, kWidth});
    gradient = arrays.add_output(kFloat32, {kRows, kSamples, kWidth});
    fused = arrays.add_output(kFloat32, {kRows, kTargets, kStreams * kWidth});
    options.order = RC_ORDER_SORT;
    options.flags = RC_RESAMPLE_SKIP_NAN;
    options.sequence_ids = ids;
    streams.resize(kStreams, RC_STREAM_INIT);
    for (rc_stream& stream : streams) {
      stream.values = values;
      stream.source_times = times;
      stream.options = &options;
      pointers.push_back(&stream);
    }
  }

  rc_status resample(rc_context* context) {
    return rc_resample(context, values, times, targets, &options, output);
  }
  rc_status resample_backward(rc_context* context) {
    return rc_resample_backward(context, output, values, times, targets, &options, gradient);
  }
  rc_status fuse(rc_context* context) {
    return rc_fuse(context, pointers.data(), kStreams, targets, nullptr, fused);
  }
};

/** An operation, and the tensor that it writes. */
struct Operation {
  const char* name;
  std::function<rc_status(Calls&, rc_context*)> call;
  std::function<rc_tensor*(Calls&)> result;
};
const std::vector<Operation> kOperations = {
    {"resample", &Calls::resample, [](Calls& c) { return c.output; }},
    {"resample_backward", &Calls::resample_backward, [](Calls& c) { return c.gradient; }},
    {"fuse", &Calls::fuse, [](Calls& c) { return c.fused; }},
};

void memory_comes_from_the_callbacks_and_goes_back() {
  Counter counter;
  const Context context(counter.options()), cpu(RC_DEVICE_CPU);
  Calls here(kCuda), there(kCpu);
  int calls = 0;
  for (const Operation& operation : kOperations) {
    SUCCEEDS(operation.call(here, context));
    SUCCEEDS(rc_context_synchronize(context));
    SUCCEEDS(operation.call(there, cpu));
    CHECK_EQUAL(counter.calls, ++calls);
    CHECK_EQUAL(counter.held, 0);
    CHECK(here.arrays.read(operation.result(here)) == there.arrays.read(operation.result(there)));
  }
}

void the_callers_workspace_is_enough() {
  Counter counter;
  const Context context(counter.options());
  Calls calls(kCuda);
  uint64_t size = 0;
  SUCCEEDS(rc_resample_workspace_size(context, calls.values, calls.times, calls.targets,
                                      &calls.options, calls.output, &size));
  CHECK(size > 0);
  // With a margin that nothing may write to.
  std::vector<unsigned char> blank(size + 4096, 0xa5);
  DeviceMemory memory;
  memory.write(blank);
  calls.options.workspace = memory.data();
  calls.options.workspace_size = size - 1;
  FAILS_WITH(calls.resample(context), RC_ERROR_WORKSPACE_TOO_SMALL, std::to_string(size).c_str());
  calls.options.workspace_size = size;
  SUCCEEDS(calls.resample(context));
  SUCCEEDS(rc_context_synchronize(context));
  CHECK_EQUAL(counter.calls, 0);
  const std::vector<unsigned char> after = memory.read();
  CHECK(std::equal(after.begin() + static_cast<int64_t>(size), after.end(),
                   blank.begin() + static_cast<int64_t>(size)));

  SUCCEEDS(rc_resample_backward_workspace_size(context, calls.output, calls.values, calls.times,
                                               calls.targets, &calls.options, calls.gradient,
                                               &size));
  DeviceMemory more(size);
  calls.options.workspace = more.data();
  calls.options.workspace_size = size;
  SUCCEEDS(calls.resample_backward(context));
  SUCCEEDS(rc_context_synchronize(context));
  CHECK_EQUAL(counter.calls, 0);

  Calls fresh(kCuda);
  rc_fuse_options options = RC_FUSE_OPTIONS_INIT;
  SUCCEEDS(rc_fuse_workspace_size(context, fresh.pointers.data(), kStreams, fresh.targets, &options,
                                  fresh.fused, &size));
  DeviceMemory most(size);
  options.workspace = most.data();
  options.workspace_size = size;
  SUCCEEDS(rc_fuse(context, fresh.pointers.data(), kStreams, fresh.targets, &options, fresh.fused));
  SUCCEEDS(rc_context_synchronize(context));
  CHECK_EQUAL(counter.calls, 0);
}

void work_beyond_the_limit_is_refused() {
  Counter counter;
  const Context context(counter.options(1000));
  Calls calls(kCuda);
  uint64_t size = 0;
  SUCCEEDS(rc_resample_workspace_size(context, calls.values, calls.times, calls.targets,
                                      &calls.options, calls.output, &size));
  for (const Operation& operation : kOperations) {
    FAILS_WITH(operation.call(calls, context), RC_ERROR_WORKSPACE_TOO_SMALL, "got 1000");
  }
  FAILS_WITH(calls.resample(context), RC_ERROR_WORKSPACE_TOO_SMALL, std::to_string(size).c_str());
  CHECK_EQUAL(counter.calls, 0);
  SUCCEEDS(rc_context_synchronize(context));
}

void graphs_follow_their_data() {
  const Stream stream;
  const Context context(RC_DEVICE_CUDA, stream.get()), cpu(RC_DEVICE_CPU);
  Calls here(kCuda), there(kCpu);
  // The gradient reads what the graph of rc_resample before it has written.
  for (const Operation& operation : kOperations) {
    const Graph graph(stream, [&] { SUCCEEDS(operation.call(here, context)); });
    for (int round = 0; round < 3; ++round) {
      for (Calls* calls : {&here, &there}) {
        calls->arrays.write(calls->times, bytes_of(some_times(11 * round)));
        calls->arrays.write(calls->values,
                            bytes_of(with_gaps(some_values(kRows * kSamples * kWidth, round))));
      }
      graph.launch(stream);
      SUCCEEDS(rc_context_synchronize(context));
      SUCCEEDS(operation.call(there, cpu));
      CHECK(here.arrays.read(operation.result(here)) == there.arrays.read(operation.result(there)));
    }
  }
}

void faults_name_the_stream() {
  const Context context;
  Calls calls(kCuda);
  Arrays others(kCuda);
  rc_resample_options wrong = calls.options;
  wrong.sequence_ids = others.add(kInt64, {kRows}, std::vector<int64_t>{2, 7, 2});
  calls.streams[41].options = &wrong;
  calls.streams[60].options = &wrong;
  SUCCEEDS(calls.fuse(context));
  FAILS_WITH(rc_context_synchronize(context), RC_ERROR_INVALID_DATA,
             "rc_fuse: streams[41]: sequence_ids: ");
  FAILS_WITH(rc_context_synchronize(context), RC_ERROR_INVALID_DATA, "at index 1");
  SUCCEEDS(rc_context_clear_error(context));
  // The order of CHECK is wrong in one stream alone.
  rc_resample_options unsorted = calls.options;
  unsorted.order = RC_ORDER_CHECK;
  for (rc_stream& stream : calls.streams) stream.options = &calls.options;
  calls.streams[63].options = &unsorted;
  SUCCEEDS(calls.fuse(context));
  FAILS_WITH(rc_context_synchronize(context), RC_ERROR_INVALID_DATA,
             "rc_fuse: streams[63]: source_times: ");
  SUCCEEDS(rc_context_clear_error(context));
  calls.streams[63].options = &calls.options;
  SUCCEEDS(calls.fuse(context));
  SUCCEEDS(rc_context_synchronize(context));
}

void more_groups_than_a_launch_takes() {
  // 64 streams of 64 groups.
  constexpr int64_t width = 64, samples = 20, targets = 9;
  const int32_t modes[] = {RC_MODE_LINEAR, RC_MODE_PREVIOUS, RC_MODE_NEAREST};
  std::vector<rc_channels> groups;
  for (int64_t c = 0; c < width; ++c) groups.push_back({c, 1, modes[c % 3], 0});
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.channels = groups.data();
  options.num_channels = width;
  std::vector<int64_t> source(samples), target(targets);
  for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<int64_t>(10 * i);
  for (size_t i = 0; i < target.size(); ++i) target[i] = static_cast<int64_t>(23 * i) - 3;
  const auto fuse = [&](rc_device device) {
    const Context context(device.device_type);
    Arrays arrays(device);
    std::vector<rc_stream> streams(kStreams, RC_STREAM_INIT);
    std::vector<const rc_stream*> pointers;
    for (size_t i = 0; i < streams.size(); ++i) {
      streams[i].values =
          arrays.add(kFloat32, {samples, width}, some_values(samples * width, static_cast<int>(i)));
      streams[i].source_times = arrays.add(kInt64, {samples}, source);
      streams[i].options = &options;
      pointers.push_back(&streams[i]);
    }
    rc_tensor* output = arrays.add_output(kFloat32, {targets, kStreams * width});
    SUCCEEDS(rc_fuse(context, pointers.data(), kStreams, arrays.add(kInt64, {targets}, target),
                     nullptr, output));
    SUCCEEDS(rc_context_synchronize(context));
    return arrays.read(output);
  };
  CHECK(fuse(kCuda) == fuse(kCpu));
}

/** Samples of every order, more than one block takes at a time, and more rows than that. */
void long_sequences_and_many_rows() {
  constexpr int64_t samples = 70001, rows = 20011;
  std::vector<int64_t> times(static_cast<size_t>(kRows * samples)), ids(rows), target(2 * rows);
  for (size_t i = 0; i < times.size(); ++i) {
    // Rising, with steps backward of many lengths.
    times[i] = static_cast<int64_t>(i % samples * 10) - static_cast<int64_t>(i * 7919 % 1013);
  }
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i * 31 % kRows);
  for (size_t i = 0; i < target.size(); ++i) {
    target[i] = static_cast<int64_t>(i * 104729 % (11 * samples));
  }
  const auto run = [&](rc_device device, int32_t order) {
    const Context context(device.device_type);
    Arrays arrays(device);
    rc_tensor* values =
        arrays.add(kFloat32, {kRows, samples, 2}, some_values(2 * kRows * samples, order));
    rc_tensor* source = arrays.add(kInt64, {kRows, samples}, times);
    rc_tensor* targets = arrays.add(kInt64, {rows, 2}, target);
    rc_tensor* output = arrays.add_output(kFloat32, {rows, 2, 2});
    rc_tensor* gradient = arrays.add_output(kFloat32, {kRows, samples, 2});
    rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
    options.order = order;
    options.sequence_ids = arrays.add(kInt64, {rows}, ids);
    SUCCEEDS(rc_resample(context, values, source, targets, &options, output));
    SUCCEEDS(rc_resample_backward(context, output, values, source, targets, &options, gradient));
    SUCCEEDS(rc_context_synchronize(context));
    return std::pair{arrays.read(output), arrays.read(gradient)};
  };
  for (const int32_t order : {RC_ORDER_SORT, RC_ORDER_DROP}) {
    CHECK(run(kCuda, order) == run(kCpu, order));
  }
}

/** Many targets in one long run of NaN, each of which would take a step for each sample of it. */
void long_runs_of_nan() {
  constexpr int64_t samples = 1000003, targets = 200003, width = 3;
  std::vector<float> values(static_cast<size_t>(samples * width), NAN);
  // One channel has its ends, one a sample in the middle, one none.
  values[0] = 1;
  values[static_cast<size_t>((samples - 1) * width)] = 3;
  values[static_cast<size_t>(samples / 2 * width + 1)] = 2;
  std::vector<int64_t> source(samples), target(targets);
  for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<int64_t>(10 * i);
  for (size_t i = 0; i < target.size(); ++i) target[i] = static_cast<int64_t>(50 * i) + 3;
  const auto run = [&](rc_device device) {
    const Context context(device.device_type);
    Arrays arrays(device);
    rc_tensor* v = arrays.add(kFloat32, {samples, width}, values);
    rc_tensor* s = arrays.add(kInt64, {samples}, source);
    rc_tensor* t = arrays.add(kInt64, {targets}, target);
    rc_tensor* output = arrays.add_output(kFloat32, {targets, width});
    rc_tensor* gradient = arrays.add_output(kFloat32, {samples, width});
    rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
    options.flags = RC_RESAMPLE_SKIP_NAN;
    SUCCEEDS(rc_resample(context, v, s, t, &options, output));
    SUCCEEDS(rc_resample_backward(context, output, v, s, t, &options, gradient));
    SUCCEEDS(rc_context_synchronize(context));
    return std::pair{arrays.read(output), arrays.read(gradient)};
  };
  CHECK(run(kCuda) == run(kCpu));
}

}  // namespace

/** test_cuda_workspace [NAME...] */
int main(int argc, char** argv) {
  int32_t count = 0;
  SUCCEEDS(rc_device_count(RC_DEVICE_CUDA, &count));
  if (count == 0) {
    std::puts("skipped: no CUDA device");
    return SKIPPED;
  }
  int done = 0;
  for (const auto& [name, run] : {
           std::pair{"callbacks", memory_comes_from_the_callbacks_and_goes_back},
           std::pair{"workspace", the_callers_workspace_is_enough},
           std::pair{"limit", work_beyond_the_limit_is_refused},
           std::pair{"graphs", graphs_follow_their_data},
           std::pair{"faults", faults_name_the_stream},
           std::pair{"groups", more_groups_than_a_launch_takes},
           std::pair{"long", long_sequences_and_many_rows},
           std::pair{"nan", long_runs_of_nan},
       }) {
    if (argc > 1 && std::find(argv + 1, argv + argc, std::string(name)) == argv + argc) continue;
    std::puts(name);
    std::fflush(stdout);
    run();
    ++done;
  }
  (void)new_cpu_context;
  std::printf("%d tests, %d checks failed\n", done, failed_checks);
  return failed_checks != 0 || done == 0;
}
