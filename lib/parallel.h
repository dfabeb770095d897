// SPDX-License-Identifier: Apache-2.0
/** Work of a call over the threads of a CPU context. */
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <type_traits>

#include "lib/context.h"
#include "lib/error.h"
#include "lib/fault.h"

namespace rc {

/** Elements that one task touches: enough to outweigh its start, few enough to balance threads. */
inline constexpr int64_t elements_per_task = 1 << 16;

inline int64_t divide_up(int64_t a, int64_t b) { return a / b + (a % b != 0); }

/** Pieces of [0, count) for the threads, of about `elements_per_task` elements: not more than balance
 * them, and one for one thread. */
inline int64_t tasks_of(const rc_context& context, int64_t count, int64_t elements_each) {
  constexpr int64_t tasks_per_thread = 32;
  const int64_t threads = context.pool.size();
  const int64_t items = elements_per_task / std::max<int64_t>(1, elements_each);
  return std::min(threads == 1 ? 1 : threads * tasks_per_thread,
                  divide_up(count, std::max<int64_t>(1, items)));
}

/** Runs `body(begin, end)`, or `body(begin, end, worker)`, over [0, count) in so many equal pieces. */
template <class Body>
void split(rc_context& context, int64_t count, int64_t elements_each, Body body) {
  const int64_t tasks = tasks_of(context, count, elements_each);
  const int64_t piece = divide_up(count, std::max<int64_t>(1, tasks));
  context.pool.run(tasks, [&](int64_t task, int worker) {
    const int64_t begin = std::min(count, task * piece), end = std::min(count, begin + piece);
    if constexpr (std::is_invocable_v<Body, int64_t, int64_t, int>) {
      body(begin, end, worker);
    } else {
      body(begin, end);
    }
  });
}

/** Keeps the fault that is reported, whatever the order in which threads find them. */
class FirstFault {
 public:
  void add(const Fault& fault) {
    if (fault.kind == FaultKind::kNone) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (first_.kind == FaultKind::kNone || precedes(fault, first_)) first_ = fault;
  }
  void report() const {
    if (first_.kind != FaultKind::kNone) {
      fail(RC_ERROR_INVALID_DATA, "%s", describe_fault(first_).c_str());
    }
  }

 private:
  std::mutex mutex_;
  Fault first_ = {};
};

}  // namespace rc
