// SPDX-License-Identifier: Apache-2.0
#include "lib/fuse_streams.h"

#include "lib/options.h"

namespace rc {
namespace {

using Long = long long;

Stream read_stream(const rc_stream* user) {
  if (user == nullptr) fail(RC_ERROR_INVALID_ARGUMENT, "expected a stream, got NULL");
  const rc_stream stream = read_struct(*user, "stream");
  const rc_resample_options options = read_options(stream.options, "options");
  if (stream.reserved != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got %u", stream.reserved);
  }
  if (stream.width < 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "width: expected 0 or more, got %lld",
         static_cast<Long>(stream.width));
  }
  if (options.target_offsets || options.workspace || options.workspace_size) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "options: expected target_offsets and workspace to be those of the call, got some here");
  }
  return {stream, options};
}

}  // namespace

ScratchVector<Stream> read_streams(Scratch& scratch, const rc_stream* const* streams,
                                   int64_t num_streams, const rc_fuse_options& options) {
  if (options.flags != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "flags: expected 0, got %#x", options.flags);
  }
  if (num_streams < 1 || num_streams > RC_MAX_STREAMS) {
    fail(RC_ERROR_INVALID_ARGUMENT, "num_streams: expected 1 to %d, got %lld", RC_MAX_STREAMS,
         static_cast<Long>(num_streams));
  }
  if (streams == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "streams: expected %lld streams, got NULL",
         static_cast<Long>(num_streams));
  }
  ScratchVector<Stream> result(scratch);
  result.reserve(num_streams);
  bool present = false;
  for (int64_t i = 0; i < num_streams; ++i) {
    in_stream(i, [&] { result.push_back(read_stream(streams[i])); });
    present = present || !result.back().absent();
  }
  if (!present) {
    fail(RC_ERROR_INVALID_ARGUMENT, "streams: expected at least one with values, got none");
  }
  return result;
}

}  // namespace rc
