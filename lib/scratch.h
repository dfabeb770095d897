// SPDX-License-Identifier: Apache-2.0
/** Memory for what one call notes of its arguments. The context keeps it from call to call, so that
 * a call that is given its workspace allocates nothing. */
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <vector>

namespace rc {

/** One call at a time takes memory of it, and has given it back before the next one begins. */
class Scratch {
 public:
  // Not touched here: the system gives no page before one is written to.
  Scratch() : block_(new char[size]) {}

  /** What calls before took is free again. */
  void begin_call() { used_ = 0; }

  void* allocate(size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes > size - used_) return ::operator new(bytes);
    used_ += bytes;
    return block_.get() + (used_ - bytes);
  }

  void deallocate(void* pointer) {
    auto* const begin = static_cast<char*>(pointer);
    const std::less<const char*> before;
    if (before(begin, block_.get()) || !before(begin, block_.get() + size)) {
      ::operator delete(pointer);
    }
  }

 private:
  static constexpr size_t alignment = alignof(std::max_align_t);
  /** Serves RC_MAX_STREAMS with every output, and depth images by the thousand; what is beyond
   * comes from the heap. */
  static constexpr size_t size = size_t{1} << 20;

  std::unique_ptr<char[]> block_;
  size_t used_ = 0;
};

/** For containers of the standard library. */
template <class T>
struct ScratchAllocator {
  using value_type = T;

  ScratchAllocator(Scratch& from) : scratch(&from) {}
  template <class Other>
  ScratchAllocator(const ScratchAllocator<Other>& other) : scratch(other.scratch) {}

  T* allocate(size_t count) { return static_cast<T*>(scratch->allocate(count * sizeof(T))); }
  void deallocate(T* pointer, size_t) { scratch->deallocate(static_cast<void*>(pointer)); }

  template <class Other>
  bool operator==(const ScratchAllocator<Other>& other) const {
    return scratch == other.scratch;
  }
  template <class Other>
  bool operator!=(const ScratchAllocator<Other>& other) const {
    return scratch != other.scratch;
  }

  Scratch* scratch;
};

template <class T>
using ScratchVector = std::vector<T, ScratchAllocator<T>>;

}  // namespace rc
