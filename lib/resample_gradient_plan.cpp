// SPDX-License-Identifier: Apache-2.0
#include "lib/resample_gradient_plan.h"

#include <algorithm>

#include "lib/error.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

/** Whether the gradient depends on the values themselves, not on the times alone. */
bool needs_values(const ResamplePlan& plan) {
  const Group* end = plan.groups + plan.num_groups;
  return plan.skip_nan || std::any_of(plan.groups, end, [](const Group& group) {
           return group.mode == RC_MODE_PCHIP || group.mode == RC_MODE_SLERP ||
                  group.mode == RC_MODE_MIN || group.mode == RC_MODE_MAX;
         });
}

/** The values, which have the shape of their gradient. */
Array read_values(Tensors& tensors, const rc_tensor* values, const View& gradient) {
  const View& v = tensors.read(values, "values");
  require_float(v, "values");
  if (v.ndim != gradient.ndim || !std::equal(v.shape, v.shape + v.ndim, gradient.shape)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "values: expected %s, the shape of grad_values, got %s",
         describe_shape(gradient).c_str(), describe(v).c_str());
  }
  const int32_t axis = v.ndim - 2;
  return {v.data, v.type, axis == 1 ? v.strides[0] : 0, v.strides[axis], v.strides[axis + 1]};
}

}  // namespace

PreparedGradient make_gradient_plan(Tensors& tensors, const Source& source, const Targets& targets,
                                    const rc_tensor* grad_values) {
  refuse_quality(source.options);
  // The gradient has the layout of the values, which may be absent.
  Source gradient = source;
  gradient.values = grad_values;
  gradient.values_are_gradient = true;
  if (grad_values == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "grad_values: expected a tensor, got NULL");
  }
  Prepared prepared = make_plan(tensors, gradient, targets);
  PreparedGradient result = {};
  result.single = prepared.single;
  GradientPlan& plan = result.plan;
  plan.grad_values = prepared.plan.values;
  plan.forward = prepared.plan;
  plan.forward.values = {};
  if (source.values != nullptr) {
    plan.forward.values = read_values(tensors, source.values, tensors.find("grad_values"));
  } else if (needs_values(plan.forward)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "values: expected a tensor for the modes pchip, slerp, min and max and for skip_nan, got "
         "NULL");
  }
  const Type type = source.values != nullptr ? plan.forward.values.type : plan.grad_values.type;
  plan.in_float64 = type == Type::f64;
  return result;
}

void read_grad_output(Tensors& tensors, const rc_tensor* grad_output, const char* argument,
                      PreparedGradient& prepared) {
  const View& v = tensors.read(grad_output, argument);
  require_float(v, argument);
  ResamplePlan& forward = prepared.plan.forward;
  forward.output = target_array(v, argument, {forward, prepared.single}, forward.width);
}

}  // namespace rc
