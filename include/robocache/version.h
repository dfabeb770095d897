/* SPDX-License-Identifier: Apache-2.0 */
/** @file version.h
 * The one source of the library's version: the build, the packages and the bindings read it here. */
#ifndef ROBOCACHE_VERSION_H
#define ROBOCACHE_VERSION_H

#include <stdint.h>

#include "robocache/export.h"
#include "robocache/status.h"

#define RC_VERSION_MAJOR 0
#define RC_VERSION_MINOR 1
#define RC_VERSION_PATCH 0

/** Version of these headers as one number: major * 1000000 + minor * 1000 + patch. */
#define RC_VERSION (RC_VERSION_MAJOR * 1000000 + RC_VERSION_MINOR * 1000 + RC_VERSION_PATCH)

/** Number of the binary interface, the one in the file name `librobocache.so.1`. */
#define RC_ABI_VERSION 1

RC_BEGIN_DECLARATIONS

/** Version of the library that was loaded, counted as ::RC_VERSION is. Any thread. @since 0.1 */
RC_API uint32_t rc_version(void);

/** The same as text, "0.1.0". Static, never NULL. Any thread. @since 0.1 */
RC_API const char* rc_version_string(void);

/** One line on how the library was built: version, compiler, architecture with its levels of
 * ::rc_simd_level, CUDA version and architectures or "cuda: off". Static, never NULL. Any thread.
 * @since 0.1 */
RC_API const char* rc_build_info(void);

/** Asks whether the loaded library serves a program compiled with headers of `header_version`.
 *
 * A library serves every program built with its own or an older release of the same ABI number.
 * Programs that load the library at run time call `rc_check_version(RC_VERSION)` first.
 *
 * @param header_version  ::RC_VERSION of the headers that the caller was compiled with.
 * @retval RC_SUCCESS                 the library is as new as the headers, or newer
 * @retval RC_ERROR_VERSION_MISMATCH  the library is older; the message names both versions and the
 *                                    file that was loaded
 * Any thread. @since 0.1 */
RC_API rc_status rc_check_version(uint32_t header_version);

RC_END_DECLARATIONS

#endif
