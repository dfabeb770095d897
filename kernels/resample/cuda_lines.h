// SPDX-License-Identifier: Apache-2.0
// What almost all calls ask for: one mode for all channels, times that lie one behind the other, on the
// targets' clock and in order. As cuda_rows.h, with nothing compiled in that such plans do not use and the
// little that they need in the parameters of the kernel.
#pragma once

#include "kernels/common/cuda_prefetch.h"
#include "kernels/common/fixed_divisor.h"
#include "kernels/resample/cuda_rows.h"

namespace rc {

// An array without channels, of a type that is known.
struct Plane {
  char* data;
  int64_t row, step;
};

struct LineStream {
  Plane values, output;
  const char* times;
  int64_t times_row;
  Integers offsets, lengths, sequence_ids;
  int64_t sequences, samples;
  Plane valid, fused_valid, reason;
  double fill_value;
  Duration max_gap;
  // Samples whose times are to be checked, how many of them each block looks at, and how many of offsets,
  // lengths and ids.
  int64_t all_checked, checked;
  uint32_t checked_of_arrays;
  int32_t mode, outside, duplicates, stream;
  uint32_t blocks, blocks_of_unit;
  // Accesses of each target, log2 of the channels, or bytes that are copied, of each, targets of a warp,
  // and rows of a warp: it finds its targets once for all of them.
  uint32_t accesses, accesses_inverse;
  uint32_t bytes_ahead;  // as the function of that name has it
  uint8_t log2_width, warp_targets, warp_rows;
  bool validate, has_samples_in_line;
  bool has_arrays;  // offsets, lengths or ids
};

// Which blocks of a launch serve which stream: units of blocks follow one another, in each of which every
// stream has some.
template <int kStreams>
struct Units {
  uint32_t blocks;
  // The first block of each stream in a unit; of streams that are not there one beyond it.
  uint32_t first[kStreams];

  Units() : blocks(0) { std::fill_n(first, kStreams, UINT32_MAX); }

  void add(int stream, uint32_t count) {
    first[stream] = blocks;
    blocks += count;
  }
};

// What is at a place that compilers know takes no registers: calls of one stream have a kernel of
// their own.
template <int kStreams>
struct LinePlans {
  static constexpr int kMaxStreams = kStreams;

  int64_t rows, targets;
  FixedDivisor by_targets;
  Array target_times;
  Integers target_offsets;
  int32_t op, count, family;
  bool is_early;  // waits for the kernel in front of it
  Units<kStreams> units;
  // Of samples and of outputs.
  Type from, to;
  LineStream streams[kStreams];
};

}  // namespace rc

RC_KERNELS_BEGIN

// Targets, rows and sequences that 32 bits can count: products with 64 bits take half the instructions then.
constexpr int64_t kMostCounted = int64_t{1} << 31;

// All channels of a plan as one group.
inline Group whole_of(const ResamplePlan& plan) { return {0, plan.width, plan.groups[0].mode}; }

constexpr bool is_float_family(int family) { return kHalf <= family && family <= kDouble; }

// Whether this file serves a plan: lines of one floating type or between two types, and copies.
inline bool is_for_lines(const ResamplePlan& plan) {
  if (!is_for_rows(plan) || !is_plain(plan) || plan.order != RC_ORDER_CHECK) return false;
  if (std::max({plan.total_targets(), plan.rows, plan.sequences}) >= kMostCounted) return false;
  if (plan.width == 0 || !plan.values) return false;
  const Group whole = whole_of(plan);
  for (int g = 1; g < plan.num_groups; ++g) {
    if (plan.groups[g].mode != whole.mode) return false;
  }
  const int family = family_of(plan, whole);
  const bool is_line = whole.mode == RC_MODE_LINEAR;
  return is_float_family(family) ? is_line : family != kBytes || !is_line;
}

