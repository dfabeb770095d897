// SPDX-License-Identifier: Apache-2.0
/** What an operation finds in its context: threads, workspace, metrics, log. */
#pragma once

#include <cstdint>
#include <string>

#include "lib/thread_pool.h"
#include "robocache/context.h"

/** Behind the public handle. */
struct rc_context {
  explicit rc_context(const rc_context_options& options);
  ~rc_context();
  rc_context(const rc_context&) = delete;
  rc_context& operator=(const rc_context&) = delete;

  bool on_cuda() const { return device.device_type == RC_DEVICE_CUDA; }

  /** Sends one line to the caller's log callback, where there is one and `level` is wanted. */
  void log(int32_t level, const char* format, ...) __attribute__((format(printf, 3, 4)));

  /** Tells a context from any other memory. */
  uint64_t magic;
  rc_device device;
  /** Why it is this device. */
  std::string reason;
  /** Never AUTO: what the kernels may use. */
  rc_simd_level simd_level;
  rc::ThreadPool pool;

  void* stream;
  uint64_t workspace_limit;
  rc_allocate_callback allocate;
  rc_deallocate_callback deallocate;
  void* allocator_cookie;
  rc_log_callback log_callback;
  void* log_cookie;
  int32_t log_level;

  bool metrics_enabled;
  rc_op_metrics metrics[RC_OP_FUSE_BACKWARD + 1];
};

namespace rc {

/** The context behind a handle; anything else is RC_ERROR_INVALID_HANDLE. */
rc_context& checked(rc_context* context);
const rc_context& checked(const rc_context* context);

/** Temporary memory of the context's device for one call, returned at the end of the scope (in
 * stream order on CUDA). */
class Workspace {
 public:
  /** `user` is the caller's workspace: it is used where it is not NULL, and has to have `needed`
   * bytes. Else the context's allocator provides them, within the context's limit. */
  Workspace(rc_context& context, uint64_t needed, void* user, uint64_t user_size);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  /** Aligned to 16 bytes; NULL where nothing was needed. */
  char* data() const { return data_; }

 private:
  rc_context& context_;
  char* data_ = nullptr;
  /** Bytes to give back; 0 for the caller's own memory. */
  uint64_t owned_ = 0;
};

/** Measures one call: made at its start, `done` at its end. A call that fails counts nowhere. Costs
 * one comparison while metrics are off. */
class Measured {
 public:
  Measured(rc_context& context, rc_op op);
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;

  /** `items`: target times served; `bytes`: of inputs and outputs, each counted once. */
  void done(int64_t items, int64_t bytes);

 private:
  rc_context& context_;
  rc_op op_;
  int64_t start_ns_ = 0;
};

}  // namespace rc
