// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/error.h"
#include "lib/resample_plan.h"

namespace rc {
namespace {

using Long = long long;

void check_choice(int32_t value, int32_t last, const char* argument) {
  if (value < 0 || value > last) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "%s: expected 0 to %d, got %d", argument, last, value);
  }
}

/** The half that belongs to the type of the times; the other one has to be zero. */
void check_unit(const rc_duration& duration, bool in_ticks, const char* argument) {
  if (in_ticks && duration.seconds != 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected ticks for int64 times, got %g seconds", argument,
         duration.seconds);
  }
  if (!in_ticks && duration.ticks != 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected seconds for float times, got %lld ticks",
         argument, static_cast<Long>(duration.ticks));
  }
  if (!std::isfinite(duration.seconds)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected a finite number of seconds, got %g", argument,
         duration.seconds);
  }
}

Duration read_length(const rc_duration& duration, bool in_ticks, const char* argument) {
  check_unit(duration, in_ticks, argument);
  if (duration.ticks < 0 || duration.seconds < 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected no less than 0, got %lld ticks, %g seconds",
         argument, static_cast<Long>(duration.ticks), duration.seconds);
  }
  return {static_cast<uint64_t>(duration.ticks), duration.seconds};
}

bool is_zero(const rc_duration& duration) { return duration.ticks == 0 && duration.seconds == 0; }

Clock read_clock(const rc_clock_map& map, bool in_ticks) {
  check_unit(map.reference, in_ticks, "clock.reference");
  check_unit(map.offset, in_ticks, "clock.offset");
  if (!(map.drift > -1) || !std::isfinite(map.drift)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "clock.drift: expected a finite number above -1, got %g",
         map.drift);
  }
  return {map.reference.ticks, map.offset.ticks, map.reference.seconds,
          map.offset.seconds,  map.drift,        map.drift == 0 && is_zero(map.offset)};
}

void check_group(const rc_channels& group, int64_t index, int64_t width) {
  const auto number = static_cast<Long>(index);
  if (group.reserved != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "channels[%lld].reserved: expected 0, got %d", number,
         group.reserved);
  }
  if (group.mode < 0 || group.mode > RC_MODE_LAST) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "channels[%lld].mode: expected 0 to %d, got %d", number,
         RC_MODE_LAST, group.mode);
  }
  if (group.begin < 0 || group.count < 1 || group.begin > width ||
      group.count > width - group.begin) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "channels[%lld]: expected 1 or more of the %lld channels, got begin %lld, count %lld",
         number, static_cast<Long>(width), static_cast<Long>(group.begin),
         static_cast<Long>(group.count));
  }
}

void check_slerp(const Group& group) {
  if (group.mode == RC_MODE_SLERP && group.count % 4 != 0) {
    fail(
        RC_ERROR_INVALID_ARGUMENT,
        "channels: expected a multiple of 4 channels for RC_MODE_SLERP, got %lld from channel %lld",
        static_cast<Long>(group.count), static_cast<Long>(group.begin));
  }
}

void add_group(ResamplePlan& plan, const Group& group) {
  if (group.count == 0) return;
  if (plan.num_groups == RC_MAX_CHANNEL_GROUPS) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "channels: expected at most %d groups, those of channels that no group names included",
         RC_MAX_CHANNEL_GROUPS);
  }
  check_slerp(group);
  plan.groups[plan.num_groups++] = group;
}