inline Plane plane_of(const Array& array) { return {array.data, array.row, array.step}; }
RC_HD inline Array array_of(const Plane& plane, Type type) {
  return {plane.data, type, plane.row, plane.step, 1};
}

// How many rows a warp takes: several where all have their samples and targets at the same times, they are
// narrow, so that the search is most of what they take, and many, so that all warps have some.
inline int rows_of_warp(const ResamplePlan& plan, int family, int warp_targets) {
  constexpr int64_t kMostRows = 16, kManyWarps = 132 * 32 * 4;
  // Channels; of few samples, each of which several targets need, more come from the cache.
  constexpr int64_t kNarrow = 8, kNarrowOfFew = 15;
  const bool has_same_times =
      plan.shared_times() && plan.target_times.row == 0 && most_of_arrays(plan) == 0;
  // What most narrow rows are: each kernel more takes room.
  const bool has_kernel = plan.target_times.type == Type::i64 && family == kFloat;
  const bool is_narrow = plan.width <= (plan.samples < plan.targets ? kNarrowOfFew : kNarrow);
  if (!has_same_times || !has_kernel || !is_narrow) return 1;
  const int64_t rows = plan.total_targets() / (warp_targets * kManyWarps);
  return static_cast<int>(std::clamp<int64_t>(rows, 1, kMostRows));
}

// Bytes that a lane asks for while it searches, where its target would lie among evenly spaced samples, or 0:
// it waits less for them then. Rows of a line of the cache and more are as fast as memory is without that,
// and slower if it hands them out in parts, unless they are few or needed several times.
inline uint32_t bytes_ahead(const ResamplePlan& plan) {
  constexpr int64_t kSector = 32, kLineOfCache = 128, kMost = 4096;
  const int64_t row = plan.width * item_size(plan.values.type);
  const int64_t samples = stored_samples(plan), targets = plan.total_targets();
  const bool is_sector = plan.sequence_ids    ? row <= kLineOfCache
                         : row < kLineOfCache ? samples < 3 * targets
                                              : row == kLineOfCache && samples < targets;
  if (is_sector) return kSector;
  const bool is_row = !plan.sequence_ids && row > kLineOfCache && samples < targets;
  return is_row ? static_cast<uint32_t>(std::min(row, kMost)) : 0;
}

// Rows of a fuse allow narrower accesses than their streams alone: a search serves more of them. Wide rows of one
// stream, whose accesses are whole, are bound by memory, which is faster the nearer to each other lie those that
// are on their way.
inline LaneShare share_of_lane(const ResamplePlan& plan, int64_t accesses, bool is_alone) {
  constexpr int64_t kWholeAccess = 16;  // bytes
  if (!is_alone) return {kUsualShare.least, 2 * kUsualShare.most};
  const bool is_whole = accesses * kWholeAccess == plan.width * item_size(plan.values.type);
  return {1, is_whole ? kUsualShare.most / 2 : kUsualShare.most};
}

