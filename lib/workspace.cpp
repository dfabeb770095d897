// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <cstdlib>

#include "lib/context.h"
#include "lib/error.h"

namespace rc {
namespace {

/** Of memory that the library asks for; the caller's own workspace needs `least_alignment`. */
constexpr uint64_t alignment = 256;
constexpr uint64_t least_alignment = 16;
/** Of x86-64 and, in its usual configuration, AArch64; memory that is rounded up to some of them. */
constexpr uint64_t huge_page = uint64_t{1} << 21, large = 8 * huge_page;

using Bytes = unsigned long long;

void check_user(uint64_t needed, void* user, uint64_t user_size) {
  if (user == nullptr && user_size != 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "workspace: expected memory of %llu bytes, got NULL",
         Bytes{user_size});
  }
  if (user == nullptr) return;
  if (reinterpret_cast<uintptr_t>(user) % least_alignment != 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "workspace: expected memory aligned to %llu bytes, got %p",
         Bytes{least_alignment}, user);
  }
  if (user_size < needed) {
    fail(RC_ERROR_WORKSPACE_TOO_SMALL, "workspace_size: expected at least %llu bytes, got %llu",
         Bytes{needed}, Bytes{user_size});
  }
}

void* aligned_memory(uint64_t boundary, uint64_t size) {
  return std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary);
}

void* allocate(rc_context& context, uint64_t size) {
  const rc_context_options& options = context.options;
  if (options.allocate != nullptr) {
    return options.allocate(options.allocator_cookie, size, alignment,
                            context.cuda != nullptr ? context.cuda->stream() : nullptr);
  }
  if (context.cuda != nullptr) return context.cuda->allocate(size);
  if (size < large) return aligned_memory(alignment, size);
  void* const pointer = aligned_memory(huge_page, size);
  // Points lie anywhere in it: in small pages most accesses would have to look their page up first.
  // Where the system does not grant it, nothing changes.
  if (pointer != nullptr) madvise(pointer, size, MADV_HUGEPAGE);
  return pointer;
}

void deallocate(rc_context& context, void* pointer, uint64_t size) {
  const rc_context_options& options = context.options;
  if (options.deallocate != nullptr) {
    options.deallocate(options.allocator_cookie, pointer, size,
                       context.cuda != nullptr ? context.cuda->stream() : nullptr);
  } else if (context.cuda != nullptr) {
    context.cuda->deallocate(pointer);
  } else {
    std::free(pointer);
  }
}

}  // namespace

Workspace::Workspace(rc_context& context, uint64_t needed, void* user, uint64_t user_size)
    : context_(context) {
  check_user(needed, user, user_size);
  if (needed == 0) return;
  if (user != nullptr) {
    data_ = static_cast<char*>(user);
    return;
  }
  const uint64_t limit = context.options.workspace_limit;
  if (limit != 0 && needed > limit) {
    fail(RC_ERROR_WORKSPACE_TOO_SMALL,
         "workspace: expected a workspace_limit of at least %llu bytes, got %llu", Bytes{needed},
         Bytes{limit});
  }
  void* const pointer = allocate(context, needed);
  if (pointer == nullptr) {
    fail(RC_ERROR_OUT_OF_MEMORY, "workspace: expected %llu bytes, got none from the allocator",
         Bytes{needed});
  }
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  if (address % alignment != 0) {
    deallocate(context, pointer, needed);
    fail(RC_ERROR_INVALID_ARGUMENT,
         "options->allocate: expected memory aligned to %llu bytes, got 0x%llx", Bytes{alignment},
         Bytes{address});
  }
  data_ = static_cast<char*>(pointer);
  owned_ = needed;
}

Workspace::~Workspace() {
  if (owned_ != 0) deallocate(context_, data_, owned_);
}

}  // namespace rc
