// SPDX-License-Identifier: Apache-2.0
/** @file fuse.hpp
 * Many sensors on one clock, and the gradient. Shapes, types, rules and errors are those of
 * fuse.h. */
#ifndef ROBOCACHE_CPP_FUSE_HPP
#define ROBOCACHE_CPP_FUSE_HPP

#include <array>
#include <cstdint>

#include "robocache/cpp/context.hpp"
#include "robocache/cpp/error.hpp"
#include "robocache/cpp/resample.hpp"
#include "robocache/cpp/span.hpp"
#include "robocache/cpp/tensor.hpp"
#include "robocache/fuse.h"

ROBOCACHE_BEGIN_NAMESPACE

/** One sensor: its samples, its clock, its rules. The fields are those of ::rc_stream. */
struct Stream {
  /** None: the stream is absent from this call. */
  ConstTensor values{};
  ConstTensor source_times{};
  /** Without `target_offsets` and `workspace`, which are those of the call. */
  ResampleOptions options{};
  /** Channels of an absent stream; else 0 or the width of the values. */
  int64_t width = 0;
  /** Receives this stream's values where the call has no output; in fuse_backward() their gradient,
   * only read. */
  Tensor output{};
  /** fuse_backward(): receives the gradient of the values. */
  Tensor grad_values{};
};

/** What concerns all streams of a call. The fields are those of ::rc_fuse_options. */
struct FuseOptions {
  /** int64 [B+1]: target times are packed. */
  ConstTensor target_offsets{};
  /** uint8 or bool [B,T,streams]: 1 where a stream has a value. */
  Tensor valid{};
  Workspace workspace{};

  /** What the C interface takes; it points into this object. */
  rc_fuse_options get() const noexcept {
    auto c = detail::sized<rc_fuse_options>();
    c.target_offsets = target_offsets.get();
    c.valid = valid.get();
    c.workspace = workspace.data;
    c.workspace_size = workspace.size;
    return c;
  }
};

namespace detail {

/** Streams as the C interface takes them, in 24 KiB of the stack: a call allocates nothing. */
class Streams {
 public:
  /** More than RC_MAX_STREAMS are counted, and refused by the call. */
  explicit Streams(Span<const Stream> streams) noexcept
      : count_(static_cast<int64_t>(streams.size())) {
    std::size_t i = 0;
    for (const Stream& stream : streams) {
      if (i == RC_MAX_STREAMS) break;
      options_[i] = stream.options.get();
      streams_[i] = sized<rc_stream>();
      streams_[i].values = stream.values.get();
      streams_[i].source_times = stream.source_times.get();
      streams_[i].options = &options_[i];
      streams_[i].width = stream.width;
      streams_[i].output = stream.output.get();
      streams_[i].grad_values = stream.grad_values.get();
      pointers_[i] = &streams_[i];
      ++i;
    }
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  const rc_stream* const* get() const noexcept { return pointers_.data(); }
  int64_t count() const noexcept { return count_; }

 private:
  // Left as they are past the streams that there are.
  std::array<rc_resample_options, RC_MAX_STREAMS> options_;
  std::array<rc_stream, RC_MAX_STREAMS> streams_;
  std::array<const rc_stream*, RC_MAX_STREAMS> pointers_;
  int64_t count_;
};

}  // namespace detail

/** Puts many streams on one clock: ::rc_fuse. Equal, to the bit, to resample() of each.
 *
 * @param context       on the device of all tensors
 * @param streams       1 to RC_MAX_STREAMS, at least one of them present
 * @param target_times  [B,T], [T] or [M], for all streams
 * @param output        [B,T,D1+D2+...], [T,...] or [M,...]; none: each stream has its own
 * @param options       layout of the targets, quality output */
inline Return<void> fuse(Context& context, Span<const Stream> streams,
                         const ConstTensor& target_times, const Tensor& output,
                         const FuseOptions& options = {}) {
  const detail::Streams c_streams(streams);
  const rc_fuse_options c = options.get();
  return detail::finish(rc_fuse(context.get(), c_streams.get(), c_streams.count(),
                                target_times.get(), &c, output.get()));
}

/** Bytes of workspace that fuse() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> fuse_workspace_size(Context& context,
                                                          Span<const Stream> streams,
                                                          const ConstTensor& target_times,
                                                          const Tensor& output,
                                                          const FuseOptions& options = {}) {
  const detail::Streams c_streams(streams);
  const rc_fuse_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_fuse_workspace_size(context.get(), c_streams.get(), c_streams.count(),
                                                  target_times.get(), &c, output.get(), &size);
  return detail::finish(status, size);
}

/** Gradient of fuse() with respect to the values of each stream that has `grad_values`:
 * ::rc_fuse_backward.
 *
 * @param context       on the device of all tensors
 * @param grad_output   gradient of the output; none: the `output` of each stream is it
 * @param streams       as in fuse()
 * @param target_times  as in fuse()
 * @param options       as in fuse(), without `valid` */
inline Return<void> fuse_backward(Context& context, const ConstTensor& grad_output,
                                  Span<const Stream> streams, const ConstTensor& target_times,
                                  const FuseOptions& options = {}) {
  const detail::Streams c_streams(streams);
  const rc_fuse_options c = options.get();
  return detail::finish(rc_fuse_backward(context.get(), grad_output.get(), c_streams.get(),
                                         c_streams.count(), target_times.get(), &c));
}

/** Bytes of workspace that fuse_backward() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> fuse_backward_workspace_size(
    Context& context, const ConstTensor& grad_output, Span<const Stream> streams,
    const ConstTensor& target_times, const FuseOptions& options = {}) {
  const detail::Streams c_streams(streams);
  const rc_fuse_options c = options.get();
  uint64_t size = 0;
  const rc_status status =
      rc_fuse_backward_workspace_size(context.get(), grad_output.get(), c_streams.get(),
                                      c_streams.count(), target_times.get(), &c, &size);
  return detail::finish(status, size);
}

ROBOCACHE_END_NAMESPACE

#endif
