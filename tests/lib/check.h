// SPDX-License-Identifier: Apache-2.0
/** Checks of the C++ tests. */
#pragma once

#include <cstdio>

#include "lib/error.h"

inline int failed_checks = 0;

inline void check(bool good, const char* file, int line, const char* expression) {
  if (good) return;
  ++failed_checks;
  std::fprintf(stderr, "%s:%d: expected %s\n", file, line, expression);
}

#define CHECK(condition) check(condition, __FILE__, __LINE__, #condition)

/** The status that `body` fails with, RC_SUCCESS if it does not. */
template <class Body>
rc_status status_of(Body&& body) {
  try {
    body();
    return RC_SUCCESS;
  } catch (const rc::Error& error) {
    return error.status;
  }
}
