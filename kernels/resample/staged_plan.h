// SPDX-License-Identifier: Apache-2.0
// The host's part of cuda_staged.h: which plans, and in what pieces.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/common/fixed_divisor.h"
#include "kernels/resample/cuda_lines.h"
#include "kernels/resample/cuda_stage.h"

namespace rc {

// Threads of a block: as many as share wide rows; half of them where rows are narrow, and half of the room,
// so that there are more blocks, each of which waits for all of its threads, side by side.
constexpr unsigned kStagedThreads = 128, kFewStagedThreads = 64;
// Targets of a block, at most.
constexpr int64_t kMostStagedTargets = 512;
// Times on the stage of one block, at most.
constexpr unsigned kMostStagedTimes = 4096;
// Samples of the sequences that one block sees, at most; elements of its outputs.
constexpr int64_t kMostStagedSamples = int64_t{1} << 29;
// Bytes that a block notes of a target.
constexpr unsigned kNoteBytes = 16;

// What is told of a target.
struct TargetOutcome {
  // Reasons, and kFilled.
  uint16_t bits;
  // Whether a channel is NaN; whether it is told.
  uint8_t has_nan, is_there;
};

struct StagedStream {
  Plane values, output;
  const char* times;
  int64_t times_row;
  Integers offsets, lengths;
  int64_t sequences, samples;
  Plane valid, fused_valid, reason;
  // Bits of an element that is filled.
  uint64_t fill;
  Duration max_gap;
  // Samples whose times a block checks with whatever else needs no samples.
  int64_t checked;
  uint32_t blocks, blocks_of_unit;
  uint32_t targets_of_block, rows_of_block;
  FixedDivisor blocks_of_row;
  // Samples to a target.
  float density;
  // Of times on the stage; how many more on either side than an even clock needs.
  uint32_t room_for_times, slack;
  // Of samples on the stage: none where they are not brought there.
  uint32_t room_for_samples;
  // Bytes from sample to sample and of each; accesses to each.
  uint32_t pitch, row_bytes, width;
  // Where in shared memory.
  uint32_t weights_at, outcomes_at, times_at, samples_at, output_at;
  int32_t mode, outside, duplicates, stream;
  Type from, to;
  uint8_t loop;
  // Whether each thread makes whole rows, which then leave the stage together.
  bool has_short_rows;
  bool validate, wants_validity, computes_double;
};

// What is at a place that compilers know takes no registers: calls of one stream have a kernel of
// their own.
template <int kStreams>
struct StagedPlans {
  static constexpr int kMaxStreams = kStreams;

  int64_t rows, targets;
  Array target_times;
  Integers target_offsets;
  int32_t op, count;
  uint32_t threads;  // of a block
  Units<kStreams> units;
  StagedStream streams[kStreams];
};

}  // namespace rc

RC_KERNELS_BEGIN

inline int64_t samples_of_row(const ResamplePlan& plan) {
  return plan.offsets ? (plan.samples + plan.sequences - 1) / plan.sequences : plan.samples;
}
inline int64_t targets_of_row(const ResamplePlan& plan) {
  return plan.packed_targets() ? (plan.targets + plan.rows - 1) / plan.rows : plan.targets;
}

