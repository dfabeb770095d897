/* SPDX-License-Identifier: Apache-2.0 */
/* A function that a later release adds. */
#include "version.h"

uint32_t rc_added_later(void) { return RC_VERSION; }
