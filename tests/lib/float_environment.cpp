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

#if defined(__x86_64__)
void subnormals_are_kept_whatever_the_caller_set() {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);
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
  _mm_setcsr(before);
}
#endif

}  // namespace

int main() {
  rounding_is_set_and_restored();
#if defined(__x86_64__)
  subnormals_are_kept_whatever_the_caller_set();
#endif
  return failed_checks != 0;
}
