/* SPDX-License-Identifier: Apache-2.0 */
/** @file robocache.h
 * All of librobocache's C interface.
 *
 * - Every fallible function returns ::rc_status; ::rc_last_error_message explains a failure.
 * - Options are structs whose first field is their size, which all-zero leaves at their defaults:
 *   `rc_resample_options o = RC_RESAMPLE_OPTIONS_INIT;`
 * - Pointers are borrowed for the call, or as tensor.h says; handles belong to the caller.
 * - 64-bit platforms only. */
#ifndef ROBOCACHE_ROBOCACHE_H
#define ROBOCACHE_ROBOCACHE_H

#include "robocache/context.h"
#include "robocache/device.h"
#include "robocache/export.h"
#include "robocache/fuse.h"
#include "robocache/resample.h"
#include "robocache/status.h"
#include "robocache/tensor.h"
#include "robocache/tsdf.h"
#include "robocache/version.h"
#include "robocache/voxelize.h"

#endif
