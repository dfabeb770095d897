// SPDX-License-Identifier: Apache-2.0
// How a C++ program starts that may meet any library: its first Context asks.
#include <cstdio>

#include "robocache/robocache.hpp"

#ifdef ROBOCACHE_NO_EXCEPTIONS

int main() {
  const auto context = robocache::Context::create();
  if (!context) return std::fprintf(stderr, "%s\n", context.error().what()), 1;
  std::puts(robocache::version_string());
  return 0;
}

#else

int main() {
  try {
    const robocache::Context context;
    std::puts(robocache::version_string());
    return 0;
  } catch (const robocache::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.code() == robocache::Code::version_mismatch ? 1 : 2;
  }
}

#endif
