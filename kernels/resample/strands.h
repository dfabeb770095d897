// SPDX-License-Identifier: Apache-2.0
// The loop for the most common work: one mode for all channels, samples and results of one type,
// each sample behind the one before it in memory and in time. A target is located and served before
// the next one is.
//
// It goes on at one place or at several in turn, its strands, as suits the processor (read_ahead.h).
#pragma once

#include <new>

#include "kernels/resample/line_stream.h"
#include "kernels/resample/quality.h"
#include "kernels/resample/read_ahead.h"
#include "kernels/resample/rows.h"

RC_KERNELS_BEGIN

// One row of a plan; in packed arrays its targets lie at `base`.
template <class Raw>
struct PlainRow {
  int64_t number, base;
  Sequence<Raw> sequence;
  PlainSamples<Raw> samples;
  bool is_plain;

  PlainRow(const ResamplePlan& plan, int64_t row, int64_t sequence_id, int64_t first_target)
      : number(row),
        base(first_target),
        sequence(plan, sequence_id),
        is_plain(are_plain(sequence, &samples)) {}
};

// Whether other results lie between those of two targets.
inline bool has_gaps(const ResamplePlan& p) { return p.output.step != p.width; }

// Whether results are too many for the caches. Lines that are shared with others take longer: with gaps
// most must be whole.
inline bool is_for_stream(const ResamplePlan& p) {
  constexpr int64_t kMany = 32 << 20, kManyInRow = 16 << 10, kManyLines = 8 * LineStream::kLine;
  const Array& o = p.output;
  const int64_t bytes = p.width * item_size(o.type), targets = p.total_targets();
  return LineStream::kAvailable && bytes >= (has_gaps(p) ? kManyLines : 1) &&
         bytes <= LineStream::kCapacity && (o.channel == 1 || p.width == 1) &&
         targets > kMany / bytes && targets / p.rows > kManyInRow / bytes;
}

// Targets that follow one another, counted over all rows, and where in them a loop is.
template <class Raw>
struct Strand {
  // Targets of the row that are left, and the next one.
  int64_t left;
  const Raw* time;
  // Of the row's samples: those where a guess may be tried, and what is added to their times.
  const Raw* times;
  uint64_t most;
  int64_t shift;
  const char* values;
  Guess guess;
  // Where the next result goes, unless it goes by the stream.
  char* output;
  int64_t target;  // in the row
  const PlainRow<Raw>* row;
  LineStream stream;
  // The rows behind this one.
  int64_t next, end, number;
  alignas(PlainRow<Raw>) char memory[sizeof(PlainRow<Raw>)];
};

// Serves strands whose samples and results are of type T.
template <class Raw, class T>
class StrandLoop {
 public:
  using Time = typename TimeOf<Raw>::Value;

  StrandLoop(const ResamplePlan& plan, const ReadAhead& ahead)
      : plan_(plan),
        ahead_(ahead),
        streams_(is_for_stream(plan)),
        finder_(plan, plan.groups[0].mode) {
    rows_.sample = plan.values.step;
    rows_.value_channel = rows_.output_channel = 1;
    rows_.channels = plan.width;
    rows_.mode = plan.groups[0].mode;
    rows_.fill_value = plan.fill_value;
    rows_.watch_nan = plan.valid || plan.fused_valid || plan.reason;
  }

  // The targets [begin, end), counted over all rows.
  void serve(int64_t begin, int64_t end) {
    const int64_t count = end - begin;
    const bool in_turns = ahead_.in_turns && count >= kStrands * kTargetsOfStrand;
    const int64_t strands = in_turns ? kStrands : 1;
    for (int64_t s = 0; s < strands; ++s) {
      start(begin + count * s / strands, begin + count * (s + 1) / strands, strands_[s]);
    }
    if (in_turns) {
      serve<kStrands>();
    } else {
      serve<1>();
    }
    for (int64_t s = 0; streams_ && s < strands; ++s) {
      if (strands_[s].row != nullptr) strands_[s].stream.end();
    }
  }

 private:
  static constexpr int64_t kStrands = 4, kTargetsOfStrand = 16;
  // Values of fewer bytes are near.
  static constexpr int64_t kNear = 1 << 20;
  static constexpr int64_t kLine = 64;
  // From one result to the next: the processor does not read ahead so far.
  static constexpr int64_t kFar = 1024;

  void start(int64_t begin, int64_t end, Strand<Raw>& strand) const {
    strand.row = nullptr;
    strand.left = 0;
    strand.next = begin;
    strand.end = end;
    strand.number =
        plan_.packed_targets()
            // The last row that begins at or before `begin`.
            ? border(0, plan_.rows, [&](int64_t r) { return plan_.target_offsets[r + 1] <= begin; })
            : begin / plan_.targets;
  }

