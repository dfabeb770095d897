// SPDX-License-Identifier: Apache-2.0
/** The worker threads of a CPU context. */
#pragma once

#include <cstdint>
#include <type_traits>

namespace rc {

/** A callable that is borrowed for a call: no copy, no allocation. */
class Task {
 public:
  template <class Callable, class = std::enable_if_t<!std::is_same_v<std::decay_t<Callable>, Task>>>
  Task(Callable&& callable)
      : callable_(const_cast<void*>(static_cast<const void*>(&callable))),
        call_([](void* target, int64_t task, int worker) {
          (*static_cast<std::remove_reference_t<Callable>*>(target))(task, worker);
        }) {}
  void operator()(int64_t task, int worker) const { call_(callable_, task, worker); }

 private:
  void* callable_;
  void (*call_)(void*, int64_t, int);
};

/** Runs the tasks of one call at a time.
 *
 * Threads start with the first call that has more than one task; where the system gives fewer, work
 * goes on with those. A child made by fork has none of its parent's threads: the pool notices,
 * forgets them and starts its own. One thread uses a pool at a time. */
class ThreadPool {
 public:
  /** `size` counts the caller's thread: with 1 no thread is ever started. */
  explicit ThreadPool(int size);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }

  /** Calls `task(t, worker)` for every t in [0, tasks), `worker` in [0, size()), and returns when
   * all are done. Tasks start in ascending order. After a task throws no further one starts, and
   * the exception of the lowest task is rethrown, whatever the number of threads. */
  void run(int64_t tasks, Task task);

 private:
  class Crew;
  void dismiss();

  int size_;
  Crew* crew_ = nullptr;
};

}  // namespace rc
