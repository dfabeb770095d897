/* SPDX-License-Identifier: Apache-2.0 */
/** @file voxelize.h
 * Points to grids: `rc_voxelize`, dense, with its gradient, and `rc_voxelize_sparse`; the bounds of
 * clouds.
 *
 * Letters of shapes
 * | letter  | counts                                                       |
 * |---------|--------------------------------------------------------------|
 * | B       | clouds                                                       |
 * | N       | points per cloud; points of all clouds when packed           |
 * | F       | features of one point                                        |
 * | X, Y, Z | voxels of a grid along each axis                             |
 * | M       | voxels that a sparse result has room for                     |
 * | K       | points that a hard voxel has room for                        |
 *
 * Clouds: `points` is [N,3], one cloud; or [B,N,3]; or [N,3] with `offsets`, the clouds packed one
 * behind the other. float16, float32 or float64, in any unit, that of the grid. Strided views
 * (`cloud[:, :3]` of a wider array) are read where they lie. At most 2^31 - 1 points a call.
 *
 * The voxel of a point, along each axis: `f = floor((p - origin) / voxel_size)`, in float64 for
 * float64 points, else in float32 with `origin` and `voxel_size` rounded to it: one subtraction, one
 * correctly rounded division, as NumPy does. The point is inside where `0 <= f < dims` on all axes.
 * Coordinates of large maps belong in float64. Points outside, and points with a coordinate that is
 * NaN or infinite, are left out and counted in `stats`.
 *
 * Determinism: equal inputs give equal bits, for any order of the points, any number of threads, any
 * instruction set and either device. SUM and MEAN add integers: a feature x of channel c becomes
 * `q = rint(x * 2^s)`, ties to even, and the exact sum of the q of a voxel becomes
 * `(double)sum * 2^-s`, which MEAN divides by the number of points in float64; the result is rounded
 * once more, to the type of the output.
 * | features         | s                                                                  |
 * |------------------|--------------------------------------------------------------------|
 * | uint8, int16     | 0: exact                                                           |
 * | float16          | 24: exact                                                          |
 * | bfloat16, float32| 38 - e: a mean is within 2^-38 R before it is rounded              |
 * | float64          | 62 - e: a mean is within 2^-62 R before the two roundings          |
 *
 * where `2^(e-1) <= R < 2^e` and R is `feature_bound`, or else the largest absolute value of the
 * finite features of channel c among the points inside of the same cloud (e = 0 where that is 0). A
 * NaN among the features of a voxel gives NaN, and so do infinities of both signs; one of them gives
 * infinity. MAX and MIN give NaN where a feature is NaN, and take -0 to be less than +0. */
#ifndef ROBOCACHE_VOXELIZE_H
#define ROBOCACHE_VOXELIZE_H

#include <stdint.h>

#include "robocache/context.h"
#include "robocache/export.h"
#include "robocache/status.h"
#include "robocache/tensor.h"

/** A box of voxels, in the unit of the points. Voxel (i, j, k) reaches from `origin` +
 * (i, j, k) * `voxel_size` up to, not including, the next one. */
typedef struct rc_grid {
  /** The least corner, x, y, z: finite, also in float32 unless points are float64. */
  double origin[3];
  /** Edges of one voxel along x, y, z: finite, greater than 0, also in float32 unless points are
   * float64. */
  double voxel_size[3];
  /** X, Y, Z: at least 1; the product with the number of clouds is below 2^63 - 1. */
  int64_t dims[3];
} rc_grid;

/** What a voxel receives from its points. */
enum rc_reduce {
  /** 1 where there is a point, else 0. */
  RC_REDUCE_OCCUPANCY = 0,
  /** The number of points. */
  RC_REDUCE_COUNT = 1,
  /** The sum of the features. */
  RC_REDUCE_SUM = 2,
  /** Their mean. */
  RC_REDUCE_MEAN = 3,
  /** The largest feature, channel by channel. */
  RC_REDUCE_MAX = 4,
  /** The least feature, channel by channel. */
  RC_REDUCE_MIN = 5,
  /** Occupancy, eight voxels along z to a byte: voxel k is bit k % 8, counted from the lowest, of
   * byte k / 8. Bits beyond Z are 0. */
  RC_REDUCE_OCCUPANCY_BITS = 6
};

