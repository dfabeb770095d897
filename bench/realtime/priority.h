// SPDX-License-Identifier: Apache-2.0
/** What a thread asks of the system before it runs in real time. */
#pragma once

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace realtime {

/** Keeps all memory of the process, now and later, from being paged out. "" or why not. */
inline std::string lock_memory() {
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? "" : std::string("mlockall: ") + strerror(errno);
}

/** Runs the calling thread before all that have no priority. "" or why not. */
inline std::string take_priority(int priority) {
  const sched_param parameters = {priority};
  const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
  return error == 0 ? "" : std::string("SCHED_FIFO: ") + strerror(error);
}

}  // namespace realtime
