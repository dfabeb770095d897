// SPDX-License-Identifier: Apache-2.0
// Usual calls (usual_line.h). As cuda_lines.h, in far fewer instructions: places are counted in 32 bits from those of
// a warp's first row, a target is looked for among the six samples about where it would be on an even clock, and what
// an access writes lies where the access before ended.
#pragma once

#include "kernels/resample/usual_line.h"

#if defined(__CUDACC__)

RC_KERNELS_BEGIN

// What is left of a target once it is found: its samples in accesses from the first of the warp's first row, less
// those that the targets before take, so that access j of the warp reads its sample at a + j and b + j.
struct alignas(16) UsualNote {
  int a, b;
  float part;
  RowStep step;
};

struct UsualWarp {
  // Those behind the first 32 are of accesses beyond the last, which are read and not written.
  UsualNote notes[2 * kWarp];
  // Whether a channel is NaN.
  uint32_t nan[kWarp];
};

// The same pointer, of which compilers do not know what it was made of: else they add its parts again and again.
template <class T>
__device__ T* as_one(T* pointer) {
  asm("" : "+l"(pointer));
  return pointer;
}

// Finds any target among `count` times. Apart, since few need it.
template <class Plans>
__device__ __noinline__ NearTarget find_unusual(const Plans& all, const int64_t* times,
                                                unsigned count, int64_t t) {
  ResamplePlan plan;
  unpack(all, all.streams[0], plan);
  const FoundLine found = find_among(plan, times, count, t, plan.mode, [](unsigned) {});
  const LineStep line = step_of(found.action, static_cast<float>(found.weight));
  return {found.a, found.b, line.step, line.part,
          found.reason | (line.step == kFill ? kFilled : 0u)};
}

// A sequence as a target sees it: its times, or null where there is none, how many, and where its samples begin, in
// accesses.
struct UsualSequence {
  const int64_t* times;
  unsigned count, begin;
};

// A target, and the first and the last time of its sequence, where there are enough for a guess.
struct UsualTarget {
  LinePlace place;
  UsualSequence sequence;
  int64_t t, first, last;
};

// Finds a target. `ask_at` as not_later_from_line() has it.
template <bool kHasArrays, class Plans, class AskAt>
__device__ NearTarget find_usual(const Plans& all, const NearRules& rules,
                                 const UsualTarget& target, AskAt ask_at) {
  const int64_t* const times = target.sequence.times;
  const unsigned count = target.sequence.count;
  const int64_t t = target.t;
  const auto unusual = [&] { return find_unusual(all, times, count, t); };
  if (kHasArrays && times == nullptr) return {0, 0, kSkip, 0, 0};
  if (kHasArrays && count < kNearTimes) return unusual();
  float inverse;
  asm("rcp.approx.ftz.f32 %0, %1;"
      : "=f"(inverse)
      : "f"(static_cast<float>(behind(target.first, target.last))));
  const float part = static_cast<float>(behind(target.first, t)) * inverse;
  const unsigned guess = min(__float2uint_rz(part * static_cast<float>(count - 1)), count - 1);
  ask_at(guess);
  return find_near(times, count, guess, t, rules, unusual);
}

// An access of the same two words again and again.
template <int kBytes>
__device__ Words<kBytes> all_words(uint2 two) {
  Words<kBytes> all;
#pragma unroll
  for (int k = 0; k < Words<kBytes>::kCount; ++k) all.words[k] = k % 2 == 0 ? two.x : two.y;
  return all;
}

// What the accesses of a warp have in common.
struct UsualAccesses {
  const char* samples;
  char* output;
  // Of each target, and of those that are there.
  unsigned inverse, total;
  uint2 fill;  // as UsualLine has it
  Type type;
  bool all_made, notes_nan;
};

