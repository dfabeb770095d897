// SPDX-License-Identifier: Apache-2.0
#include "lib/fuse_plan.h"

#include "lib/error.h"
#include "lib/fuse_streams.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

using Long = long long;

/** The plans of all streams, without outputs. */
struct Plans {
  ScratchVector<ResamplePlan> plans;
  /** Outputs have no axis of rows, for any stream. */
  bool single = true;
};

void check_stream(const Stream& stream, const ResamplePlan& plan, int64_t rows) {
  if (stream.stream.width != 0 && stream.stream.width != plan.width) {
    fail(RC_ERROR_INVALID_ARGUMENT, "width: expected 0 or %lld, the width of the values, got %lld",
         static_cast<Long>(plan.width), static_cast<Long>(stream.stream.width));
  }
  if (rows >= 0 && plan.rows != rows) {
    fail(RC_ERROR_INVALID_ARGUMENT, "values: expected %lld rows, as streams before have, got %lld",
         static_cast<Long>(rows), static_cast<Long>(plan.rows));
  }
}

void check_devices(const Tensors& tensors, const ScratchVector<Stream>& streams) {
  for (size_t i = 0; i < streams.size(); ++i) {
    in_stream(static_cast<int64_t>(i), [&] {
      tensors.check_device(streams[i].stream.values, "values");
      tensors.check_device(streams[i].stream.source_times, "source_times");
    });
  }
}

/** Plans the streams with `make(index, source)`, and those that are absent by the rows of the others. */
template <class Make>
Plans plan_streams(Scratch& scratch, const ScratchVector<Stream>& streams, const Targets& targets,
                   rc_op op, Make make) {
  const auto count = static_cast<int32_t>(streams.size());
  Plans result = {ScratchVector<ResamplePlan>(streams.size(), scratch), true};
  int64_t rows = -1;
  for (int32_t i = 0; i < count; ++i) {
    const Stream& s = streams[i];
    if (s.absent()) continue;
    in_stream(i, [&] {
      const Prepared prepared =
          make(i, Source{op, i, s.stream.values, s.stream.source_times, s.options});
      check_stream(s, prepared.plan, rows);
      rows = prepared.plan.rows;
      result.single = result.single && prepared.single;
      result.plans[i] = prepared.plan;
    });
  }
  for (int32_t i = 0; i < count; ++i) {
    const Stream& s = streams[i];
    if (!s.absent()) continue;
    result.plans[i] = make_absent_plan(op, i, s.stream.width, s.options.fill_value, rows, targets);
  }
  return result;
}

/** Either the call or each stream has a place for values. */
void require_one_place(const rc_tensor* whole, const ScratchVector<Stream>& streams) {
  for (size_t i = 0; i < streams.size(); ++i) {
    const bool own = streams[i].stream.output != nullptr;
    if ((whole != nullptr) == own) {
      fail(RC_ERROR_INVALID_ARGUMENT, "streams[%zu]: output: expected %s, got %s", i,
           own ? "NULL" : "a tensor", own ? "a tensor" : "NULL");
    }
  }
}

/** Gives each plan its channels of one tensor. */
void share_channels(const View& view, const char* argument, Plans& all) {
  int64_t width = 0;
  for (const ResamplePlan& plan : all.plans) width += plan.width;
  const Array whole = target_array(view, argument, {all.plans[0], all.single}, width);
  int64_t first = 0;
  for (size_t i = 0; i < all.plans.size(); ++i) {
    in_stream(static_cast<int64_t>(i), [&] { set_output(whole, first, all.plans[i]); });
    first += all.plans[i].width;
  }
}

void read_valid(Tensors& tensors, const rc_tensor* tensor, Plans& all) {
  if (tensor == nullptr) return;
  const View& v = tensors.write(tensor, "valid");
  if (v.type != Type::u8 && v.type != Type::boolean) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "valid: expected uint8 or bool, got %s", describe(v).c_str());
  }
  const auto count = static_cast<int64_t>(all.plans.size());
  const Array array = target_array(v, "valid", {all.plans[0], all.single}, count);
  for (int64_t i = 0; array && i < count; ++i) {
    all.plans[i].fused_valid = array;
    all.plans[i].fused_valid.data += i * array.channel;
  }
}

}  // namespace

