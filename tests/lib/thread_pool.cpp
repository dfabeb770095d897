// SPDX-License-Identifier: Apache-2.0
#include "lib/thread_pool.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/lib/check.h"

namespace {

bool runs_every_task_once(rc::ThreadPool& pool, int64_t tasks) {
  std::vector<int> runs(tasks);
  std::atomic<bool> workers_known{true};
  pool.run(tasks, [&](int64_t task, int worker) {
    ++runs[task];
    if (worker < 0 || worker >= pool.size()) workers_known = false;
  });
  for (const int count : runs) {
    if (count != 1) return false;
  }
  return workers_known;
}

void every_task_runs_once() {
  for (const int size : {1, 2, 7}) {
    rc::ThreadPool pool(size);
    CHECK(pool.size() == size);
    for (const int64_t tasks : {0, 1, 2, 3, 100, 1000}) CHECK(runs_every_task_once(pool, tasks));
  }
}

void many_short_calls() {
  rc::ThreadPool pool(4);
  int64_t sum = 0;
  for (int call = 0; call < 2000; ++call) {
    std::vector<int64_t> parts(5);
    pool.run(5, [&](int64_t task, int) { parts[task] = task; });
    for (const int64_t part : parts) sum += part;
  }
  CHECK(sum == 2000 * 10);
}

void the_lowest_failure_is_rethrown() {
  for (const int size : {1, 2, 8}) {
    rc::ThreadPool pool(size);
    for (int repetition = 0; repetition < 50; ++repetition) {
      std::string message;
      try {
        pool.run(100, [](int64_t task, int) {
          if (task % 10 == 7) throw std::runtime_error(std::to_string(task));
        });
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      CHECK(message == "7");
      CHECK(runs_every_task_once(pool, 20));
    }
  }
}

/** Runs `body` in a child and tells whether it returned true; a child that hangs is ended. */
template <class Body>
bool holds_in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void a_child_goes_on_with_its_parents_pool() {
  rc::ThreadPool pool(4);
  CHECK(runs_every_task_once(pool, 100));
  CHECK(holds_in_child([&] { return runs_every_task_once(pool, 100); }));
  CHECK(runs_every_task_once(pool, 100));
}

void a_child_ends_its_parents_pool() {
  auto* pool = new rc::ThreadPool(4);
  CHECK(runs_every_task_once(*pool, 100));
  CHECK(holds_in_child([&] {
    delete pool;
    rc::ThreadPool own(4);
    return runs_every_task_once(own, 100);
  }));
  delete pool;
}

void threads_that_cannot_be_had_are_done_without() {
  CHECK(holds_in_child([] {
    // No room for the stacks of as many threads.
    const rlimit few = {64 << 20, 64 << 20};
    if (setrlimit(RLIMIT_AS, &few) != 0) return false;
    rc::ThreadPool pool(1024);
    return runs_every_task_once(pool, 100);
  }));
}

}  // namespace

int main() {
  every_task_runs_once();
  many_short_calls();
  the_lowest_failure_is_rethrown();
  // The sanitizers reserve more address space than the last test leaves, and the one for threads
  // does not know of threads in a child.
#if !defined(__SANITIZE_THREAD__)
  a_child_goes_on_with_its_parents_pool();
  a_child_ends_its_parents_pool();
#endif
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  threads_that_cannot_be_had_are_done_without();
#endif
  return failed_checks != 0;
}