// spread_lines() comes when all streams are there.
template <class Plans>
void add_line_stream(const ResamplePlan& plan, Plans& all) {
  const Group whole = whole_of(plan);
  const int loop = loop_of(plan, whole), log2 = loop & ((1 << kWidthBits) - 1);
  const int64_t accesses = accesses_of(plan, whole);
  const int warp_targets =
      targets_of_warp(plan, accesses, share_of_lane(plan, accesses, Plans::kMaxStreams == 1));
  const int warp_rows =
      Plans::kMaxStreams == 1 ? rows_of_warp(plan, loop >> kWidthBits, warp_targets) : 1;
  int64_t blocks = blocks_of(plan, warp_targets);
  if (warp_rows > 1) {
    const int64_t warps = (plan.targets + warp_targets - 1) / warp_targets *
                          ((plan.rows + warp_rows - 1) / warp_rows);
    blocks = (warps + kWarpsOfBlock - 1) / kWarpsOfBlock;
  }
  all.op = plan.op;
  all.rows = plan.rows;
  all.targets = plan.targets;
  all.by_targets = fixed_divisor(static_cast<uint32_t>(std::max<int64_t>(plan.targets, 1)));
  all.target_times = plan.target_times;
  all.target_offsets = plan.target_offsets;
  all.from = plan.values.type;
  all.to = plan.output.type;
  all.family = loop >> kWidthBits;
  all.streams[all.count++] = {plane_of(plan.values),
                              plane_of(plan.output),
                              plan.source_times.data,
                              plan.source_times.row,
                              plan.offsets,
                              plan.lengths,
                              plan.sequence_ids,
                              plan.sequences,
                              plan.samples,
                              plane_of(plan.valid),
                              plane_of(plan.fused_valid),
                              plane_of(plan.reason),
                              plan.fill_value,
                              plan.max_gap,
                              distinct_samples(plan),
                              0,
                              most_of_arrays(plan),
                              whole.mode,
                              plan.outside,
                              plan.duplicates,
                              plan.stream,
                              static_cast<uint32_t>(blocks),
                              0,
                              static_cast<uint32_t>(accesses),
                              inverse_of(static_cast<uint32_t>(accesses)),
                              bytes_ahead(plan),
                              static_cast<uint8_t>(log2),
                              static_cast<uint8_t>(warp_targets),
                              static_cast<uint8_t>(warp_rows),
                              plan.validate,
                              has_samples_in_line(plan),
                              plan.offsets || plan.lengths || plan.sequence_ids};
}

// Spreads the blocks of all streams over units, so that what is written side by side is written at about
// the same time, and says how many there are.
template <class Plans>
uint32_t spread_lines(const ResamplePlan& plan, Plans& all) {
  // A small part of the L2.
  constexpr int64_t kBytesOfUnit = 8 << 20;
  // Targets of the blocks that have most: those of other streams have a part of them.
  int64_t most = 0, row_bytes = 0;
  for (int i = 0; i < all.count; ++i) {
    const LineStream& s = all.streams[i];
    most = std::max(most, int64_t{kWarpsOfBlock} * s.warp_targets);
    row_bytes += int64_t{s.accesses << s.log2_width} * item_size(all.to);
  }
  const int64_t targets =
      all.count == 1 ? 1 : std::min(kBytesOfUnit / row_bytes + 1, plan.total_targets());
  const int64_t pieces = std::max<int64_t>((targets + most - 1) / most, 1);
  uint32_t units = 0;
  for (int i = 0; i < all.count; ++i) {
    LineStream& s = all.streams[i];
    s.blocks_of_unit = static_cast<uint32_t>(pieces * most / (kWarpsOfBlock * s.warp_targets));
    all.units.add(i, s.blocks_of_unit);
    units = std::max(units, (s.blocks + s.blocks_of_unit - 1) / s.blocks_of_unit);
  }
  for (int i = 0; i < all.count; ++i) {
    LineStream& s = all.streams[i];
    s.blocks = units * s.blocks_of_unit;
    if (s.blocks == 0) continue;
    s.checked = (s.all_checked + s.blocks - 1) / s.blocks;
    s.checked_of_arrays = (s.checked_of_arrays + s.blocks - 1) / s.blocks;
  }
  return units * all.units.blocks;
}

#if defined(__CUDACC__)

// The stream that a block serves, and its number among the blocks of that stream.
template <class Plans>
__device__ int stream_of_block(const Plans& all, unsigned* number) {
  *number = blockIdx.x;
  if constexpr (Plans::kMaxStreams == 1) return 0;
  const unsigned unit = *number / all.units.blocks;
  *number -= unit * all.units.blocks;
  int i = 0;
#pragma unroll
  for (int k = 1; k < Plans::kMaxStreams; ++k) i += *number >= all.units.first[k] ? 1 : 0;
  *number += unit * all.streams[i].blocks_of_unit - all.units.first[i];
  return i;
}

