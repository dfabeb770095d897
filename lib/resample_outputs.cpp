// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "lib/error.h"
#include "lib/resample_plan.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

using Long = long long;

bool all_copy(const ResamplePlan& plan) {
  for (int i = 0; i < plan.num_groups; ++i) {
    if (!is_copy(plan.groups[i].mode)) return false;
  }
  return plan.duplicates != RC_DUPLICATES_MEAN;
}

void check_conversion(Type to, const ResamplePlan& plan) {
  if (is_float(to)) return;
  if (to != plan.values.type) {
    const std::string own = std::string(name(plan.values.type)) + ", the type of the values";
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "output: expected float16, bfloat16, float32%s, got %s",
         is_float(plan.values.type) ? " or float64" : (", float64 or " + own).c_str(), name(to));
  }
  if (!all_copy(plan)) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE,
         "output: expected a float type, because a mode other than previous, next, nearest and "
         "last, or the mean of duplicates, makes new values, got %s",
         name(to));
  }
  require_fill_value(plan.fill_value, to);
}

/** An optional output of one number per target. */
Array read_optional(Tensors& tensors, const rc_tensor* tensor, const char* argument,
                    const Prepared& prepared, std::initializer_list<Type> types) {
  if (tensor == nullptr) return {};
  const View& v = tensors.write(tensor, argument);
  std::string names;
  for (const Type type : types) {
    if (v.type == type) return target_array(v, argument, prepared, -1);
    names += std::string(names.empty() ? "" : " or ") + name(type);
  }
  fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected %s, got %s", argument, names.c_str(),
       describe(v).c_str());
}

}  // namespace

Array target_array(const View& view, const char* argument, const Prepared& prepared,
                   int64_t channels) {
  const bool has_rows = !prepared.single && !prepared.plan.packed_targets();
  Shape shape = {};
  if (has_rows) shape.add(prepared.plan.rows);
  shape.add(prepared.plan.targets);
  if (channels >= 0) shape.add(channels);
  require_shape(view, argument, shape);
  const int32_t step = has_rows ? 1 : 0;
  return {view.data, view.type, has_rows ? view.strides[0] : 0, view.strides[step],
          channels >= 0 ? view.strides[step + 1] : 0};
}

void set_output(const Array& output, int64_t first, ResamplePlan& plan) {
  check_conversion(output.type, plan);
  plan.output = output;
  if (output) plan.output.data += first * output.channel * item_size(output.type);
}

void read_quality(Tensors& tensors, const rc_resample_options& options, Prepared& prepared) {
  ResamplePlan& plan = prepared.plan;
  const auto read = [&](const rc_tensor* tensor, const char* argument,
                        std::initializer_list<Type> types) {
    return read_optional(tensors, tensor, argument, prepared, types);
  };
  plan.valid = read(options.valid, "valid", {Type::u8, Type::boolean});
  plan.reason = read(options.reason, "reason", {Type::u8});
  plan.source_index = read(options.source_index, "source_index", {Type::i64});
  plan.next_index = read(options.next_index, "next_index", {Type::i64});
  plan.weight = read(options.weight, "weight", {Type::f64, Type::f32});
  const bool in_ticks = plan.target_times.type == Type::i64;
  plan.age = read(options.age, "age", {in_ticks ? Type::i64 : Type::f64});
}

bool has_quality(const rc_resample_options& o) {
  return o.valid || o.reason || o.source_index || o.next_index || o.weight || o.age;
}

void refuse_quality(const rc_resample_options& options) {
  if (has_quality(options)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "options: expected valid, reason, source_index, next_index, weight and age to be NULL");
  }
}

}  // namespace rc
