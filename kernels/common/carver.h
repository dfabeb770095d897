// SPDX-License-Identifier: Apache-2.0
// Cuts one piece of workspace into arrays; without memory it only tells how large that has to be.
#pragma once

#include <cstdint>

namespace rc {

class Carver {
 public:
  explicit Carver(char* memory) : memory_(memory) {}

  // `count` entries of T, aligned to 16 bytes where the memory is; null without memory.
  template <class T>
  T* take(int64_t count) {
    const uint64_t begin = used_;
    used_ += (static_cast<uint64_t>(count) * sizeof(T) + 15) / 16 * 16;
    if (used_ > most_) most_ = used_;
    return memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + begin);
  }

  uint64_t used() const { return used_; }
  // Gives back all that was taken since `used` was this.
  void back_to(uint64_t used) { used_ = used; }

  // Bytes that were in use at once.
  uint64_t most() const { return most_; }

 private:
  char* memory_;
  uint64_t used_ = 0, most_ = 0;
};

}  // namespace rc
