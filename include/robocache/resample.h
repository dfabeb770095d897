/* SPDX-License-Identifier: Apache-2.0 */
/** @file resample.h
 * Values of a trajectory at any times: `rc_resample`, its gradient, and exact clocks.
 *
 * Letters of shapes
 * | letter | counts                                                                        |
 * |--------|-------------------------------------------------------------------------------|
 * | E      | sequences (episodes) that are stored                                            |
 * | B      | rows of the output: the length of `sequence_ids` where given, else E          |
 * | S, N   | samples per sequence; samples of all sequences, packed one behind the other    |
 * | T, M   | targets per row; targets of all rows, packed                                   |
 * | D      | channels of one sample                                                        |
 *
 * Time: int64 ticks (nanoseconds since any epoch are usual; the library never asks), or float64 or
 * float32 seconds; source and target have the same type. Differences of int64 times are exact,
 * those of float times are taken in float64. The weight of the later sample is
 * `w = (double)(t - t0) / (double)(t1 - t0)`, rounded once to the compute type, which is float64
 * for float64 values and float32 for all others.
 *
 * Determinism: equal inputs give equal bits, for any number of threads, any instruction set and
 * either device. A NaN that arithmetic or a change of type yields is the positive quiet NaN with an
 * empty payload; copies keep their bits. */
#ifndef ROBOCACHE_RESAMPLE_H
#define ROBOCACHE_RESAMPLE_H

#include <stdint.h>

#include "robocache/context.h"
#include "robocache/export.h"
#include "robocache/status.h"
#include "robocache/tensor.h"

/** Most channel groups of one stream. */
#define RC_MAX_CHANNEL_GROUPS 64

/** How a value is made from samples. Below, (t0, v0) and (t1, v1) are the samples around the target
 * t: t0 the last that is not later, t1 the first that is later. A target that equals the time of a
 * sample gives that sample untouched in all modes before RC_MODE_MEAN. */
enum rc_mode {
  /** `w < 0.5 ? fma(w, v1 - v0, v0) : fma(w - 1, v1 - v0, v1)`, exact at both ends. */
  RC_MODE_LINEAR = 0,
  /** v0: the last sample that is not later. */
  RC_MODE_PREVIOUS = 1,
  /** The first sample that is not earlier. */
  RC_MODE_NEXT = 2,
  /** The sample closest in time; of two equally close ones the earlier. */
  RC_MODE_NEAREST = 3,
  /** Monotone cubic: F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300, as
   * SciPy's PchipInterpolator, its end slopes included. Two samples: linear. Evaluated in float64. */
  RC_MODE_PCHIP = 4,
  /** Quaternions of unit length (any order of components, four channels each) along the shorter
   * great arc: K. Shoemake, SIGGRAPH 1985. Inputs are normalised; q and -q are the same rotation,
   * and of the two the sign of the earlier sample is kept. Evaluated in float64: between two samples
   * each component is within 4 ulp of 1 (2^-50) of the exact one, before it is rounded to the
   * output. */
  RC_MODE_SLERP = 5,
  /** Radians, linear along the shorter arc modulo 2 pi. Where that arc crosses the seam the result
   * is wrapped into [-pi, pi] if both samples lie there, else into [0, 2 pi] if both lie there,
   * else left as it is; extrapolated angles are left as they are. Evaluated in float64: of samples
   * in [-pi, pi] within 3 ulp of pi (1.4e-15) of the exact angle, before it is rounded to the
   * output. */
  RC_MODE_ANGLE = 6,
  /** Aggregates of the samples with t - window.before < time <= t + window.after, accumulated in
   * float64 in the order of time. LAST is the newest sample of the window. */
  RC_MODE_MEAN = 7,
  RC_MODE_SUM = 8,
  RC_MODE_MIN = 9,
  RC_MODE_MAX = 10,
  RC_MODE_LAST = 11
};

/** What a target before the first or after the last sample receives. Exactly on the first or last
 * sample is not outside. Aggregates do not use this rule. */
enum rc_outside {
  /** The first or the last sample. */
  RC_OUTSIDE_HOLD = 0,
  /** `fill_value`; not valid. */
  RC_OUTSIDE_FILL = 1,
  /** The curve of the first or last bracket, however wide, continued; PREVIOUS, NEXT and NEAREST
   * hold, and so does a sequence of one sample. `max_gap` limits how far. */
  RC_OUTSIDE_EXTRAPOLATE = 2
};

