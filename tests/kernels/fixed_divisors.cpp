// SPDX-License-Identifier: Apache-2.0
/** fixed_divisor.h, which only the CUDA path uses, on the host, against division. */
#include <cstdio>

#include "check.h"
#include "kernels/common/fixed_divisor.h"
#include "random.h"

namespace {

using namespace rc;

constexpr uint32_t kMost = (uint32_t{1} << 31) - 1;

/** Of any number of bits, a power of two or beside one more often than not. */
uint32_t any_number(Random& random, uint32_t least) {
  const uint32_t power = uint32_t{1} << random.integer(0, 30);
  const auto number = random.chance(60) ? static_cast<uint32_t>(power + random.integer(-1, 1))
                                        : static_cast<uint32_t>(random.integer(0, power));
  return number < least ? least : number > kMost ? kMost : number;
}

/** Numbers on either side of a multiple are those whose quotient could be off by one. */
void quotients_are_exact(Random& random) {
  const uint32_t value = any_number(random, 1);
  const FixedDivisor by = fixed_divisor(value);
  for (int n = 0; n < 100; ++n) {
    const uint32_t multiple = any_number(random, 0) / value * value;
    for (const uint32_t number :
         {multiple - 1, multiple, multiple + 1, any_number(random, 0), kMost}) {
      if (number <= kMost) CHECK(divide(number, by) == number / value);
    }
  }
}

void quotients_of_few_are_exact() {
  // As many accesses as targets of a warp may have together, and some behind them.
  constexpr uint32_t kAccesses = 2048;
  for (uint32_t value = 1; value <= kAccesses; ++value) {
    const uint32_t inverse = inverse_of(value);
    bool exact = true;
    for (uint32_t number = 0; number < kAccesses; ++number) {
      exact = exact && divide_by_inverse(number, inverse) == number / value;
    }
    CHECK(exact);
  }
}

void less_than_the_divisor_is_none(Random& random) {
  const uint32_t value = any_number(random, 1);
  const uint32_t inverse = inverse_of(value);
  for (const uint32_t number : {uint32_t{0}, value / 2, value - 1}) {
    CHECK(divide_by_inverse(number, inverse) == 0);
  }
}

}  // namespace

int main() {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Random random(seed);
  for (int n = 0; n < 20000; ++n) {
    quotients_are_exact(random);
    less_than_the_divisor_is_none(random);
  }
  quotients_of_few_are_exact();
  (void)new_cpu_context;
  return failed_checks != 0;
}
