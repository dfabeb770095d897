// SPDX-License-Identifier: Apache-2.0
#include "lib/resample_plan.h"

#include "lib/error.h"
#include "lib/integers.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

using Long = long long;

void require_rank(const View& view, bool as_expected, const char* argument, const char* shape) {
  if (!as_expected) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected %s, got %s", argument, shape,
         describe(view).c_str());
  }
}

void require_time_type(const View& times, const char* argument) {
  if (times.type != Type::i64 && times.type != Type::f64 && times.type != Type::f32) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected int64, float64 or float32, got %s", argument,
         describe(times).c_str());
  }
}

bool is_value_type(Type type) {
  return is_float(type) || type == Type::u8 || type == Type::i8 || type == Type::i16 ||
         type == Type::i32;
}

/** An array without channels: rows, if `by_row`, and steps. */
Array times_array(const View& v, bool by_row) {
  return {v.data, v.type, by_row ? v.strides[0] : 0, v.strides[v.ndim - 1], 0};
}

/** S or N, D and, unless packed, E. */
void read_values(Tensors& tensors, const Source& source, ResamplePlan& plan) {
  const char* argument = source.values_are_gradient ? "grad_values" : "values";
  const View& v = source.values_are_gradient ? tensors.write(source.values, argument)
                                             : tensors.read(source.values, argument);
  if (source.values_are_gradient) require_float(v, argument);
  if (!is_value_type(v.type)) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE,
         "values: expected float16, bfloat16, float32, float64, uint8, int8, int16 or int32, "
         "got %s",
         describe(v).c_str());
  }
  if (plan.offsets) {
    require_rank(v, v.ndim == 2, argument, "[N,D] with offsets");
  } else {
    require_rank(v, v.ndim == 2 || v.ndim == 3, argument, "[E,S,D], or [S,D] of one sequence");
    plan.sequences = v.ndim == 3 ? v.shape[0] : 1;
  }
  const int32_t axis = v.ndim - 2;
  plan.has_values = true;
  plan.samples = v.shape[axis];
  plan.width = v.shape[axis + 1];
  plan.values = {v.data, v.type, axis == 1 ? v.strides[0] : 0, v.strides[axis],
                 v.strides[axis + 1]};
}

/** Without values the times and the targets tell S or N and, unless packed, E. */
void count_samples(const Source& source, const View& times, const Targets& targets,
                   ResamplePlan& plan) {
  plan.samples = times.ndim > 0 ? times.shape[times.ndim - 1] : 0;
  if (plan.offsets) return;
  if (times.ndim == 2) {
    plan.sequences = times.shape[0];
  } else if (source.options.sequence_ids != nullptr) {
    plan.sequences = 1;
  } else if (targets.offsets != nullptr) {
    plan.sequences = targets.offsets->shape[0] - 1;
  } else {
    plan.sequences = targets.times->ndim == 2 ? targets.times->shape[0] : 1;
  }
}

void read_source_times(const View& times, ResamplePlan& plan) {
  require_time_type(times, "source_times");
  const bool by_row = times.ndim == 2 && !plan.offsets;
  require_rank(times, times.ndim == 1 || by_row, "source_times",
               plan.offsets ? "[N] with offsets" : "[E,S], or [S] shared by all sequences");
  if (times.shape[times.ndim - 1] != plan.samples || (by_row && times.shape[0] != plan.sequences)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "source_times: expected times of %lld sequences of %lld "
         "samples, or of all in one, got %s",
         static_cast<Long>(plan.sequences), static_cast<Long>(plan.samples),
         describe(times).c_str());
  }
  plan.source_times = times_array(times, by_row);
}

}  // namespace

Targets read_targets(Tensors& tensors, const rc_tensor* times, const rc_tensor* offsets) {
  const View& t = tensors.read(times, "target_times");
  require_time_type(t, "target_times");
  if (offsets == nullptr) {
    require_rank(t, t.ndim == 1 || t.ndim == 2, "target_times", "[B,T], or [T] shared by all rows");
    return {&t, nullptr};
  }
  require_rank(t, t.ndim == 1, "target_times", "[M] with target_offsets");
  const View& o = tensors.read(offsets, "target_offsets");
  integers(o, "target_offsets", "[B+1]", -1);
  require_offsets(o, "target_offsets");
  return {&t, &o};
}

