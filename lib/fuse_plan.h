// SPDX-License-Identifier: Apache-2.0
/** From the arguments of rc_fuse to one resampling plan per stream. */
#pragma once

#include "robocache/fuse.h"

#include "lib/resample_gradient_plan.h"

namespace rc {

ScratchVector<ResamplePlan> make_fuse_plans(Tensors& tensors, const rc_stream* const* streams,
                                            int64_t num_streams, const rc_tensor* target_times,
                                            const rc_fuse_options& options,
                                            const rc_tensor* output);

/** Plans of the streams that want a gradient. */
ScratchVector<GradientPlan> make_fuse_gradient_plans(Tensors& tensors, const rc_tensor* grad_output,
                                                     const rc_stream* const* streams,
                                                     int64_t num_streams,
                                                     const rc_tensor* target_times,
                                                     const rc_fuse_options& options);

}  // namespace rc
