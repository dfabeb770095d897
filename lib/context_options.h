// SPDX-License-Identifier: Apache-2.0
/** What the options of a context may say, and what the automatic choices among them become. */
#pragma once

#include "robocache/context.h"

namespace rc {

/** The options, unless no context can have them, whatever the device. */
rc_context_options checked(const rc_context_options& options);

/** Threads of the pool, the caller's among them. */
int choose_threads(const rc_context_options& options);

/** RC_SIMD_AUTO becomes the best that the processor has. */
rc_simd_level choose_simd_level(const rc_context_options& options);

}  // namespace rc
