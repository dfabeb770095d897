// SPDX-License-Identifier: Apache-2.0
// Many plans of one call in the little that a kernel can be given by value: what all streams share
// once, groups of channels in one list, of times only the half of their type.
#pragma once

#include "robocache/fuse.h"

#include "kernels/common/numbers.h"
#include "kernels/resample/plan.h"

namespace rc {

// An array without channels, of a type that is known.
struct Plane {
  char* data;
  int64_t row, step;
};

struct PackedStream {
  int64_t sequences, samples, width;
  Array values, output;
  Plane source_times;
  Integers offsets, lengths, sequence_ids;
  Plane valid, fused_valid, reason, source_index, next_index, weight, age;
  int64_t *sorted, *sorted_count;
  uint64_t* finite;
  double fill_value;
  // Bits of ticks or of seconds.
  uint64_t max_gap, window_before, window_after, clock_reference, clock_offset;
  double clock_drift;
  int32_t stream, first_group;
  Type weight_type;
  uint8_t num_groups, mode, outside, order, duplicates;
  bool clock_identity, skip_nan, has_pchip, has_aggregates;
};

// What a kernel takes by value, at most, from CUDA 12.1 on.
constexpr int kMaxParameterBytes = 32764;

struct FusedPlans {
  static constexpr int kMaxGroups = 496;

  int64_t rows, targets;
  Array target_times;
  Integers target_offsets;
  int32_t count, num_groups;
  PackedStream streams[RC_MAX_STREAMS];
  // Channels and mode of each group, those of one stream in order of their channels.
  uint64_t groups[kMaxGroups];
};
static_assert(sizeof(FusedPlans) <= kMaxParameterBytes, "a kernel takes all streams by value");

}  // namespace rc

RC_KERNELS_BEGIN

constexpr int kModeBits = 4;

RC_HD inline Array unpack(const Plane& plane, Type type) {
  return {plane.data, type, plane.row, plane.step, 0};
}
RC_HD inline Duration duration_of(uint64_t bits) { return {bits, bit_cast<double>(bits)}; }

inline Plane pack(const Array& array) { return {array.data, array.row, array.step}; }
inline uint64_t pack(bool ticks, uint64_t as_ticks, double as_seconds) {
  return ticks ? as_ticks : bit_cast<uint64_t>(as_seconds);
}

// Whether a plan finds room beside those that are packed.
inline bool has_room(const FusedPlans& all, const ResamplePlan& plan) {
  return all.count < RC_MAX_STREAMS && all.num_groups + plan.num_groups <= FusedPlans::kMaxGroups;
}

