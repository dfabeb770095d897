// SPDX-License-Identifier: Apache-2.0
// The loop of rc_resample on the CPU, compiled once per SIMD level. Targets are served in blocks: for
// each mode the steps of all targets, then for each group of channels their values by one loop. What
// steps do not tell is done target by target and channel by channel.
#pragma once

#include "kernels/resample/evaluate.h"
#include "kernels/resample/strands.h"
#include "kernels/resample/window_rows.h"

RC_KERNELS_BEGIN

// What is the same for all rows of a plan.
struct Service {
  // A few hundred nanoseconds of work, so that asking memory for the next block and working on this
  // one overlap.
  static constexpr int kBlock = 16;
  static constexpr int kModes = RC_MODE_MEAN;

  const ResamplePlan& plan;
  const ServeRows serve_rows;
  // Modes that take steps, and which of them each group has; -1: none.
  int num_modes = 0;
  int32_t modes[kModes];
  int mode_of[RC_MAX_CHANNEL_GROUPS];
  // Whether windows of a group are folded for all channels at once.
  bool folds[RC_MAX_CHANNEL_GROUPS];
  const bool validity, indices;
  // Some outputs do not follow from steps.
  bool by_target;
  int64_t bytes_to_fetch;
  // Outputs lie one behind the other and are too many for the caches.
  bool streams;
  // Targets of one.
  int64_t block;

  explicit Service(const ResamplePlan& p)
      : plan(p),
        serve_rows(p.has_values ? rows_kernel(p.values.type, p.output.type) : nullptr),
        validity(p.valid || p.fused_valid || p.reason),
        indices(p.source_index || p.next_index || p.weight),
        by_target(!p.has_values || indices || p.age || p.duplicates == RC_DUPLICATES_MEAN) {
    for (int g = 0; p.has_values && g < p.num_groups; ++g) {
      mode_of[g] = takes_steps(p, p.groups[g].mode) ? add_mode(p.groups[g].mode) : -1;
      folds[g] = takes_folds(p, p.groups[g]);
      by_target = by_target || mode_of[g] < 0;
    }
    const int64_t sample = p.width * item_size(p.values.type);
    const bool far = sample != 0 && stored_samples(p) > kNear / sample;
    bytes_to_fetch = num_modes != 0 && far && sample <= kMostToFetch ? sample : 0;
    streams = !by_target && num_modes != 0 && is_for_stream(p) && !has_gaps(p);
    const int64_t most =
        streams ? LineStream::kCapacity / (p.width * item_size(p.output.type)) : kBlock;
    block = most < kBlock ? most : kBlock;
  }

 private:
  // Values of fewer bytes are near, and longer samples are fetched well enough by the processor itself.
  static constexpr int64_t kNear = 1 << 20;
  static constexpr int64_t kMostToFetch = 1024;

  int add_mode(int32_t mode) {
    for (int i = 0; i < num_modes; ++i) {
      if (modes[i] == mode) return i;
    }
    modes[num_modes] = mode;
    return num_modes++;
  }
};

// Targets of one row, which lie at `base` in packed arrays.
template <class Raw>
class Row {
 public:
  using Time = typename Sequence<Raw>::Time;

  Row(const Service& service, int64_t row, int64_t sequence, int64_t base)
      : service_(service),
        row_(row),
        base_(base),
        sequence_(service.plan, sequence),
        is_plain_(are_plain(sequence_, &samples_)) {
    const Array& v = service.plan.values;
    if (!service.plan.has_values) return;
    values_ = v.data + (sequence_.id * v.row + sequence_.begin * v.step) * item_size(v.type);
  }

  // The targets [first, last). Those of a block are located before those of the block before it are
  // served.
  void serve(int64_t first, int64_t last) {
    const Output to = output(first);
    if (service_.streams) stream_.begin(to.data);
    guess_ = guess_each_ = first_guess(sequence_, times(first)[0]);
    Block blocks[2];
    Block *now = &blocks[0], *next = &blocks[1];
    find(first, last, *now);
    while (now->count != 0) {
      find(now->first + now->count, last, *next);
      serve(*now);
      std::swap(now, next);
    }
    if (service_.streams) stream_.end();
  }

