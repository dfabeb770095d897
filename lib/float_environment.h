// SPDX-License-Identifier: Apache-2.0
/** Rounding to nearest, subnormals kept, no traps: whatever the caller's thread has set, equal
 * inputs give equal bits. */
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rc {

/** Sets the environment of the calling thread and restores the caller's at the end of the scope,
 * its exception flags included. Entry points hold one while they compute; threads of the pool set
 * it for good. */
class FloatEnvironment {
 public:
  FloatEnvironment() : saved_(read()) {
    if (saved_ != standard) write(standard);
  }
  ~FloatEnvironment() { write(saved_); }
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
#if defined(__x86_64__)
  using Word = uint32_t;
  /** MXCSR: all exceptions masked, round to nearest, neither FTZ nor DAZ. */
  static constexpr Word standard = 0x1f80;
  static Word read() { return _mm_getcsr(); }
  static void write(Word word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
  using Word = uint64_t;
  /** FPCR: no traps, round to nearest, neither FZ nor DN. */
  static constexpr Word standard = 0;
  static Word read() {
    Word word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void write(Word word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#else
#error "add this architecture's floating-point control register"
#endif
  Word saved_;
};

}  // namespace rc
