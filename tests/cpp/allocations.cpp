// SPDX-License-Identifier: Apache-2.0
// The header allocates nothing for a call that succeeds: a call through it takes as many
// allocations as the C function does. Those of the library itself show only where it shares its C++
// run time with the program, as under sanitizers.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

#include "check.hpp"

using namespace robocache;

namespace {
std::atomic<int> allocations{0};
}  // namespace

// Not inlined: GCC takes a malloc that it sees in place of `new` for a mismatch with `delete`.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

template <class Call>
int allocations_of(Call&& call) {
  const int before = allocations;
  call();
  return allocations - before;
}

}  // namespace

int main() {
  if (allocations_of([] { ::operator delete(::operator new(1)); }) != 1) {
    std::puts("skipped: something else, such as valgrind, has replaced operator new");
    return 77;
  }
  Context context = new_context();
  const std::vector<float> values = {1, 2, 6};
  const std::vector<int64_t> times = {0, 10, 30}, targets = {5, 20};
  std::vector<float> result(2), table(4);
  ResampleOptions options;
  options.channels = {Channels{0, 1, Mode::nearest}};
  std::vector<Stream> streams(2);
  for (Stream& stream : streams) {
    stream.values = {values, {3, 1}};
    stream.source_times = times;
    stream.options = options;
  }

  const ConstTensor c_values(values, {3, 1}), c_times = times, c_targets = targets;
  const Tensor c_result(result, {2, 1}), c_table(table, {2, 2});
  const rc_resample_options c_options = options.get();
  const detail::Streams c_streams(streams);
  // The first call of a kind may fill what a context keeps.
  VALUE_OF(resample(context, c_values, times, targets, c_result, options));
  VALUE_OF(fuse(context, streams, targets, c_table));

  const int of_c = allocations_of([&] {
    CHECK_EQUAL(rc_resample(context.get(), c_values.get(), c_times.get(), c_targets.get(),
                            &c_options, c_result.get()),
                RC_SUCCESS);
  });
  CHECK_EQUAL(
      allocations_of([&] {
        VALUE_OF(resample(context, {values, {3, 1}}, times, targets, {result, {2, 1}}, options));
      }),
      of_c);
  const int of_c_fuse = allocations_of([&] {
    CHECK_EQUAL(rc_fuse(context.get(), c_streams.get(), 2, c_targets.get(), nullptr, c_table.get()),
                RC_SUCCESS);
  });
  CHECK_EQUAL(allocations_of([&] { VALUE_OF(fuse(context, streams, targets, {table, {2, 2}})); }),
              of_c_fuse);
  CHECK_EQUAL(result[0], 1.0f);
  return failed_checks != 0;
}
