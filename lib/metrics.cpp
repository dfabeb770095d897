// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iterator>

#include "lib/context.h"
#include "lib/error.h"
#include "lib/options.h"

namespace rc {
namespace {

int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void add_call(rc_op_metrics& metrics, uint64_t items, uint64_t bytes, uint64_t ns) {
  metrics.min_ns = metrics.calls == 0 ? ns : std::min(metrics.min_ns, ns);
  metrics.max_ns = std::max(metrics.max_ns, ns);
  metrics.total_ns += ns;
  metrics.items += items;
  metrics.bytes += bytes;
  metrics.calls += 1;
}

/** Counts the calls on a CUDA device whose time is known; with `wait` all. */
void add_finished_calls(rc_context& context, bool wait) {
  for (const TimedCall& call : context.cuda->finished_calls(wait)) {
    add_call(context.metrics[call.op], call.items, call.bytes, call.nanoseconds);
  }
}

void reset(rc_context& context) {
  std::fill(std::begin(context.metrics), std::end(context.metrics), rc_op_metrics{});
  if (context.cuda != nullptr) context.cuda->drop_timers();
}

}  // namespace

Measured::Measured(rc_context& context, rc_op op) : context_(context), op_(op) {
  if (!context.metrics_enabled) return;
  if (context.cuda != nullptr) {
    context.cuda->start_timer();
  } else {
    start_ns_ = now_ns();
  }
}

void Measured::done(int64_t items, int64_t bytes) {
  if (!context_.metrics_enabled) return;
  if (context_.cuda != nullptr) {
    context_.cuda->stop_timer(op_, items, bytes);
    add_finished_calls(context_, false);
  } else {
    add_call(context_.metrics[op_], items, bytes, now_ns() - start_ns_);
  }
}

}  // namespace rc

rc_status rc_context_enable_metrics(rc_context* context, int32_t enabled) {
  return rc::entry("rc_context_enable_metrics", [&] {
    rc_context& self = rc::checked(context);
    if (enabled != 0 && enabled != 1) {
      rc::fail(RC_ERROR_INVALID_ARGUMENT, "enabled: expected 0 or 1, got %d", enabled);
    }
    if (enabled == 1) rc::reset(self);
    self.metrics_enabled = enabled == 1;
  });
}

rc_status rc_context_metrics(rc_context* context, int32_t op, rc_op_metrics* metrics) {
  return rc::entry("rc_context_metrics", [&] {
    rc_context& self = rc::checked(context);
    if (op < 0 || op >= static_cast<int32_t>(std::size(self.metrics))) {
      rc::fail(RC_ERROR_INVALID_ARGUMENT, "op: expected one of rc_op, got %d", op);
    }
    if (self.cuda != nullptr) rc::add_finished_calls(self, true);
    rc_op_metrics result = self.metrics[op];
    result.op = op;
    rc::write_struct(metrics, result, "metrics");
  });
}

rc_status rc_context_reset_metrics(rc_context* context) {
  return rc::entry("rc_context_reset_metrics", [&] { rc::reset(rc::checked(context)); });
}
