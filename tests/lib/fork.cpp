// SPDX-License-Identifier: Apache-2.0
/** A pool in a child made by fork, and one that gets fewer threads than it asks for. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "lib/thread_pool.h"
#include "tests/lib/check.h"

namespace {

bool runs_every_task_once(rc::ThreadPool& pool, int64_t tasks) {
  std::vector<int> runs(tasks);
  pool.run(tasks, [&](int64_t task, int) { ++runs[task]; });
  return runs == std::vector<int>(tasks, 1);
}

/** Runs `body` in a child and tells whether it returned true; a child that hangs is ended. */
template <class Body>
bool holds_in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
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

#if !defined(__SANITIZE_ADDRESS__)
void threads_that_cannot_be_had_are_done_without() {
  CHECK(holds_in_child([] {
    // No room for the stacks of as many threads.
    const rlimit few = {64 << 20, 64 << 20};
    if (setrlimit(RLIMIT_AS, &few) != 0) return false;
    rc::ThreadPool pool(1024);
    return runs_every_task_once(pool, 100);
  }));
}
#endif

}  // namespace

int main() {
#if defined(__SANITIZE_THREAD__)
  std::puts("skipped: the thread sanitizer knows of no threads in a child of fork");
  return 77;
#endif
  a_child_goes_on_with_its_parents_pool();
  a_child_ends_its_parents_pool();
#if !defined(__SANITIZE_ADDRESS__)
  // The address sanitizer reserves more than this test leaves.
  threads_that_cannot_be_had_are_done_without();
#endif
  return failed_checks != 0;
}
