// SPDX-License-Identifier: Apache-2.0
/** What an operation does with its context: checks it, takes workspace, measures itself. */
#pragma once

#include <cstdint>

#include "lib/context_state.h"

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
