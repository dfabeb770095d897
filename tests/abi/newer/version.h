/* SPDX-License-Identifier: Apache-2.0 */
/* What version.h will say in a release after all of them. */
#include "robocache/version.h"

#undef RC_VERSION_MAJOR
#undef RC_VERSION_MINOR
#undef RC_VERSION_PATCH
#define RC_VERSION_MAJOR 99
#define RC_VERSION_MINOR 0
#define RC_VERSION_PATCH 0

/** @since 99.0 */
RC_BEGIN_DECLARATIONS
RC_API uint32_t rc_added_later(void);
RC_END_DECLARATIONS
