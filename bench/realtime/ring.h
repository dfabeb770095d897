// SPDX-License-Identifier: Apache-2.0
/** From the thread that receives to the thread that fuses: a queue of samples without locks. */
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <vector>

namespace realtime {

/** One thread pushes, one thread pops; neither waits, neither allocates. */
class Ring {
 public:
  /** Room for `capacity` samples of `width` values. */
  Ring(int64_t capacity, int64_t width)
      : capacity_(capacity), width_(width), heads_(capacity), values_(capacity * width) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  struct Head {
    /** When the sensor took the sample, on its clock. */
    int64_t stamp_ns;
    /** When it got here, on the clock that latency is measured with. */
    int64_t arrival_ns;
  };

  /** False where there is no room: the sample is lost. */
  bool push(const Head& head, const double* values) {
    const int64_t pushed = pushed_.load(std::memory_order_relaxed);
    if (pushed - popped_.load(std::memory_order_acquire) == capacity_) return false;
    heads_[pushed % capacity_] = head;
    std::memcpy(&values_[pushed % capacity_ * width_], values, width_ * sizeof(double));
    pushed_.store(pushed + 1, std::memory_order_release);
    return true;
  }

  /** Hands the oldest sample to `take(head, values)`; false where there is none. */
  template <class Take>
  bool pop(Take&& take) {
    const int64_t popped = popped_.load(std::memory_order_relaxed);
    if (popped == pushed_.load(std::memory_order_acquire)) return false;
    take(heads_[popped % capacity_], &values_[popped % capacity_ * width_]);
    popped_.store(popped + 1, std::memory_order_release);
    return true;
  }

  int64_t capacity() const { return capacity_; }

 private:
  const int64_t capacity_;
  const int64_t width_;
  std::vector<Head> heads_;
  std::vector<double> values_;
  // Apart, so that the threads do not take each other's cache line.
  alignas(64) std::atomic<int64_t> pushed_{0};
  alignas(64) std::atomic<int64_t> popped_{0};
};

}  // namespace realtime
