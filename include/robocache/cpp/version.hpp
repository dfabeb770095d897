// SPDX-License-Identifier: Apache-2.0
/** @file version.hpp
 * Which library was loaded, and whether it serves these headers. Any thread. */
#ifndef ROBOCACHE_CPP_VERSION_HPP
#define ROBOCACHE_CPP_VERSION_HPP

#include <cstdint>

#include "robocache/cpp/error.hpp"
#include "robocache/version.h"

ROBOCACHE_BEGIN_NAMESPACE

/** Version of the library that was loaded, counted as ::RC_VERSION is. */
inline uint32_t version() noexcept { return rc_version(); }

/** The same as text, "0.1.0". Static. */
inline const char* version_string() noexcept { return rc_version_string(); }

/** One line on how the library was built. Static. */
inline const char* build_info() noexcept { return rc_build_info(); }

/** Fails with Code::version_mismatch where the library is older than these headers. Every
 * Context asks this when it is made. */
inline Return<void> check_version() { return detail::finish(rc_check_version(RC_VERSION)); }

ROBOCACHE_END_NAMESPACE

#endif
