// SPDX-License-Identifier: Apache-2.0
/** The tensors of one call: checked one by one as they are read, and against each other at the end. */
#pragma once

#include <deque>

#include "lib/context.h"
#include "lib/overlap.h"
#include "lib/scratch.h"
#include "lib/tensor.h"

namespace rc {

/** A call makes one of these: its scratch begins with it. */
class Tensors {
 public:
  explicit Tensors(rc_context& context);

  /** Checks and keeps an input; failures name `argument`, a literal. */
  const View& read(const rc_tensor* tensor, const char* argument);
  /** The same for an input in CPU memory, whatever the device of the context. */
  const View& read_host(const rc_tensor* tensor, const char* argument);
  /** Checks and keeps an output, whose elements may not share memory. */
  const View& write(const rc_tensor* tensor, const char* argument);
  /** Refuses a tensor of another device, NULL aside. For those that are read after later arguments:
   * of several elsewhere the first one is named. */
  void check_device(const rc_tensor* tensor, const char* argument) const;
  /** The last tensor that was read or written under this name. */
  const View& find(const char* argument) const;
  /** Refuses outputs that share memory with any other tensor. */
  void check_disjoint();
  /** Bytes of all tensors, each counted once. */
  int64_t bytes() const;
  /** Memory for what else the call notes. */
  Scratch& scratch() { return context_.scratch; }

 private:
  const View& add(const rc_tensor* tensor, const char* argument, rc_device device, bool written);

  rc_context& context_;
  // Views stay where they are.
  std::deque<View, ScratchAllocator<View>> views_;
  ScratchVector<Access> accesses_;
};

}  // namespace rc
