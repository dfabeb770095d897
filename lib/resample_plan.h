// SPDX-License-Identifier: Apache-2.0
/** From the arguments of a call to the plan that kernels take: every check that needs no data.
 *
 * A plan is made in three steps: `make_plan` reads the source and the rules, `set_output` gives it
 * somewhere to write, `read_quality` adds the optional outputs. */
#pragma once

#include "robocache/resample.h"

#include "kernels/resample/plan.h"
#include "lib/tensors.h"

namespace rc {

/** The targets of a call, the same for all of its streams. */
struct Targets {
  const View* times;
  /** NULL unless packed. */
  const View* offsets;
};

/** One trajectory, as the caller gave it. */
struct Source {
  rc_op op;
  /** Its number in rc_fuse; -1 in rc_resample. */
  int32_t stream;
  /** NULL for index outputs only. */
  const rc_tensor* values;
  const rc_tensor* source_times;
  rc_resample_options options;
  /** `values` is where their gradient goes: an output named grad_values, of the same layout. */
  bool values_are_gradient = false;
};

struct Prepared {
  ResamplePlan plan;
  /** Outputs have no axis of rows: one sequence, not packed, read as it is. */
  bool single;
};

Targets read_targets(Tensors& tensors, const rc_tensor* times, const rc_tensor* offsets);

/** Layout, times, channel groups and rules; no outputs yet. */
Prepared make_plan(Tensors& tensors, const Source& source, const Targets& targets);

/** The plan of a stream that is not there: `rows` empty sequences of `width` channels. */
ResamplePlan make_absent_plan(rc_op op, int32_t stream, int64_t width, double fill_value,
                              int64_t rows, const Targets& targets);

/** Where the targets of a call lie in a plan whose rows are known. */
void set_targets(const Targets& targets, ResamplePlan& plan);

/** Writes the rules of `options` into a plan whose width and times are known. */
void read_rules(const rc_resample_options& options, ResamplePlan& plan);

/** `view` as an array of the targets of `prepared`: [B,T], [M] or [T], with one more axis of `channels`
 * unless that is negative. */
Array target_array(const View& view, const char* argument, const Prepared& prepared,
                   int64_t channels);

/** Makes the channels of `output` from `first` on the output of the plan, if the values convert. */
void set_output(const Array& output, int64_t first, ResamplePlan& plan);

/** Reads the optional outputs: `valid`, `reason`, `source_index`, `next_index`, `weight`, `age`. */
void read_quality(Tensors& tensors, const rc_resample_options& options, Prepared& prepared);

/** Whether the options ask for one of these. */
bool has_quality(const rc_resample_options& options);

/** Refuses all of these: rc_resample_backward has no use for them. */
void refuse_quality(const rc_resample_options& options);

}  // namespace rc
