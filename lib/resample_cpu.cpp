// SPDX-License-Identifier: Apache-2.0
#include "lib/resample_cpu.h"

#include <algorithm>

#include "kernels/resample/resample.h"
#include "lib/error.h"
#include "lib/float_environment.h"
#include "lib/parallel.h"
#include "lib/simd.h"

namespace rc {
namespace {

int64_t mean_samples(const ResamplePlan& plan) {
  return plan.offsets ? plan.samples / std::max<int64_t>(1, plan.sequences) : plan.samples;
}

ResampleTargets kernel(const rc_context& context) {
  return RC_AT_LEVEL(context.simd_level, resample_targets);
}

/** What a target takes, in elements that are copied: to find its samples, and to make its channels. */
int64_t work_of_target(const ResamplePlan& plan) {
  constexpr int64_t search = 40, curve = 32;
  int64_t work = search;
  for (int32_t g = 0; plan.has_values && g < plan.num_groups; ++g) {
    const Group& group = plan.groups[g];
    const bool line = group.mode == RC_MODE_LINEAR || is_copy(group.mode);
    work += group.count * (line && takes_steps(plan, group.mode) ? 1 : curve);
  }
  return work;
}

/** So many targets of several streams that what these write into, whole rows, stays in the cache of a
 * core. */
int64_t targets_at_once(const ResamplePlan& plan, int64_t streams) {
  constexpr int64_t cached_bytes = 2 << 20;
  const int64_t row = plan.output.step * item_size(plan.output.type);
  if (streams == 1) return plan.total_targets();
  return std::max<int64_t>(64, cached_bytes / std::max<int64_t>(1, row));
}

void serve(rc_context& context, const ResamplePlan* plans, int64_t count) {
  int64_t work = 0;
  for (int64_t i = 0; i < count; ++i) work += work_of_target(plans[i]);
  const ResampleTargets resample = kernel(context);
  const int64_t most = targets_at_once(plans[0], count);
  split(context, plans[0].total_targets(), work, [&](int64_t begin, int64_t end) {
    for (; begin < end; begin += most) {
      for (int64_t i = 0; i < count; ++i) resample(plans[i], begin, std::min(begin + most, end));
    }
  });
}

void serve_in_parts(rc_context& context, ResamplePlan& plan) {
  const auto bytes = [&](int64_t first, int64_t last) {
    return order_workspace(plan, first, last);
  };
  for (int64_t first = 0; first < plan.sequences;) {
    const int64_t last = sequences_within_limit(context, plan.sequences, first, bytes);
    const Workspace part(context, bytes(first, last), nullptr, 0);
    order_sequences(context, plan, first, last, part.data());
    serve(context, &plan, 1);
    first = last;
  }
}

/** Many sequences to a task, or many tasks to a sequence. */
void check_sequences(rc_context& context, const ResamplePlan& plan, FirstFault& data) {
  if (mean_samples(plan) <= elements_per_task) {
    return split(context, plan.sequences, mean_samples(plan), [&](int64_t begin, int64_t end) {
      for (int64_t e = begin; e < end; ++e) data.add(check_samples(plan, e, 0, plan.samples));
    });
  }
  for (int64_t e = 0; e < plan.sequences; ++e) {
    split(context, samples_of(plan, e, e + 1), 1,
          [&](int64_t begin, int64_t end) { data.add(check_samples(plan, e, begin, end)); });
  }
}

}  // namespace

void check_data(rc_context& context, const ResamplePlan& plan) {
  if (!plan.validate) return;
  FirstFault layout;
  layout.add(check_layout(plan));
  layout.report();
  FirstFault data;
  check_sequences(context, plan, data);
  if (plan.target_times.type != Type::i64) {
    const bool shared = plan.target_times.row == 0;
    const int64_t targets = shared ? plan.targets : plan.total_targets();
    split(context, targets, 1,
          [&](int64_t begin, int64_t end) { data.add(check_targets(plan, begin, end)); });
  }
  data.report();
}

int64_t samples_of(const ResamplePlan& plan, int64_t first, int64_t last) {
  if (plan.offsets) return plan.offsets[last] - plan.offsets[first];
  return (last - first) * plan.samples;
}

uint64_t order_workspace(const ResamplePlan& plan, int64_t first, int64_t last) {
  if (plan.order == RC_ORDER_CHECK) return 0;
  const uint64_t entries = samples_of(plan, first, last) + (last - first);
  return entries * sizeof(int64_t);
}

void order_sequences(rc_context& context, ResamplePlan& plan, int64_t first, int64_t last,
                     char* workspace) {
  plan.first_sequence = first;
  plan.last_sequence = last;
  if (plan.order == RC_ORDER_CHECK) return;
  plan.sorted_count = reinterpret_cast<int64_t*>(workspace);
  plan.sorted = plan.sorted_count + (last - first);
  split(context, last - first, mean_samples(plan), [&](int64_t begin, int64_t end) {
    for (int64_t e = first + begin; e < first + end; ++e) order_sequence(plan, e);
  });
}

uint64_t resample_workspace(const ResamplePlan* plans, int64_t count) {
  uint64_t bytes = 0;
  for (int64_t i = 0; i < count; ++i) {
    const ResamplePlan& plan = plans[i];
    if (plan.order == RC_ORDER_CHECK) continue;
    // From shapes alone: packed samples may belong to any sequence.
    const int64_t samples = plan.offsets ? plan.samples : plan.sequences * plan.samples;
    bytes += static_cast<uint64_t>(samples + plan.sequences) * sizeof(int64_t);
  }
  return bytes;
}

void resample_cpu(rc_context& context, ResamplePlan* plans, int64_t count, void* workspace,
                  uint64_t workspace_size) {
  const FloatEnvironment environment;
  for (int64_t i = 0; i < count; ++i) check_data(context, plans[i]);
  const uint64_t needed = resample_workspace(plans, count);
  const uint64_t limit = context.options.workspace_limit;
  const bool own = workspace == nullptr && workspace_size == 0;
  if (own && limit != 0 && needed > limit) {
    for (int64_t i = 0; i < count; ++i) serve_in_parts(context, plans[i]);
    return;
  }
  const Workspace memory(context, needed, workspace, workspace_size);
  char* next = memory.data();
  for (int64_t i = 0; i < count; ++i) {
    order_sequences(context, plans[i], 0, plans[i].sequences, next);
    next += order_workspace(plans[i], 0, plans[i].sequences);
  }
  serve(context, plans, count);
}

}  // namespace rc
