// SPDX-License-Identifier: Apache-2.0
/** Behind the handle `rc_context`. (abidw tells private types from public ones by the names of the
 * headers, so that this one must not be called context.h.) */
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "robocache/context.h"

#include "lib/cuda_device.h"
#include "lib/scratch.h"
#include "lib/thread_pool.h"

struct rc_context {
  /** `options` are complete and not yet checked. */
  explicit rc_context(const rc_context_options& options);
  ~rc_context();
  rc_context(const rc_context&) = delete;
  rc_context& operator=(const rc_context&) = delete;

  /** Sends one line to the caller's log callback, where there is one and `level` is wanted. */
  void log(int32_t level, const char* format, ...) const __attribute__((format(printf, 3, 4)));

  /** Tells a context from any other memory. */
  uint64_t magic;
  /** As the caller gave them. What the context made of device, stream, threads and SIMD level is
   * in the members below. */
  const rc_context_options options;
  /** The device's side of a CUDA context; NULL on the CPU. */
  std::unique_ptr<rc::CudaDevice> cuda;
  rc_device device = {RC_DEVICE_CPU, 0};
  /** Why it is this device. */
  std::string reason;
  /** What the CPU kernels may use: never AUTO. */
  rc_simd_level simd_level;
  rc::ThreadPool pool;
  rc::Scratch scratch;
  bool metrics_enabled;
  rc_op_metrics metrics[RC_OP_DEPTH_TO_POINTS + 1] = {};
};