// What plans of all kinds of streams have alike, but for groups; compilers keep of it what is used.
template <class Plans, class Stream>
__device__ void unpack_stream(const Plans& all, const Stream& s, ResamplePlan& plan) {
  plan.op = all.op;
  plan.stream = s.stream;
  plan.sequences = s.sequences;
  plan.samples = s.samples;
  plan.rows = all.rows;
  plan.targets = all.targets;
  plan.has_values = true;
  plan.source_times = {const_cast<char*>(s.times), all.target_times.type, s.times_row, 1, 0};
  plan.target_times = all.target_times;
  plan.offsets = s.offsets;
  plan.lengths = s.lengths;
  plan.target_offsets = all.target_offsets;
  plan.outside = s.outside;
  plan.order = RC_ORDER_CHECK;
  plan.duplicates = s.duplicates;
  plan.skip_nan = plan.has_pchip = plan.has_aggregates = false;
  plan.max_gap = s.max_gap;
  plan.clock.identity = true;
  plan.valid = array_of(s.valid, Type::u8);
  plan.fused_valid = array_of(s.fused_valid, Type::u8);
  plan.reason = array_of(s.reason, Type::u8);
  plan.sorted = plan.sorted_count = nullptr;
  plan.first_sequence = 0;
}

// The plan of a stream.
template <class Plans>
__device__ void unpack(const Plans& all, const LineStream& s, ResamplePlan& plan) {
  unpack_stream(all, s, plan);
  plan.values = array_of(s.values, all.from);
  plan.output = array_of(s.output, all.to);
  plan.sequence_ids = s.sequence_ids;
  plan.mode = s.mode;
  plan.fill_value = s.fill_value;
}

// locate(), where samples near a target share their times. Apart, since few targets come here.
template <class Raw>
__device__ __noinline__ Bracket locate_shared(const Raw* times, int64_t count,
                                              typename TimeOf<Raw>::Value t, Duration max_gap) {
  ResamplePlan plan;
  plan.samples = count;
  plan.source_times = {reinterpret_cast<char*>(const_cast<Raw*>(times)), Type::i64, 0, 1, 0};
  plan.offsets = plan.lengths = {nullptr, 0};
  plan.sorted = nullptr;
  plan.clock.identity = true;
  plan.has_pchip = plan.has_aggregates = false;
  plan.max_gap = max_gap;
  const Sequence<Raw> sequence(plan, 0);
  return locate(plan, sequence, t, guess(sequence, t));
}

// What follows is apart, since it takes many registers and is not what most calls need.

// Whether this thread sees a fault in a part of all that is to be checked.
template <class Raw, class Plans, class Stream>
__device__ __noinline__ bool sees_any_fault(const Plans& all, const Stream& s, Part part) {
  ResamplePlan plan;
  unpack(all, s, plan);
  bool seen = false;
  look_for_faults<ByBlock, Raw>(plan, part, s.checked, [&](const Fault&) { seen = true; });
  return seen;
}

// The same of offsets, lengths and ids.
template <class Plans>
__device__ __noinline__ bool sees_wrong_array(const Plans& all, const LineStream& s, Part part) {
  ResamplePlan plan;
  unpack(all, s, plan);
  bool seen = false;
  look_at_arrays<ByBlock>(plan, part, [&](const Fault&) { seen = true; });
  return seen;
}

// Whether source time i is wrong.
template <class Raw, class Plans>
__device__ __noinline__ bool is_wrong_time(const Plans& all, const LineStream& s, int64_t i) {
  ResamplePlan plan;
  unpack(all, s, plan);
  return check_source<Raw>(plan, i).kind != FaultKind::kNone;
}

// What a family tells of a plan before it runs.
template <int kFamily>
struct Known {
  static constexpr bool kIsFloat = is_float_family(kFamily);