// Whether cuda_staged.h can serve a plan.
inline bool is_stageable(const ResamplePlan& plan) {
  if (!plan.has_values || !plan.values || plan.num_groups != 1 || plan.width == 0) return false;
  const int32_t mode = plan.groups[0].mode;
  const bool is_row = mode == RC_MODE_LINEAR || is_copy(mode) || mode == RC_MODE_NEXT;
  if (!is_row || mode == RC_MODE_LAST) return false;
  if (plan.skip_nan || plan.has_aggregates || plan.duplicates == RC_DUPLICATES_MEAN) return false;
  if (plan.order != RC_ORDER_CHECK || !plan.clock.identity || plan.sequence_ids) return false;
  if (plan.source_index || plan.next_index || plan.weight || plan.age) return false;
  if (plan.rows != plan.sequences) return false;
  if (plan.rows == 0 || plan.targets == 0 || plan.sequences == 0 || plan.samples == 0) return false;
  if (plan.width > 1 && (plan.values.channel != 1 || plan.output.channel != 1)) return false;
  // Sequences one behind the other, and their times.
  const Array &times = plan.source_times, &values = plan.values, &output = plan.output;
  if (times.step != 1 || plan.target_times.step != 1) return false;
  if (plan.target_times.row != 0 && plan.rows > 1 && plan.target_times.row != plan.targets) {
    return false;
  }
  if (!plan.offsets && plan.sequences > 1) {
    if (values.row != plan.samples * values.step) return false;
    if (times.row != plan.samples && !plan.shared_times()) return false;
  }
  if (plan.total_targets() >= int64_t{1} << 31) return false;
  if (samples_of_row(plan) > kMostStagedSamples / kMostStagedTargets) return false;
  // To bring more times than this costs more than to search among them.
  constexpr int64_t kMostDensity = 8;
  if (samples_of_row(plan) > kMostDensity * targets_of_row(plan)) return false;
  return std::max(output.row, output.step) < kMostStagedSamples / kMostStagedTargets;
}

// Whether a block brings the samples: where few would be in vain.
inline bool brings_samples(const ResamplePlan& plan) {
  const double bytes = static_cast<double>(plan.values.step * item_size(plan.values.type));
  const double given = static_cast<double>(samples_of_row(plan));
  const double asked = static_cast<double>(targets_of_row(plan));
  const double needed = plan.mode == RC_MODE_LINEAR ? 2 : 1;
  constexpr double kSector = 32;
  return given * bytes <= 1.25 * asked * (needed * bytes + kSector);
}

// Bytes of the widest row that is narrow.
constexpr int64_t kNarrowRow = 64;

inline int64_t row_bytes_of(const ResamplePlan& plan) {
  return plan.width * item_size(plan.values.type);
}

// Whether blocks that stage are faster than warps that do not (cuda_lines.h), where both can serve a
// plan: where each row is short and there are many in a sequence, which warps read in small pieces.
inline bool pays_to_stage(const ResamplePlan& plan) {
  constexpr int64_t kShort = 16, kShortOfFew = 40, kManyTargets = 256, kMuch = 1 << 20;
  const int64_t row = row_bytes_of(plan);
  if (plan.rows == 0 || plan.sequences == 0) return false;
  if (plan.shared_times() && plan.sequences > 1) return false;
  if (targets_of_row(plan) < kManyTargets || plan.total_targets() * row < kMuch) return false;
  return row <= (samples_of_row(plan) < targets_of_row(plan) ? kShortOfFew : kShort);
}

// Bytes from the first of the samples on the stage to the end of the last, which may lie over each other:
// those of a tensor that was expanded, or of one sample, which has any stride.
inline uint64_t bytes_of_samples(const StagedStream& s) {
  return s.room_for_samples == 0 ? 0 : (s.room_for_samples - 1) * uint64_t{s.pitch} + s.row_bytes;
}

inline uint64_t staged_bytes(const StagedStream& s, uint64_t row_bytes, bool wants_validity,
                             uint64_t time_bytes) {
  const uint64_t targets = s.targets_of_block;
  return targets * (kNoteBytes + (s.computes_double ? 8 : 0) + (wants_validity ? 4 : 0)) +
         room_for(s.room_for_times * time_bytes) + room_for(bytes_of_samples(s)) +
         (s.has_short_rows ? room_for(targets * row_bytes) : 0);
}

