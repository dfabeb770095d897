// SPDX-License-Identifier: Apache-2.0
#include "robocache/resample.h"

#include "lib/error.h"

namespace rc {
namespace {

__extension__ typedef unsigned __int128 Wide;

void require_positive(int64_t value, const char* argument) {
  if (value < 1) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected at least 1, got %lld", argument,
         static_cast<long long>(value));
  }
}

/** floor(k * a / b), exact: k * a is split at b, so that no product passes 128 bits. */
class Period {
 public:
  Period(int64_t ticks_per_second, int64_t numerator, int64_t denominator)
      : product_(static_cast<Wide>(ticks_per_second) * static_cast<Wide>(denominator)),
        whole_(product_ / static_cast<Wide>(numerator)),
        rest_(product_ % static_cast<Wide>(numerator)),
        numerator_(numerator) {}

  /** Ticks from the start to tick k. Saturates far above any span of int64. */
  Wide at(int64_t k) const {
    const Wide count = static_cast<Wide>(k);
    Wide ticks;
    if (__builtin_mul_overflow(count, whole_, &ticks)) return ~Wide{0};
    const Wide fraction = count * rest_ / static_cast<Wide>(numerator_);
    return ticks > ~fraction ? ~Wide{0} : ticks + fraction;
  }

 private:
  Wide product_, whole_, rest_;
  int64_t numerator_;
};

/** Number of ticks below `length`: at most 2^63. */
uint64_t count_ticks(const Period& period, uint64_t length) {
  uint64_t low = 0, high = uint64_t{1} << 63;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (period.at(static_cast<int64_t>(middle)) < length) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_target_clock(int64_t start, int64_t stop, int64_t ticks_per_second, int64_t numerator,
                          int64_t denominator, int64_t capacity, int64_t* ticks, int64_t* count) {
  return entry("rc_target_clock", [&] {
    if (count == nullptr) fail(RC_ERROR_INVALID_ARGUMENT, "count: expected a pointer, got NULL");
    *count = 0;
    if (stop < start) {
      fail(RC_ERROR_INVALID_ARGUMENT, "stop: expected no less than start (%lld), got %lld",
           static_cast<long long>(start), static_cast<long long>(stop));
    }
    require_positive(ticks_per_second, "ticks_per_second");
    require_positive(numerator, "numerator");
    require_positive(denominator, "denominator");
    if (capacity < 0 || (capacity > 0) != (ticks != nullptr)) {
      fail(RC_ERROR_INVALID_ARGUMENT, "ticks: expected room for capacity (%lld) ticks, got %s",
           static_cast<long long>(capacity), ticks == nullptr ? "NULL" : "a pointer");
    }
    const Period period(ticks_per_second, numerator, denominator);
    const uint64_t length = static_cast<uint64_t>(stop) - static_cast<uint64_t>(start);
    const uint64_t ticks_of_clock = count_ticks(period, length);
    if (ticks_of_clock > static_cast<uint64_t>(INT64_MAX)) {
      fail(
          RC_ERROR_INVALID_ARGUMENT,
          "numerator: expected a clock of fewer than 2^63 ticks, got a rate of %lld/%lld over %llu",
          static_cast<long long>(numerator), static_cast<long long>(denominator),
          static_cast<unsigned long long>(length));
    }
    *count = static_cast<int64_t>(ticks_of_clock);
    const int64_t written = *count < capacity ? *count : capacity;
    for (int64_t k = 0; k < written; ++k) {
      ticks[k] =
          static_cast<int64_t>(static_cast<uint64_t>(start) + static_cast<uint64_t>(period.at(k)));
    }
    if (capacity > 0 && *count > capacity) {
      fail(RC_ERROR_CAPACITY_EXCEEDED, "ticks: expected room for %lld ticks, got %lld",
           static_cast<long long>(*count), static_cast<long long>(capacity));
    }
  });
}