  __device__ static int32_t mode(const ResamplePlan& plan) {
    return kIsFloat ? RC_MODE_LINEAR : plan.mode;
  }
  __device__ static int item(Type type) {
    if constexpr (kIsFloat) {
      return sizeof(typename FloatOf<kFamily>::Type);
    } else {
      return item_size(type);
    }
  }
};

// Whether this thread sees a fault in a part of all that is to be checked, but for targets, which whoever
// serves them looks at.
template <class Raw, class Plans>
__device__ bool sees_fault(const Plans& all, const LineStream& s, const ResamplePlan& plan,
                           const Part& part) {
  if (!s.has_samples_in_line) return sees_any_fault<Raw>(all, s, part);
  bool seen = threadIdx.x < s.checked_of_arrays && sees_wrong_array(all, s, part);
  look_at_times<ByBlock, Raw>(plan, samples_of(s.all_checked, part, s.checked), [&](int64_t i) {
    seen = seen || s.checked_of_arrays == 0 || is_wrong_time<Raw>(all, s, i);
  });
  return seen;
}

// A target as Place.
struct LinePlace {
  unsigned row, target;
};

// Beside reasons and kFilled, of times that may be none: the rest is left out for others.
constexpr unsigned kNoTime = 2 * kFilled;
template <class Raw>
constexpr bool kMayBeNoTime = !std::is_same_v<Raw, int64_t>;

// What becomes of a target: its samples, counted in the sequence, of a copy the same one twice, the weight of b,
// or -0 of a copy, and why.
struct FoundLine {
  unsigned a, b;
  double weight;
  Action action;
  uint8_t reason;
};

// Finds target t among `count` times. `ask_at` as not_later_from_line() has it.
template <class Raw, class AskAt>
__device__ FoundLine find_among(const ResamplePlan& plan, const Raw* times, unsigned count,
                                typename TimeOf<Raw>::Value t, int32_t mode, AskAt ask_at) {
  Bracket r = {};
  int64_t a, b;
  const auto at = [&](unsigned k) { return time_at(times, k); };
  if (locate_alone(plan, count, t, at, &r, ask_at)) {
    a = r.a.first;
    b = r.b.first;
  } else {
    const Bracket any = locate_shared<Raw>(times, count, t, plan.max_gap);
    r.where = any.where;
    r.wide = any.wide;
    r.a_stale = any.a_stale;
    r.b_stale = any.b_stale;
    r.b_nearer = any.b_nearer;
    r.a.first = any.a.first;
    r.b.first = any.b.first;
    r.weight = any.weight;
    const bool first = plan.duplicates == RC_DUPLICATES_FIRST;
    a = first ? any.a.first : any.a.last;
    b = first ? any.b.first : any.b.last;
  }
  const Choice choice = choose(plan, r, mode);
  const bool is_curve = choice.action == Action::kCurve;
  if (!is_curve) {
    if (choice.knot.first != r.a.first) a = b;
    b = a;
  }
  // Positions are those that is_plain() lets 32 bits count. Copies are lines with a part of -0, which leaves every
  // number as it is.
  return {static_cast<unsigned>(a), static_cast<unsigned>(b), is_curve ? r.weight : -0.0,
          choice.action, choice.reason};
}

