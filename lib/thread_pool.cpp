// SPDX-License-Identifier: Apache-2.0
#include "lib/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "lib/float_environment.h"

namespace rc {

/** The threads of one process and what they share with the caller's thread. */
class ThreadPool::Crew {
 public:
  explicit Crew(int wanted);

  bool of_this_process() const { return process_ == getpid(); }
  void run(int64_t tasks, const Task& task);

  /** Ends the threads. */
  void stop();

  /** Gives back the memory of a crew whose threads fork has left behind: destroying a lock or a
   * condition that those held when the process was copied could wait for them forever. */
  static void abandon(Crew* crew);

 private:
  struct Seat {
    Crew* crew;
    int worker;
    pthread_t thread;
  };

  static void* sit_down(void* seat);
  void work(int worker);
  void take_tasks(const Task& task, int worker);

  const pid_t process_ = getpid();
  std::unique_ptr<Seat[]> seats_;
  int threads_ = 0;

  std::mutex mutex_;
  std::condition_variable announced_;
  std::condition_variable finished_;
  /** Guarded by the mutex: the task to work on, NULL between calls. */
  const Task* task_ = nullptr;
  uint64_t generation_ = 0;
  int active_ = 0;
  bool stopping_ = false;
  std::exception_ptr failure_;
  int64_t failed_ = 0;
  /** Written before the task is announced. */
  int64_t tasks_ = 0;
  std::atomic<int64_t> next_{0};
};

ThreadPool::Crew::Crew(int wanted) : seats_(new Seat[wanted]) {
  // Signals belong to the application's threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (; threads_ < wanted; ++threads_) {
    Seat& seat = seats_[threads_];
    seat.crew = this;
    seat.worker = threads_ + 1;
    if (pthread_create(&seat.thread, nullptr, sit_down, &seat) != 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void* ThreadPool::Crew::sit_down(void* seat) {
  auto* self = static_cast<Seat*>(seat);
  const FloatEnvironment environment;
  self->crew->work(self->worker);
  return nullptr;
}

void ThreadPool::Crew::work(int worker) {
  uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    announced_.wait(lock, [&] { return stopping_ || (task_ != nullptr && generation_ != seen); });
    if (stopping_) return;
    seen = generation_;
    const Task task = *task_;
    ++active_;
    lock.unlock();
    take_tasks(task, worker);
    lock.lock();
    if (--active_ == 0) finished_.notify_one();
  }
}

void ThreadPool::Crew::take_tasks(const Task& task, int worker) {
  for (;;) {
    const int64_t taken = next_.fetch_add(1, std::memory_order_relaxed);
    if (taken >= tasks_) return;
    try {
      task(taken, worker);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (failure_ == nullptr || taken < failed_) {
        failure_ = std::current_exception();
        failed_ = taken;
      }
      // Every lower task has been taken already, so that the lowest failure is always seen.
      next_.store(tasks_, std::memory_order_relaxed);
    }
  }
}

void ThreadPool::Crew::run(int64_t tasks, const Task& task) {
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    tasks_ = tasks;
    next_.store(0, std::memory_order_relaxed);
    ++generation_;
  }
  const int64_t helpers = std::min<int64_t>(threads_, tasks - 1);
  for (int64_t i = 0; i < helpers; ++i) announced_.notify_one();
  take_tasks(task, 0);

  // A thread that wakes only now finds no task; those that have one are waited for.
  std::unique_lock lock(mutex_);
  task_ = nullptr;
  finished_.wait(lock, [&] { return active_ == 0; });
  if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::Crew::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  announced_.notify_all();
  for (int i = 0; i < threads_; ++i) pthread_join(seats_[i].thread, nullptr);
}

void ThreadPool::Crew::abandon(Crew* crew) {
  crew->seats_.reset();
  ::operator delete(static_cast<void*>(crew));
}

ThreadPool::ThreadPool(int size) : size_(size) {}

ThreadPool::~ThreadPool() { dismiss(); }

void ThreadPool::dismiss() {
  if (crew_ == nullptr) return;
  if (crew_->of_this_process()) {
    crew_->stop();
    delete crew_;
  } else {
    Crew::abandon(crew_);
  }
  crew_ = nullptr;
}

void ThreadPool::run(int64_t tasks, Task task) {
  if (size_ == 1 || tasks <= 1) {
    for (int64_t t = 0; t < tasks; ++t) task(t, 0);
    return;
  }
  if (crew_ != nullptr && !crew_->of_this_process()) dismiss();
  if (crew_ == nullptr) crew_ = new Crew(size_ - 1);
  crew_->run(tasks, task);
}

}  // namespace rc
