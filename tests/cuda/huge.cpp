// SPDX-License-Identifier: Apache-2.0
/** More than 2^31 of everything that a kernel counts: elements, samples, targets, sums. Patterns whose
 * results are known, compared in slices. Where the device has not the memory, a test says so. */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#include "calls.h"

namespace {

constexpr rc_dtype kFloat16 = {RC_DTYPE_FLOAT, 16, 1};
/** Rows of so many bytes make more than 2^31 bytes. */
constexpr int64_t kSteps = 70000, kWidth = 32768;
static_assert(kSteps * kWidth > int64_t{1} << 31, "or these tests show nothing");

/** Whether so much is free beside a margin; else the test is skipped by name. */
bool has_memory(int64_t size) {
  size_t free = 0, total = 0;
  CUDA_OK(cudaMemGetInfo(&free, &total));
  if (free > static_cast<size_t>(size) + (size_t{1} << 30)) return true;
  std::printf("  skipped: it needs %lld GiB\n", static_cast<long long>((size >> 30) + 1));
  return false;
}

int byte_of(int64_t row, int64_t seed) { return static_cast<int>((row * 37 + seed * 11) % 251); }

/** Fills each row of a table of bytes with a byte of its own. */
void fill_rows(const DeviceMemory& memory, int64_t rows, int64_t width, int64_t seed) {
  for (int64_t i = 0; i < rows; ++i) {
    CUDA_OK(cudaMemsetAsync(static_cast<char*>(memory.data()) + i * width, byte_of(i, seed),
                            static_cast<size_t>(width), nullptr));
  }
}

/** Bytes from `begin` on. */
std::vector<unsigned char> slice(const DeviceMemory& memory, int64_t begin, int64_t size) {
  std::vector<unsigned char> bytes(static_cast<size_t>(size));
  CUDA_OK(cudaMemcpy(bytes.data(), static_cast<char*>(memory.data()) + begin, bytes.size(),
                     cudaMemcpyDeviceToHost));
  return bytes;
}
bool is_all(const std::vector<unsigned char>& bytes, int byte) {
  return std::all_of(bytes.begin(), bytes.end(), [&](unsigned char b) { return b == byte; });
}

void write_ticks(DeviceMemory& memory, int64_t count) {
  std::vector<int64_t> ticks(static_cast<size_t>(count));
  for (size_t i = 0; i < ticks.size(); ++i) ticks[i] = static_cast<int64_t>(i);
  memory.write(bytes_of(ticks));
}

rc_resample_options previous() {
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.mode = RC_MODE_PREVIOUS;
  return options;
}

void elements_of_resample() {
  if (!has_memory(2 * kSteps * kWidth)) return;
  const Context context;
  DeviceMemory values(kSteps * kWidth), output(kSteps * kWidth), times;
  fill_rows(values, kSteps, kWidth, 0);
  write_ticks(times, kSteps);
  Tensor v(values.data(), kUint8, {kSteps, kWidth}), out(output.data(), kUint8, {kSteps, kWidth});
  Tensor t(times.data(), kInt64, {kSteps});
  const rc_resample_options options = previous();
  SUCCEEDS(rc_resample(context, &v.view, &t.view, &t.view, &options, &out.view));
  SUCCEEDS(rc_context_synchronize(context));
  for (int64_t i = kSteps - 1; i >= 0; i -= 499) {
    CHECK(is_all(slice(output, i * kWidth, kWidth), byte_of(i, 0)));
  }
}

void elements_of_fuse() {
  constexpr int64_t half = kWidth / 2;
  if (!has_memory(2 * kSteps * kWidth)) return;
  const Context context;
  DeviceMemory first(kSteps * half), second(kSteps * half), output(kSteps * kWidth), times;
  fill_rows(first, kSteps, half, 0);
  fill_rows(second, kSteps, half, 1);
  write_ticks(times, kSteps);
  Tensor a(first.data(), kUint8, {kSteps, half}), b(second.data(), kUint8, {kSteps, half});
  Tensor t(times.data(), kInt64, {kSteps}), out(output.data(), kUint8, {kSteps, kWidth});
  const rc_resample_options options = previous();
  rc_stream streams[2] = {RC_STREAM_INIT, RC_STREAM_INIT};
  streams[0].values = &a.view;
  streams[1].values = &b.view;
  const rc_stream* const pointers[] = {&streams[0], &streams[1]};
  for (rc_stream& stream : streams) {
    stream.source_times = &t.view;
    stream.options = &options;
  }
  SUCCEEDS(rc_fuse(context, pointers, 2, &t.view, nullptr, &out.view));
  SUCCEEDS(rc_context_synchronize(context));
  for (int64_t i = kSteps - 1; i >= 0; i -= 499) {
    CHECK(is_all(slice(output, i * kWidth, half), byte_of(i, 0)));
    CHECK(is_all(slice(output, i * kWidth + half, half), byte_of(i, 1)));
  }
}

void targets_of_all_rows() {
  constexpr int64_t rows = 40000, targets = 60000;
  if (!has_memory(rows * targets)) return;
  const Context context;
  DeviceMemory values(2 * rows), source, times, output(rows * targets);
  fill_rows(values, 2 * rows, 1, 0);
  source.write(bytes_of(std::vector<int64_t>{0, targets / 2}));
  write_ticks(times, targets);
  Tensor v(values.data(), kUint8, {rows, 2, 1}), s(source.data(), kInt64, {2});
  Tensor t(times.data(), kInt64, {targets}), out(output.data(), kUint8, {rows, targets, 1});
  const rc_resample_options options = previous();
  SUCCEEDS(rc_resample(context, &v.view, &s.view, &t.view, &options, &out.view));
  SUCCEEDS(rc_context_synchronize(context));
  for (int64_t row = rows - 1; row >= 0; row -= 601) {
    CHECK(is_all(slice(output, row * targets, targets / 2), byte_of(2 * row, 0)));
    CHECK(is_all(slice(output, row * targets + targets / 2, targets / 2), byte_of(2 * row + 1, 0)));
  }
}

void samples_of_a_packed_store() {
  constexpr int64_t length = 1 << 20, sequences = 2049, samples = length * sequences;
  if (!has_memory(5 * samples)) return;
  const Context context;
  // Seconds that float32 holds exactly, the same in all sequences.
  std::vector<float> seconds(length);
  for (size_t i = 0; i < seconds.size(); ++i) seconds[i] = static_cast<float>(i);
  DeviceMemory times(4 * samples), values(samples), one, offsets, ids, target;
  one.write(bytes_of(seconds));
  std::vector<int64_t> begins;
  for (int64_t e = 0; e < sequences; ++e) {
    begins.push_back(e * length);
    CUDA_OK(cudaMemcpyAsync(static_cast<char*>(times.data()) + e * 4 * length, one.data(),
                            4 * length, cudaMemcpyDeviceToDevice, nullptr));
  }
  begins.push_back(samples);
  fill_rows(values, sequences, length, 0);
  // The last samples are unlike the others.
  CUDA_OK(cudaMemsetAsync(static_cast<char*>(values.data()) + samples - 2, 252, 2, nullptr));
  offsets.write(bytes_of(begins));
  const std::vector<int64_t> read = {sequences - 1, 0, sequences - 2};
  ids.write(bytes_of(read));
  target.write(bytes_of(std::vector<float>{0, 5.5, length - 2}));
  DeviceMemory output(9), index(9 * sizeof(int64_t));
  Tensor v(values.data(), kUint8, {samples, 1}), s(times.data(), kFloat32, {samples});
  Tensor o(offsets.data(), kInt64, {sequences + 1}), i(ids.data(), kInt64, {3});
  Tensor t(target.data(), kFloat32, {3}), out(output.data(), kUint8, {3, 3, 1});
  Tensor found(index.data(), kInt64, {3, 3});
  rc_resample_options options = previous();
  options.offsets = &o.view;
  options.sequence_ids = &i.view;
  options.source_index = &found.view;
  SUCCEEDS(rc_resample(context, &v.view, &s.view, &t.view, &options, &out.view));
  SUCCEEDS(rc_context_synchronize(context));
  std::vector<unsigned char> expected;
  std::vector<int64_t> places;
  for (const int64_t e : read) {
    for (const int64_t sample : {int64_t{0}, int64_t{5}, length - 2}) {
      const bool last = e == sequences - 1 && sample == length - 2;
      expected.push_back(static_cast<unsigned char>(last ? 252 : byte_of(e, 0)));
      places.push_back(e * length + sample);
    }
  }
  CHECK(output.read() == expected);
  CHECK(index.read() == bytes_of(places));
}

void sums_of_a_gradient() {
  // The sums are float64.
  if (!has_memory(10 * kSteps * kWidth)) return;
  const Context context;
  DeviceMemory times, target, gradient(6 * kWidth), result(2 * kSteps * kWidth);
  write_ticks(times, kSteps);
  target.write(bytes_of(std::vector<int64_t>{0, kSteps / 2, kSteps - 1}));
  // 0x3c3c is a float16.
  CUDA_OK(cudaMemsetAsync(gradient.data(), 0x3c, 6 * kWidth, nullptr));
  Tensor s(times.data(), kInt64, {kSteps}), t(target.data(), kInt64, {3});
  Tensor g(gradient.data(), kFloat16, {3, kWidth}), r(result.data(), kFloat16, {kSteps, kWidth});
  SUCCEEDS(rc_resample_backward(context, &g.view, nullptr, &s.view, &t.view, nullptr, &r.view));
  SUCCEEDS(rc_context_synchronize(context));
  for (const int64_t row : {int64_t{0}, int64_t{1}, kSteps / 2 - 1, kSteps / 2, kSteps / 2 + 1,
                            kSteps - 2, kSteps - 1}) {
    const bool is_read = row == 0 || row == kSteps / 2 || row == kSteps - 1;
    CHECK(is_all(slice(result, row * 2 * kWidth, 2 * kWidth), is_read ? 0x3c : 0));
  }
}

void gaps_in_many_channels() {
  if (!has_memory(3 * kSteps * kWidth)) return;
  const Context context;
  DeviceMemory values(2 * kSteps * kWidth), times, target, output(6 * kWidth);
  char* const bytes = static_cast<char*>(values.data());
  // 0xffff is a NaN of float16; the first and the last row hold a number.
  CUDA_OK(cudaMemsetAsync(bytes, 0xff, 2 * kSteps * kWidth, nullptr));
  for (const int64_t row : {int64_t{0}, kSteps - 1}) {
    CUDA_OK(cudaMemsetAsync(bytes + row * 2 * kWidth, 0x3c, 2 * kWidth, nullptr));
  }
  write_ticks(times, kSteps);
  target.write(bytes_of(std::vector<int64_t>{1, kSteps / 2, kSteps - 2}));
  Tensor v(values.data(), kFloat16, {kSteps, kWidth}), s(times.data(), kInt64, {kSteps});
  Tensor t(target.data(), kInt64, {3}), out(output.data(), kFloat16, {3, kWidth});
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  options.flags = RC_RESAMPLE_SKIP_NAN;
  SUCCEEDS(rc_resample(context, &v.view, &s.view, &t.view, &options, &out.view));
  SUCCEEDS(rc_context_synchronize(context));
  CHECK(is_all(output.read(), 0x3c));
}

}  // namespace

/** test_cuda_huge [NAME...] */
int main(int argc, char** argv) {
  int32_t count = 0;
  SUCCEEDS(rc_device_count(RC_DEVICE_CUDA, &count));
  if (count == 0) {
    std::puts("skipped: no CUDA device");
    return SKIPPED;
  }
  int done = 0;
  for (const auto& [name, run] : {
           std::pair{"resample", elements_of_resample},
           std::pair{"fuse", elements_of_fuse},
           std::pair{"targets", targets_of_all_rows},
           std::pair{"samples", samples_of_a_packed_store},
           std::pair{"gradient", sums_of_a_gradient},
           std::pair{"gaps", gaps_in_many_channels},
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