  // Turns to the next row that this piece of work serves; false where there is none.
  __attribute__((noinline)) bool enter_row(Strand<Raw>& strand) const {
    while (strand.next < strand.end) {
      const int64_t row = strand.number++;
      const bool packed = plan_.packed_targets();
      const int64_t first = packed ? plan_.target_offsets[row] : row * plan_.targets;
      const int64_t last = packed ? plan_.target_offsets[row + 1] : first + plan_.targets;
      const int64_t begin = strand.next, end = last < strand.end ? last : strand.end;
      const int64_t e = plan_.sequence_ids ? plan_.sequence_ids[row] : row;
      if (begin >= end) continue;
      strand.next = end;
      if (e < plan_.first_sequence || e >= plan_.last_sequence) continue;
      enter_row(row, e, packed ? first : 0, begin - first, end - begin, strand);
      return true;
    }
    return false;
  }

  void enter_row(int64_t row, int64_t e, int64_t base, int64_t target, int64_t count,
                 Strand<Raw>& strand) const {
    const Array &v = plan_.values, &t = plan_.target_times, &o = plan_.output;
    char* const output = o.data + (row * o.row + (base + target) * o.step) * item_size(o.type);
    if (streams_ && (strand.row == nullptr || output != strand.stream.end_of_run())) {
      if (strand.row != nullptr) strand.stream.end();
      strand.stream.begin(output);
    }
    strand.output = output;
    const auto* r = new (strand.memory) PlainRow<Raw>(plan_, row, e, base);
    strand.row = r;
    strand.left = count;
    strand.target = target;
    strand.time = reinterpret_cast<const Raw*>(t.data) + row * t.row + (base + target) * t.step;
    strand.times = r->samples.times;
    strand.shift = r->samples.shift;
    const bool tries = r->is_plain && finder_.at_once && r->sequence.count > 4;
    strand.most = tries ? static_cast<uint64_t>(r->sequence.count - 4) : 0;
    strand.values = v.data + (e * v.row + r->sequence.begin * v.step) * item_size(v.type);
    strand.guess = first_guess(r->sequence, static_cast<Time>(*strand.time));
  }

  template <int64_t strands>
  void serve() {
    if (std::is_integral_v<T> || finder_.is_copy) {
      serve<true, strands>();
    } else if constexpr (!std::is_integral_v<T>) {
      serve<false, strands>();
    }
  }

  template <bool kCopies, int64_t strands>
  __attribute__((flatten)) void serve() {
    const int64_t sample = plan_.values.step * item_size(plan_.values.type);
    const int64_t channels = plan_.width, bytes = channels * static_cast<int64_t>(sizeof(T));
    const int64_t output_step = plan_.output.step * static_cast<int64_t>(sizeof(T));
    const int64_t time_step = plan_.target_times.step;
    const bool far = bytes != 0 && stored_samples(plan_) > kNear / bytes;
    const int64_t fetched = far ? bytes : 0;
    const int64_t ahead =
        bytes * ahead_.targets > ahead_.bytes ? ahead_.bytes / (bytes + 1) + 1 : ahead_.targets;
    const bool streams = streams_, watches = rows_.watch_nan;
    const bool gaps = has_gaps(plan_) && (streams || output_step >= kFar);
    for (bool more = true; more;) {
      more = false;
      for (int64_t s = 0; s < strands; ++s) {
        Strand<Raw>& strand = strands_[s];
        if (strand.left == 0 && !enter_row(strand)) continue;
        more = true;
        --strand.left;
        char* const place = streams ? strand.stream.next() : strand.output;
        const Time t = static_cast<Time>(*strand.time);
        strand.time += time_step;
        Step step;
        if (try_guess<kCopies>(strand, t, &step)) {
          const char* const soon = strand.values + (step.a + strand.guess.ahead(ahead)) * sample;
          for (int64_t i = 0; i < fetched; i += kLine) {
            __builtin_prefetch(soon + i);
            if (!kCopies) __builtin_prefetch(soon + sample + i);
          }
          // Rows do not begin where lines do, and no second sample follows this one.
          if (kCopies) __builtin_prefetch(soon + bytes - 1);
          const T* const a = reinterpret_cast<const T*>(strand.values + step.a * sample);
          T* const out = reinterpret_cast<T*>(place);
          bool nan = false;
          if (kCopies || step.action == Action::kCopy) {
            cover<kLanes<Compute<T>>>(channels, [&](auto lanes, int64_t i) {
              copy_lanes<lanes.value>(a + i, out + i);
              if (watches) nan |= has_nan<lanes.value>(a + i);
            });
          } else if constexpr (!std::is_integral_v<T>) {
            const T* const b = reinterpret_cast<const T*>(strand.values + step.b * sample);
            nan = serve_line<kLanes<Compute<T>>>(line_of(a, b, step.weight), channels, out);
          }
          if (watches) put_quality(strand, step, nan);
        } else {
          serve_by_rules(strand, t, place);
        }
        ++strand.target;
        if (streams) {
          strand.stream.written(bytes);
        } else {
          strand.output += output_step;
        }
        if (gaps) leave_gap(strand, output_step, bytes);
      }
    }
  }

