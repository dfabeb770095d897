// SPDX-License-Identifier: Apache-2.0
#include "lib/thread_pool.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
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

void of_two_failures_the_lower_counts() {
  rc::ThreadPool pool(2);
  std::atomic<bool> failed{false};
  std::string message;
  try {
    pool.run(2, [&](int64_t task, int) {
      if (task == 1) {
        failed = true;
        throw std::runtime_error("1");
      }
      while (!failed) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      throw std::runtime_error("0");
    });
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  CHECK(message == "0");
}

}  // namespace

int main() {
  every_task_runs_once();
  many_short_calls();
  the_lowest_failure_is_rethrown();
  of_two_failures_the_lower_counts();
  return failed_checks != 0;
}
