// SPDX-License-Identifier: Apache-2.0
#include "robocache/fuse.h"

#include "lib/error.h"
#include "lib/fuse_plan.h"
#include "lib/options.h"
#include "lib/resample_run.h"
#include "lib/workspace_query.h"

using namespace rc;

rc_status rc_fuse_options_init(rc_fuse_options* options, uint32_t struct_size) {
  return entry("rc_fuse_options_init", [&] { init_struct(options, struct_size, "options"); });
}

rc_status rc_stream_init(rc_stream* stream, uint32_t struct_size) {
  return entry("rc_stream_init", [&] { init_struct(stream, struct_size, "stream"); });
}

rc_status rc_fuse(rc_context* context, const rc_stream* const* streams, int64_t num_streams,
                  const rc_tensor* target_times, const rc_fuse_options* options,
                  rc_tensor* output) {
  return entry("rc_fuse", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_FUSE);
    const rc_fuse_options o = read_options(options, "options");
    Tensors tensors(c);
    ScratchVector<ResamplePlan> plans =
        make_fuse_plans(tensors, streams, num_streams, target_times, o, output);
    run_resample(c, plans.data(), num_streams, o.workspace, o.workspace_size);
    measured.done(plans[0].total_targets(), tensors.bytes());
  });
}

rc_status rc_fuse_workspace_size(rc_context* context, const rc_stream* const* streams,
                                 int64_t num_streams, const rc_tensor* target_times,
                                 const rc_fuse_options* options, const rc_tensor* output,
                                 uint64_t* size) {
  return workspace_query("rc_fuse_workspace_size", size, [&] {
    const rc_fuse_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    const ScratchVector<ResamplePlan> plans =
        make_fuse_plans(tensors, streams, num_streams, target_times, o, output);
    return workspace_to_resample(c, plans.data(), num_streams);
  });
}

rc_status rc_fuse_backward(rc_context* context, const rc_tensor* grad_output,
                           const rc_stream* const* streams, int64_t num_streams,
                           const rc_tensor* target_times, const rc_fuse_options* options) {
  return entry("rc_fuse_backward", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_FUSE_BACKWARD);
    const rc_fuse_options o = read_options(options, "options");
    Tensors tensors(c);
    ScratchVector<GradientPlan> plans =
        make_fuse_gradient_plans(tensors, grad_output, streams, num_streams, target_times, o);
    const auto count = static_cast<int64_t>(plans.size());
    run_backward(c, plans.data(), count, o.workspace, o.workspace_size);
    measured.done(count == 0 ? 0 : plans[0].forward.total_targets(), tensors.bytes());
  });
}

rc_status rc_fuse_backward_workspace_size(rc_context* context, const rc_tensor* grad_output,
                                          const rc_stream* const* streams, int64_t num_streams,
                                          const rc_tensor* target_times,
                                          const rc_fuse_options* options, uint64_t* size) {
  return workspace_query("rc_fuse_backward_workspace_size", size, [&] {
    const rc_fuse_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    const ScratchVector<GradientPlan> plans =
        make_fuse_gradient_plans(tensors, grad_output, streams, num_streams, target_times, o);
    return workspace_for_gradient(c, plans.data(), static_cast<int64_t>(plans.size()));
  });
}