// Finds a target and notes for all lanes what to make of it. Returns reasons, kFilled, and kNoTime.
template <class Raw, int kFamily>
__device__ unsigned find_line(const ResamplePlan& plan, const LineStream& s, const LinePlace& place,
                              WarpTargets& warp, RowStep* step) {
  using Known = Known<kFamily>;
  // Wrong target offsets may tell of targets where there is no row.
  if (place.row >= plan.rows) return 0;
  unsigned e = place.row, count = static_cast<unsigned>(plan.samples);
  int64_t begin = 0;
  if (s.has_arrays) {
    const int64_t id = plan.sequence_ids ? plan.sequence_ids[place.row] : place.row;
    if (!is_readable(plan, id)) return 0;
    e = static_cast<unsigned>(id);
    begin = sequence_begin(plan, e);
    count = static_cast<unsigned>(sequence_length(plan, e));
  }
  const Array& targets = plan.target_times;
  const auto t = static_cast<typename TimeOf<Raw>::Value>(
      __ldg(reinterpret_cast<const Raw*>(targets.data) + place.row * targets.row +
            place.target * targets.step));
  const Raw* const times =
      reinterpret_cast<const Raw*>(plan.source_times.data) + e * plan.source_times.row + begin;
  const Array& v = plan.values;
  const int item = Known::item(v.type);
  const int64_t stride = v.step * item;
  const char* const sequence = v.data + (e * v.row + begin * v.step) * item;
  const FoundLine found =
      find_among<Raw>(plan, times, count, t, Known::mode(plan), [&](unsigned k) {
        if (s.bytes_ahead != 0) ask_for(sequence + k * stride, s.bytes_ahead);
      });
  const Array& o = plan.output;
  const int slot = threadIdx.x % kWarp;
  warp.samples[slot] = {sequence + found.a * stride, sequence + found.b * stride};
  const LineStep line = step_of(found.action, static_cast<float>(found.weight));
  *step = line.step;
  warp.targets[slot] = {o.data + (place.row * o.row + place.target * o.step) * Known::item(o.type),
                        line.part, line.step};
  if (kFamily == kDouble || kFamily == kWide) warp.weights[slot] = found.weight;
  const unsigned outcome = found.reason | (line.step == kFill ? kFilled : 0);
  return kMayBeNoTime<Raw> && !is_time(t) ? outcome | kNoTime : outcome;
}

// What a warp serves: `count` targets from number `first` on, counted over all rows, and those at the same
// places of the rows behind, `rows` of them.
struct WarpWork {
  unsigned first;
  int count, rows;
};

// The number of this thread's warp among all that serve a stream.
__device__ inline unsigned warp_in(const Part& part) {
  return static_cast<unsigned>(part.index) * kWarpsOfBlock + threadIdx.x / kWarp;
}

// Of warp `number`; without targets for those that are too many.
template <bool kSameTimes>
__device__ WarpWork work_of_warp(const ResamplePlan& plan, const LineStream& s, unsigned number) {
  const unsigned each = s.warp_targets;
  if constexpr (kSameTimes) {
    const auto targets = static_cast<unsigned>(plan.targets),
               rows = static_cast<unsigned>(plan.rows);
    const unsigned pieces = (targets + each - 1) / each, turn = number / pieces;
    const unsigned begin = (number - turn * pieces) * each, row = turn * s.warp_rows;
    if (row >= rows) return {};
    return {row * targets + begin, static_cast<int>(min(each, targets - begin)),
            static_cast<int>(min(unsigned{s.warp_rows}, rows - row))};
  } else {
    const auto total = static_cast<unsigned>(plan.total_targets());
    const unsigned first = number * each;
    if (first >= total) return {};
    return {first, static_cast<int>(min(each, total - first)), 1};
  }
}

// Reports what a block has found wrong in its part of all times, or as the time of a target that it serves.
template <class Raw, class Plans>
__device__ __noinline__ void report_line_faults(const Plans& all, const LineStream& s, Part part,
                                                FaultRecord* record, uint64_t call) {
  ResamplePlan plan;
  unpack(all, s, plan);
  // Each warp looks at all that its block does: who saw the fault may have shared it out in another way.
  Fault first = first_fault<ByWarp, Raw>(plan, part);
  if constexpr (kMayBeNoTime<Raw>) {
    const WarpWork work = work_of_warp<false>(plan, s, warp_in(part));
    const int lane = threadIdx.x % kWarp;
    if (lane < work.count) {
      keep_first(first, check_target<Raw>(plan, (work.first + lane) % distinct_targets(plan)));
    }
  }
  report_first(first, record, call);
}