void set_targets(const Targets& targets, ResamplePlan& plan) {
  const View& times = *targets.times;
  if (targets.offsets != nullptr) {
    plan.target_offsets = integers(*targets.offsets, "target_offsets", "[B+1]", plan.rows + 1);
  }
  const bool by_row = times.ndim == 2;
  if (by_row && times.shape[0] != plan.rows) {
    fail(RC_ERROR_INVALID_ARGUMENT, "target_times: expected [%lld,T] or [T], got %s",
         static_cast<Long>(plan.rows), describe(times).c_str());
  }
  plan.targets = times.shape[times.ndim - 1];
  plan.target_times = times_array(times, by_row);
  int64_t total;
  if (!plan.packed_targets() && __builtin_mul_overflow(plan.rows, plan.targets, &total)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "target_times: expected fewer than 2^63 targets, got %lld for each of %lld rows",
         static_cast<Long>(plan.targets), static_cast<Long>(plan.rows));
  }
}

Prepared make_plan(Tensors& tensors, const Source& source, const Targets& targets) {
  const rc_resample_options& o = source.options;
  Prepared prepared = {};
  ResamplePlan& plan = prepared.plan;
  plan.op = source.op;
  plan.stream = source.stream;
  if (o.offsets != nullptr) {
    const View& v = tensors.read(o.offsets, "offsets");
    plan.offsets = integers(v, "offsets", "[E+1]", -1);
    require_offsets(v, "offsets");
    plan.sequences = v.shape[0] - 1;
  }
  if (source.values != nullptr) read_values(tensors, source, plan);
  const View& times = tensors.read(source.source_times, "source_times");
  if (!plan.has_values) count_samples(source, times, targets, plan);
  read_source_times(times, plan);
  if (times.type != targets.times->type) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "target_times: expected %s, as source_times have, got %s",
         name(times.type), describe(*targets.times).c_str());
  }
  if (o.lengths != nullptr) {
    if (plan.offsets) {
      fail(RC_ERROR_INVALID_ARGUMENT, "lengths: expected NULL beside offsets, got a tensor");
    }
    plan.lengths = integers(tensors.read(o.lengths, "lengths"), "lengths", "[E]", plan.sequences);
  }
  plan.rows = plan.sequences;
  if (o.sequence_ids != nullptr) {
    const View& ids = tensors.read(o.sequence_ids, "sequence_ids");
    plan.sequence_ids = integers(ids, "sequence_ids", "[B]", -1);
    plan.rows = ids.shape[0];
  }
  int64_t positions;
  if (__builtin_mul_overflow(plan.sequences, plan.samples, &positions) && !plan.offsets) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "source_times: expected fewer than 2^63 samples, got %lld sequences of %lld",
         static_cast<Long>(plan.sequences), static_cast<Long>(plan.samples));
  }
  set_targets(targets, plan);
  read_rules(o, plan);
  const bool has_rows = source.values != nullptr ? source.values->ndim == 3 : times.ndim == 2;
  prepared.single = !plan.offsets && !plan.packed_targets() && !o.sequence_ids && !has_rows &&
                    targets.times->ndim == 1;
  plan.last_sequence = plan.sequences;
  return prepared;
}

ResamplePlan make_absent_plan(rc_op op, int32_t stream, int64_t width, double fill_value,
                              int64_t rows, const Targets& targets) {
  ResamplePlan plan = {};
  plan.op = op;
  plan.stream = stream;
  plan.rows = plan.sequences = plan.last_sequence = rows;
  plan.width = width;
  plan.has_values = true;
  plan.values.type = Type::f32;
  plan.source_times.type = targets.times->type;
  set_targets(targets, plan);
  rc_resample_options options = {};
  options.fill_value = fill_value;
  // It has nothing to check but the targets, which other streams do that want checks.
  options.flags = RC_RESAMPLE_SKIP_VALIDATION;
  read_rules(options, plan);
  return plan;
}

}  // namespace rc
