// SPDX-License-Identifier: Apache-2.0
/** Point clouds and their grid, from the arguments of a call: every check that needs no data. */
#pragma once

#include "robocache/voxelize.h"

#include "kernels/voxelize/plan.h"
#include "lib/tensors.h"

namespace rc {

/** The clouds of a call. */
struct Points {
  Cloud cloud;
  /** [N,3] and not packed: outputs have no axis of clouds. */
  bool single;
};

/** Reads `points`, `offsets` and `lengths`. */
Points read_points(Tensors& tensors, const rc_tensor* points, const rc_tensor* offsets,
                   const rc_tensor* lengths, bool validate);

/** The grid for points of the type that `cloud` has. Its cells of all clouds, and one more, fit
 * int64. */
Grid read_grid(const rc_grid* grid, const Cloud& cloud);

/** `view` as what `points` has one row of for each point: [N,C] or [B,N,C], or without the last axis
 * where `channels` is negative. Any C is accepted where `channels` is 0. */
Array point_array(const View& view, const char* argument, const Points& points, int64_t channels);

/** `view` as [B,X,Y,Z], one cloud [X,Y,Z], with one more axis of `channels` unless that is negative.
 * `dims` are those of the grid, or as the output packs them. */
GridArray grid_array(const View& view, const char* argument, const Points& points,
                     const int64_t (&dims)[3], int64_t channels);

/** The `stats` output; absent where it is NULL. */
Array read_stats(Tensors& tensors, rc_tensor* stats, const Points& points);

}  // namespace rc
