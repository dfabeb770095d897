// SPDX-License-Identifier: Apache-2.0
// Contexts: made, moved, emptied, measured; versions and devices.
#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "check.hpp"

using namespace robocache;

namespace {

static_assert(!std::is_copy_constructible_v<Context> && !std::is_copy_assignable_v<Context>);
static_assert(std::is_nothrow_move_constructible_v<Context>);
static_assert(std::is_nothrow_move_assignable_v<Context>);
static_assert(sizeof(Context) == sizeof(rc_context*));

void moves_leave_nothing_behind() {
  Context first = new_context();
  rc_context* const handle = first.get();
  CHECK(first && handle != nullptr);
  Context second = std::move(first);
  CHECK(!first && first.get() == nullptr);
  CHECK_EQUAL(second.get(), handle);
  Context third = new_context();
  third = std::move(second);  // ends what third had
  CHECK(!second);
  CHECK_EQUAL(third.get(), handle);
  FAILS(second.synchronize(), invalid_handle, "rc_context_synchronize: context: expected");
  VALUE_OF(third.synchronize());
}

void adopted_and_released() {
  Context owner = new_context();
  rc_context* const handle = owner.release();
  CHECK(!owner);
  Context again = Context::adopt(handle);
  CHECK_EQUAL(again.get(), handle);
  CHECK(!Context::adopt(nullptr));
}

void devices_and_versions() {
  VALUE_OF(check_version());
  CHECK_EQUAL(version(), uint32_t{RC_VERSION});
  CHECK_EQUAL(std::string(version_string()), rc_version_string());
  CHECK_EQUAL(std::string(build_info()), rc_build_info());
  const Context context = new_context();
  CHECK_EQUAL(VALUE_OF(context.device()).device_type, int32_t{RC_DEVICE_CPU});
  const char* reason = nullptr;
  CHECK_EQUAL(rc_context_device(context.get(), nullptr, &reason), RC_SUCCESS);
  CHECK_EQUAL(VALUE_OF(context.device_reason()), reason);
  CHECK_EQUAL(VALUE_OF(device_count(DeviceType::cpu)), 1);
  const DeviceProperties properties = VALUE_OF(device_info(DeviceType::cpu));
  CHECK_EQUAL(properties.available, 1);
  CHECK(properties.name[0] != '\0');
  FAILS(device_count(DeviceType::automatic), invalid_argument, "rc_device_count: device_type");
  FAILS(device_info(DeviceType::cpu, -1), invalid_argument, "rc_device_info: device_id");
}

void failures_to_make_one() {
  ContextOptions options;
  options.device_type = DeviceType::cpu;
  options.threads = -1;
  FAILS(Context::create(options), invalid_argument,
        "rc_context_create: options->threads: expected");
  options.threads = 1;
  options.stream = &options;
  FAILS(Context::create(options), invalid_argument, "rc_context_create: options->stream");
#ifndef ROBOCACHE_NO_EXCEPTIONS
  FAILS(Context(options), invalid_argument, "rc_context_create: options->stream");
  options.stream = nullptr;
  CHECK(Context(options));
#endif
}

void metrics() {
  Context context = new_context();
  VALUE_OF(context.enable_metrics());
  const float points[2][3] = {};
  float bounds[2][3];
  VALUE_OF(pointcloud_bounds(context, points, bounds));
  const OpMetrics once = VALUE_OF(context.metrics(Op::pointcloud_bounds));
  CHECK_EQUAL(once.op, int32_t{RC_OP_POINTCLOUD_BOUNDS});
  CHECK_EQUAL(once.calls, 1u);
  CHECK_EQUAL(once.items, 2u);
  VALUE_OF(context.reset_metrics());
  CHECK_EQUAL(VALUE_OF(context.metrics(Op::pointcloud_bounds)).calls, 0u);
  VALUE_OF(context.enable_metrics(false));
  VALUE_OF(pointcloud_bounds(context, points, bounds));
  CHECK_EQUAL(VALUE_OF(context.metrics(Op::pointcloud_bounds)).calls, 0u);
  FAILS(context.metrics(static_cast<Op>(99)), invalid_argument, "rc_context_metrics: op");
}

void streams_and_errors() {
  Context context = new_context();
  VALUE_OF(context.set_stream(nullptr));
  FAILS(context.set_stream(&context), invalid_argument, "rc_context_set_stream: stream");
  VALUE_OF(context.clear_error());
  VALUE_OF(context.synchronize());
}

/** Captureless lambdas as callbacks; the log tells the device, the allocator serves workspace. */
void callbacks() {
  struct Seen {
    std::string log;
    int allocations = 0;
    int deallocations = 0;
  } seen;
  ContextOptions options;
  options.device_type = DeviceType::cpu;
  options.log_level = LogLevel::debug;
  options.log_cookie = &seen;
  options.log = [](void* cookie, int32_t, const char* message) {
    static_cast<Seen*>(cookie)->log += message;
  };
  options.allocator_cookie = &seen;
  options.allocate = [](void* cookie, uint64_t size, uint64_t alignment, void*) {
    ++static_cast<Seen*>(cookie)->allocations;
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  };
  options.deallocate = [](void* cookie, void* pointer, uint64_t, void*) {
    ++static_cast<Seen*>(cookie)->deallocations;
    std::free(pointer);
  };
  {
    Context context = VALUE_OF(Context::create(options));
    const std::vector<int64_t> unsorted = {20, 0, 10}, targets = {5};
    const float values[3][1] = {{2}, {0}, {1}};
    float result[1][1];
    ResampleOptions sorting;
    sorting.order = Order::sort;
    VALUE_OF(resample(context, values, unsorted, targets, result, sorting));
    CHECK_EQUAL(result[0][0], 0.5f);
  }
  CHECK(!seen.log.empty());
  CHECK(seen.allocations > 0);
  CHECK_EQUAL(seen.allocations, seen.deallocations);
}

}  // namespace

int main() {
  moves_leave_nothing_behind();
  adopted_and_released();
  devices_and_versions();
  failures_to_make_one();
  metrics();
  streams_and_errors();
  callbacks();
  return failed_checks != 0;
}
