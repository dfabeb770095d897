/* SPDX-License-Identifier: Apache-2.0 */
/* What version.h said in a release before all of them. */
#include "robocache/version.h"

#undef RC_VERSION_MAJOR
#undef RC_VERSION_MINOR
#undef RC_VERSION_PATCH
#define RC_VERSION_MAJOR 0
#define RC_VERSION_MINOR 0
#define RC_VERSION_PATCH 9