/** Columns of the `stats` output: points that were left out, and why. */
enum rc_voxel_stat {
  /** Finite, and outside the grid. */
  RC_STAT_OUTSIDE = 0,
  /** A coordinate is NaN or infinite. */
  RC_STAT_NOT_FINITE = 1,
  /** In a voxel that a sparse result had no room for. */
  RC_STAT_OVER_CAPACITY = 2
};
#define RC_NUM_VOXEL_STATS 3

/** Bits of the `flags` of the options below. */
enum rc_voxelize_flag {
  /** ::rc_voxelize adds to what `output` holds: OCCUPANCY keeps ones, COUNT and SUM add, MAX and MIN
   * compare, MEAN weighs the old mean by the old count, in float64, rounded once a call. Reductions of
   * features need `counts` and take a voxel whose count is 0 as empty, whatever it holds; empty
   * voxels without a new point are left alone. */
  RC_VOXELIZE_ACCUMULATE = 1,
  /** Trust offsets and lengths. What wrong ones give is unspecified. */
  RC_VOXELIZE_SKIP_VALIDATION = 2
};

/** How to voxelize. All zero: occupancy of one cloud, or of [B,N,3]. */
typedef struct rc_voxelize_options {
  uint32_t struct_size;
  /** Bits of ::rc_voxelize_flag. */
  uint32_t flags;

  /** int64 [B+1]: points and features are packed; cloud b has the points offsets[b] to
   * offsets[b+1]-1. Not decreasing, from 0 or more to at most N. NULL: not packed. */
  const rc_tensor* offsets;
  /** int64 [B]: points that count in each cloud of [B,N,3], 0 to N. NULL: N. Not with `offsets`. */
  const rc_tensor* lengths;
  /** [N,F], or [B,N,F] beside points [B,N,3]: float16, bfloat16, float32, float64, uint8 or int16.
   * Required by SUM, MEAN, MAX and MIN, else NULL. */
  const rc_tensor* features;

  /** One of ::rc_reduce. */
  int32_t reduce;
  int32_t reserved;
  /** What SUM, MEAN, MAX and MIN give to voxels without points; of the output's type. 0 for the
   * others. */
  double fill_value;
  /** Bound of the absolute value of bfloat16, float32 and float64 features in SUM and MEAN: finite,
   * greater than 0; a finite feature beyond it counts as the bound. With it results do not depend on
   * how a cloud is cut into calls. 0: the range is measured, see above. */
  double feature_bound;

  /** int32 [B,X,Y,Z], or NULL: the number of points of each voxel. With RC_VOXELIZE_ACCUMULATE it is
   * added to. Counts beyond 2^31 - 1 wrap. */
  rc_tensor* counts;
  /** int64 [B,3], or NULL: columns of ::rc_voxel_stat. Always written anew. */
  rc_tensor* stats;

  /** Memory of the context's device for the call, aligned to 16 bytes, or NULL: then the context
   * provides it. */
  void* workspace;
  /** Bytes of `workspace`: at least what the query of the function says. */
  uint64_t workspace_size;
} rc_voxelize_options;

#define RC_VOXELIZE_OPTIONS_INIT {sizeof(rc_voxelize_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** How to voxelize sparsely. All zero: the coordinates alone. */
typedef struct rc_voxelize_sparse_options {
  uint32_t struct_size;
  /** Bits of ::rc_voxelize_flag but for RC_VOXELIZE_ACCUMULATE. */
  uint32_t flags;

  /** As in ::rc_voxelize_options; `features` belongs to `reduced` and `hard`. */
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  const rc_tensor* features;

  /** SUM, MEAN, MAX or MIN of ::rc_reduce where there is `reduced`, else 0. */
  int32_t reduce;
  int32_t reserved;
  /** Of rows of `reduced` and points of `hard` that no point fills. */
  double fill_value;
  /** As in ::rc_voxelize_options. */
  double feature_bound;

  /* Outputs, each may be NULL. */
  /** [M,F]: reduced features of each voxel. */
  rc_tensor* reduced;
  /** int32 [M]: all points of each voxel; 0 in rows that no voxel fills. */
  rc_tensor* counts;
  /** [M,K,F], the type of the features: the features of the first K points of each voxel in the order
   * of the input (hard voxelization, as SECOND and PointPillars have it). */
  rc_tensor* hard;
  /** int32 or int64, [N] or [B,N]: the row of `coords` of each point; -1 for points that were left
   * out, by the voxel or by `lengths` and `offsets`. */
  rc_tensor* point_to_voxel;
  /** int64 [1]: occupied voxels, also when M is less. */
  rc_tensor* total;
  /** int64 [B,3]: columns of ::rc_voxel_stat. */
  rc_tensor* stats;

  /** As in ::rc_voxelize_options. */
  void* workspace;
  uint64_t workspace_size;
} rc_voxelize_sparse_options;

