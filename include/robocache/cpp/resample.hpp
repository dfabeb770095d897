// SPDX-License-Identifier: Apache-2.0
/** @file resample.hpp
 * Values of a trajectory at any times, their gradient, and exact clocks. Shapes, types, rules and
 * errors are those of resample.h. */
#ifndef ROBOCACHE_CPP_RESAMPLE_HPP
#define ROBOCACHE_CPP_RESAMPLE_HPP

#include <chrono>
#include <cstdint>
#include <vector>

#include "robocache/cpp/context.hpp"
#include "robocache/cpp/error.hpp"
#include "robocache/cpp/span.hpp"
#include "robocache/cpp/tensor.hpp"
#include "robocache/resample.h"

ROBOCACHE_BEGIN_NAMESPACE

/** How a value is made from samples: ::rc_mode. */
enum class Mode : int32_t {
  linear = RC_MODE_LINEAR,
  previous = RC_MODE_PREVIOUS,
  next = RC_MODE_NEXT,
  nearest = RC_MODE_NEAREST,
  pchip = RC_MODE_PCHIP,
  slerp = RC_MODE_SLERP,
  angle = RC_MODE_ANGLE,
  mean = RC_MODE_MEAN,
  sum = RC_MODE_SUM,
  min = RC_MODE_MIN,
  max = RC_MODE_MAX,
  last = RC_MODE_LAST
};

/** What a target before the first or after the last sample receives: ::rc_outside. */
enum class Outside : int32_t {
  hold = RC_OUTSIDE_HOLD,
  fill = RC_OUTSIDE_FILL,
  extrapolate = RC_OUTSIDE_EXTRAPOLATE
};

/** What to do with source times that step backward: ::rc_order. */
enum class Order : int32_t { check = RC_ORDER_CHECK, sort = RC_ORDER_SORT, drop = RC_ORDER_DROP };

/** Which of several samples with equal times counts: ::rc_duplicates. */
enum class Duplicates : int32_t {
  last = RC_DUPLICATES_LAST,
  first = RC_DUPLICATES_FIRST,
  mean = RC_DUPLICATES_MEAN
};

/** `count` channels from `begin` on, which are interpolated by `mode`. */
struct Channels {
  int64_t begin;
  int64_t count;
  Mode mode;

  /** What the C interface takes. */
  operator rc_channels() const noexcept { return {begin, count, static_cast<int32_t>(mode), 0}; }
};

/** A span of time, in the unit of the times. */
using Duration = rc_duration;

/** For int64 times. */
constexpr Duration ticks(int64_t count) noexcept { return {count, 0}; }
/** For int64 times in nanoseconds: `nanoseconds(100ms)`. */
constexpr Duration nanoseconds(std::chrono::nanoseconds span) noexcept { return {span.count(), 0}; }
/** For float64 and float32 times. */
constexpr Duration seconds(double count) noexcept { return {0, count}; }

/** What a window reaches back and ahead from its target. */
using Window = rc_window;

/** Maps source times onto the target's clock: reference, offset, drift. */
using ClockMap = rc_clock_map;

/** How to resample. The fields are those of ::rc_resample_options; a view without a tensor is
 * NULL there. What the views show outlives the calls. */
struct ResampleOptions {
  /** Of the channels that `channels` does not name. */
  Mode mode = Mode::linear;
  /** Groups of channels with modes of their own: `{Channels{0, 3, Mode::linear}, ...}`. */
  std::vector<rc_channels> channels{};
  Outside outside = Outside::hold;
  Order order = Order::check;
  Duplicates duplicates = Duplicates::last;
  /** What targets without a value receive. */
  double fill_value = 0;
  /** Widest gap to bridge, and greatest distance to hold over; zero: any. */
  Duration max_gap{};
  /** Required by the aggregates. */
  Window window{};
  /** Zero: source and target share a clock. */
  ClockMap clock{};
  /** Treat each channel as if it had only its finite samples. */
  bool skip_nan = false;
  /** Trust times, offsets, lengths, ids and quaternions. */
  bool skip_validation = false;

  /** int64 [E+1]: values and source times are packed. */
  ConstTensor offsets{};
  /** int64 [E]: samples that count in each sequence. */
  ConstTensor lengths{};
  /** int64 [B]: the sequence that each row reads. */
  ConstTensor sequence_ids{};
  /** int64 [B+1]: target times are packed. */
  ConstTensor target_offsets{};

  /** Outputs, of the output's shape without channels. uint8 or bool: 1 where there is a value. */
  Tensor valid{};
  /** uint8: bits of ::rc_reason. */
  Tensor reason{};
  /** int64: the sample that `mode` reads. */
  Tensor source_index{};
  /** int64: the later sample of the bracket. */
  Tensor next_index{};
  /** float32 or float64: the weight of `next_index`. */
  Tensor weight{};
  /** int64 ticks or float64 seconds since the newest sample that is not later. */
  Tensor age{};

  Workspace workspace{};

