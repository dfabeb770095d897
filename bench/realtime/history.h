// SPDX-License-Identifier: Apache-2.0
/** The last samples of one sensor, side by side in memory as the library reads them. */
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace realtime {

/** Keeps the last `capacity` samples in the order of their arrival. Each is written twice, `capacity`
 * apart, so that the newest ones lie one behind the other wherever the oldest is. */
class History {
 public:
  History(int64_t capacity, int64_t width)
      : capacity_(capacity), width_(width), stamps_(2 * capacity), values_(2 * capacity * width) {}

  void add(int64_t stamp_ns, const double* values) {
    for (int64_t slot = added_ % capacity_; slot < 2 * capacity_; slot += capacity_) {
      stamps_[slot] = stamp_ns;
      std::memcpy(&values_[slot * width_], values, width_ * sizeof(double));
    }
    ++added_;
  }

  int64_t capacity() const { return capacity_; }
  /** Samples that were ever added, and those that are still here. */
  int64_t added() const { return added_; }
  int64_t size() const { return std::min(added_, capacity_); }
  /** Of the oldest sample; the others follow. */
  int64_t* stamps() { return &stamps_[oldest()]; }
  double* values() { return &values_[oldest() * width_]; }

 private:
  int64_t oldest() const { return (added_ - size()) % capacity_; }

  const int64_t capacity_;
  const int64_t width_;
  int64_t added_ = 0;
  std::vector<int64_t> stamps_;
  std::vector<double> values_;
};

}  // namespace realtime
