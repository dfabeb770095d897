// SPDX-License-Identifier: Apache-2.0
/** Checks of the C++ tests: a failed one says what was expected and what came, and the rest go on.
 * They read the same in a test that is built with exceptions and in one without. */
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "robocache/robocache.hpp"

inline int failed_checks = 0;

inline void report(const char* file, int line, const std::string& message) {
  ++failed_checks;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, message.c_str());
}

template <class A, class B>
void check_equal(const char* file, int line, const char* expression, const A& actual,
                 const B& expected) {
  if (actual == expected) return;
  std::ostringstream message;
  message << expression << "\n  expected " << expected << "\n  got      " << actual;
  report(file, line, message.str());
}

#define CHECK(condition) ((condition) ? (void)0 : report(__FILE__, __LINE__, #condition))
#define CHECK_EQUAL(actual, expected) check_equal(__FILE__, __LINE__, #actual, actual, expected)

/** A call's value, for calls that must succeed. */
#ifdef ROBOCACHE_NO_EXCEPTIONS
template <class T>
T value_of(const char* file, int line, robocache::Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s:%d: %s\n", file, line, result.error().what());
  std::abort();
}
inline void value_of(const char* file, int line, const robocache::Result<void>& result) {
  if (!result) report(file, line, result.error().what());
}
#define VALUE_OF(call) value_of(__FILE__, __LINE__, call)
#else
#define VALUE_OF(call) (call)
#endif

/** What `call` failed with; nothing if it did not fail. */
template <class Call>
std::optional<robocache::Error> failure_of(Call&& call) {
#ifdef ROBOCACHE_NO_EXCEPTIONS
  const auto result = call();
  if (!result) return result.error();
#else
  try {
    static_cast<void>(call());
  } catch (const robocache::Error& error) {
    return error;
  }
#endif
  return std::nullopt;
}

template <class Call>
void check_failure(const char* file, int line, Call&& call, robocache::Code code,
                   const std::string& part) {
  const std::optional<robocache::Error> error = failure_of(call);
  if (!error) return report(file, line, "expected a failure, got none");
  check_equal(file, line, "the code", error->name(),
              std::string(rc_status_name(static_cast<rc_status>(code))));
  if (std::string(error->what()).find(part) == std::string::npos) {
    report(file, line, "expected ..." + part + "...\n  got " + error->what());
  }
}

/** The call fails with this code and a message that contains this part. */
#define FAILS(call, code, part) \
  check_failure(__FILE__, __LINE__, [&] { return call; }, robocache::Code::code, part)

/** A context on the CPU with one thread. */
inline robocache::Context new_context() {
  robocache::ContextOptions options;
  options.device_type = robocache::DeviceType::cpu;
  options.threads = 1;
  return VALUE_OF(robocache::Context::create(options));
}
