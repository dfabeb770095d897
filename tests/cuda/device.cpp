// SPDX-License-Identifier: Apache-2.0
/** A context on a CUDA device: streams, graphs, faults in data, timers, sizes. */
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "calls.h"

namespace {

/** A call with three rows of two samples each, at three targets: 0, 5 and 10. */
struct Call {
  DeviceMemory values, source_times, target_times, output;
  std::vector<float> v = {0, 10, 100, 200, -1, 1};
  std::vector<int64_t> s = {0, 10, 0, 10, 0, 10};
  std::vector<int64_t> t = {0, 5, 10};

  Call() : output(9 * sizeof(float)) { upload(); }
  void upload() {
    values.write(bytes_of(v));
    source_times.write(bytes_of(s));
    target_times.write(bytes_of(t));
  }
  rc_status enqueue(rc_context* context, rc_device device = kCuda) {
    Tensor values_tensor(values.data(), kFloat32, {3, 2, 1}, device);
    Tensor source(source_times.data(), kInt64, {3, 2}, device);
    Tensor target(target_times.data(), kInt64, {3}, device);
    Tensor out(output.data(), kFloat32, {3, 3, 1}, device);
    return rc_resample(context, &values_tensor.view, &source.view, &target.view, nullptr,
                       &out.view);
  }
  std::vector<float> result() const {
    std::vector<float> values_read(9);
    std::memcpy(values_read.data(), output.read().data(), 9 * sizeof(float));
    return values_read;
  }
  std::vector<float> expected() const {
    std::vector<float> r;
    for (size_t row = 0; row < 3; ++row) {
      const float a = v[2 * row], b = v[2 * row + 1];
      r.insert(r.end(), {a, a + (b - a) / 2, b});
    }
    return r;
  }
};

/** Holds up a stream until it is let go, or for so long that the library must have waited for it. */
class Obstacle {
 public:
  explicit Obstacle(const Stream& stream) { CUDA_OK(cudaLaunchHostFunc(stream.get(), wait, this)); }
  /** Whether nothing has waited so far. */
  bool let_go() {
    gone_ = true;
    return !timed_out_;
  }

