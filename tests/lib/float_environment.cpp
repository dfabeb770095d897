// SPDX-License-Identifier: Apache-2.0
#include "lib/float_environment.h"

#include <atomic>
#include <cfenv>
#include <limits>
#include <thread>

#include "lib/thread_pool.h"
#include "tests/lib/check.h"

namespace {

volatile float smallest = std::numeric_limits<float>::min();
volatile float third = 3;

bool keeps_subnormals() { return smallest / 2 != 0; }

float a_third() { return 1 / third; }

void rounding_is_set_and_restored() {
  const float nearest = a_third();
  std::fesetround(FE_DOWNWARD);
  CHECK(a_third() != nearest);
  {
    const rc::FloatEnvironment environment;
    CHECK(a_third() == nearest);
  }
  CHECK(std::fegetround() == FE_DOWNWARD);
  std::fesetround(FE_TONEAREST);
}

/** The word that rules floating-point arithmetic, and its bits that turn subnormals into zero. */
#if defined(__x86_64__)
constexpr unsigned flush = 0x8040;
unsigned control() { return _mm_getcsr(); }
void set_control(unsigned word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
constexpr uint64_t flush = 1 << 24;
uint64_t control() {
  uint64_t word;
  asm volatile("mrs %0, fpcr" : "=r"(word));
  return word;
}
void set_control(uint64_t word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#endif

void subnormals_are_kept_whatever_the_caller_set() {
  const auto before = control();
  set_control(before | flush);
  CHECK(!keeps_subnormals());
  {
    const rc::FloatEnvironment environment;
    CHECK(keeps_subnormals());
  }
  CHECK(!keeps_subnormals());

  // Two tasks that wait for each other: one of them on a thread of the pool.
  rc::ThreadPool pool(2);
  std::atomic<int> started{0};
  std::atomic<bool> kept{false};
  pool.run(2, [&](int64_t, int worker) {
    ++started;
    while (started < 2) std::this_thread::yield();
    if (worker == 1) kept = keeps_subnormals();
  });
  CHECK(kept);
  set_control(before);
}

}  // namespace

int main() {
  rounding_is_set_and_restored();
  subnormals_are_kept_whatever_the_caller_set();
  return failed_checks != 0;
}
