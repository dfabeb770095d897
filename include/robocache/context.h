/* SPDX-License-Identifier: Apache-2.0 */
/** @file context.h
 * Where work runs: a device, a stream, threads, memory, metrics.
 *
 * Threads: one context is used by one thread at a time; different contexts are independent. Reusing
 * a context is a matter of speed and never changes a result. After `fork` a child may make and use
 * CPU contexts, and may go on using a CPU context of the thread that forked.
 *
 * Streams: on a CUDA context every operation is enqueued on the context's stream and returns at
 * once; it does not wait for completion, allocates only from the context's stream-ordered pool or
 * the caller's allocator, and may be captured into a CUDA graph. The context outlives the graphs that
 * were captured with it, and a stream lives until the context has another. */
#ifndef ROBOCACHE_CONTEXT_H
#define ROBOCACHE_CONTEXT_H

#include <stdint.h>

#include "robocache/export.h"
#include "robocache/status.h"
#include "robocache/tensor.h"

/** Opaque. Made by ::rc_context_create, ended by ::rc_context_destroy. */
typedef struct rc_context rc_context;

/** Allocates workspace: `size` bytes of memory of the context's device, aligned to `alignment` (a
 * power of two, at most 256), ordered on `stream` (NULL on the CPU). NULL means out of memory. */
typedef void* (*rc_allocate_callback)(void* cookie, uint64_t size, uint64_t alignment,
                                      void* stream);

/** Takes back what ::rc_allocate_callback gave, once `stream` has passed the work enqueued so far. */
typedef void (*rc_deallocate_callback)(void* cookie, void* pointer, uint64_t size, void* stream);

/** Receives one line of log, without a newline; `message` is valid during the call only. It must
 * not call back into the library. */
typedef void (*rc_log_callback)(void* cookie, int32_t level, const char* message);

/** Levels of the log, numbered as Python's `logging` does. */
enum rc_log_level { RC_LOG_DEBUG = 10, RC_LOG_INFO = 20, RC_LOG_WARNING = 30, RC_LOG_ERROR = 40 };

/** Instruction sets of the CPU kernels. All give equal bits.
 *
 * Each architecture has some of them, and each of these holds those before it: BASELINE, AVX2,
 * AVX512 on x86-64; BASELINE, NEON on AArch64. Between architectures the numbers order nothing. */
enum rc_simd_level {
  /** The best that the processor has. */
  RC_SIMD_AUTO = 0,
  /** What every processor of the architecture has; on AArch64 plain loops, to compare with. */
  RC_SIMD_BASELINE = 1,
  /** x86-64 with AVX2, FMA and F16C. */
  RC_SIMD_AVX2 = 2,
  /** x86-64 with AVX-512 F, BW, DQ and VL. */
  RC_SIMD_AVX512 = 3,
  /** AArch64 with NEON (Advanced SIMD). */
  RC_SIMD_NEON = 4
};

/** Bits of `rc_context_options.flags`. */
enum rc_context_flag {
  /** Measure from the start on; see ::rc_context_enable_metrics. */
  RC_CONTEXT_METRICS = 1
};

/** How to make a context. All zero: automatic device, all cores, no limit. */
typedef struct rc_context_options {
  uint32_t struct_size;
  /** Bits of ::rc_context_flag. */
  uint32_t flags;
  /** One of AUTO, CPU, CUDA of ::rc_device_type. */
  int32_t device_type;
  /** CUDA: index of the device; 0 otherwise. */
  int32_t device_id;
  /** CPU threads, the caller's among them: 0 = as many as the process may use cores, 1 = the
   * caller's alone. At most 1024. */
  int32_t threads;
  /** Highest of ::rc_simd_level to use. A level that the processor lacks is refused, and so is one
   * of another architecture. */
  int32_t simd_level;
  /** Most bytes of workspace one call may take from the pool or the allocator; 0 = no limit. */
  uint64_t workspace_limit;
  /** CUDA: a `cudaStream_t` of that device; NULL = the default stream. CPU: NULL. */
  void* stream;
  /** Both or neither; they serve every workspace of the context. Called by the thread that calls
   * the library. */
  rc_allocate_callback allocate;
  rc_deallocate_callback deallocate;
  void* allocator_cookie;
  /** May be NULL. Called by the thread that calls the library. */
  rc_log_callback log;
  void* log_cookie;
  /** Least level that is sent to `log`; 0 = RC_LOG_INFO. */
  int32_t log_level;
  int32_t reserved;
} rc_context_options;