 private:
  struct Block {
    int64_t first;
    int64_t count;
    Step steps[Service::kModes][Service::kBlock];
    Outer outers[Service::kBlock];
  };
  // Of one target.
  struct Output {
    char* data;
    int64_t index;
  };

  TargetTimes<Raw> times(int64_t target) const {
    const Array& t = service_.plan.target_times;
    const auto* data = reinterpret_cast<const Raw*>(t.data);
    return {data + row_ * t.row + (base_ + target) * t.step, t.step};
  }
  Output output(int64_t target) const {
    const Array& o = service_.plan.output;
    const int64_t index = row_ * o.row + (base_ + target) * o.step;
    return {o.data + index * item_size(o.type), index};
  }

  // The steps of the targets from `first` on, as many as a block has.
  void find(int64_t first, int64_t last, Block& block) {
    const ResamplePlan& plan = service_.plan;
    block.first = first;
    block.count = last - first < service_.block ? last - first : service_.block;
    if (block.count == 0) return;
    const Guess before = guess_;
    for (int m = 0; m < service_.num_modes; ++m) {
      const Fetch fetch = {values_, plan.values.step * item_size(plan.values.type),
                           m == 0 ? service_.bytes_to_fetch : 0};
      guess_ = before;
      if (is_plain_) {
        find_steps(samples_, fetch, service_.modes[m], block, block.steps[m]);
      } else {
        find_steps(sequence_, fetch, service_.modes[m], block, block.steps[m]);
      }
    }
  }

  template <class Samples>
  void find_steps(const Samples& samples, const Fetch& fetch, int32_t mode, Block& block,
                  Step* steps) {
    Finder<Raw>(service_.plan, mode)
        .find_all(sequence_, samples, times(block.first), block.count, fetch, guess_, steps,
                  block.outers);
  }

  void serve(Block& block) {
    const ResamplePlan& plan = service_.plan;
    const Array &v = plan.values, &o = plan.output;
    char* const to = service_.streams ? stream_.next() : output(block.first).data;
    for (int g = 0; service_.num_modes != 0 && g < plan.num_groups; ++g) {
      const Group& group = plan.groups[g];
      if (service_.mode_of[g] < 0) continue;
      service_.serve_rows({values_ + group.begin * v.channel * item_size(v.type), v.step, v.channel,
                           to + group.begin * o.channel * item_size(o.type), o.step, o.channel,
                           block.count, group.count, group.mode, block.steps[service_.mode_of[g]],
                           block.outers, plan.fill_value, service_.validity});
    }
    if (service_.streams) stream_.written(block.count * plan.width * item_size(o.type));
    if (!service_.validity && !service_.by_target) return;
    for (int64_t i = 0; i < block.count; ++i) {
      Outcome outcome = {0, false};
      for (int m = 0; m < service_.num_modes; ++m) {
        const Step& step = block.steps[m][i];
        add({step.reason, step.action == Action::kFill}, outcome);
      }
      if (service_.by_target) serve_each(block, i, outcome);
      if (service_.validity) {
        put_validity(plan, row_, base_ + block.first + i, outcome.filled, outcome.reason);
      }
    }
  }

  // What steps do not tell of a target.
  void serve_each(const Block& block, int64_t i, Outcome& outcome) {
    const ResamplePlan& plan = service_.plan;
    const int64_t target = block.first + i;
    const Time t = times(target)[0];
    const Bracket bracket = locate(plan, sequence_, t, guess_each_.within(sequence_.count));
    guess_each_.found(bracket.not_later);
    const Choice choice = choose(plan, bracket, plan.mode);
    if (!plan.has_values) outcome = {choice.reason, choice.action == Action::kFill};
    for (int g = 0; plan.has_values && g < plan.num_groups; ++g) {
      const int m = service_.mode_of[g];
      if (m >= 0 && block.steps[m][i].action != Action::kAggregate) continue;
      const Group& group = plan.groups[g];
      const Choice of_group = choose(plan, bracket, group.mode);
      if (service_.folds[g] && serve_at_once(group, target, bracket, of_group, outcome)) continue;
      serve_elements(group, target, t, bracket, of_group, outcome);
    }
    if (service_.indices) put_indices(plan, row_, base_ + target, sequence_, bracket, choice);
    put_age(plan, row_, base_ + target, sequence_, bracket, t);
  }