inline void pack(const ResamplePlan& plan, FusedPlans& all) {
  const bool ticks = plan.target_times.type == Type::i64;
  const Clock& clock = plan.clock;
  all.rows = plan.rows;
  all.targets = plan.targets;
  all.target_times = plan.target_times;
  all.target_offsets = plan.target_offsets;
  PackedStream& s = all.streams[all.count++];
  s.sequences = plan.sequences;
  s.samples = plan.samples;
  s.width = plan.width;
  s.values = plan.values;
  s.output = plan.output;
  s.source_times = pack(plan.source_times);
  s.offsets = plan.offsets;
  s.lengths = plan.lengths;
  s.sequence_ids = plan.sequence_ids;
  s.valid = pack(plan.valid);
  s.fused_valid = pack(plan.fused_valid);
  s.reason = pack(plan.reason);
  s.source_index = pack(plan.source_index);
  s.next_index = pack(plan.next_index);
  s.weight = pack(plan.weight);
  s.age = pack(plan.age);
  s.sorted = plan.sorted;
  s.sorted_count = plan.sorted_count;
  s.finite = plan.finite;
  s.fill_value = plan.fill_value;
  s.max_gap = pack(ticks, plan.max_gap.ticks, plan.max_gap.seconds);
  s.window_before = pack(ticks, plan.window_before.ticks, plan.window_before.seconds);
  s.window_after = pack(ticks, plan.window_after.ticks, plan.window_after.seconds);
  s.clock_reference =
      pack(ticks, static_cast<uint64_t>(clock.reference_ticks), clock.reference_seconds);
  s.clock_offset = pack(ticks, static_cast<uint64_t>(clock.offset_ticks), clock.offset_seconds);
  s.clock_drift = clock.drift;
  s.clock_identity = clock.identity;
  s.stream = plan.stream;
  s.weight_type = plan.weight.type;
  s.mode = static_cast<uint8_t>(plan.mode);
  s.outside = static_cast<uint8_t>(plan.outside);
  s.order = static_cast<uint8_t>(plan.order);
  s.duplicates = static_cast<uint8_t>(plan.duplicates);
  s.skip_nan = plan.skip_nan;
  s.has_pchip = plan.has_pchip;
  s.has_aggregates = plan.has_aggregates;
  s.first_group = all.num_groups;
  s.num_groups = static_cast<uint8_t>(plan.num_groups);
  for (int g = 0; g < plan.num_groups; ++g) {
    all.groups[all.num_groups++] = static_cast<uint64_t>(plan.groups[g].count) << kModeBits |
                                   static_cast<uint64_t>(plan.groups[g].mode);
  }
}

// The plan of stream i as it was, but for what only checks need.
RC_HD inline void unpack(const FusedPlans& all, int i, ResamplePlan& plan) {
  const PackedStream& s = all.streams[i];
  plan.stream = s.stream;
  plan.sequences = s.sequences;
  plan.samples = s.samples;
  plan.rows = all.rows;
  plan.targets = all.targets;
  plan.width = s.width;
  plan.has_values = true;
  plan.values = s.values;
  plan.source_times = unpack(s.source_times, all.target_times.type);
  plan.target_times = all.target_times;
  plan.output = s.output;
  plan.offsets = s.offsets;
  plan.lengths = s.lengths;
  plan.sequence_ids = s.sequence_ids;
  plan.target_offsets = all.target_offsets;
  plan.mode = s.mode;
  plan.outside = s.outside;
  plan.order = s.order;
  plan.duplicates = s.duplicates;
  plan.skip_nan = s.skip_nan;
  plan.has_pchip = s.has_pchip;
  plan.has_aggregates = s.has_aggregates;
  plan.fill_value = s.fill_value;
  plan.max_gap = duration_of(s.max_gap);
  plan.window_before = duration_of(s.window_before);
  plan.window_after = duration_of(s.window_after);
  plan.clock = {static_cast<int64_t>(s.clock_reference),
                static_cast<int64_t>(s.clock_offset),
                bit_cast<double>(s.clock_reference),
                bit_cast<double>(s.clock_offset),
                s.clock_drift,
                s.clock_identity};
  plan.valid = unpack(s.valid, Type::u8);
  plan.fused_valid = unpack(s.fused_valid, Type::u8);
  plan.reason = unpack(s.reason, Type::u8);
  plan.source_index = unpack(s.source_index, Type::i64);
  plan.next_index = unpack(s.next_index, Type::i64);
  plan.weight = unpack(s.weight, s.weight_type);
  plan.age = unpack(s.age, Type::i64);
  plan.sorted = s.sorted;
  plan.sorted_count = s.sorted_count;
  plan.finite = s.finite;
  plan.first_sequence = 0;
  plan.last_sequence = s.sequences;
  plan.num_groups = s.num_groups;
  int64_t begin = 0;
  for (int g = 0; g < plan.num_groups; ++g) {
    const uint64_t group = all.groups[s.first_group + g];
    const auto count = static_cast<int64_t>(group >> kModeBits);
    plan.groups[g] = {begin, count, static_cast<int32_t>(group & ((1 << kModeBits) - 1))};
    begin += count;
  }
}

RC_KERNELS_END
