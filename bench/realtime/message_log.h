// SPDX-License-Identifier: Apache-2.0
/** A recording as messages in the order of their arrival: a flat file, mapped, never copied.
 *
 * write_log.py makes it of any recording. Little endian, without padding:
 * | part      | entries                          |
 * |-----------|----------------------------------|
 * | LogHeader | 1                                |
 * | LogStream | num_streams                      |
 * | rc_channels | num_groups, of one stream after the other |
 * | LogMessage | num_messages, arrivals not decreasing |
 * | float64   | num_values                       | */
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include "robocache/resample.h"

namespace realtime {

struct LogHeader {
  /** "RCMSGS", 0, 1. */
  char magic[8];
  int64_t num_streams, num_groups, num_messages, num_values;
};

struct LogStream {
  /** UTF-8, filled up with zeroes. */
  char name[96];
  /** Channels of one message. */
  int64_t width;
  /** Its groups of channels: [first_group, first_group + num_groups). */
  int64_t first_group, num_groups;
  /** Median of the differences of its stamps; what is taken for its period. */
  int64_t period_ns;
  /** What to bridge and to hold over, as `rc_resample_options.max_gap`. */
  int64_t max_gap_ns;
};

struct LogMessage {
  /** When the recorder got it, and when the sensor took it; of one clock. */
  int64_t arrival_ns, stamp_ns;
  int64_t stream;
  /** Its `width` values begin here. */
  int64_t first_value;
};

/** A log that was mapped and checked. */
class MessageLog {
 public:
  explicit MessageLog(const std::string& path) : path_(path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) refuse(std::strerror(errno));
    struct stat status;
    fstat(file, &status);
    size_ = static_cast<size_t>(status.st_size);
    void* const mapped = size_ < sizeof(LogHeader)
                             ? MAP_FAILED
                             : mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (mapped == MAP_FAILED)
      refuse("expected a message log, got " + std::to_string(size_) + " bytes");
    data_ = static_cast<const char*>(mapped);
    try {
      check();
    } catch (...) {
      munmap(mapped, size_);
      throw;
    }
  }
  ~MessageLog() { munmap(const_cast<char*>(data_), size_); }
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;

  const LogHeader& header() const { return *at<LogHeader>(0); }
  const LogStream& stream(int64_t i) const { return streams_[i]; }
  const rc_channels* groups(const LogStream& stream) const { return groups_ + stream.first_group; }
  const LogMessage& message(int64_t i) const { return messages_[i]; }
  const double* values(const LogMessage& message) const { return values_ + message.first_value; }

 private:
  template <class T>
  const T* at(int64_t offset) const {
    return reinterpret_cast<const T*>(data_ + offset);
  }

  [[noreturn]] void refuse(const std::string& problem) const {
    throw std::runtime_error(path_ + ": " + problem);
  }

  void check() {
    const LogHeader& h = header();
    if (std::memcmp(h.magic, "RCMSGS\0\1", 8) != 0) refuse("expected a message log of version 1");
    const auto fits = [&](int64_t count) {
      return count >= 0 && static_cast<uint64_t>(count) <= size_ / 8;
    };
    if (!fits(h.num_streams) || !fits(h.num_groups) || !fits(h.num_messages) ||
        !fits(h.num_values)) {
      refuse("expected counts that fit the file");
    }
    const int64_t groups =
        static_cast<int64_t>(sizeof h) + h.num_streams * int64_t{sizeof(LogStream)};
    const int64_t messages = groups + h.num_groups * int64_t{sizeof(rc_channels)};
    const int64_t values = messages + h.num_messages * int64_t{sizeof(LogMessage)};
    const int64_t end = values + h.num_values * int64_t{sizeof(double)};
    if (end != static_cast<int64_t>(size_)) {
      refuse("expected " + std::to_string(end) + " bytes, got " + std::to_string(size_));
    }
    streams_ = at<LogStream>(sizeof h);
    groups_ = at<rc_channels>(groups);
    messages_ = at<LogMessage>(messages);
    values_ = at<double>(values);
    if (h.num_streams < 1 || h.num_messages < 1) refuse("expected streams and messages, got none");
    for (int64_t i = 0; i < h.num_streams; ++i) {
      const LogStream& s = streams_[i];
      if (s.name[sizeof s.name - 1] != 0 || s.width < 1 || s.width > h.num_values ||
          s.first_group < 0 || s.num_groups < 0 || s.num_groups > h.num_groups ||
          s.first_group > h.num_groups - s.num_groups || s.period_ns < 1 || s.max_gap_ns < 0) {
        refuse("stream " + std::to_string(i) + " is not one");
      }
    }
    for (int64_t i = 0; i < h.num_messages; ++i) {
      const LogMessage& m = messages_[i];
      if (m.stream < 0 || m.stream >= h.num_streams || m.first_value < 0 ||
          m.first_value > h.num_values - streams_[m.stream].width ||
          (i > 0 && m.arrival_ns < messages_[i - 1].arrival_ns)) {
        refuse("message " + std::to_string(i) + " is not one");
      }
    }
  }

  std::string path_;
  size_t size_ = 0;
  const char* data_ = nullptr;
  const LogStream* streams_ = nullptr;
  const rc_channels* groups_ = nullptr;
  const LogMessage* messages_ = nullptr;
  const double* values_ = nullptr;
};

}  // namespace realtime