// Serves what a warp has. Whether the time of this thread's target is none.
template <class Raw, int kFamily, bool kSameTimes>
__device__ bool serve_lines(const ResamplePlan& plan, const LineStream& s,
                            const FixedDivisor& by_targets, const WarpWork& work,
                            WarpTargets& warp) {
  using Known = Known<kFamily>;
  const int lane = threadIdx.x % kWarp, count = work.count;
  const unsigned number = work.first + min(lane, count - 1);
  LinePlace place;
  if (plan.packed_targets()) {
    place = {static_cast<unsigned>(row_of_lane(plan, number, work.first)), number};
  } else {
    const unsigned row = divide(number, by_targets);
    place = {row, number - row * by_targets.value};
  }
  RowStep step = kSkip;
  unsigned outcome = 0;
  if (lane < count) outcome = find_line<Raw, kFamily>(plan, s, place, warp, &step);
  if (step == kSkip) warp.targets[lane].step = kSkip;
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  const bool all_made = __all_sync(~0u, step > kFill || lane >= count);
  const int64_t ahead = plan.values.row * Known::item(plan.values.type);
  for (int rows = work.rows;;) {
    if (wants_validity) warp.nan[lane] = 0;
    // What the next row takes is on its way meanwhile.
    if (kSameTimes && rows > 1 && step > kFill) ask_for(warp.samples[lane].a + ahead, 1);
    __syncwarp();
    const Channels channels = {0,
                               s.accesses << s.log2_width,
                               static_cast<unsigned>(count),
                               s.accesses_inverse,
                               plan.fill_value,
                               plan.values.type,
                               plan.output.type,
                               all_made,
                               wants_validity};
    with_elements_of<kFamily>(s.log2_width, plan.values.type, [&](auto* elements) {
      make_channels<std::remove_pointer_t<decltype(elements)>>(channels, warp);
    });
    __syncwarp();
    if (wants_validity && lane < count && place.row < plan.rows) {
      const unsigned nan = warp.nan[lane] != 0 ? RC_REASON_NAN : 0;
      put_validity(plan, place.row, place.target, (outcome & kFilled) != 0,
                   static_cast<uint8_t>(outcome | nan));
    }
    if (!kSameTimes || --rows == 0) return kMayBeNoTime<Raw> && (outcome & kNoTime) != 0;
    // The same samples of the next row.
    warp.samples[lane] = {warp.samples[lane].a + ahead, warp.samples[lane].b + ahead};
    warp.targets[lane].output += plan.output.row * Known::item(plan.output.type);
    ++place.row;
  }
}

template <class Raw, int kFamily, bool kSameTimes, class Plans>
__device__ void serve_lines(const Plans& all, FaultRecord* record, uint64_t call) {
  __shared__ WarpTargets warps[kWarpsOfBlock];
  unsigned block;
  const LineStream& s = all.streams[stream_of_block(all, &block)];
  ResamplePlan plan;
  unpack(all, s, plan);
  const Part part = {block, s.blocks};
  // Before the targets: their search finds times in the cache then. Of two rows of blocks the first one
  // serves and the second one checks: nothing waits for both.
  const bool checks = s.validate && blockIdx.y + 1 == gridDim.y;
  bool at_fault = checks && sees_fault<Raw>(all, s, plan, part);
  if (blockIdx.y == 0) {
    const WarpWork work = work_of_warp<kSameTimes>(plan, s, warp_in(part));
    WarpTargets& warp = warps[threadIdx.x / kWarp];
    const bool no_time = work.count != 0 &&
                         serve_lines<Raw, kFamily, kSameTimes>(plan, s, all.by_targets, work, warp);
    if (kMayBeNoTime<Raw>) at_fault = at_fault || (no_time && s.validate);
  }
  if (__any_sync(~0u, at_fault)) report_line_faults<Raw>(all, s, part, record, call);
}

#endif

RC_KERNELS_END