// All accesses of a warp, each lane a few at once: their samples are read before the first result is made.
template <class Elements>
__device__ void make_usual(const UsualAccesses& c, UsualWarp& warp) {
  constexpr int kAtOnce = 2 * sizeof(typename Elements::In) >= 16 ? 2 : 4;
  constexpr int kBytes = Elements::kBytes;
  const Elements elements(c.type, c.type);
  const auto lane = threadIdx.x % kWarp;
  // Whatever becomes of their targets.
  const auto make_each = [&](unsigned from, unsigned to) {
    for (unsigned j = from; j < to; j += kWarp) {
      const unsigned i = divide_by_inverse(j, c.inverse);
      const UsualNote note = warp.notes[i];
      const char* const from = c.samples + size_t{j} * kBytes;
      char* const at = c.output + size_t{j} * kBytes;
      if (note.step == kSkip) continue;
      if (note.step == kFill) {
        elements.write(at, 0, all_words<kBytes>(c.fill));
        continue;
      }
      const auto a = elements.read(from + int64_t{note.a} * kBytes, 0);
      const auto b = elements.read(from + int64_t{note.b} * kBytes, 0);
      const auto out =
          elements.make(a, b, {note.step == kCopy, note.step == kLateCurve, note.part, nullptr});
      elements.write(at, 0, out);
      if (c.notes_nan && elements.has_nan(out)) warp.nan[i] = 1;
    }
  };
  if (!c.all_made) return make_each(lane, c.total);
  const char* from = as_one(c.samples + lane * kBytes);
  char* to = as_one(c.output + lane * kBytes);
  constexpr unsigned kStep = kAtOnce * kWarp;
  for (unsigned first = lane; first - lane < c.total; first += kStep) {
    typename Elements::In a[kAtOnce], b[kAtOnce];
    float part[kAtOnce];
    bool is_late[kAtOnce];
    // All lanes leave the last one out together, where they have fewer.
    const int turns = first - lane + (kAtOnce - 1) * kWarp < c.total ? kAtOnce : kAtOnce - 1;
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (k >= turns) continue;
      const unsigned i = divide_by_inverse(first + k * kWarp, c.inverse);
      const auto note = bit_cast<UsualNote>(reinterpret_cast<const uint4*>(warp.notes)[i]);
      a[k] = elements.read(from + int64_t{note.a} * kBytes, k * kWarp);
      if constexpr (Elements::kHasCurves) {
        b[k] = elements.read(from + int64_t{note.b} * kBytes, k * kWarp);
      }
      part[k] = note.part;
      is_late[k] = note.step == kLateCurve;
    }
    bool drawn = true;
    const auto rest = static_cast<int>(c.total - first);
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (k >= turns) continue;
      typename Elements::Out out;
      drawn = elements.draw(a[k], b[k], {false, is_late[k], part[k], nullptr}, out) && drawn;
      if (rest > k * kWarp) elements.write(to, k * kWarp, out);
    }
    // Again, by the rules for NaN.
    if (!drawn) make_each(first, min(c.total, first + kStep));
    from = as_one(from + kStep * kBytes);
    to = as_one(to + kStep * kBytes);
  }
}

// Whether this thread sees a fault in the part of all times that a block looks at, or next to it. No bool: those that
// meet again behind branches become bytes that are tested.
template <bool kHasArrays, class Plans>
__device__ unsigned sees_usual_fault(const Plans& all, const UsualLine& line, const LineStream& s,
                                     const Part& part) {
  unsigned seen = 0;
  if (kHasArrays && threadIdx.x < s.checked_of_arrays) seen = sees_wrong_array(all, s, part);
  const auto each = static_cast<int>(s.checked), most = static_cast<int>(s.all_checked);
  const int before_part = static_cast<int>(blockIdx.x) * each - 1;
  // Of times that go back: rows begin as they like.
  const auto is_wrong = [&](int i) {
    return kHasArrays ? is_wrong_time<int64_t>(all, s, i) : !is_first_sample(i, line.samples);
  };
  // Two at a time and the one before them: as many as a thread has where samples are twice the targets.
#pragma unroll 1
  for (int k = 2 * threadIdx.x; k < each; k += 2 * kRowThreads) {
    const int first = min(max(before_part + k, 0), most - 3);
    const int64_t* const at = line.times + first;
    const int64_t before = __ldg(at), t = __ldg(at + 1), after = __ldg(at + 2);
    if (t < before && is_wrong(first + 1)) seen = 1;
    if (after < t && is_wrong(first + 2)) seen = 1;
  }
  return seen;
}

// The sequence of a row, if there is one: wrong offsets, lengths and ids may tell of none.
__device__ inline UsualSequence sequence_of(const ResamplePlan& plan, const UsualLine& line,
                                            unsigned row) {
  if (row >= plan.rows) return {};
  const int64_t id = plan.sequence_ids ? plan.sequence_ids[row] : row;
  if (!is_readable(plan, id)) return {};
  const auto e = static_cast<unsigned>(id), begin = static_cast<unsigned>(sequence_begin(plan, id));
  return {line.times + (e * line.times_row + begin),
          static_cast<unsigned>(sequence_length(plan, id)),
          e * line.values_row + begin * line.values_step};
}

// What a warp serves: `count` targets from number `first` on, and the samples that it counts from.
struct UsualWork {
  unsigned first, count;
  const char* samples;
};

