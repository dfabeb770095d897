// SPDX-License-Identifier: Apache-2.0
/** @file base.hpp
 * What every header of the C++ interface stands on: the language, how failures are told, and the
 * namespace. Included by all of them; of no use on its own. */
#ifndef ROBOCACHE_CPP_BASE_HPP
#define ROBOCACHE_CPP_BASE_HPP

#if !defined(__cplusplus) || __cplusplus < 201703L
#error "robocache.hpp needs C++17 or newer: compile with -std=c++17"
#endif

#include "robocache/version.h"

static_assert(RC_ABI_VERSION == 1, "robocache.hpp calls librobocache.so.1");
static_assert(sizeof(void*) == 8, "librobocache is for 64-bit platforms");

#if !defined(__cpp_exceptions) && !defined(ROBOCACHE_NO_EXCEPTIONS)
/** Defined before the first include, or by compiling without exceptions: functions return a
 * ::robocache::Result instead of throwing a ::robocache::Error. */
#define ROBOCACHE_NO_EXCEPTIONS
#endif

// Everything lies in an inline namespace that names the release of these headers and the way of
// failing. Two parts of one program may differ in either: what differs has other symbols, and the
// linker refuses to mix it where one hands such an object to the other.
#ifdef ROBOCACHE_NO_EXCEPTIONS
#define ROBOCACHE_NAMED(major, minor) v##major##_##minor##_results
#else
#define ROBOCACHE_NAMED(major, minor) v##major##_##minor
#endif
#define ROBOCACHE_NAMED_BY(major, minor) ROBOCACHE_NAMED(major, minor)
#define ROBOCACHE_BEGIN_NAMESPACE \
  namespace robocache {           \
  inline namespace ROBOCACHE_NAMED_BY(RC_VERSION_MAJOR, RC_VERSION_MINOR) {
#define ROBOCACHE_END_NAMESPACE \
  }                             \
  }

#endif