ScratchVector<ResamplePlan> make_fuse_plans(Tensors& tensors, const rc_stream* const* users,
                                            int64_t num_streams, const rc_tensor* target_times,
                                            const rc_fuse_options& options,
                                            const rc_tensor* output) {
  Scratch& scratch = tensors.scratch();
  const ScratchVector<Stream> streams = read_streams(scratch, users, num_streams, options);
  check_devices(tensors, streams);
  const Targets targets = read_targets(tensors, target_times, options.target_offsets);
  Plans all =
      plan_streams(scratch, streams, targets, RC_OP_FUSE, [&](int32_t i, const Source& source) {
        if (streams[i].stream.grad_values != nullptr) {
          fail(RC_ERROR_INVALID_ARGUMENT, "grad_values: expected NULL, got a tensor");
        }
        return make_plan(tensors, source, targets);
      });
  require_one_place(output, streams);
  if (output != nullptr) share_channels(tensors.write(output, "output"), "output", all);
  for (int64_t i = 0; i < num_streams; ++i) {
    in_stream(i, [&] {
      Prepared prepared = {all.plans[i], all.single};
      if (output == nullptr) {
        const View& v = tensors.write(streams[i].stream.output, "output");
        set_output(target_array(v, "output", prepared, prepared.plan.width), 0, prepared.plan);
      }
      read_quality(tensors, streams[i].options, prepared);
      all.plans[i] = prepared.plan;
    });
  }
  read_valid(tensors, options.valid, all);
  tensors.check_disjoint();
  return std::move(all.plans);
}

ScratchVector<GradientPlan> make_fuse_gradient_plans(Tensors& tensors, const rc_tensor* grad_output,
                                                     const rc_stream* const* users,
                                                     int64_t num_streams,
                                                     const rc_tensor* target_times,
                                                     const rc_fuse_options& options) {
  if (options.valid != nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "valid: expected NULL, got a tensor");
  }
  Scratch& scratch = tensors.scratch();
  const ScratchVector<Stream> streams = read_streams(scratch, users, num_streams, options);
  tensors.check_device(grad_output, "grad_output");
  check_devices(tensors, streams);
  const Targets targets = read_targets(tensors, target_times, options.target_offsets);
  ScratchVector<PreparedGradient> gradients(streams.size(), scratch);
  const auto wanted = [&](int64_t i) {
    return !streams[i].absent() && streams[i].stream.grad_values != nullptr;
  };
  Plans all = plan_streams(scratch, streams, targets, RC_OP_FUSE_BACKWARD,
                           [&](int32_t i, const Source& source) -> Prepared {
                             if (!wanted(i)) return make_plan(tensors, source, targets);
                             gradients[i] = make_gradient_plan(tensors, source, targets,
                                                               streams[i].stream.grad_values);
                             return {gradients[i].plan.forward, gradients[i].single};
                           });
  require_one_place(grad_output, streams);
  if (grad_output != nullptr) {
    const View& v = tensors.read(grad_output, "grad_output");
    require_float(v, "grad_output");
    share_channels(v, "grad_output", all);
  }
  ScratchVector<GradientPlan> plans(scratch);
  plans.reserve(num_streams);
  for (int64_t i = 0; i < num_streams; ++i) {
    if (!wanted(i)) continue;
    in_stream(i, [&] {
      PreparedGradient& gradient = gradients[i];
      gradient.single = all.single;
      gradient.plan.forward.output = all.plans[i].output;
      if (grad_output == nullptr) {
        read_grad_output(tensors, streams[i].stream.output, "output", gradient);
      }
      plans.push_back(gradient.plan);
    });
  }
  tensors.check_disjoint();
  return plans;
}

}  // namespace rc