// The pieces of a plan that is_stageable, for blocks of so many threads; false where they do not fit.
inline bool cut(const ResamplePlan& plan, unsigned threads, StagedStream& s, uint32_t* bytes) {
  // For seven blocks of kStagedThreads on a multiprocessor, or four if rows are so wide that seven had
  // little to do.
  constexpr uint64_t kBytesOfThread = 32 * 1024 / kStagedThreads, kMostOfWide = 47 * 1024;
  constexpr int64_t kLeastTargets = 16;
  constexpr int64_t kFewBlocks = 132 * 4;
  const int64_t samples = samples_of_row(plan), targets = targets_of_row(plan);
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  const uint64_t time_bytes = static_cast<uint64_t>(item_size(plan.source_times.type));
  const uint64_t row_bytes = static_cast<uint64_t>(plan.width * item_size(plan.output.type));
  const bool brings = brings_samples(plan);
  const double density = static_cast<double>(samples) / static_cast<double>(targets);
  const auto times_for = [&](int64_t count) {
    const int64_t even = static_cast<int64_t>(std::ceil(static_cast<double>(count) * density));
    const int64_t room = even + 2 * static_cast<int64_t>(s.slack);
    return plan.packed_targets() ? room : std::min(room, samples);
  };
  const auto samples_for = [&](int64_t count) {
    // Between and around the targets, and some more where samples are denser.
    const auto room = static_cast<int64_t>(static_cast<double>(count) * density * 1.1) + 4;
    return plan.packed_targets() ? room : std::min(room, samples);
  };
  // As many rows as are short, else as many targets of one.
  s.rows_of_block = 1;
  int64_t most = kMostStagedTargets;
  while (most > 16 && plan.total_targets() / most < kFewBlocks) most /= 2;
  if (!plan.packed_targets() && !plan.offsets && targets * 2 <= most) {
    const int64_t times_rows = plan.shared_times() ? 1 : most / targets;
    if (times_rows * samples <= kMostStagedTimes) {
      s.rows_of_block = static_cast<uint32_t>(most / targets);
    }
  }
  for (;; most /= 2) {
    if (s.rows_of_block > 1) {
      s.rows_of_block = static_cast<uint32_t>(std::max<int64_t>(most / targets, 1));
    }
    const uint32_t blocks_of_row =
        plan.packed_targets() ? 1 : static_cast<uint32_t>((targets + most - 1) / most);
    s.targets_of_block = plan.packed_targets() ? static_cast<uint32_t>(most)
                         : s.rows_of_block > 1
                             ? static_cast<uint32_t>(s.rows_of_block * targets)
                             : static_cast<uint32_t>((targets + blocks_of_row - 1) / blocks_of_row);
    s.blocks_of_row = fixed_divisor(blocks_of_row);
    s.density = static_cast<float>(density);
    s.slack = static_cast<uint32_t>(static_cast<double>(s.targets_of_block) * density / 8 + 8);
    const int64_t rows = s.rows_of_block;
    const int64_t times =
        rows > 1 ? (plan.shared_times() ? 1 : rows) * samples : times_for(s.targets_of_block);
    const int64_t values = !brings    ? 0
                           : rows > 1 ? rows * samples
                                      : samples_for(s.targets_of_block);
    s.room_for_times = static_cast<uint32_t>(std::min<int64_t>(times, kMostStagedTimes));
    s.room_for_samples = static_cast<uint32_t>(values);
    const uint64_t total = staged_bytes(s, row_bytes, wants_validity, time_bytes);
    if (times <= kMostStagedTimes &&
        total <= (most > kLeastTargets ? threads * kBytesOfThread : kMostOfWide)) {
      *bytes = static_cast<uint32_t>(total);
      return true;
    }
    if (most <= 8) return false;
  }
}

// Whether each thread makes whole rows: where they are short, without a wider access than the elements
// of one or two channels, and the output is one piece.
inline bool has_short_rows(const ResamplePlan& plan, int loop) {
  constexpr int64_t kShort = 32;
  const int family = loop >> kWidthBits, log2 = loop & ((1 << kWidthBits) - 1);
  const int64_t width = plan.width >> log2;
  const bool is_narrow = family == kFloat                         ? log2 == 0
                         : family == kHalf || family == kBFloat16 ? log2 <= 1
                                                                  : false;
  const Array& output = plan.output;
  const bool is_one = output.step == plan.width && (plan.packed_targets() || plan.rows == 1 ||
                                                    output.row == plan.targets * plan.width);
  return is_narrow && is_one && width % 2 == 1 && width <= 7 && brings_samples(plan) &&
         plan.width * item_size(output.type) <= kShort;
}