  // Turns to what lies behind the results of others.
  __attribute__((noinline)) void leave_gap(Strand<Raw>& strand, int64_t step, int64_t bytes) const {
    if (streams_) strand.stream.turn(strand.output += step);
    if (step < kFar) return;
    // Lines that others write too come from memory first, and stores wait for one another.
    __builtin_prefetch(strand.output + step, 1);
    __builtin_prefetch(strand.output + step + bytes, 1);
  }

  // Most targets lie between two samples that are one of their time each and no farther apart than
  // max_gap, or on a sample, near where they are guessed to be. A guess that is wrong by one is put
  // right without a branch, which samples with jitter would make a processor guess wrong.
  template <bool kCopies>
  bool try_guess(Strand<Raw>& strand, Time t, Step* step) const {
    const int64_t near = strand.guess.next;
    if (static_cast<uint64_t>(near - 2) >= strand.most) return false;
    if constexpr (std::is_same_v<Raw, int64_t>) {
      if (__builtin_sub_overflow(t, strand.shift, &t)) return false;
    }
    const Raw* const times = strand.times;
    const int64_t k = near + !(t < times[near]) - (t < times[near - 1]);
    const Time ta = times[k - 1], tb = times[k];
    if (!((ta <= t) & (t < tb) & (tb < times[k + 1]) & (span(ta, tb) <= finder_.max_gap))) {
      return false;
    }
    strand.guess.found(k);
    if constexpr (kCopies) {
      const bool b_nearer = span(t, tb) < span(ta, t);
      const bool later = ((finder_.mode == RC_MODE_NEXT) & (ta != t)) |
                         ((finder_.mode == RC_MODE_NEAREST) & b_nearer);
      *step = {Action::kCopy, 0, k - 1 + later, k, 0};
    } else {
      *step = {ta == t ? Action::kCopy : Action::kCurve, 0, k - 1, k,
               quotient(span(ta, t), span(ta, tb))};
    }
    return true;
  }

  __attribute__((noinline)) void serve_by_rules(Strand<Raw>& strand, Time t, char* place) {
    const PlainRow<Raw>& row = *strand.row;
    const int64_t guess = strand.guess.next;
    Step step;
    Outer outer;
    strand.guess.found(
        row.is_plain ? finder_.find_by_rules(row.sequence, row.samples, t, guess, &step, &outer)
                     : finder_.find_by_rules(row.sequence, row.sequence, t, guess, &step, &outer));
    rows_.values = strand.values;
    const bool nan = serve_row<T, T, true>(rows_, step, &outer, reinterpret_cast<T*>(place));
    if (rows_.watch_nan) put_quality(strand, step, nan);
  }

  void put_quality(const Strand<Raw>& strand, const Step& step, bool nan) const {
    put_validity(plan_, strand.row->number, strand.row->base + strand.target,
                 step.action == Action::kFill, nan ? step.reason | RC_REASON_NAN : step.reason);
  }

  const ResamplePlan& plan_;
  const ReadAhead& ahead_;
  const bool streams_;
  const Finder<Raw> finder_;
  Rows rows_;
  Strand<Raw> strands_[kStrands];
};

// Whether that loop serves a plan.
inline bool is_for_strands(const ResamplePlan& p) {
  if (!p.has_values || p.num_groups != 1 || p.values.type != p.output.type) return false;
  const int32_t mode = p.groups[0].mode;
  const bool dense = p.width == 1 || (p.values.channel == 1 && p.output.channel == 1);
  return dense && (mode == RC_MODE_LINEAR ? is_float(p.values.type) : is_copy(mode)) &&
         takes_steps(p, mode) && p.duplicates == RC_DUPLICATES_LAST && p.sorted == nullptr &&
         p.source_times.step == 1 && !p.source_index && !p.next_index && !p.weight && !p.age;
}

template <class Raw>
inline void serve_strands(const ResamplePlan& plan, int64_t begin, int64_t end) {
  with_type(plan.values.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    StrandLoop<Raw, T>(plan, read_ahead()).serve(begin, end);
  });
}

RC_KERNELS_END
