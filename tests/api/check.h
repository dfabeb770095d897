/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the C tests: a failed one says what was expected and what came, and the rest go on. */
#ifndef TESTS_API_CHECK_H
#define TESTS_API_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "robocache/robocache.h"

/* Meson's code for a test that cannot run here. */
#define SKIPPED 77

static int failed_checks;

static inline void report(const char* file, int line, const char* expression) {
  ++failed_checks;
  fprintf(stderr, "%s:%d: %s\n", file, line, expression);
}

static inline void check_integer(const char* file, int line, const char* expression, int64_t actual,
                                 int64_t expected) {
  if (actual == expected) return;
  report(file, line, expression);
  fprintf(stderr, "  expected %" PRId64 ", got %" PRId64 "\n", expected, actual);
}

static inline void check_text(const char* file, int line, const char* expression,
                              const char* actual, const char* expected) {
  if (strcmp(actual, expected) == 0) return;
  report(file, line, expression);
  fprintf(stderr, "  expected \"%s\"\n  got      \"%s\"\n", expected, actual);
}

static inline void check_part(const char* file, int line, const char* expression,
                              const char* actual, const char* part) {
  if (strstr(actual, part) != NULL) return;
  report(file, line, expression);
  fprintf(stderr, "  expected \"...%s...\"\n  got      \"%s\"\n", part, actual);
}

static inline void check_status(const char* file, int line, const char* expression,
                                rc_status actual, rc_status expected) {
  if (actual == expected) return;
  report(file, line, expression);
  fprintf(stderr, "  expected %s, got %s: %s\n", rc_status_name(expected), rc_status_name(actual),
          actual == RC_SUCCESS ? "" : rc_last_error_message());
}

/* A call of `function` that is to fail with this status and this message. */
static inline void check_failure(const char* file, int line, const char* expression,
                                 const char* function, rc_status actual, rc_status expected,
                                 const char* text) {
  char message[512];
  check_status(file, line, expression, actual, expected);
  snprintf(message, sizeof message, "%s: %s", function, text);
  check_text(file, line, expression, rc_last_error_message(), message);
}

#define CHECK(condition) ((condition) ? (void)0 : report(__FILE__, __LINE__, #condition))
#define CHECK_EQUAL(actual, expected) \
  check_integer(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))
#define CHECK_TEXT(actual, expected) check_text(__FILE__, __LINE__, #actual, actual, expected)
#define CHECK_PART(actual, part) check_part(__FILE__, __LINE__, #actual, actual, part)
#define SUCCEEDS(call) check_status(__FILE__, __LINE__, #call, call, RC_SUCCESS)
/* The call fails with this status and this message. */
#define FAILS(call, status, text)                                         \
  do {                                                                    \
    check_status(__FILE__, __LINE__, #call, call, status);                \
    check_text(__FILE__, __LINE__, #call, rc_last_error_message(), text); \
  } while (0)
/* The call fails with this status and a message that contains this part. */
#define FAILS_WITH(call, status, part)                                    \
  do {                                                                    \
    check_status(__FILE__, __LINE__, #call, call, status);                \
    check_part(__FILE__, __LINE__, #call, rc_last_error_message(), part); \
  } while (0)

/* A context on the CPU with one thread. */
static inline rc_context* new_cpu_context(void) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.threads = 1;
  rc_context* context = NULL;
  SUCCEEDS(rc_context_create(&options, &context));
  return context;
}

#endif
