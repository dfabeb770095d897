// SPDX-License-Identifier: Apache-2.0
/** Runs plans on the threads of a CPU context. */
#pragma once

#include <cstdint>

#include "kernels/resample/plan.h"
#include "lib/context.h"
#include "lib/error.h"

namespace rc {

/** Bytes that the plans need at once: where samples are sorted or dropped, their order. */
uint64_t resample_workspace(const ResamplePlan* plans, int64_t count);

/** Checks the data of all plans, then serves them target by target. Plans share rows and targets.
 * Work beyond the context's workspace limit is done plan by plan and some sequences at a time. */
void resample_cpu(rc_context& context, ResamplePlan* plans, int64_t count, void* workspace,
                  uint64_t workspace_size);

/** Faults in the data of a plan are RC_ERROR_INVALID_DATA. Done before anything is written. */
void check_data(rc_context& context, const ResamplePlan& plan);

/** Orders the samples of the sequences [first, last) in `workspace`, if the plan asks for it. */
void order_sequences(rc_context& context, ResamplePlan& plan, int64_t first, int64_t last,
                     char* workspace);

/** Samples of the sequences [first, last), padding included. */
int64_t samples_of(const ResamplePlan& plan, int64_t first, int64_t last);

/** Bytes that `order_sequences` needs. */
uint64_t order_workspace(const ResamplePlan& plan, int64_t first, int64_t last);

/** End of the longest run of sequences from `first` on for which `bytes(first, end)` stays within the
 * context's limit; a single one that does not is RC_ERROR_WORKSPACE_TOO_SMALL. */
template <class Bytes>
int64_t sequences_within_limit(const rc_context& context, int64_t sequences, int64_t first,
                               Bytes bytes) {
  const uint64_t limit = context.options.workspace_limit;
  if (bytes(first, first + 1) > limit) {
    fail(RC_ERROR_WORKSPACE_TOO_SMALL,
         "workspace_limit: expected at least %llu bytes, for sequence %lld alone, got %llu",
         static_cast<unsigned long long>(bytes(first, first + 1)), static_cast<long long>(first),
         static_cast<unsigned long long>(limit));
  }
  int64_t last = first + 1;
  while (last < sequences && bytes(first, last + 1) <= limit) ++last;
  return last;
}

}  // namespace rc
