// SPDX-License-Identifier: Apache-2.0
// Writes long runs of bytes past the caches, in whole lines: of a line that is stored in the ordinary
// way memory first sends the old contents.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/common/hd.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

RC_KERNELS_BEGIN

class LineStream {
 public:
#if defined(__x86_64__)
  static constexpr bool kAvailable = true;
#else
  static constexpr bool kAvailable = false;
#endif
  static constexpr int64_t kLine = 64;
  static constexpr int64_t kCapacity = 8192;

  // What is written from now on goes to `target`.
  void begin(char* target) {
    into_line_ = reinterpret_cast<uintptr_t>(target) % kLine;
    line_ = target - into_line_;
    first_ = into_line_;
  }

  // Where the next bytes go, at most kCapacity at a time.
  char* next() { return buffer_ + into_line_; }

  // Behind all that was written.
  char* end_of_run() const { return line_ + into_line_; }

  // They are there.
  void written(int64_t bytes) {
    into_line_ += bytes;
    if (into_line_ >= kSome) store_lines();
  }

  // What comes next goes elsewhere.
  void turn(char* target) {
    flush();
    begin(target);
  }

  // Nothing is left here, and other threads see all of it once they are told.
  void end() {
    flush();
#if defined(__x86_64__)
    _mm_sfence();
#endif
  }

 private:
  // Bytes that are stored at a time: what was just written is still on its way to the cache, and a load that takes
  // parts of two stores waits for them.
  static constexpr int64_t kSome = 1024;

  void store_lines() {
    const char* from = buffer_;
    char* to = line_;
    int64_t left = into_line_;
    if (first_ != 0 && left >= kLine) {
      memcpy(to + first_, from + first_, kLine - first_);
      first_ = 0;
      from += kLine;
      to += kLine;
      left -= kLine;
    }
    for (; left >= kLine; from += kLine, to += kLine, left -= kLine) store_line(from, to);
    line_ = to;
    into_line_ = left;
    // A whole line, whatever of it is there: that takes less time than to ask.
    if (from != buffer_) memcpy(buffer_, from, kLine);
  }

  // The line that is not whole in the ordinary way: others write the rest of it.
  void flush() {
    store_lines();
    memcpy(line_ + first_, buffer_ + first_, into_line_ - first_);
  }

  static void store_line(const char* from, char* to) {
#if defined(__AVX2__)
    for (int i = 0; i < kLine; i += 32) {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i),
                          _mm256_load_si256(reinterpret_cast<const __m256i*>(from + i)));
    }
#elif defined(__x86_64__)
    for (int i = 0; i < kLine; i += 16) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + i),
                       _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
    }
#else
    memcpy(to, from, kLine);
#endif
  }

  alignas(kLine) char buffer_[kSome + kCapacity + kLine];
  char* line_;         // the line that the buffer begins with
  int64_t into_line_;  // bytes of the buffer that are there, those of others in front included
  int64_t first_;      // bytes of others in front of the first line
};

RC_KERNELS_END