#define RC_CONTEXT_OPTIONS_INIT \
  {sizeof(rc_context_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** Operations that are measured. */
enum rc_op {
  RC_OP_RESAMPLE = 0,
  RC_OP_RESAMPLE_BACKWARD = 1,
  RC_OP_FUSE = 2,
  RC_OP_FUSE_BACKWARD = 3,
  RC_OP_VOXELIZE = 4,
  RC_OP_VOXELIZE_BACKWARD = 5,
  RC_OP_VOXELIZE_SPARSE = 6,
  RC_OP_POINTCLOUD_BOUNDS = 7,
  RC_OP_TSDF_INTEGRATE = 8,
  RC_OP_TSDF_FROM_POINTS = 9,
  RC_OP_TSDF_EXTRACT_POINTS = 10,
  RC_OP_DEPTH_TO_POINTS = 11
};

/** What one operation of a context did since metrics were enabled or reset. Set `struct_size`
 * before the call; the rest is written by it. */
typedef struct rc_op_metrics {
  uint32_t struct_size;
  /** One of ::rc_op. */
  int32_t op;
  /** Calls that succeeded. */
  uint64_t calls;
  /** Target times served; points read; pixels of depth images; voxels of a volume read. */
  uint64_t items;
  /** Bytes of inputs and outputs, each counted once. */
  uint64_t bytes;
  /** Nanoseconds over all calls: wall time of the call on the CPU, device time by events on CUDA. */
  uint64_t total_ns;
  uint64_t min_ns;
  uint64_t max_ns;
} rc_op_metrics;

#define RC_OP_METRICS_INIT {sizeof(rc_op_metrics), 0, 0, 0, 0, 0, 0, 0}

RC_BEGIN_DECLARATIONS

/** Writes the default options: zeroes, and `struct_size`.
 *
 * @param options      not NULL
 * @param struct_size  `sizeof(rc_context_options)` of the caller's headers
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT  `options` is NULL, or the size is below the first released one
 * Any thread. @since 0.1 */
RC_API rc_status rc_context_options_init(rc_context_options* options, uint32_t struct_size);

/** Makes a context.
 *
 * @param options  NULL for the defaults; read during the call only
 * @param context  not NULL; receives the context, or NULL on failure. The caller destroys it.
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT     NULL `context`; a field out of range; one of the allocator
 *                                       callbacks without the other; a stream on the CPU
 * @retval RC_ERROR_UNSUPPORTED_OPTION   unknown flag, reserved field or longer struct that is not
 *                                       zero; a SIMD level that the processor lacks
 * @retval RC_ERROR_BACKEND_UNAVAILABLE  a CUDA device was asked for and cannot be used; the message
 *                                       says why. There is no silent fallback.
 * @retval RC_ERROR_OUT_OF_MEMORY
 * Any thread. Worker threads start with the first call that needs them. @since 0.1 */
RC_API rc_status rc_context_create(const rc_context_options* options, rc_context** context);

/** Ends a context. NULL is accepted. Work still on its stream may finish after the call; the memory
 * that this work borrows from the context is returned in stream order.
 *
 * @param context  NULL, or a context that no thread uses
 * @retval RC_SUCCESS  always
 * @since 0.1 */
RC_API rc_status rc_context_destroy(rc_context* context);

/** Tells which device the context uses, and why.
 *
 * @param context  a context
 * @param device   receives the device; may be NULL
 * @param reason   receives one sentence, owned by the context ("RC_DEVICE_AUTO: cpu, because the
 *                 CUDA driver is not installed"); may be NULL
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE
 * @since 0.1 */
RC_API rc_status rc_context_device(const rc_context* context, rc_device* device,
                                   const char** reason);

/** Chooses the stream of the calls that follow. Work already enqueued stays on the stream it was
 * enqueued on; the context orders its own state (not the caller's data) between the two.
 *
 * @param context  a context
 * @param stream   CUDA: a `cudaStream_t` of the context's device, NULL for the default stream;
 *                 it must outlive its use. CPU: NULL.
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE
 * @retval RC_ERROR_INVALID_ARGUMENT  a stream on a CPU context
 * @retval RC_ERROR_CUDA
 * @since 0.1 */
RC_API rc_status rc_context_set_stream(rc_context* context, void* stream);

/** Waits for the context's stream, then reports faults in data that the device has seen.
 *
 * The first fault (in order of calls, then argument, row and index) is kept and is returned by
 * every later call of this function until ::rc_context_clear_error. On the CPU faults are returned
 * by the call that meets them and this function has nothing to wait for.
 *
 * @param context  a context
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE
 * @retval RC_ERROR_INVALID_DATA  the message names operation, argument, row and index
 * @retval RC_ERROR_CUDA          an error of CUDA's own, of this or of earlier work
 * @since 0.1 */
RC_API rc_status rc_context_synchronize(rc_context* context);

/** Forgets the fault that ::rc_context_synchronize reports, in stream order.
 *
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE
 * @retval RC_ERROR_CUDA
 * @since 0.1 */
RC_API rc_status rc_context_clear_error(rc_context* context);

/** Turns measuring on or off. Off costs nothing; on costs two clock reads a call on the CPU and two
 * events a call on CUDA. Turning on starts from zero.
 *
 * @param enabled  0 or 1
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE
 * @retval RC_ERROR_INVALID_ARGUMENT
 * @since 0.1 */
RC_API rc_status rc_context_enable_metrics(rc_context* context, int32_t enabled);

/** Reads what was measured. On CUDA it waits for the calls that were measured.
 *
 * @param op       one of ::rc_op
 * @param metrics  not NULL, `struct_size` set; all zero when nothing was measured
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE
 * @retval RC_ERROR_INVALID_ARGUMENT    unknown `op`, NULL or too short `metrics`
 * @retval RC_ERROR_UNSUPPORTED_OPTION  a longer struct with a tail that is not zero
 * @retval RC_ERROR_CUDA
 * @since 0.1 */
RC_API rc_status rc_context_metrics(rc_context* context, int32_t op, rc_op_metrics* metrics);

/** Starts counting from zero.
 *
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE
 * @since 0.1 */
RC_API rc_status rc_context_reset_metrics(rc_context* context);

RC_END_DECLARATIONS

#endif