// The target of a lane; those without one have the last.
template <bool kHasArrays, class Plans>
__device__ UsualTarget target_of_lane(const Plans& all, const ResamplePlan& plan,
                                      const UsualLine& line, UsualWork& work) {
  const unsigned number = work.first + min(threadIdx.x % kWarp, work.count - 1);
  UsualTarget target;
  LinePlace& place = target.place;
  if (kHasArrays && plan.packed_targets()) {
    place = {static_cast<unsigned>(row_of_lane(plan, number, work.first)), number};
  } else {
    const unsigned row = divide(number, all.by_targets);
    place = {row, number - row * all.by_targets.value};
  }
  target.t = __ldg(line.targets + (place.row * line.targets_row + place.target));
  const unsigned first_row = kHasArrays ? 0 : __shfl_sync(~0u, place.row, 0);
  work.samples = as_one(plan.values.data + uint64_t{first_row} * line.row_bytes);
  UsualSequence& sequence = target.sequence;
  sequence = kHasArrays ? sequence_of(plan, line, place.row)
                        : UsualSequence{line.times + place.row * line.times_row, line.samples,
                                        (place.row - first_row) * line.values_row};
  if (!kHasArrays || sequence.count >= kNearTimes) {
    target.first = __ldg(sequence.times);
    target.last = __ldg(sequence.times + (sequence.count - 1));
  }
  return target;
}

// Finds the targets of a warp and makes them.
template <int kFamily, bool kHasArrays, class Plans>
__device__ void make_targets(const Plans& all, const ResamplePlan& plan, const UsualLine& line,
                             const UsualWork& work, const UsualTarget& target, UsualWarp& warp) {
  const LineStream& s = all.streams[0];
  const unsigned lane = threadIdx.x % kWarp;
  NearRules rules = line.rules;
  rules.mode = Known<kFamily>::mode(plan);
  const NearTarget found = find_usual<kHasArrays>(all, rules, target, [&](unsigned guess) {
    if (s.bytes_ahead == 0) return;
    const unsigned access = target.sequence.begin + guess * line.values_step;
    ask_for(work.samples + uint64_t{access} * line.access_bytes, s.bytes_ahead);
  });
  const unsigned back = target.sequence.begin - lane * s.accesses;
  UsualNote note = {static_cast<int>(back + found.a * line.values_step),
                    static_cast<int>(back + found.b * line.values_step), found.part, found.step};
  warp.notes[lane] = note;
  note.a -= static_cast<int>(kWarp * s.accesses);
  note.b -= static_cast<int>(kWarp * s.accesses);
  warp.notes[kWarp + lane] = note;
  const bool wants_validity = plan.valid || plan.fused_valid || plan.reason;
  if (wants_validity) warp.nan[lane] = 0;
  const bool all_made = __all_sync(~0u, found.step > kFill);
  __syncwarp();
  const UsualAccesses accesses = {
      work.samples,       s.output.data + uint64_t{work.first} * line.target_bytes,
      s.accesses_inverse, work.count * s.accesses,
      line.fill,          all.to,
      all_made,           wants_validity};
  with_elements_of<kFamily>(s.log2_width, all.from, [&](auto* elements) {
    make_usual<std::remove_pointer_t<decltype(elements)>>(accesses, warp);
  });
  if (!wants_validity) return;
  __syncwarp();
  const LinePlace& place = target.place;
  if (lane < work.count && place.row < plan.rows) {
    const unsigned nan = warp.nan[lane] != 0 ? RC_REASON_NAN : 0;
    put_validity(plan, place.row, place.target, (found.outcome & kFilled) != 0,
                 static_cast<uint8_t>(found.outcome | nan));
  }
}

template <int kFamily, bool kHasArrays, class Plans>
__device__ void serve_usual(const Plans& all, const UsualLine& line, FaultRecord* record,
                            uint64_t call) {
  __shared__ UsualWarp warps[kWarpsOfBlock];
  const LineStream& s = all.streams[0];
  ResamplePlan plan;
  unpack(all, s, plan);
  const Part part = {blockIdx.x, s.blocks};
  const unsigned warp = threadIdx.x / kWarp;
  UsualWork work = {(blockIdx.x * kWarpsOfBlock + warp) * s.warp_targets, 0, nullptr};
  // As serve_lines().
  const bool checks = s.validate && blockIdx.y + 1 == gridDim.y;
  const bool serves = blockIdx.y == 0 && work.first < line.total_targets;
  unsigned at_fault = 0;
  // Arrays lead to a target by several loads, one after the other: what is checked comes to the cache before.
  if (kHasArrays && checks) at_fault = sees_usual_fault<kHasArrays>(all, line, s, part);
  UsualTarget target;
  if (serves) {
    work.count = min(unsigned{s.warp_targets}, line.total_targets - work.first);
    target = target_of_lane<kHasArrays>(all, plan, line, work);
  }
  // While the target is on its way.
  if (!kHasArrays && checks) at_fault = sees_usual_fault<kHasArrays>(all, line, s, part);
  if (serves) {
    make_targets<kFamily, kHasArrays>(all, plan, line, work, target, warps[warp]);
  }
  if (__any_sync(~0u, at_fault != 0)) report_line_faults<int64_t>(all, s, part, record, call);
}

RC_KERNELS_END

#endif