// Adds a plan to those of a launch and says how much shared memory its blocks take; none if the plan is
// not for this.
template <class Plans>
uint32_t add_staged_stream(const ResamplePlan& plan, Plans& all) {
  StagedStream s = {};
  if (!is_stageable(plan)) return 0;
  const int loop = loop_of(plan, plan.groups[0]), family = loop >> kWidthBits;
  s.loop = static_cast<uint8_t>(loop);
  s.has_short_rows = has_short_rows(plan, loop);
  s.width = static_cast<uint32_t>(accesses_of(plan, plan.groups[0]));
  s.pitch = static_cast<uint32_t>(plan.values.step * item_size(plan.values.type));
  s.row_bytes = static_cast<uint32_t>(row_bytes_of(plan));
  s.computes_double = plan.values.type == Type::f64 && family != kBytes;
  uint32_t bytes = 0;
  const bool has_few = Plans::kMaxStreams == 1 && row_bytes_of(plan) <= kNarrowRow;
  all.threads = has_few ? kFewStagedThreads : kStagedThreads;
  if (!cut(plan, all.threads, s, &bytes)) return 0;

  const int item = item_size(plan.values.type);
  const auto targets = s.targets_of_block;
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  s.weights_at = targets * kNoteBytes;
  s.outcomes_at = s.weights_at + (s.computes_double ? 8 * targets : 0);
  const auto time_bytes = static_cast<uint64_t>(item_size(plan.source_times.type));
  s.times_at = (s.outcomes_at + (wants_validity ? 4 * targets : 0) + kLine - 1) / kLine * kLine;
  s.samples_at = s.times_at + room_for(s.room_for_times * time_bytes);
  s.output_at = s.samples_at + room_for(bytes_of_samples(s));
  const Plane values = plane_of(plan.values);
  s.values = {values.data, values.row * item, values.step * item};
  s.output = plane_of(plan.output);
  s.times = plan.source_times.data;
  s.times_row = plan.source_times.row;
  s.offsets = plan.offsets;
  s.lengths = plan.lengths;
  s.sequences = plan.sequences;
  s.samples = plan.samples;
  s.valid = plane_of(plan.valid);
  s.fused_valid = plane_of(plan.fused_valid);
  s.reason = plane_of(plan.reason);
  store(plan.output.type, reinterpret_cast<char*>(&s.fill), 0, plan.fill_value);
  s.wants_validity = wants_validity;
  s.max_gap = plan.max_gap;
  s.mode = plan.groups[0].mode;
  s.outside = plan.outside;
  s.duplicates = plan.duplicates;
  s.stream = plan.stream;
  s.from = plan.values.type;
  s.to = plan.output.type;
  s.validate = plan.validate;
  s.checked = distinct_samples(plan);
  all.streams[all.count++] = s;
  return bytes + kLine;
}

// Spreads the blocks of all streams over units, so that what is written side by side is written at about
// the same time, and says how many there are.
template <class Plans>
int64_t spread(const ResamplePlan& plan, Plans& all) {
  const auto pieces_of = [&](const StagedStream& s) {
    return plan.packed_targets() ? s.targets_of_block : s.rows_of_block;
  };
  uint32_t unit = 1;
  for (int i = 0; i < all.count; ++i) unit = std::max(unit, pieces_of(all.streams[i]));
  const int64_t units = ((plan.packed_targets() ? plan.targets : plan.rows) + unit - 1) / unit;
  for (int i = 0; i < all.count; ++i) {
    StagedStream& s = all.streams[i];
    s.blocks_of_unit = (unit + pieces_of(s) - 1) / pieces_of(s) * s.blocks_of_row.value;
    all.units.add(i, s.blocks_of_unit);
    s.blocks = static_cast<uint32_t>(units * s.blocks_of_unit);
    s.checked = s.checked / s.blocks + 1;
  }
  return units * all.units.blocks;
}

RC_KERNELS_END