  /** What the C interface takes; it points into this object. */
  rc_resample_options get() const noexcept {
    auto c = detail::sized<rc_resample_options>();
    c.flags = detail::flag(skip_nan, RC_RESAMPLE_SKIP_NAN) |
              detail::flag(skip_validation, RC_RESAMPLE_SKIP_VALIDATION);
    c.offsets = offsets.get();
    c.lengths = lengths.get();
    c.sequence_ids = sequence_ids.get();
    c.target_offsets = target_offsets.get();
    c.channels = channels.data();
    c.num_channels = static_cast<int64_t>(channels.size());
    c.mode = static_cast<int32_t>(mode);
    c.outside = static_cast<int32_t>(outside);
    c.order = static_cast<int32_t>(order);
    c.duplicates = static_cast<int32_t>(duplicates);
    c.fill_value = fill_value;
    c.max_gap = max_gap;
    c.window = window;
    c.clock = clock;
    c.valid = valid.get();
    c.reason = reason.get();
    c.source_index = source_index.get();
    c.next_index = next_index.get();
    c.weight = weight.get();
    c.age = age.get();
    c.workspace = workspace.data;
    c.workspace_size = workspace.size;
    return c;
  }
};

/** Resamples trajectories to other times: ::rc_resample.
 *
 * @param context       on the device of all tensors
 * @param values        [E,S,D], [S,D], or packed [N,D]; none for index outputs only
 * @param source_times  int64, float64 or float32: [E,S], [S] or [N]
 * @param target_times  the same type: [B,T], [T] or [M]
 * @param output        [B,T,D], [T,D] or [M,D]; none for index outputs only
 * @param options       modes, rules, layouts, quality outputs */
inline Return<void> resample(Context& context, const ConstTensor& values,
                             const ConstTensor& source_times, const ConstTensor& target_times,
                             const Tensor& output, const ResampleOptions& options = {}) {
  const rc_resample_options c = options.get();
  return detail::finish(rc_resample(context.get(), values.get(), source_times.get(),
                                    target_times.get(), &c, output.get()));
}

/** Bytes of workspace that resample() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> resample_workspace_size(
    Context& context, const ConstTensor& values, const ConstTensor& source_times,
    const ConstTensor& target_times, const Tensor& output, const ResampleOptions& options = {}) {
  const rc_resample_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_resample_workspace_size(
      context.get(), values.get(), source_times.get(), target_times.get(), &c, output.get(), &size);
  return detail::finish(status, size);
}

/** Gradient of resample() with respect to the values: ::rc_resample_backward.
 *
 * @param context       on the device of all tensors
 * @param grad_output   gradient of the output
 * @param values        as in resample(); may be none where the modes do not need it
 * @param source_times  as in resample()
 * @param target_times  as in resample()
 * @param grad_values   receives the gradient: the shape of the values
 * @param options       as in resample(), without outputs */
inline Return<void> resample_backward(Context& context, const ConstTensor& grad_output,
                                      const ConstTensor& values, const ConstTensor& source_times,
                                      const ConstTensor& target_times, const Tensor& grad_values,
                                      const ResampleOptions& options = {}) {
  const rc_resample_options c = options.get();
  return detail::finish(rc_resample_backward(context.get(), grad_output.get(), values.get(),
                                             source_times.get(), target_times.get(), &c,
                                             grad_values.get()));
}

/** Bytes of workspace that resample_backward() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> resample_backward_workspace_size(
    Context& context, const ConstTensor& grad_output, const ConstTensor& values,
    const ConstTensor& source_times, const ConstTensor& target_times, const Tensor& grad_values,
    const ResampleOptions& options = {}) {
  const rc_resample_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_resample_backward_workspace_size(
      context.get(), grad_output.get(), values.get(), source_times.get(), target_times.get(), &c,
      grad_values.get(), &size);
  return detail::finish(status, size);
}

/** Ticks per second: `30`, or `{30000, 1001}` for 29.97 Hz. */
struct Rate {
  constexpr Rate(int64_t of_numerator, int64_t of_denominator = 1) noexcept
      : numerator(of_numerator), denominator(of_denominator) {}
  int64_t numerator;
  int64_t denominator;
};

/** Nanoseconds in a second. */
inline constexpr int64_t nanoseconds_per_second = 1000000000;

/** Writes an exact clock without drift into a buffer: ::rc_target_clock. Any thread.
 *
 * @param start             first tick
 * @param stop              end of the clock, excluded
 * @param rate              in hertz
 * @param buffer            receives the ticks; empty to learn their number alone
 * @param ticks_per_second  of `start` and `stop`
 * @return the number of ticks */
inline Return<int64_t> target_clock(int64_t start, int64_t stop, Rate rate, Span<int64_t> buffer,
                                    int64_t ticks_per_second = nanoseconds_per_second) {
  int64_t count = 0;
  const rc_status status =
      rc_target_clock(start, stop, ticks_per_second, rate.numerator, rate.denominator,
                      static_cast<int64_t>(buffer.size()), buffer.data(), &count);
  return detail::finish(status, count);
}

/** Makes an exact clock without drift. Any thread.
 *
 * @param start             first tick
 * @param stop              end of the clock, excluded
 * @param rate              in hertz
 * @param ticks_per_second  of `start` and `stop` */
[[nodiscard]] inline Return<std::vector<int64_t>> target_clock(
    int64_t start, int64_t stop, Rate rate, int64_t ticks_per_second = nanoseconds_per_second) {
  std::vector<int64_t> clock;
  int64_t count = 0;
  rc_status status = rc_target_clock(start, stop, ticks_per_second, rate.numerator,
                                     rate.denominator, 0, nullptr, &count);
  if (status == RC_SUCCESS) {
    clock.resize(static_cast<std::size_t>(count));
    status = rc_target_clock(start, stop, ticks_per_second, rate.numerator, rate.denominator, count,
                             clock.data(), &count);
  }
  return detail::finish(status, std::move(clock));
}

ROBOCACHE_END_NAMESPACE

#endif
