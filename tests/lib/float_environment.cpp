// SPDX-License-Identifier: Apache-2.0
#include "lib/float_environment.h"

#include <cfenv>
#include <limits>

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
    rc::ThreadPool pool(4);
    pool.run(100, [](int64_t, int) { CHECK(keeps_subnormals()); });
  }
  CHECK(!keeps_subnormals());
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
