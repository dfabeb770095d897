// SPDX-License-Identifier: Apache-2.0
// A checked call of rc_resample, or one stream of rc_fuse, in the form that kernels take by value.
// Plain data: all strides count elements of the array they belong to.
#pragma once

#include <cstdint>

#include "robocache/resample.h"

#include "kernels/common/arrays.h"
#include "kernels/common/hd.h"
#include "kernels/common/time.h"
#include "kernels/common/types.h"

namespace rc {

// Channels begin to begin + count - 1 are made by `mode`.
struct Group {
  int64_t begin, count;
  int32_t mode;
};

struct ResamplePlan {
  int32_t op;         // one of rc_op
  int32_t stream;     // index in rc_fuse, -1 in rc_resample
  int64_t sequences;  // E
  int64_t samples;    // S, or N when packed
  int64_t rows;       // B
  int64_t targets;    // T, or M when packed
  int64_t width;      // D

  bool has_values;  // else index outputs only
  Array values;
  Array source_times;  // i64, f64 or f32; channel stride unused
  Array target_times;
  Array output;

  Integers offsets, lengths, sequence_ids, target_offsets;

  int32_t num_groups;
  Group groups[RC_MAX_CHANNEL_GROUPS];  // by begin; together they cover [0, width)
  int32_t mode;                         // of the index outputs
  int32_t outside, order, duplicates;
  bool skip_nan, validate;
  bool has_pchip, has_aggregates;  // among the groups and `mode`
  double fill_value;
  Duration max_gap;  // all ones or infinite: no limit
  Duration window_before, window_after;
  Clock clock;

  // Quality outputs, each null or [rows, targets].
  Array valid, fused_valid, reason, source_index, next_index, weight, age;

  // Order SORT and DROP: for each sequence the positions of its samples in time order, and how many
  // there are. `sorted` holds the sequences [first_sequence, last_sequence) one behind the other.
  int64_t* sorted;
  int64_t* sorted_count;
  int64_t first_sequence, last_sequence;

  // Where `skip_nan` concerns an element and the level wants it: what finite.h says, for each channel.
  uint64_t* finite;

  // Whether all sequences have the same times.
  RC_SHARED bool shared_times() const { return source_times.row == 0 && !offsets && !lengths; }
  RC_SHARED bool packed_targets() const { return static_cast<bool>(target_offsets); }
  // Targets of all rows.
  RC_SHARED int64_t total_targets() const { return packed_targets() ? targets : rows * targets; }
};

RC_SHARED bool is_aggregate(int32_t mode) { return mode >= RC_MODE_MEAN; }
// Modes that yield samples as they are.
RC_SHARED bool is_copy(int32_t mode) {
  return mode == RC_MODE_PREVIOUS || mode == RC_MODE_NEXT || mode == RC_MODE_NEAREST ||
         mode == RC_MODE_LAST;
}
// Modes that steps (steps.h) tell all about, unless samples are passed over.
RC_SHARED bool takes_steps(const ResamplePlan& plan, int32_t mode) {
  return !plan.skip_nan && !is_aggregate(mode);
}

}  // namespace rc