/** What to do with source times that step backward. */
enum rc_order {
  /** Refuse them: RC_ERROR_INVALID_DATA with the row and the index. */
  RC_ORDER_CHECK = 0,
  /** Sort the samples by time; samples of equal time keep their order. */
  RC_ORDER_SORT = 1,
  /** Leave out every sample that is earlier than one before it. */
  RC_ORDER_DROP = 2
};

/** Which of several samples with equal times counts. */
enum rc_duplicates {
  RC_DUPLICATES_LAST = 0,
  RC_DUPLICATES_FIRST = 1,
  /** Their mean, taken in float64; of quaternions the normalised mean after aligning signs. */
  RC_DUPLICATES_MEAN = 2
};

/** Bits of the `reason` output. */
enum rc_reason {
  /** The target is earlier than the first sample. */
  RC_REASON_BEFORE_FIRST = 1,
  /** The target is later than the last sample. */
  RC_REASON_AFTER_LAST = 2,
  /** The samples around the target are farther apart than `max_gap`. Filled. */
  RC_REASON_GAP = 4,
  /** The sample to hold is farther from the target than `max_gap`. Filled. */
  RC_REASON_STALE = 8,
  /** A channel is NaN, or `RC_RESAMPLE_SKIP_NAN` found no finite sample. */
  RC_REASON_NAN = 16,
  /** The sequence or the window has no sample, or the stream is absent. Filled. */
  RC_REASON_EMPTY = 32
};

/** Bits of `rc_resample_options.flags`. */
enum rc_resample_flag {
  /** Treat each channel (a quaternion counts as one) as if it had only its finite samples, instead
   * of letting NaN and Inf through: rules for the ends and for gaps then hold for the channel. */
  RC_RESAMPLE_SKIP_NAN = 1,
  /** Trust times, offsets, lengths, ids and quaternions. What wrong ones give is unspecified, but
   * no memory outside the tensors is touched for wrong times. */
  RC_RESAMPLE_SKIP_VALIDATION = 2
};

/** `count` channels from `begin` on are interpolated by `mode`. */
typedef struct rc_channels {
  int64_t begin;
  int64_t count;
  /** One of ::rc_mode. */
  int32_t mode;
  int32_t reserved;
} rc_channels;

/** A span of time in the unit of the times: `ticks` for int64 times, `seconds` for float times. The
 * other one is zero. */
typedef struct rc_duration {
  int64_t ticks;
  double seconds;
} rc_duration;

/** What a window reaches back and ahead from its target: neither negative, not both zero. */
typedef struct rc_window {
  rc_duration before;
  rc_duration after;
} rc_window;

/** Maps source times onto the target's clock: `t + offset + drift * (t - reference)`. For int64
 * times the product is taken in float64 and rounded to the nearest tick, ties to even, and the sum
 * saturates; float times are mapped in float64. */
typedef struct rc_clock_map {
  rc_duration reference;
  rc_duration offset;
  /** Seconds gained per second: finite, greater than -1. */
  double drift;
} rc_clock_map;

/** How to resample. All zero: linear, held outside, source times checked, no outputs beside the
 * values. */