/** The groups by their first channel, those between them filled in with `options.mode`. */
void read_groups(const rc_resample_options& options, ResamplePlan& plan) {
  if (options.num_channels < 0 || options.num_channels > RC_MAX_CHANNEL_GROUPS) {
    fail(RC_ERROR_INVALID_ARGUMENT, "num_channels: expected 0 to %d, got %lld",
         RC_MAX_CHANNEL_GROUPS, static_cast<Long>(options.num_channels));
  }
  if (options.num_channels > 0 && options.channels == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "channels: expected %lld groups, got NULL",
         static_cast<Long>(options.num_channels));
  }
  if (options.num_channels > 0 && !plan.has_values) {
    fail(RC_ERROR_INVALID_ARGUMENT, "channels: expected none without values, got %lld groups",
         static_cast<Long>(options.num_channels));
  }
  rc_channels groups[RC_MAX_CHANNEL_GROUPS];
  for (int64_t i = 0; i < options.num_channels; ++i) {
    check_group(options.channels[i], i, plan.width);
    groups[i] = options.channels[i];
  }
  std::sort(groups, groups + options.num_channels,
            [](const rc_channels& a, const rc_channels& b) { return a.begin < b.begin; });
  int64_t next = 0;
  for (int64_t i = 0; i < options.num_channels; ++i) {
    if (groups[i].begin < next) {
      fail(RC_ERROR_INVALID_ARGUMENT,
           "channels: expected groups that do not overlap, got two that hold channel %lld",
           static_cast<Long>(groups[i].begin));
    }
    add_group(plan, {next, groups[i].begin - next, plan.mode});
    add_group(plan, {groups[i].begin, groups[i].count, groups[i].mode});
    next = groups[i].begin + groups[i].count;
  }
  add_group(plan, {next, plan.width - next, plan.mode});
}

void read_window(const rc_resample_options& options, bool in_ticks, ResamplePlan& plan) {
  plan.window_before = read_length(options.window.before, in_ticks, "window.before");
  plan.window_after = read_length(options.window.after, in_ticks, "window.after");
  const bool given = !is_zero(options.window.before) || !is_zero(options.window.after);
  if (plan.has_aggregates != given) {
    fail(RC_ERROR_INVALID_ARGUMENT, "window: expected %s, got %s",
         given ? "none without an aggregate mode" : "one, for an aggregate mode",
         given ? "one" : "none");
  }
}

}  // namespace

void read_rules(const rc_resample_options& options, ResamplePlan& plan) {
  constexpr uint32_t known = RC_RESAMPLE_SKIP_NAN | RC_RESAMPLE_SKIP_VALIDATION;
  if (options.flags & ~known) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "flags: expected bits of %#x, got %#x", known, options.flags);
  }
  check_choice(options.mode, RC_MODE_LAST, "mode");
  check_choice(options.outside, RC_OUTSIDE_EXTRAPOLATE, "outside");
  check_choice(options.order, RC_ORDER_DROP, "order");
  check_choice(options.duplicates, RC_DUPLICATES_MEAN, "duplicates");
  // Integers are all finite.
  plan.skip_nan = (options.flags & RC_RESAMPLE_SKIP_NAN) && is_float(plan.values.type);
  plan.validate = !(options.flags & RC_RESAMPLE_SKIP_VALIDATION);
  plan.mode = options.mode;
  plan.outside = options.outside;
  plan.order = options.order;
  plan.duplicates = options.duplicates;
  plan.fill_value = options.fill_value;
  read_groups(options, plan);
  // `mode` counts only where a channel or an index output follows it.
  const bool follows_mode =
      !plan.has_values || options.source_index || options.next_index || options.weight;
  plan.has_aggregates = follows_mode && is_aggregate(plan.mode);
  for (int i = 0; i < plan.num_groups; ++i) {
    plan.has_pchip = plan.has_pchip || plan.groups[i].mode == RC_MODE_PCHIP;
    plan.has_aggregates = plan.has_aggregates || is_aggregate(plan.groups[i].mode);
  }
  const bool in_ticks = plan.target_times.type == Type::i64;
  plan.max_gap = read_length(options.max_gap, in_ticks, "max_gap");
  if (is_zero(options.max_gap)) {
    plan.max_gap = {UINT64_MAX, std::numeric_limits<double>::infinity()};
  }
  read_window(options, in_ticks, plan);
  plan.clock = read_clock(options.clock, in_ticks);
}

}  // namespace rc
