// SPDX-License-Identifier: Apache-2.0
#include "lib/resample_backward_cpu.h"

#include <algorithm>

#include "kernels/resample/resample_backward.h"
#include "lib/float_environment.h"
#include "lib/resample_cpu.h"

namespace rc {
namespace {

/** Rows by sequence: part of no chunk. */
uint64_t rows_workspace(const ResamplePlan& plan) {
  return plan.sequence_ids ? (plan.sequences + 1 + plan.rows) * sizeof(int64_t) : 0;
}

uint64_t part_workspace(const ResamplePlan& plan, int64_t first, int64_t last) {
  const uint64_t sums = samples_of(plan, first, last) * plan.width * sizeof(double);
  return order_workspace(plan, first, last) + sums;
}

/** From shapes alone: packed samples may belong to any sequence. */
uint64_t plan_workspace(const ResamplePlan& plan) {
  const int64_t samples = plan.offsets ? plan.samples : plan.sequences * plan.samples;
  return rows_workspace(plan) + resample_workspace(&plan, 1) +
         static_cast<uint64_t>(samples) * plan.width * sizeof(double);
}

/** Writes the gradient of the sequences [first, last). */
void run_part(rc_context& context, GradientPlan& plan, int64_t first, int64_t last, char* memory) {
  order_sequences(context, plan.forward, first, last, memory);
  plan.sums = reinterpret_cast<double*>(memory + order_workspace(plan.forward, first, last));
  context.pool.run(last - first, [&](int64_t i, int) { resample_gradient(plan, first + i); });
}

void run_plan(rc_context& context, GradientPlan& plan, char* memory) {
  const ResamplePlan& forward = plan.forward;
  const uint64_t rows = rows_workspace(forward);
  const bool whole = memory != nullptr || plan_workspace(forward) == 0;
  const Workspace own(context, whole ? 0 : rows, nullptr, 0);
  if (rows != 0) {
    plan.row_begin = reinterpret_cast<int64_t*>(whole ? memory : own.data());
    plan.rows = plan.row_begin + forward.sequences + 1;
    list_rows(plan);
  }
  clear_unused_gradient(plan);
  if (whole) return run_part(context, plan, 0, forward.sequences, memory + rows);
  const auto bytes = [&](int64_t first, int64_t last) {
    return part_workspace(forward, first, last);
  };
  for (int64_t first = 0; first < forward.sequences;) {
    const int64_t last = sequences_within_limit(context, forward.sequences, first, bytes);
    const Workspace part(context, bytes(first, last), nullptr, 0);
    run_part(context, plan, first, last, part.data());
    first = last;
  }
}

}  // namespace

uint64_t resample_backward_workspace(const GradientPlan* plans, int64_t count) {
  uint64_t bytes = 0;
  for (int64_t i = 0; i < count; ++i) bytes = std::max(bytes, plan_workspace(plans[i].forward));
  return bytes;
}

void resample_backward_cpu(rc_context& context, GradientPlan* plans, int64_t count, void* workspace,
                           uint64_t workspace_size) {
  const FloatEnvironment environment;
  for (int64_t i = 0; i < count; ++i) check_data(context, plans[i].forward);
  const uint64_t needed = resample_backward_workspace(plans, count);
  const uint64_t limit = context.options.workspace_limit;
  const bool own = workspace == nullptr && workspace_size == 0;
  const bool in_parts = own && limit != 0 && needed > limit;
  const Workspace memory(context, in_parts ? 0 : needed, workspace, workspace_size);
  for (int64_t i = 0; i < count; ++i) run_plan(context, plans[i], memory.data());
}

}  // namespace rc