typedef struct rc_resample_options {
  uint32_t struct_size;
  /** Bits of ::rc_resample_flag. */
  uint32_t flags;

  /** int64 [E+1]: values and source_times are packed [N,D] and [N]; sequence e holds the samples
   * offsets[e] to offsets[e+1]-1. Not decreasing, from 0 or more to at most N. NULL: not packed. */
  const rc_tensor* offsets;
  /** int64 [E]: samples that count in each sequence of [E,S,D], 0 to S. NULL: S. Not with
   * `offsets`. */
  const rc_tensor* lengths;
  /** int64 [B]: the sequence that each row reads, 0 to E-1. NULL: row b reads sequence b. */
  const rc_tensor* sequence_ids;
  /** int64 [B+1]: target_times are packed [M]; row b has the targets target_offsets[b] to
   * target_offsets[b+1]-1. Starts at 0, ends at M. NULL: not packed. */
  const rc_tensor* target_offsets;

  /** Groups of channels with modes of their own, in any order, without overlap; NULL when
   * `num_channels` is 0. Groups of RC_MODE_SLERP have 4 k channels: k quaternions. */
  const rc_channels* channels;
  /** Number of groups, at most RC_MAX_CHANNEL_GROUPS. */
  int64_t num_channels;
  /** One of ::rc_mode: of the channels that no group names, and of the index outputs. */
  int32_t mode;
  /** One of ::rc_outside. */
  int32_t outside;
  /** One of ::rc_order. */
  int32_t order;
  /** One of ::rc_duplicates. */
  int32_t duplicates;

  /** What targets without a value receive. Integer outputs: an integer of their range. */
  double fill_value;
  /** Widest gap to bridge, and greatest distance to hold over; exactly as wide is bridged. Zero:
   * any. Aggregates do not use it. */
  rc_duration max_gap;
  /** Required by the aggregates, else zero. */
  rc_window window;
  /** Zero: source and target share a clock. */
  rc_clock_map clock;

  /* Outputs, each NULL or of the output's shape without D. The last four follow the times alone,
   * whatever RC_RESAMPLE_SKIP_NAN does with the values. */
  /** uint8 or bool: 1 where no channel was filled or is NaN, else 0. */
  rc_tensor* valid;
  /** uint8: bits of ::rc_reason. */
  rc_tensor* reason;
  /** int64: the sample that `mode` reads; of LINEAR, PCHIP, SLERP and ANGLE the earlier one of the
   * bracket; of aggregates the newest of the window; -1 where the target is filled. It counts along
   * the sample axis of `values`: within the sequence of [E,S,D], within N of packed values. */
  rc_tensor* source_index;
  /** int64: the later sample of the bracket; equal to `source_index` where one sample is read. */
  rc_tensor* next_index;
  /** float32 or float64: the weight w of `next_index`; 0 where one sample is read. */
  rc_tensor* weight;
  /** int64 ticks, or float64 seconds: target time less the time of the newest sample that is not
   * later; before the first sample less the time of that one (negative). INT64_MAX or +Inf for an
   * empty sequence. */
  rc_tensor* age;

  /** Memory of the context's device for the call, aligned to 16 bytes, or NULL: then the context
   * provides it. */
  void* workspace;
  /** Bytes of `workspace`: at least what ::rc_resample_workspace_size says. */
  uint64_t workspace_size;
} rc_resample_options;

#define RC_RESAMPLE_OPTIONS_INIT                                                              \
  {sizeof(rc_resample_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0, 0}, {{0, 0}, {0, 0}}, \
   {{0, 0}, {0, 0}, 0},         0, 0, 0, 0, 0, 0, 0, 0}

RC_BEGIN_DECLARATIONS

/** Writes the default options: zeroes, and `struct_size`.
 *
 * @param options      not NULL
 * @param struct_size  `sizeof(rc_resample_options)` of the caller's headers
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT  `options` is NULL, or the size is below the first released one
 * Any thread. @since 0.1 */
RC_API rc_status rc_resample_options_init(rc_resample_options* options, uint32_t struct_size);

/** Resamples trajectories to other times.
 *
 * | values                          | output                                    | modes          |
 * |---------------------------------|-------------------------------------------|----------------|
 * | float16, bfloat16, float32, float64 | float16, bfloat16, float32, float64   | all            |
 * | uint8, int8, int16, int32       | float16, bfloat16, float32, float64       | all            |
 * | uint8, int8, int16, int32       | the type of the values                    | PREVIOUS, NEXT, NEAREST, LAST; duplicates not MEAN |
 *
 * Conversions round to nearest, ties to even.
 *
 * Limitations on CUDA: SORT and DROP take all sequences at once; what needs more workspace than the
 * context's limit is refused, not done in parts.
 *
 * @param context       a context on the device of all tensors. On CUDA the call is enqueued and
 *                      does not wait; see the limitations above.
 * @param values        [E,S,D]; or [S,D], one sequence; or [N,D] with `options->offsets`. NULL for
 *                      index outputs only: then `output` is NULL and one of `valid`, `reason`,
 *                      `source_index`, `next_index`, `weight`, `age` is not.
 * @param source_times  int64, float64 or float32: [E,S]; or [S], shared by all sequences; or [N]
 *                      with `options->offsets`. Not decreasing (see `order`), finite.
 * @param target_times  the same type: [B,T]; or [T], shared by all rows; or [M] with
 *                      `options->target_offsets`. In any order (sorted is fastest), finite.
 * @param options       NULL for the defaults; read during the call only
 * @param output        [B,T,D]; [M,D] for packed targets; [T,D] where values are [S,D] and there
 *                      are no `sequence_ids`. Rows of an empty sequence are filled.
 *
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE        `context`
 * @retval RC_ERROR_INVALID_ARGUMENT      a precondition above; overlapping outputs; a size that
 *                                        overflows int64
 * @retval RC_ERROR_INVALID_DATA          times that step backward or are not finite, offsets, lengths
 *                                        or ids out of range, a quaternion of length zero. Nothing
 *                                        has been written. On CUDA rc_context_synchronize returns it
 *                                        and the rows concerned are unspecified.
 * @retval RC_ERROR_UNSUPPORTED_DTYPE     not in the table
 * @retval RC_ERROR_UNSUPPORTED_LAYOUT    strides, alignment or rank that tensor.h excludes
 * @retval RC_ERROR_UNSUPPORTED_OPTION    unknown flag, mode or field; not offered on this device
 * @retval RC_ERROR_DEVICE_MISMATCH       a tensor on another device
 * @retval RC_ERROR_OUT_OF_MEMORY         workspace could not be had; the context stays usable
 * @retval RC_ERROR_WORKSPACE_TOO_SMALL   `workspace_size`, or the context's limit even after
 *                                        chunking; the message says what is needed
 * @retval RC_ERROR_CUDA
 *
 * One thread per context. @since 0.1 */
