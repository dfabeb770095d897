/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is linked with a function of a later release, instead of looking for it. */
#include "version.h"

int main(void) { return rc_added_later() != RC_VERSION; }
