/* SPDX-License-Identifier: Apache-2.0 */
/** @file tsdf.h
 * Truncated signed distance fields: from depth images (`rc_tsdf_integrate`), from points
 * (`rc_tsdf_from_points`), and the surface out of them (`rc_tsdf_extract_points`); depth images to
 * points.
 *
 * A volume is a grid (::rc_grid) with two float32 tensors [X,Y,Z], in any memory order: `tsdf`, the
 * signed distance of each voxel's centre `origin + (index + 0.5) * voxel_size` to the surface,
 * divided by the truncation distance and limited to [-1, 1], positive in front of the surface; and
 * `weight`, 0 where nothing has been seen yet: what `tsdf` holds there is not read. An observation
 * (d, w) makes of them
 * `tsdf = (tsdf * weight + d * w) / (weight + w)`, `weight = min(weight + w, max_weight)`,
 * the running average of B. Curless and M. Levoy, SIGGRAPH 1996, as KinectFusion (R. Newcombe et
 * al., ISMAR 2011) and Open3D's uniform volume have it. An observation of weight 0 is none. Colours,
 * where kept, are averaged alike; a voxel that was seen as free space alone (`tsdf` is 1) has no colour
 * yet, and the first one it gets is not mixed with what `color` holds.
 *
 * Cameras: pinholes that look along +z, x to the right, y down; the centre of pixel (u, v) is at
 * (u, v). Intrinsics [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], finite, and fx and fy greater than 0, in
 * float32 too; poses [4,4] take camera coordinates to those of the volume: a rotation (orthonormal
 * within 1e-3, determinant +1) and a translation above [0, 0, 0, 1]. Both are float64 or float32
 * tensors in CPU memory, also for CUDA contexts: they are few, and a fault in them is found at once.
 * They are read during the call only; a CUDA graph keeps the values that it was captured with.
 *
 * Depth: uint16 or float32, [H,W] or [K,H,W] for K frames, along the camera's z, in units of
 * `depth_scale`. 0, negative, NaN, infinite and greater than `max_depth` is no measurement.
 *
 * Determinism: equal inputs give equal bits, for any number of threads, any instruction set and
 * either device; frames that are split over calls in the same order give what one call gives. */
#ifndef ROBOCACHE_TSDF_H
#define ROBOCACHE_TSDF_H

#include <stdint.h>

#include "robocache/context.h"
#include "robocache/export.h"
#include "robocache/status.h"
#include "robocache/tensor.h"
#include "robocache/voxelize.h"

/** Weight of an observation with the measured depth z (distance from the sensor for points) and the
 * signed distance d, truncation t. */
enum rc_tsdf_weight {
  /** 1. */
  RC_TSDF_WEIGHT_CONSTANT = 0,
  /** 1 / z^2, at most 2^64 (64 of a point). */
  RC_TSDF_WEIGHT_INVERSE_SQUARE = 1,
  /** 1 for d >= -e, falling linearly to 0 at d = -t, where e is the largest edge of a voxel, at most
   * t: H. Oleynikova et al., Voxblox, IROS 2017. */
  RC_TSDF_WEIGHT_DROPOFF = 2,
  /** 1 / z^2 times the same. */
  RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF = 3
};

/** Bits of the `flags` of the options below. */
enum rc_tsdf_flag {
  /** Do not observe what lies farther than the truncation distance in front of a surface. Without it
   * such voxels are observed as 1, free space. */
  RC_TSDF_NO_CARVING = 1,
  /** ::rc_tsdf_from_points: trust offsets and lengths. */
  RC_TSDF_SKIP_VALIDATION = 2
};

