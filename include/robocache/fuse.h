/* SPDX-License-Identifier: Apache-2.0 */
/** @file fuse.h
 * Many sensors on one clock: `rc_fuse`.
 *
 * Equal, to the bit, to ::rc_resample of each stream with the same target times, concatenated along
 * the channels. Letters of shapes as in resample.h. */
#ifndef ROBOCACHE_FUSE_H
#define ROBOCACHE_FUSE_H

#include <stdint.h>

#include "robocache/context.h"
#include "robocache/export.h"
#include "robocache/resample.h"
#include "robocache/status.h"
#include "robocache/tensor.h"

/** Most streams of one call. */
#define RC_MAX_STREAMS 64

/** One sensor: its samples, its clock, its rules. All borrowed. */
typedef struct rc_stream {
  uint32_t struct_size;
  uint32_t reserved;
  /** As in ::rc_resample. NULL: the stream is absent from this call, its channels are filled and
   * not valid; `width` and `output` count, and of `options` the fill value and quality outputs. */
  const rc_tensor* values;
  const rc_tensor* source_times;
  /** The stream's layout, rules and quality outputs, or NULL for the defaults. `target_offsets`,
   * `workspace` and `workspace_size` are those of the call and stay zero here. */
  const rc_resample_options* options;
  /** Channels of an absent stream; else 0 or the width of `values`. */
  int64_t width;
  /** ::rc_fuse: receives this stream's values alone, when the call's `output` is NULL; a type of
   * its own. ::rc_fuse_backward: the gradient of that tensor, only read. Else NULL. */
  rc_tensor* output;
  /** ::rc_fuse_backward: receives the gradient of `values`; NULL when it is not wanted. Else NULL. */
  rc_tensor* grad_values;
} rc_stream;

#define RC_STREAM_INIT {sizeof(rc_stream), 0, 0, 0, 0, 0, 0, 0}

/** What concerns all streams of a call. */
typedef struct rc_fuse_options {
  uint32_t struct_size;
  uint32_t flags;
  /** As in ::rc_resample_options. */
  const rc_tensor* target_offsets;
  /** uint8 or bool [B,T,streams] ([T,streams], [M,streams] as the output), or NULL. */
  rc_tensor* valid;
  /** As in ::rc_resample_options. */
  void* workspace;
  uint64_t workspace_size;
} rc_fuse_options;

#define RC_FUSE_OPTIONS_INIT {sizeof(rc_fuse_options), 0, 0, 0, 0, 0}

RC_BEGIN_DECLARATIONS

/** Writes the default options: zeroes, and `struct_size`.
 *
 * @param options      not NULL
 * @param struct_size  `sizeof(rc_fuse_options)` of the caller's headers
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT  `options` is NULL, or the size is below the first released one
 * Any thread. @since 0.1 */
RC_API rc_status rc_fuse_options_init(rc_fuse_options* options, uint32_t struct_size);

/** Writes a stream of defaults: zeroes, and `struct_size`.
 *
 * @param stream       not NULL
 * @param struct_size  `sizeof(rc_stream)` of the caller's headers
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT  `stream` is NULL, or the size is below the first released one
 * Any thread. @since 0.1 */
RC_API rc_status rc_stream_init(rc_stream* stream, uint32_t struct_size);

/** Puts many streams on one clock.
 *
 * On CUDA one launch serves up to 16 streams that take their samples in the same way, checks included:
 * LINEAR of one floating type; PREVIOUS, NEXT, NEAREST and LINEAR of other types; curves and
 * aggregates, which are checked by a launch of their own. Streams of each of these ways take a launch
 * of their own. The sorting of samples comes before it.
 *
 * @param context       a context on the device of all tensors
 * @param streams       array of `num_streams` pointers, none NULL. All streams have the same number
 *                      of rows B; sequences, samples, widths, types and rules are each stream's own,
 *                      but all times of the call are of one type.
 * @param num_streams   1 to RC_MAX_STREAMS; at least one stream is present
 * @param target_times  as in ::rc_resample, for all streams
 * @param options       NULL for the defaults
 * @param output        [B,T,D1+D2+...], [M,...] or [T,...] as in ::rc_resample, in the order of the
 *                      streams; of a type that every stream may be converted to. NULL: every stream
 *                      has its own `output`.
 * @retval RC_SUCCESS, and the errors of ::rc_resample; the message names the stream by its index.
 *         Nothing is written when a stream is refused.
 * One thread per context. @since 0.1 */
RC_API rc_status rc_fuse(rc_context* context, const rc_stream* const* streams, int64_t num_streams,
                         const rc_tensor* target_times, const rc_fuse_options* options,
                         rc_tensor* output);

/** Bytes of workspace that ::rc_fuse with the same arguments needs: exact, from shapes and options
 * alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_fuse that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_fuse_workspace_size(rc_context* context, const rc_stream* const* streams,
                                        int64_t num_streams, const rc_tensor* target_times,
                                        const rc_fuse_options* options, const rc_tensor* output,
                                        uint64_t* size);

/** Gradient of ::rc_fuse with respect to the values of each stream that has `grad_values`, as
 * ::rc_resample_backward of each stream on its channels.
 *
 * @param context       a context on the device of all tensors
 * @param grad_output   gradient of the concatenated output, or NULL: each stream's `output` is it
 * @param streams       as in ::rc_fuse; an absent stream has no gradient
 * @param num_streams   1 to RC_MAX_STREAMS
 * @param target_times  as in ::rc_fuse
 * @param options       as in ::rc_fuse; `valid` is NULL
 * @retval RC_SUCCESS, and the errors of ::rc_resample_backward
 * One thread per context. @since 0.1 */
RC_API rc_status rc_fuse_backward(rc_context* context, const rc_tensor* grad_output,
                                  const rc_stream* const* streams, int64_t num_streams,
                                  const rc_tensor* target_times, const rc_fuse_options* options);

/** Bytes of workspace that ::rc_fuse_backward with the same arguments needs: exact, from shapes and
 * options alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_fuse_backward that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_fuse_backward_workspace_size(rc_context* context, const rc_tensor* grad_output,
                                                 const rc_stream* const* streams,
                                                 int64_t num_streams, const rc_tensor* target_times,
                                                 const rc_fuse_options* options, uint64_t* size);

RC_END_DECLARATIONS

#endif
