// SPDX-License-Identifier: Apache-2.0
// The CPU kernels of rc_resample and rc_fuse, in the order in which a call uses them: check, order,
// resample. A caller splits the work as it likes; how it does changes no bit.
#pragma once

#include <cstdint>

#include "kernels/common/fault.h"
#include "kernels/resample/plan.h"

namespace rc {

// The first fault in offsets, lengths, ids and target offsets. The other functions rely on them.
Fault check_layout(const ResamplePlan& plan);

// The first fault in the times of the samples [begin, end) of sequence e, as far as it has them, then in
// their quaternions. Before samples are ordered.
Fault check_samples(const ResamplePlan& plan, int64_t e, int64_t begin, int64_t end);

// The first fault in the targets [begin, end) of all rows, shared ones counted once.
Fault check_targets(const ResamplePlan& plan, int64_t begin, int64_t end);

// Writes `plan.sorted` and `plan.sorted_count` of sequence e.
void order_sequence(const ResamplePlan& plan, int64_t e);

// Serves the targets [begin, end), counted over all rows, whose sequence is within
// [plan.first_sequence, plan.last_sequence).
using ResampleTargets = void (*)(const ResamplePlan& plan, int64_t begin, int64_t end);
void resample_targets_baseline(const ResamplePlan& plan, int64_t begin, int64_t end);
void resample_targets_avx2(const ResamplePlan& plan, int64_t begin, int64_t end);
void resample_targets_avx512(const ResamplePlan& plan, int64_t begin, int64_t end);
void resample_targets_neon(const ResamplePlan& plan, int64_t begin, int64_t end);

}  // namespace rc