/** How depth images are integrated. `truncation` is required. */
typedef struct rc_tsdf_integrate_options {
  uint32_t struct_size;
  /** RC_TSDF_NO_CARVING. */
  uint32_t flags;
  /** The truncation distance, in the unit of the grid: finite, greater than 0. */
  double truncation;
  /** Units of the grid per unit of depth; 0 = 0.001 for uint16 (millimetres to metres), 1 for
   * float32. */
  double depth_scale;
  /** Greatest depth that counts, in the unit of the grid; 0 = any. */
  double max_depth;
  /** Limit of the weight; 0 = none. */
  double max_weight;
  /** One of ::rc_tsdf_weight. */
  int32_t weighting;
  int32_t reserved;
  /** uint8 or float32 [K,H,W,3] ([H,W,3]) or NULL: colours, registered to the depth. */
  const rc_tensor* color_images;
  /** float32 [X,Y,Z,3], in the unit of the images: the average colour; NULL without
   * `color_images`. Observed only within the truncation distance; a colour that is not finite is
   * none. A voxel of free space that is seen first gets 0. */
  rc_tensor* color;
  /** As in ::rc_voxelize_options. */
  void* workspace;
  uint64_t workspace_size;
} rc_tsdf_integrate_options;

#define RC_TSDF_INTEGRATE_OPTIONS_INIT \
  {sizeof(rc_tsdf_integrate_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** How points are integrated. `truncation`, and one of `normals` and `sensor_origins`, are
 * required. */
typedef struct rc_tsdf_from_points_options {
  uint32_t struct_size;
  /** Bits of ::rc_tsdf_flag. */
  uint32_t flags;
  /** The truncation distance, in the unit of the grid: finite, greater than 0. */
  double truncation;
  /** Limit of the weight; 0 = none. */
  double max_weight;
  /** CONSTANT or DROPOFF; the other two only with `sensor_origins`. */
  int32_t weighting;
  int32_t reserved;
  /** As in ::rc_voxelize_options: int64 [B+1]; int64 [B]. All clouds go into the one volume. */
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  /** The type and shape of the points, any length but 0: normals that point out of the surface. A
   * point observes along its normal, and RC_TSDF_NO_CARVING is implied. A normal that is not finite
   * or 0 leaves its point out. */
  const rc_tensor* normals;
  /** float64 or float32 [3] for all clouds or [B,3], memory of the context's device: where the sensor
   * stood. A point observes along the ray from there. */
  const rc_tensor* sensor_origins;
  /** int64 [B,3] or NULL: columns of ::rc_voxel_stat; a point left out for its normal or for lying at
   * the sensor counts as not finite, one whose observed stretch misses the grid as outside. */
  rc_tensor* stats;
  /** As in ::rc_voxelize_options. */
  void* workspace;
  uint64_t workspace_size;
} rc_tsdf_from_points_options;

#define RC_TSDF_FROM_POINTS_OPTIONS_INIT \
  {sizeof(rc_tsdf_from_points_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** How the surface is taken out of a volume. All zero: points alone. */
typedef struct rc_tsdf_extract_options {
  uint32_t struct_size;
  uint32_t flags;
  /** Voxels of less weight do not count; 0 = any weight above 0. */
  double min_weight;
  /** float32 [X,Y,Z,3]: required by `point_colors`, else NULL. */
  const rc_tensor* color;
  /* Outputs, each may be NULL. */
  /** float32 [M,3], unit vectors out of the surface: the gradient of `tsdf` by central differences
   * (one-sided next to voxels that do not count), interpolated as the point is; 0 where it vanishes. */
  rc_tensor* normals;
  /** float32 [M,3]: the colour, interpolated as the point is. */
  rc_tensor* point_colors;
  /** int64 [1]: points of the surface, also when M is less. */
  rc_tensor* total;
  /** As in ::rc_voxelize_options. */
  void* workspace;
  uint64_t workspace_size;
} rc_tsdf_extract_options;

#define RC_TSDF_EXTRACT_OPTIONS_INIT {sizeof(rc_tsdf_extract_options), 0, 0, 0, 0, 0, 0, 0, 0}

RC_BEGIN_DECLARATIONS

/** Writes the default options: zeroes, and `struct_size`.
 *
 * @param options      not NULL
 * @param struct_size  `sizeof(rc_tsdf_integrate_options)` of the caller's headers
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT  `options` is NULL, or the size is below the first released one
 * Any thread. @since 0.1 */
RC_API rc_status rc_tsdf_integrate_options_init(rc_tsdf_integrate_options* options,
                                                uint32_t struct_size);
/** The same for ::rc_tsdf_from_points_options. @since 0.1 */
RC_API rc_status rc_tsdf_from_points_options_init(rc_tsdf_from_points_options* options,
                                                  uint32_t struct_size);
/** The same for ::rc_tsdf_extract_options. @since 0.1 */
RC_API rc_status rc_tsdf_extract_options_init(rc_tsdf_extract_options* options,
                                              uint32_t struct_size);

/** Integrates depth images into a volume, frame by frame in their order.
 *
 * For each voxel whose centre lies in front of the camera and falls on pixel
 * `u = floor(fx * x / z + cx + 0.5)`, v alike, with a measurement D there, the signed distance is
 * `(D - z) * sqrt(((u - cx) / fx)^2 + ((v - cy) / fy)^2 + 1)`, along the ray. Voxels farther than the
 * truncation distance behind the surface are left alone. This is float32 but for the matrix from the
 * voxel's indices to fx * x, fy * y and z, and the comparison with `max_depth`, which are float64. A
 * grid has at most 2^24 voxels along an axis and 2^25 cubes of 8^3 of them, an image 2^22 pixels
 * along a side.
 *
 * @param context     a context on the device of all tensors but `intrinsics` and `poses`. On CUDA
 *                    the call is enqueued and does not wait.
 * @param depth       uint16 or float32 [K,H,W], or [H,W] for one frame
 * @param intrinsics  [3,3] for all frames, or [K,3,3]; CPU memory
 * @param poses       [K,4,4], or [4,4] for one frame; CPU memory
 * @param grid        not NULL
 * @param options     not NULL: `truncation` has no default
 * @param tsdf        float32 [X,Y,Z], read and written
 * @param weight      float32 [X,Y,Z], read and written; zero at first
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_HANDLE      `context`
 * @retval RC_ERROR_INVALID_ARGUMENT    a precondition above; overlapping outputs
 * @retval RC_ERROR_INVALID_DATA        intrinsics or poses that are not as the head of this file says;
 *                                      the message names the frame. Nothing has been written.
 * @retval RC_ERROR_UNSUPPORTED_DTYPE, RC_ERROR_UNSUPPORTED_LAYOUT, RC_ERROR_UNSUPPORTED_OPTION,
 *         RC_ERROR_DEVICE_MISMATCH, RC_ERROR_OUT_OF_MEMORY, RC_ERROR_WORKSPACE_TOO_SMALL,
 *         RC_ERROR_CUDA                as in ::rc_voxelize
 * One thread per context. @since 0.1 */
RC_API rc_status rc_tsdf_integrate(rc_context* context, const rc_tensor* depth,
                                   const rc_tensor* intrinsics, const rc_tensor* poses,
                                   const rc_grid* grid, const rc_tsdf_integrate_options* options,
                                   rc_tensor* tsdf, rc_tensor* weight);

/** Bytes of workspace that ::rc_tsdf_integrate with the same arguments needs: exact, from shapes and
 * options alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_tsdf_integrate that shapes, options and cameras can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_tsdf_integrate_workspace_size(rc_context* context, const rc_tensor* depth,
                                                  const rc_tensor* intrinsics,
                                                  const rc_tensor* poses, const rc_grid* grid,
                                                  const rc_tsdf_integrate_options* options,
                                                  const rc_tensor* tsdf, const rc_tensor* weight,
                                                  uint64_t* size);

/** Integrates points into a volume: all points of a call as one observation of each voxel.
 *
 * A point p observes along a unit direction n, which is its normal, or points from it to the sensor.
 * It observes the voxels that the line from `p - t n` to `p + t n` (to the sensor, where free space is
 * carved) passes by more than a corner, t the truncation distance; each once, with the signed distance
 * `dot(centre - p, n)`, limited to t, in float64. The observations of a voxel are added as integers
 * (d / t times the weight, and the weight, in units of 2^-25; the weight of one is at most 64), so that
 * the order of the points does not matter, and their weighted mean enters the volume with their total
 * weight.
 *
 * @param context  as in ::rc_tsdf_integrate
 * @param points   as in voxelize.h
 * @param grid     not NULL
 * @param options  not NULL: `truncation` has no default
 * @param tsdf     float32 [X,Y,Z], read and written
 * @param weight   float32 [X,Y,Z], read and written; zero at first
 * @retval RC_SUCCESS, and the errors of ::rc_voxelize
 * One thread per context. @since 0.1 */
RC_API rc_status rc_tsdf_from_points(rc_context* context, const rc_tensor* points,
                                     const rc_grid* grid,
                                     const rc_tsdf_from_points_options* options, rc_tensor* tsdf,
                                     rc_tensor* weight);

/** Bytes of workspace that ::rc_tsdf_from_points with the same arguments needs: exact, from shapes
 * and options alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_tsdf_from_points that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_tsdf_from_points_workspace_size(rc_context* context, const rc_tensor* points,
                                                    const rc_grid* grid,
                                                    const rc_tsdf_from_points_options* options,
                                                    const rc_tensor* tsdf, const rc_tensor* weight,
                                                    uint64_t* size);

/** Lists the points where the field crosses zero between two neighbouring voxels that count: by
 * linear interpolation between their centres. A voxel that is exactly 0 counts as positive.
 *
 * Points are in the order of (x, y, z) of the lesser voxel, then of the axis. Where there are more
 * than M, the first M are kept. Rows that no point fills are NaN.
 *
 * @param context  as in ::rc_tsdf_integrate
 * @param tsdf     float32 [X,Y,Z]
 * @param weight   float32 [X,Y,Z]
 * @param grid     not NULL
 * @param options  NULL for the defaults
 * @param points   float32 or float64 [M,3]; M may be 0 to learn `total` alone
 * @retval RC_SUCCESS, and the errors of ::rc_tsdf_integrate
 * One thread per context. @since 0.1 */
RC_API rc_status rc_tsdf_extract_points(rc_context* context, const rc_tensor* tsdf,
                                        const rc_tensor* weight, const rc_grid* grid,
                                        const rc_tsdf_extract_options* options, rc_tensor* points);

/** Bytes of workspace that ::rc_tsdf_extract_points with the same arguments needs: exact, from shapes
 * and options alone.
 *
 * @param size  not NULL; set to 0 on failure
 * @retval RC_SUCCESS, and the errors of ::rc_tsdf_extract_points that shapes and options can cause
 * One thread per context. @since 0.1 */
RC_API rc_status rc_tsdf_extract_points_workspace_size(rc_context* context, const rc_tensor* tsdf,
                                                       const rc_tensor* weight, const rc_grid* grid,
                                                       const rc_tsdf_extract_options* options,
                                                       const rc_tensor* points, uint64_t* size);

/** Points of depth images: `((u - cx) / fx * z, (v - cy) / fy * z, z)`, taken by the pose where there
 * is one; in float64, rounded to the output. NaN where there is no measurement.
 *
 * @param context      as in ::rc_tsdf_integrate
 * @param depth        uint16 or float32 [K,H,W], or [H,W] for one frame
 * @param intrinsics   [3,3] for all frames, or [K,3,3]; CPU memory
 * @param poses        NULL: camera coordinates; or [K,4,4], or [4,4] for one frame; CPU memory
 * @param depth_scale  as in ::rc_tsdf_integrate_options
 * @param max_depth    as in ::rc_tsdf_integrate_options
 * @param points       float32 or float64 [K,H,W,3], [H,W,3] for [H,W]
 * @retval RC_SUCCESS, and the errors of ::rc_tsdf_integrate
 * Takes no workspace. One thread per context. @since 0.1 */
RC_API rc_status rc_depth_to_points(rc_context* context, const rc_tensor* depth,
                                    const rc_tensor* intrinsics, const rc_tensor* poses,
                                    double depth_scale, double max_depth, rc_tensor* points);

RC_END_DECLARATIONS

#endif