RC_API rc_status rc_resample(rc_context* context, const rc_tensor* values,
                             const rc_tensor* source_times, const rc_tensor* target_times,
                             const rc_resample_options* options, rc_tensor* output);

/** Bytes of workspace that ::rc_resample with the same arguments needs: exact, from shapes and
 * options alone; no data is read. Zero unless `order` is SORT or DROP.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_resample that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_resample_workspace_size(rc_context* context, const rc_tensor* values,
                                            const rc_tensor* source_times,
                                            const rc_tensor* target_times,
                                            const rc_resample_options* options,
                                            const rc_tensor* output, uint64_t* size);

/** Gradient of ::rc_resample with respect to the values: every element of `grad_values` is written,
 * with zero where no target reads the sample.
 *
 * The contributions to a sample are added in float64 in the order of rows and targets and rounded
 * once, so that equal inputs give equal bits. MIN and MAX pass the gradient to the first of equal
 * samples; a target that is filled passes none. On CUDA all sequences are done at once; what needs
 * more workspace than the context's limit is refused, not done in parts.
 *
 * @param context       a context on the device of all tensors. On CUDA the call is enqueued and
 *                      does not wait.
 * @param grad_output   gradient of the output: its shape, any of the four float types
 * @param values        as in ::rc_resample, of a float type; may be NULL when no mode is PCHIP,
 *                      SLERP, MIN or MAX and RC_RESAMPLE_SKIP_NAN is off
 * @param source_times  as in ::rc_resample
 * @param target_times  as in ::rc_resample
 * @param options       as in ::rc_resample; the outputs in it are NULL, and `workspace_size` is at
 *                      least what ::rc_resample_backward_workspace_size says
 * @param grad_values   receives the gradient: the shape of `values`, any of the four float types.
 *                      Samples outside every sequence receive zero.
 * @retval RC_SUCCESS, and the errors of ::rc_resample
 * One thread per context. @since 0.1 */
RC_API rc_status rc_resample_backward(rc_context* context, const rc_tensor* grad_output,
                                      const rc_tensor* values, const rc_tensor* source_times,
                                      const rc_tensor* target_times,
                                      const rc_resample_options* options, rc_tensor* grad_values);

/** Bytes of workspace that ::rc_resample_backward with the same arguments needs: exact, from shapes
 * and options alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_resample_backward that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_resample_backward_workspace_size(
    rc_context* context, const rc_tensor* grad_output, const rc_tensor* values,
    const rc_tensor* source_times, const rc_tensor* target_times,
    const rc_resample_options* options, const rc_tensor* grad_values, uint64_t* size);

/** Writes an exact clock without drift: tick k is
 * `start + floor(k * ticks_per_second * denominator / numerator)`, in integers, for all k with
 * tick k < stop.
 *
 * @param start             first tick
 * @param stop              end of the clock, excluded; not before `start`
 * @param ticks_per_second  1000000000 for nanoseconds; at least 1
 * @param numerator         of the rate in hertz, at least 1: 30000 of 30000/1001
 * @param denominator       of the rate in hertz, at least 1: 1001 of 30000/1001
 * @param capacity          ticks that `ticks` has room for, 0 or more
 * @param ticks             receives the ticks; NULL when `capacity` is 0
 * @param count             not NULL; receives the number of ticks of the whole clock, also when
 *                          `capacity` is smaller
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT   one of the above
 * @retval RC_ERROR_CAPACITY_EXCEEDED  the clock has more ticks than `capacity`, and `capacity` is
 *                                     not 0; the first `capacity` ticks were written
 * Any thread. @since 0.1 */
RC_API rc_status rc_target_clock(int64_t start, int64_t stop, int64_t ticks_per_second,
                                 int64_t numerator, int64_t denominator, int64_t capacity,
                                 int64_t* ticks, int64_t* count);

RC_END_DECLARATIONS

#endif
