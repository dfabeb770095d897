/* SPDX-License-Identifier: Apache-2.0 */
/** @file status.h
 * What every call returns, and the sentence that explains it. */
#ifndef ROBOCACHE_STATUS_H
#define ROBOCACHE_STATUS_H

#include <stdint.h>

#include "robocache/export.h"

/** Result of a call: ::RC_SUCCESS or one of the error codes below. The numbers never change. */
typedef int32_t rc_status;

enum rc_status_code {
  RC_SUCCESS = 0,
  /** An argument breaks a precondition: NULL, rank, shape, value out of range, overlap. */
  RC_ERROR_INVALID_ARGUMENT = 100,
  /** A handle is NULL or was not made by this library. */
  RC_ERROR_INVALID_HANDLE = 110,
  /** The contents of a tensor break a rule: times that step backward, NaN times, bad offsets. */
  RC_ERROR_INVALID_DATA = 120,
  RC_ERROR_UNSUPPORTED_DTYPE = 200,
  /** Negative or misaligned strides, more than 8 dimensions, an output that overlaps itself. */
  RC_ERROR_UNSUPPORTED_LAYOUT = 210,
  /** An option, or a combination of options, that this library or this device does not offer. */
  RC_ERROR_UNSUPPORTED_OPTION = 220,
  /** A tensor lies on another device than the context. */
  RC_ERROR_DEVICE_MISMATCH = 300,
  /** The device that was asked for is not there or cannot be used; the message says why. */
  RC_ERROR_BACKEND_UNAVAILABLE = 310,
  RC_ERROR_OUT_OF_MEMORY = 400,
  RC_ERROR_WORKSPACE_TOO_SMALL = 410,
  RC_ERROR_CAPACITY_EXCEEDED = 420,
  /** CUDA reported an error of its own; the message carries its name. */
  RC_ERROR_CUDA = 500,
  RC_ERROR_VERSION_MISMATCH = 600,
  /** A defect of this library. */
  RC_ERROR_INTERNAL = 900
};

RC_BEGIN_DECLARATIONS

/** Name of a status, "RC_ERROR_INVALID_ARGUMENT"; "RC_STATUS_UNKNOWN" for a number that is none.
 * Static, never NULL. Any thread. @since 0.1 */
RC_API const char* rc_status_name(rc_status status);

/** What went wrong in the last call of this thread that failed: function, argument, what was
 * expected, what came ("rc_resample: values: expected float32 [B,S,D], got int64 [4,7]").
 *
 * Never NULL; "" before the first failure. A call that succeeds leaves it alone. The text lies in a
 * buffer of the calling thread (at most 1023 bytes) that its next failing call overwrites.
 * @since 0.1 */
RC_API const char* rc_last_error_message(void);

RC_END_DECLARATIONS

#endif