  // A window, all channels of a group that folds at once; false where that cannot be.
  bool serve_at_once(const Group& group, int64_t target, const Bracket& bracket,
                     const Choice& choice, Outcome& outcome) {
    const ResamplePlan& plan = service_.plan;
    const int64_t begin = bracket.window_begin, end = bracket.window_end;
    if (choice.action != Action::kAggregate) return false;
    if (is_plain_ ? !are_alone(samples_, begin, end) : !are_alone(sequence_, begin, end)) {
      return false;
    }
    const int64_t index = output(target).index + group.begin * plan.output.channel;
    bool filled = false;
    const bool nan = serve_window(plan, group, values_, sequence_, begin, end, index, &filled);
    add({static_cast<uint8_t>(nan ? choice.reason | RC_REASON_NAN : choice.reason), filled},
        outcome);
    return true;
  }

  // A group, channel by channel.
  void serve_elements(const Group& group, int64_t target, Time t, const Bracket& bracket,
                      const Choice& choice, Outcome& outcome) {
    const ResamplePlan& plan = service_.plan;
    const int64_t index = output(target).index;
    for (int64_t c = group.begin; c < group.begin + group.count;
         c += channels_of_element(group.mode)) {
      add(evaluate(plan, sequence_, t, bracket, choice, group.mode, c,
                   index + c * plan.output.channel, memory_),
          outcome);
    }
  }

  static void add(const Outcome& one, Outcome& all) {
    all.reason |= one.reason;
    all.filled = all.filled || one.filled;
  }

  const Service& service_;
  const int64_t row_, base_;
  const Sequence<Raw> sequence_;
  PlainSamples<Raw> samples_;
  const bool is_plain_;
  const char* values_ = nullptr;  // of sample 0 of the sequence
  Guess guess_;                   // for the next block
  Guess guess_each_;              // for the next target that is served by itself
  Memory memory_;
  LineStream stream_;
};

template <class Raw>
inline void resample_row(const Service& service, int64_t row, int64_t base, int64_t first,
                         int64_t last) {
  const ResamplePlan& plan = service.plan;
  const int64_t e = plan.sequence_ids ? plan.sequence_ids[row] : row;
  if (first == last || e < plan.first_sequence || e >= plan.last_sequence) return;
  Row<Raw>(service, row, e, base).serve(first, last);
}

template <class Raw>
inline void resample_rows(const ResamplePlan& plan, int64_t begin, int64_t end) {
  if (is_for_strands(plan)) return serve_strands<Raw>(plan, begin, end);
  const Service service(plan);
  if (!plan.packed_targets()) {
    for (int64_t row = begin / plan.targets; begin < end; ++row) {
      const int64_t row_begin = row * plan.targets, row_end = row_begin + plan.targets;
      const int64_t stop = end < row_end ? end : row_end;
      resample_row<Raw>(service, row, 0, begin - row_begin, stop - row_begin);
      begin = stop;
    }
    return;
  }
  // The last row that begins at or before `begin`.
  const Integers& offsets = plan.target_offsets;
  int64_t row = border(0, plan.rows, [&](int64_t r) { return offsets[r + 1] <= begin; });
  for (; begin < end; ++row) {
    const int64_t stop = end < offsets[row + 1] ? end : offsets[row + 1];
    resample_row<Raw>(service, row, offsets[row], begin - offsets[row], stop - offsets[row]);
    begin = stop;
  }
}

inline void resample_targets(const ResamplePlan& plan, int64_t begin, int64_t end) {
  switch (plan.target_times.type) {
    case Type::i64:
      return resample_rows<int64_t>(plan, begin, end);
    case Type::f64:
      return resample_rows<double>(plan, begin, end);
    default:
      return resample_rows<float>(plan, begin, end);
  }
}

RC_KERNELS_END