 private:
  static void wait(void* self) {
    auto& o = *static_cast<Obstacle*>(self);
    for (int i = 0; i < 10000 && !o.gone_; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    o.timed_out_ = !o.gone_;
  }
  std::atomic<bool> gone_{false}, timed_out_{false};
};

void contexts_say_where_they_are() {
  for (const int32_t type : {RC_DEVICE_CUDA, RC_DEVICE_AUTO}) {
    const Context context(type);
    rc_device device = {};
    const char* reason = nullptr;
    SUCCEEDS(rc_context_device(context, &device, &reason));
    CHECK_EQUAL(device.device_type, RC_DEVICE_CUDA);
    CHECK_EQUAL(device.device_id, 0);
    CHECK_PART(reason, "cuda:0");
  }
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CUDA;
  options.device_id = 1000;
  rc_context* none = nullptr;
  FAILS_WITH(rc_context_create(&options, &none), RC_ERROR_BACKEND_UNAVAILABLE,
             "rc_context_create: device: CUDA device 1000: there ");
}

void tensors_of_another_device_are_refused() {
  const Context on_cuda, on_cpu(RC_DEVICE_CPU);
  float v = 1, out = 0;
  int64_t time = 0;
  const auto call = [&](rc_context* context, rc_device device) {
    Tensor values(&v, kFloat32, {1, 1}, device), output(&out, kFloat32, {1, 1}, device);
    Tensor times(&time, kInt64, {1}, device);
    return rc_resample(context, &values.view, &times.view, &times.view, nullptr, &output.view);
  };
  FAILS_WITH(call(on_cuda, kCpu), RC_ERROR_DEVICE_MISMATCH, "rc_resample: ");
  FAILS_WITH(call(on_cuda, rc_device{RC_DEVICE_CUDA, 1}), RC_ERROR_DEVICE_MISMATCH,
             "rc_resample: ");
  FAILS_WITH(call(on_cpu, kCuda), RC_ERROR_DEVICE_MISMATCH, "rc_resample: ");
}

/** Tensors of no elements that are somewhere all the same, as views of larger ones are. */
void no_rows_have_no_targets() {
  const Context context;
  Call call;
  DeviceMemory zero;
  zero.write(bytes_of(std::vector<int64_t>{0}));
  Tensor offsets(zero.data(), kInt64, {1}), target(call.target_times.data(), kInt64, {0});
  Tensor output(call.output.data(), kFloat32, {0, 1});
  for (const bool packed : {false, true}) {
    Tensor values(call.values.data(), kFloat32,
                  packed ? std::vector<int64_t>{0, 1} : std::vector<int64_t>{0, 2, 1});
    Tensor source(call.source_times.data(), kInt64,
                  packed ? std::vector<int64_t>{0} : std::vector<int64_t>{0, 2});
    rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
    options.target_offsets = &offsets.view;
    if (packed) options.offsets = &offsets.view;
    SUCCEEDS(
        rc_resample(context, &values.view, &source.view, &target.view, &options, &output.view));
  }
  SUCCEEDS(rc_context_synchronize(context));
}

void calls_do_not_wait() {
  const Stream stream;
  const Context context(RC_DEVICE_CUDA, stream.get());
  Call call;
  SUCCEEDS(call.enqueue(context));
  SUCCEEDS(rc_context_synchronize(context));
  Obstacle obstacle(stream);
  for (int i = 0; i < 20; ++i) SUCCEEDS(call.enqueue(context));
  SUCCEEDS(rc_context_clear_error(context));
  CHECK(obstacle.let_go());
  SUCCEEDS(rc_context_synchronize(context));
  CHECK(call.result() == call.expected());
}

void destroying_does_not_wait() {
  const Stream stream;
  Call call;
  auto context = std::make_unique<Context>(RC_DEVICE_CUDA, stream.get());
  Obstacle obstacle(stream);
  SUCCEEDS(call.enqueue(*context));
  context.reset();
  CHECK(obstacle.let_go());
  stream.wait();
  CHECK(call.result() == call.expected());
}

void streams_are_ordered() {
  const Stream first, second;
  const Context context(RC_DEVICE_CUDA, first.get());
  Call call;
  call.s[1] = -1;
  call.upload();
  Obstacle obstacle(first);
  SUCCEEDS(call.enqueue(context));
  SUCCEEDS(rc_context_set_stream(context, second.get()));
  CHECK(obstacle.let_go());
  FAILS_WITH(rc_context_synchronize(context), RC_ERROR_INVALID_DATA, "step backward");
  SUCCEEDS(rc_context_set_stream(context, nullptr));
}

void the_first_fault_stays() {
  const Context context;
  Call good, bad, worse;
  bad.s[3] = bad.s[5] = -7;
  bad.upload();
  worse.s[1] = -7;
  worse.upload();
  const char* const message =
      "rc_context_synchronize: rc_resample: source_times: expected non-decreasing times, got a "
      "step "
      "backward at row 1, index 1";
  SUCCEEDS(good.enqueue(context));
  SUCCEEDS(rc_context_synchronize(context));
  SUCCEEDS(bad.enqueue(context));
  SUCCEEDS(worse.enqueue(context));
  SUCCEEDS(good.enqueue(context));
  FAILS(rc_context_synchronize(context), RC_ERROR_INVALID_DATA, message);
  FAILS(rc_context_synchronize(context), RC_ERROR_INVALID_DATA, message);
  CHECK(good.result() == good.expected());
  SUCCEEDS(rc_context_clear_error(context));
  SUCCEEDS(rc_context_synchronize(context));
  SUCCEEDS(worse.enqueue(context));
  FAILS_WITH(rc_context_synchronize(context), RC_ERROR_INVALID_DATA, "at row 0, index 1");
}

void the_first_of_many_faults_is_told() {
  const Context context;
  constexpr int64_t rows = 3000, samples = 400;
  std::vector<int64_t> times(rows * samples);
  for (size_t i = 0; i < times.size(); ++i) times[i] = -static_cast<int64_t>(i);
  for (int64_t i = 0; i < 17 * samples + 23; ++i) times[static_cast<size_t>(i)] = i;
  DeviceMemory source, targets, index(rows * sizeof(int64_t));
  source.write(bytes_of(times));
  targets.write(bytes_of(std::vector<int64_t>{0}));
  Tensor source_times(source.data(), kInt64, {rows, samples});
  Tensor target_times(targets.data(), kInt64, {1});
  Tensor source_index(index.data(), kInt64, {rows, 1});
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.source_index = &source_index.view;
  for (int i = 0; i < 5; ++i) {
    SUCCEEDS(
        rc_resample(context, nullptr, &source_times.view, &target_times.view, &options, nullptr));
    FAILS_WITH(rc_context_synchronize(context), RC_ERROR_INVALID_DATA, "at row 17, index 23");
    SUCCEEDS(rc_context_clear_error(context));
  }
  options.flags = RC_RESAMPLE_SKIP_VALIDATION;
  SUCCEEDS(
      rc_resample(context, nullptr, &source_times.view, &target_times.view, &options, nullptr));
  SUCCEEDS(rc_context_synchronize(context));
}

void graphs_follow_their_data() {
  const Stream stream;
  const Context context(RC_DEVICE_CUDA, stream.get(), RC_CONTEXT_METRICS);
  Call call;
  const Graph graph(stream, [&] {
    SUCCEEDS(call.enqueue(context));
    FAILS_WITH(rc_context_synchronize(context), RC_ERROR_CUDA, "captured");
  });
  for (int round = 0; round < 3; ++round) {
    for (float& value : call.v) value = 3 * value + static_cast<float>(round);
    call.upload();
    graph.launch(stream);
    SUCCEEDS(rc_context_synchronize(context));
    CHECK(call.result() == call.expected());
  }
  call.s[5] = -1;
  call.upload();
  graph.launch(stream);
  FAILS_WITH(rc_context_synchronize(context), RC_ERROR_INVALID_DATA, "at row 2, index 1");
  SUCCEEDS(rc_context_clear_error(context));
  call.s[5] = 10;
  call.upload();
  graph.launch(stream);
  SUCCEEDS(rc_context_synchronize(context));
  // What is captured is not measured.
  rc_op_metrics metrics = RC_OP_METRICS_INIT;
  SUCCEEDS(rc_context_metrics(context, RC_OP_RESAMPLE, &metrics));
  CHECK_EQUAL(metrics.calls, 0);
}

void a_stream_may_be_captured_before_the_context_has_it() {
  const Stream stream;
  const Context context;
  Call call;
  const Graph graph(stream, [&] {
    SUCCEEDS(rc_context_set_stream(context, stream.get()));
    SUCCEEDS(call.enqueue(context));
    SUCCEEDS(rc_context_set_stream(context, nullptr));
  });
  graph.launch(stream);
  stream.wait();
  SUCCEEDS(rc_context_synchronize(context));
  CHECK(call.result() == call.expected());
}

void a_context_may_be_made_during_a_capture() {
  const Stream stream;
  Call call;
  std::unique_ptr<Context> context;
  const Graph graph(stream, [&] {
    context = std::make_unique<Context>(RC_DEVICE_CUDA, stream.get());
    SUCCEEDS(call.enqueue(*context));
  });
  graph.launch(stream);
  SUCCEEDS(rc_context_synchronize(*context));
  CHECK(call.result() == call.expected());
}

void calls_are_measured() {
  const Context context(RC_DEVICE_CUDA, nullptr, RC_CONTEXT_METRICS);
  Call call;
  for (int i = 0; i < 200; ++i) SUCCEEDS(call.enqueue(context));
  rc_op_metrics metrics = RC_OP_METRICS_INIT;
  SUCCEEDS(rc_context_metrics(context, RC_OP_RESAMPLE, &metrics));
  CHECK_EQUAL(metrics.calls, 200);
  CHECK_EQUAL(metrics.items, 200 * 9);
  CHECK(metrics.min_ns > 0 && metrics.min_ns <= metrics.max_ns);
  CHECK(metrics.total_ns >= 200 * metrics.min_ns && metrics.total_ns <= 200 * metrics.max_ns);
  SUCCEEDS(rc_context_reset_metrics(context));
  SUCCEEDS(rc_context_metrics(context, RC_OP_RESAMPLE, &metrics));
  CHECK_EQUAL(metrics.calls, 0);
}

void contexts_are_independent() {
  std::vector<std::thread> threads;
  std::atomic<int> equal{0};
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&equal, thread] {
      const Stream stream;
      const Context context(RC_DEVICE_CUDA, stream.get());
      Call call;
      for (float& value : call.v) value += static_cast<float>(thread);
      if (thread == 3) call.s[1] = -1;
      call.upload();
      for (int i = 0; i < 200; ++i) SUCCEEDS(call.enqueue(context));
      const rc_status status = rc_context_synchronize(context);
      CHECK_EQUAL(status, thread == 3 ? RC_ERROR_INVALID_DATA : RC_SUCCESS);
      if (status == RC_SUCCESS && call.result() == call.expected()) ++equal;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQUAL(equal.load(), 3);
}

void more_targets_than_one_round_of_blocks() {
  constexpr size_t targets = 20000003;
  const Context context;
  std::vector<int64_t> ticks(targets);
  for (size_t i = 0; i < targets; ++i) ticks[i] = static_cast<int64_t>(i * 7919 % targets);
  DeviceMemory times, source, values, output(targets * sizeof(float));
  times.write(bytes_of(ticks));
  source.write(bytes_of(std::vector<int64_t>{0, int64_t{1} << 25}));
  values.write(bytes_of(std::vector<float>{0, 1 << 25}));
  Tensor v(values.data(), kFloat32, {2, 1}), s(source.data(), kInt64, {2});
  Tensor t(times.data(), kInt64, {static_cast<int64_t>(targets)});
  Tensor out(output.data(), kFloat32, {static_cast<int64_t>(targets), 1});
  SUCCEEDS(rc_resample(context, &v.view, &s.view, &t.view, nullptr, &out.view));
  SUCCEEDS(rc_context_synchronize(context));
  const std::vector<unsigned char> bytes = output.read();
  size_t wrong = 0;
  for (size_t i = 0; i < targets; ++i) {
    float value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    // Weight and value are float32: beyond 2^24 they are met to within two.
    if (!(value >= static_cast<float>(ticks[i] - 2) && value <= static_cast<float>(ticks[i] + 2))) {
      ++wrong;
    }
  }
  CHECK_EQUAL(wrong, 0);
}

void two_devices_serve_one_process() {
  int32_t count = 0;
  SUCCEEDS(rc_device_count(RC_DEVICE_CUDA, &count));
  if (count < 2) {
    std::puts("  skipped: there is one device");
    return;
  }
  std::unique_ptr<Call> calls[2];
  std::unique_ptr<Context> contexts[2];
  for (int device = 0; device < 2; ++device) {
    CUDA_OK(cudaSetDevice(device));
    calls[device] = std::make_unique<Call>();
    rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
    options.device_type = RC_DEVICE_CUDA;
    options.device_id = device;
    contexts[device] = std::make_unique<Context>(options);
  }
  // Each context finds its own device, whichever is current, and leaves that one current.
  for (int current = 0; current < 2; ++current) {
    CUDA_OK(cudaSetDevice(current));
    for (int device = 0; device < 2; ++device) {
      SUCCEEDS(calls[device]->enqueue(*contexts[device], {RC_DEVICE_CUDA, device}));
      SUCCEEDS(rc_context_synchronize(*contexts[device]));
      CHECK(calls[device]->result() == calls[device]->expected());
      int now = -1;
      CUDA_OK(cudaGetDevice(&now));
      CHECK_EQUAL(now, current);
    }
  }
  FAILS_WITH(calls[1]->enqueue(*contexts[0], {RC_DEVICE_CUDA, 1}), RC_ERROR_DEVICE_MISMATCH,
             "rc_resample: ");
  for (int device = 0; device < 2; ++device) {
    CUDA_OK(cudaSetDevice(device));
    contexts[device].reset();
    calls[device].reset();
  }
  CUDA_OK(cudaSetDevice(0));
}

void a_full_device_is_an_error_and_no_more() {
  std::vector<void*> hoard;
  for (size_t size = size_t{1} << 33; size >= size_t{1} << 16;) {
    void* memory = nullptr;
    if (cudaMalloc(&memory, size) == cudaSuccess) {
      hoard.push_back(memory);
    } else {
      size /= 2;
    }
  }
  CHECK_EQUAL(cudaGetLastError(), cudaErrorMemoryAllocation);
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CUDA;
  rc_context* none = nullptr;
  CHECK_EQUAL(rc_context_create(&options, &none), RC_ERROR_OUT_OF_MEMORY);
  CHECK(none == nullptr);
  for (void* memory : hoard) CUDA_OK(cudaFree(memory));
  const Context context;
  Call call;
  SUCCEEDS(call.enqueue(context));
  SUCCEEDS(rc_context_synchronize(context));
  CHECK(call.result() == call.expected());
}

struct Test {
  const char* name;
  void (*run)();
  /** Also under tools that wait for every call and follow every allocation. */
  bool under_tools;
};

#define TEST(name, under_tools) {#name, name, under_tools}
constexpr Test kTests[] = {
    TEST(contexts_say_where_they_are, true),
    TEST(tensors_of_another_device_are_refused, true),
    TEST(the_first_fault_stays, true),
    TEST(the_first_of_many_faults_is_told, true),
    TEST(graphs_follow_their_data, true),
    TEST(calls_are_measured, true),
    TEST(contexts_are_independent, true),
    TEST(a_stream_may_be_captured_before_the_context_has_it, true),
    TEST(a_context_may_be_made_during_a_capture, false),
    TEST(no_rows_have_no_targets, true),
    TEST(calls_do_not_wait, false),
    TEST(destroying_does_not_wait, false),
    TEST(streams_are_ordered, false),
    TEST(more_targets_than_one_round_of_blocks, false),
    TEST(two_devices_serve_one_process, false),
    TEST(a_full_device_is_an_error_and_no_more, false),
};

bool is_chosen(const Test& test, int argc, char** argv) {
  if (argc == 1) return true;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], test.name) == 0) return true;
    if (std::strcmp(argv[i], "--under-tools") == 0 && test.under_tools) return true;
  }
  return false;
}

}  // namespace

/** test_cuda_device [--under-tools | NAME...] */
int main(int argc, char** argv) {
  int32_t count = 0;
  SUCCEEDS(rc_device_count(RC_DEVICE_CUDA, &count));
  if (count == 0) {
    rc_device_properties device = RC_DEVICE_PROPERTIES_INIT;
    SUCCEEDS(rc_device_info(RC_DEVICE_CUDA, 0, &device));
    std::printf("skipped: %s\n", device.reason);
    return SKIPPED;
  }
  int done = 0;
  for (const Test& test : kTests) {
    if (!is_chosen(test, argc, argv)) continue;
    // At once, so that a crash has a name.
    std::printf("%s\n", test.name);
    std::fflush(stdout);
    test.run();
    ++done;
  }
  std::printf("%d tests, %d checks failed\n", done, failed_checks);
  (void)new_cpu_context;
  return failed_checks != 0 || done == 0;
}
