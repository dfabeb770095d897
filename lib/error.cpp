// SPDX-License-Identifier: Apache-2.0
#include "lib/error.h"

#include <cstdarg>
#include <cstdio>
#include <exception>
#include <new>

#include "robocache/status.h"

namespace rc {
namespace {

thread_local char last_message[1024];

void remember(const char* function, const char* message) {
  std::snprintf(last_message, sizeof last_message, "%s: %s", function, message);
}

}  // namespace

void fail(rc_status status, const char* format, ...) {
  Error error;
  error.status = status;
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(error.message, sizeof error.message, format, arguments);
  va_end(arguments);
  throw error;
}

rc_status record_failure(const char* function) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    remember(function, error.message);
    return error.status;
  } catch (const std::bad_alloc&) {
    remember(function, "out of memory");
    return RC_ERROR_OUT_OF_MEMORY;
  } catch (const std::exception& exception) {
    remember(function, exception.what());
    return RC_ERROR_INTERNAL;
  } catch (...) {
    remember(function, "an exception of unknown type");
    return RC_ERROR_INTERNAL;
  }
}

}  // namespace rc

const char* rc_last_error_message(void) { return rc::last_message; }
