// SPDX-License-Identifier: Apache-2.0
/** What each tick saw and made, kept for a test to compare: taken up front, written at the end.
 *
 * File, native byte order: int64 ticks, sensors, steps, width, delivered; int64[delivered], the
 * messages of the log in the order in which they came; then for each tick int64 now_ns,
 * int64[sensors], the samples taken so far; float32[steps,width], padded to 8 bytes;
 * uint8[steps,sensors], padded to 8 bytes. */
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuser.h"
#include "schedule.h"

namespace realtime {

class Trace {
 public:
  /** Room for `ticks` ticks; none for 0. */
  Trace(int64_t ticks, const Fuser& fuser)
      : output_bytes_(padded(fuser.output().size() * sizeof(float))),
        valid_bytes_(padded(fuser.valid().size())),
        record_(8 + 8 * fuser.count() + output_bytes_ + valid_bytes_),
        records_(ticks * record_) {}

  void add(int64_t now_ns, const Fuser& fuser) {
    if (next_ == records_.size()) return;
    char* at = &records_[next_];
    std::memcpy(at, &now_ns, 8);
    for (int64_t i = 0; i < fuser.count(); ++i) {
      const int64_t added = fuser.history(i).added();
      std::memcpy(at += 8, &added, 8);
    }
    std::memcpy(at += 8, fuser.output().data(), fuser.output().size() * sizeof(float));
    std::memcpy(at += output_bytes_, fuser.valid().data(), fuser.valid().size());
    next_ += record_;
  }

  void write(const std::string& path, const Fuser& fuser,
             const std::vector<Arrival>& arrivals) const {
    std::vector<int64_t> head = {static_cast<int64_t>(next_ / record_), fuser.count(),
                                 fuser.steps(), fuser.width(),
                                 static_cast<int64_t>(arrivals.size())};
    for (const Arrival& arrival : arrivals) head.push_back(arrival.message);
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    const bool written = file != nullptr &&
                         std::fwrite(head.data(), 8, head.size(), file) == head.size() &&
                         std::fwrite(records_.data(), 1, next_, file) == next_;
    if (file == nullptr || (std::fclose(file) != 0) || !written) {
      throw std::runtime_error(path + ": cannot be written");
    }
  }

 private:
  static size_t padded(size_t bytes) { return (bytes + 7) / 8 * 8; }

  size_t output_bytes_, valid_bytes_, record_;
  std::vector<char> records_;
  size_t next_ = 0;
};

}  // namespace realtime
