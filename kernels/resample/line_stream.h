// SPDX-License-Identifier: Apache-2.0
// Writes a long run of bytes past the caches, in whole lines: of a line that is stored in the ordinary
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

  // They are there.
  void written(int64_t bytes) {
    into_line_ += bytes;
    int64_t done = 0;
    for (; into_line_ - done >= kLine; done += kLine, line_ += kLine) store_line(buffer_ + done);
    into_line_ -= done;
    memmove(buffer_, buffer_ + done, into_line_);
  }

  // Nothing is left here, and other threads see all of it once they are told.
  void end() {
    memcpy(line_ + first_, buffer_ + first_, into_line_ - first_);
#if defined(__x86_64__)
    _mm_sfence();
#endif
  }

 private:
  void store_line(const char* from) {
    if (first_ != 0) {
      memcpy(line_ + first_, from + first_, kLine - first_);
      first_ = 0;
      return;
    }
#if defined(__AVX2__)
    for (int i = 0; i < kLine; i += 32) {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(line_ + i),
                          _mm256_load_si256(reinterpret_cast<const __m256i*>(from + i)));
    }
#elif defined(__x86_64__)
    for (int i = 0; i < kLine; i += 16) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(line_ + i),
                       _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
    }
#else
    memcpy(line_, from, kLine);
#endif
  }

  alignas(kLine) char buffer_[kLine + kCapacity];
  char* line_;         // the line that the buffer begins with
  int64_t into_line_;  // bytes of the buffer that are there, those of others in front included
  int64_t first_;      // bytes of others in front of the first line
};

RC_KERNELS_END
