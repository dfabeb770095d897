// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>

#include "lib/context.h"
#include "tests/lib/check.h"

namespace {

/** An allocator that keeps count, and may have run dry or be careless about alignment. */
struct Counter {
  uint64_t held = 0;
  int calls = 0;
  bool dry = false;
  uint64_t misplaced = 0;
};

void* allocate(void* cookie, uint64_t size, uint64_t alignment, void* stream) {
  auto* counter = static_cast<Counter*>(cookie);
  CHECK(alignment == 256 && stream == nullptr);
  ++counter->calls;
  if (counter->dry) return nullptr;
  counter->held += size;
  return static_cast<char*>(std::aligned_alloc(alignment, (size / alignment + 2) * alignment)) +
         counter->misplaced;
}

void deallocate(void* cookie, void* pointer, uint64_t size, void* stream) {
  auto* counter = static_cast<Counter*>(cookie);
  CHECK(stream == nullptr);
  counter->held -= size;
  std::free(static_cast<char*>(pointer) - counter->misplaced);
}

rc_context_options options_of(Counter* counter) {
  rc_context_options options = {};
  options.struct_size = sizeof options;
  options.device_type = RC_DEVICE_CPU;
  if (counter != nullptr) {
    options.allocate = allocate;
    options.deallocate = deallocate;
    options.allocator_cookie = counter;
  }
  return options;
}

rc_status status_of_workspace(rc_context& context, uint64_t needed, void* user, uint64_t size) {
  return status_of([&] { rc::Workspace(context, needed, user, size); });
}

void the_context_provides() {
  rc_context context(options_of(nullptr));
  rc::Workspace workspace(context, 1000, nullptr, 0);
  std::memset(workspace.data(), 1, 1000);
  CHECK(rc::Workspace(context, 0, nullptr, 0).data() == nullptr);
}

void the_callbacks_provide() {
  Counter counter;
  rc_context context(options_of(&counter));
  {
    rc::Workspace workspace(context, 1000, nullptr, 0);
    std::memset(workspace.data(), 1, 1000);
    CHECK(counter.held == 1000);
    rc::Workspace none(context, 0, nullptr, 0);
    CHECK(counter.calls == 1);
  }
  CHECK(counter.held == 0);
  counter.dry = true;
  CHECK(status_of_workspace(context, 1000, nullptr, 0) == RC_ERROR_OUT_OF_MEMORY);
  counter.dry = false;
  counter.misplaced = 8;
  CHECK(status_of_workspace(context, 1000, nullptr, 0) == RC_ERROR_INVALID_ARGUMENT);
  CHECK(counter.held == 0);
}

void the_callers_memory_is_used() {
  Counter counter;
  rc_context context(options_of(&counter));
  alignas(16) char memory[64];
  CHECK(rc::Workspace(context, 64, memory, sizeof memory).data() == memory);
  CHECK(status_of_workspace(context, 65, memory, 64) == RC_ERROR_WORKSPACE_TOO_SMALL);
  CHECK(status_of_workspace(context, 8, memory + 8, 56) == RC_ERROR_INVALID_ARGUMENT);
  CHECK(status_of_workspace(context, 0, nullptr, 64) == RC_ERROR_INVALID_ARGUMENT);
  CHECK(counter.calls == 0);
}

void the_limit_holds_for_the_contexts_memory() {
  rc_context_options options = options_of(nullptr);
  options.workspace_limit = 100;
  rc_context context(options);
  alignas(16) static char memory[200];
  CHECK(status_of_workspace(context, 100, nullptr, 0) == RC_SUCCESS);
  CHECK(status_of_workspace(context, 101, nullptr, 0) == RC_ERROR_WORKSPACE_TOO_SMALL);
  CHECK(status_of_workspace(context, 101, memory, sizeof memory) == RC_SUCCESS);
}

}  // namespace

int main() {
  the_context_provides();
  the_callbacks_provide();
  the_callers_memory_is_used();
  the_limit_holds_for_the_contexts_memory();
  return failed_checks != 0;
}