#define RC_VOXELIZE_SPARSE_OPTIONS_INIT \
  {sizeof(rc_voxelize_sparse_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

RC_BEGIN_DECLARATIONS

/** Writes the default options: zeroes, and `struct_size`.
 *
 * @param options      not NULL
 * @param struct_size  `sizeof(rc_voxelize_options)` of the caller's headers
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT  `options` is NULL, or the size is below the first released one
 * Any thread. @since 0.1 */
RC_API rc_status rc_voxelize_options_init(rc_voxelize_options* options, uint32_t struct_size);

/** The same for ::rc_voxelize_sparse_options. @since 0.1 */
RC_API rc_status rc_voxelize_sparse_options_init(rc_voxelize_sparse_options* options,
                                                 uint32_t struct_size);

/** Reduces the points of each voxel of a grid.
 *
 * | reduce          | output                                              | shape (one cloud: without B) |
 * |-----------------|-----------------------------------------------------|------------------------------|
 * | OCCUPANCY       | uint8 or bool                                       | [B,X,Y,Z]                    |
 * | OCCUPANCY_BITS  | uint8                                               | [B,X,Y,(Z+7)/8]              |
 * | COUNT           | int32                                               | [B,X,Y,Z]                    |
 * | SUM, MEAN       | float16, bfloat16, float32, float64                 | [B,X,Y,Z,F]                  |
 * | MAX, MIN        | the same, or the type of the features               | [B,X,Y,Z,F]                  |
 *
 * @param context  a context on the device of all tensors. On CUDA the call is enqueued and does not
 *                 wait.
 * @param points   see the head of this file
 * @param grid     not NULL; the same for all clouds; read during the call only
 * @param options  NULL for the defaults; read during the call only
 * @param output   see the table; its strides decide the order in memory. Every element is written,
 *                 but for RC_VOXELIZE_ACCUMULATE.
 *
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE        `context`
 * @retval RC_ERROR_INVALID_ARGUMENT      a precondition above; overlapping outputs; a size that
 *                                        overflows int64
 * @retval RC_ERROR_INVALID_DATA          offsets or lengths out of range. Nothing has been written.
 *                                        On CUDA rc_context_synchronize returns it and the outputs
 *                                        are unspecified.
 * @retval RC_ERROR_UNSUPPORTED_DTYPE     not in the table
 * @retval RC_ERROR_UNSUPPORTED_LAYOUT    strides, alignment or rank that tensor.h excludes
 * @retval RC_ERROR_UNSUPPORTED_OPTION    unknown flag, reduction or field
 * @retval RC_ERROR_DEVICE_MISMATCH       a tensor on another device
 * @retval RC_ERROR_OUT_OF_MEMORY         workspace could not be had; the context stays usable
 * @retval RC_ERROR_WORKSPACE_TOO_SMALL   `workspace_size`, or the context's limit; the message says
 *                                        what is needed
 * @retval RC_ERROR_CUDA
 *
 * One thread per context. @since 0.1 */
RC_API rc_status rc_voxelize(rc_context* context, const rc_tensor* points, const rc_grid* grid,
                             const rc_voxelize_options* options, rc_tensor* output);

/** Bytes of workspace that ::rc_voxelize with the same arguments needs: exact, from shapes and
 * options alone; no data is read.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_voxelize that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_voxelize_workspace_size(rc_context* context, const rc_tensor* points,
                                            const rc_grid* grid, const rc_voxelize_options* options,
                                            const rc_tensor* output, uint64_t* size);

/** Gradient of ::rc_voxelize with respect to the features, for SUM, MEAN, MAX and MIN without
 * RC_VOXELIZE_ACCUMULATE. Every element of `grad_features` is written, with zero for points that were
 * left out.
 *
 * SUM passes the gradient of a voxel to each of its points; MEAN divides it by their number, in
 * float64; MAX and MIN pass it to the first point, in the order of the input, that has the value.
 *
 * @param context        as in ::rc_voxelize
 * @param grad_output    gradient of the output: its shape, any of the four float types
 * @param points         as in ::rc_voxelize
 * @param grid           as in ::rc_voxelize
 * @param options        as in ::rc_voxelize, without `counts`, `stats` and `feature_bound`;
 *                       `features` may be NULL but for MAX and MIN, and is of a float type.
 *                       `workspace_size` is at least what the query below says.
 * @param grad_features  receives the gradient: [N,F] or [B,N,F], any of the four float types
 * @retval RC_SUCCESS, and the errors of ::rc_voxelize
 * One thread per context. @since 0.1 */
RC_API rc_status rc_voxelize_backward(rc_context* context, const rc_tensor* grad_output,
                                      const rc_tensor* points, const rc_grid* grid,
                                      const rc_voxelize_options* options, rc_tensor* grad_features);

/** Bytes of workspace that ::rc_voxelize_backward with the same arguments needs: exact, from shapes
 * and options alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_voxelize_backward that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_voxelize_backward_workspace_size(
    rc_context* context, const rc_tensor* grad_output, const rc_tensor* points, const rc_grid* grid,
    const rc_voxelize_options* options, const rc_tensor* grad_features, uint64_t* size);

/** Lists the occupied voxels and reduces the points of each.
 *
 * Rows are in the order of (cloud, x, y, z). Where more voxels are occupied than M, the first M in
 * that order are kept, `total` tells the whole number and `stats` the points that were lost; that is
 * not an error. Rows of `coords` from the number of kept voxels on are -1; what the other outputs
 * hold there is said with them.
 *
 * @param context  as in ::rc_voxelize
 * @param points   see the head of this file
 * @param grid     not NULL; the same for all clouds
 * @param options  NULL for the defaults; read during the call only
 * @param coords   int32 or int64 [M,4], M at least 1: cloud, x, y, z of each voxel. int32 only where
 *                 the grid and the clouds fit it.
 * @retval RC_SUCCESS, and the errors of ::rc_voxelize
 * One thread per context. @since 0.1 */
RC_API rc_status rc_voxelize_sparse(rc_context* context, const rc_tensor* points,
                                    const rc_grid* grid, const rc_voxelize_sparse_options* options,
                                    rc_tensor* coords);

/** Bytes of workspace that ::rc_voxelize_sparse with the same arguments needs: exact, from shapes and
 * options alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_voxelize_sparse that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_voxelize_sparse_workspace_size(rc_context* context, const rc_tensor* points,
                                                   const rc_grid* grid,
                                                   const rc_voxelize_sparse_options* options,
                                                   const rc_tensor* coords, uint64_t* size);

/** Least and greatest coordinates of each cloud, over its points whose coordinates are all finite.
 *
 * @param context  as in ::rc_voxelize
 * @param points   see the head of this file
 * @param offsets  NULL, or int64 [B+1] as in ::rc_voxelize_options
 * @param lengths  NULL, or int64 [B] as in ::rc_voxelize_options
 * @param bounds   [B,2,3], one cloud: [2,3]; the type of the points: the least, then the greatest x,
 *                 y, z. NaN for a cloud without a finite point.
 * @retval RC_SUCCESS, and the errors of ::rc_voxelize
 * On CUDA the context provides 48 bytes of workspace a cloud. One thread per context. @since 0.1 */
RC_API rc_status rc_pointcloud_bounds(rc_context* context, const rc_tensor* points,
                                      const rc_tensor* offsets, const rc_tensor* lengths,
                                      rc_tensor* bounds);

RC_END_DECLARATIONS

#endif
