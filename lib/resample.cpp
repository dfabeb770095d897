// SPDX-License-Identifier: Apache-2.0
#include "robocache/resample.h"

#include "lib/error.h"
#include "lib/options.h"
#include "lib/resample_gradient_plan.h"
#include "lib/resample_run.h"
#include "lib/workspace_query.h"

namespace rc {
namespace {

/** rc_resample, but for its data. */
ResamplePlan prepare(Tensors& tensors, const rc_tensor* values, const rc_tensor* source_times,
                     const rc_tensor* target_times, const rc_resample_options& options,
                     const rc_tensor* output) {
  tensors.check_device(values, "values");
  tensors.check_device(source_times, "source_times");
  const Targets targets = read_targets(tensors, target_times, options.target_offsets);
  Prepared prepared =
      make_plan(tensors, {RC_OP_RESAMPLE, -1, values, source_times, options}, targets);
  if ((values == nullptr) != (output == nullptr)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "output: expected %s, got %s",
         values == nullptr ? "NULL without values" : "a tensor",
         output == nullptr ? "NULL" : "a tensor");
  }
  if (output != nullptr) {
    const View& v = tensors.write(output, "output");
    set_output(target_array(v, "output", prepared, prepared.plan.width), 0, prepared.plan);
  }
  read_quality(tensors, options, prepared);
  if (output == nullptr && !has_quality(options)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "values: expected a tensor, or one of valid, reason, source_index, next_index, weight and "
         "age to write, got neither");
  }
  tensors.check_disjoint();
  return prepared.plan;
}

/** rc_resample_backward, but for its data. */
GradientPlan prepare_backward(Tensors& tensors, const rc_tensor* grad_output,
                              const rc_tensor* values, const rc_tensor* source_times,
                              const rc_tensor* target_times, const rc_resample_options& options,
                              const rc_tensor* grad_values) {
  tensors.check_device(grad_output, "grad_output");
  tensors.check_device(values, "values");
  tensors.check_device(source_times, "source_times");
  const Targets targets = read_targets(tensors, target_times, options.target_offsets);
  PreparedGradient prepared = make_gradient_plan(
      tensors, {RC_OP_RESAMPLE_BACKWARD, -1, values, source_times, options}, targets, grad_values);
  read_grad_output(tensors, grad_output, "grad_output", prepared);
  tensors.check_disjoint();
  return prepared.plan;
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_resample_options_init(rc_resample_options* options, uint32_t struct_size) {
  return entry("rc_resample_options_init", [&] { init_struct(options, struct_size, "options"); });
}

rc_status rc_resample(rc_context* context, const rc_tensor* values, const rc_tensor* source_times,
                      const rc_tensor* target_times, const rc_resample_options* options,
                      rc_tensor* output) {
  return entry("rc_resample", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_RESAMPLE);
    const rc_resample_options o = read_options(options, "options");
    Tensors tensors(c);
    ResamplePlan plan = prepare(tensors, values, source_times, target_times, o, output);
    run_resample(c, &plan, 1, o.workspace, o.workspace_size);
    measured.done(plan.total_targets(), tensors.bytes());
  });
}

rc_status rc_resample_workspace_size(rc_context* context, const rc_tensor* values,
                                     const rc_tensor* source_times, const rc_tensor* target_times,
                                     const rc_resample_options* options, const rc_tensor* output,
                                     uint64_t* size) {
  return workspace_query("rc_resample_workspace_size", size, [&] {
    const rc_resample_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    const ResamplePlan plan = prepare(tensors, values, source_times, target_times, o, output);
    return workspace_to_resample(c, &plan, 1);
  });
}

rc_status rc_resample_backward(rc_context* context, const rc_tensor* grad_output,
                               const rc_tensor* values, const rc_tensor* source_times,
                               const rc_tensor* target_times, const rc_resample_options* options,
                               rc_tensor* grad_values) {
  return entry("rc_resample_backward", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_RESAMPLE_BACKWARD);
    const rc_resample_options o = read_options(options, "options");
    Tensors tensors(c);
    GradientPlan plan =
        prepare_backward(tensors, grad_output, values, source_times, target_times, o, grad_values);
    run_backward(c, &plan, 1, o.workspace, o.workspace_size);
    measured.done(plan.forward.total_targets(), tensors.bytes());
  });
}

rc_status rc_resample_backward_workspace_size(rc_context* context, const rc_tensor* grad_output,
                                              const rc_tensor* values,
                                              const rc_tensor* source_times,
                                              const rc_tensor* target_times,
                                              const rc_resample_options* options,
                                              const rc_tensor* grad_values, uint64_t* size) {
  return workspace_query("rc_resample_backward_workspace_size", size, [&] {
    const rc_resample_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    const GradientPlan plan =
        prepare_backward(tensors, grad_output, values, source_times, target_times, o, grad_values);
    return workspace_for_gradient(c, &plan, 1);
  });
}
