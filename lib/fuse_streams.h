// SPDX-License-Identifier: Apache-2.0
/** The streams of a call of rc_fuse as the caller gave them, each checked on its own. */
#pragma once

#include "robocache/fuse.h"

#include "lib/error.h"
#include "lib/scratch.h"

namespace rc {

/** A stream with its options, both read. */
struct Stream {
  rc_stream stream;
  rc_resample_options options;

  bool absent() const { return stream.values == nullptr; }
};

/** Runs `body`; its failures name the stream. */
template <class Body>
void in_stream(int64_t index, Body body) {
  try {
    body();
  } catch (const Error& error) {
    fail(error.status, "streams[%lld]: %s", static_cast<long long>(index), error.message);
  }
}

ScratchVector<Stream> read_streams(Scratch& scratch, const rc_stream* const* streams,
                                   int64_t num_streams, const rc_fuse_options& options);

}  // namespace rc
