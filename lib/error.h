// SPDX-License-Identifier: Apache-2.0
/** Failures inside the library: thrown as `Error`, turned into a status at the C boundary. */
#pragma once

#include <exception>

#include "robocache/status.h"

namespace rc {

/** Bytes of a message, its final zero included; leaves room for the function's name. */
constexpr int message_capacity = 960;

/** Carries its message in place: throwing one needs no memory beyond the exception's own. */
struct Error : std::exception {
  rc_status status;
  char message[message_capacity];
  const char* what() const noexcept override { return message; }
};

/** Throws an `Error`. The message names the argument, what was expected and what came:
 * `fail(RC_ERROR_INVALID_ARGUMENT, "values: expected [B,S,D], got %s", text)`. */
[[noreturn]] void fail(rc_status status, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

/** Called inside a catch clause: turns the exception in flight into a status and leaves
 * "<function>: <message>" for `rc_last_error_message`. */
rc_status record_failure(const char* function) noexcept;

/** Body of every fallible C function: nothing that `body` throws crosses the boundary. */
template <class Body>
rc_status entry(const char* function, Body&& body) noexcept {
  try {
    body();
    return RC_SUCCESS;
  } catch (...) {
    return record_failure(function);
  }
}

}  // namespace rc
