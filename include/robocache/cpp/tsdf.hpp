// SPDX-License-Identifier: Apache-2.0
/** @file tsdf.hpp
 * Truncated signed distance fields, out of depth images and points, and the surface out of them.
 * Shapes, types, rules and errors are those of tsdf.h. */
#ifndef ROBOCACHE_CPP_TSDF_HPP
#define ROBOCACHE_CPP_TSDF_HPP

#include <cstdint>

#include "robocache/cpp/context.hpp"
#include "robocache/cpp/error.hpp"
#include "robocache/cpp/tensor.hpp"
#include "robocache/cpp/voxelize.hpp"
#include "robocache/tsdf.h"

ROBOCACHE_BEGIN_NAMESPACE

/** Weight of an observation: ::rc_tsdf_weight. */
enum class Weighting : int32_t {
  constant = RC_TSDF_WEIGHT_CONSTANT,
  inverse_square = RC_TSDF_WEIGHT_INVERSE_SQUARE,
  dropoff = RC_TSDF_WEIGHT_DROPOFF,
  inverse_square_dropoff = RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF
};

/** A volume: a grid, and two float32 tensors [X,Y,Z] in any memory order. What the views show
 * belongs to the caller; `weight` is zero at first. */
struct Volume {
  Grid grid{};
  /** Signed distance of each voxel's centre, divided by the truncation distance. */
  Tensor tsdf{};
  /** 0 where nothing has been seen yet. */
  Tensor weight{};
};

/** How depth images are integrated. The fields are those of ::rc_tsdf_integrate_options. */
struct TsdfIntegrateOptions {
  /** The truncation distance, in the unit of the grid: required. */
  double truncation = 0;
  /** Units of the grid per unit of depth; 0: 0.001 for uint16, 1 for float32. */
  double depth_scale = 0;
  /** Greatest depth that counts, in the unit of the grid; 0: any. */
  double max_depth = 0;
  /** Limit of the weight; 0: none. */
  double max_weight = 0;
  Weighting weighting = Weighting::constant;
  /** Do not observe free space in front of a surface. */
  bool no_carving = false;
  /** uint8 or float32 [K,H,W,3] or [H,W,3]: colours, registered to the depth. */
  ConstTensor color_images{};
  /** float32 [X,Y,Z,3]: the average colour. */
  Tensor color{};
  Workspace workspace{};

  /** What the C interface takes; it points into this object. */
  rc_tsdf_integrate_options get() const noexcept {
    auto c = detail::sized<rc_tsdf_integrate_options>();
    c.flags = detail::flag(no_carving, RC_TSDF_NO_CARVING);
    c.truncation = truncation;
    c.depth_scale = depth_scale;
    c.max_depth = max_depth;
    c.max_weight = max_weight;
    c.weighting = static_cast<int32_t>(weighting);
    c.color_images = color_images.get();
    c.color = color.get();
    c.workspace = workspace.data;
    c.workspace_size = workspace.size;
    return c;
  }
};

/** How points are integrated. The fields are those of ::rc_tsdf_from_points_options. */
struct TsdfFromPointsOptions {
  /** The truncation distance, in the unit of the grid: required. */
  double truncation = 0;
  /** Limit of the weight; 0: none. */
  double max_weight = 0;
  Weighting weighting = Weighting::constant;
  /** Do not observe free space in front of a surface. */
  bool no_carving = false;
  /** Trust offsets and lengths. */
  bool skip_validation = false;

  /** As in VoxelizeOptions. */
  ConstTensor offsets{};
  ConstTensor lengths{};
  /** Normals out of the surface, or else: */
  ConstTensor normals{};
  /** float64 or float32 [3] or [B,3]: where the sensor stood. */
  ConstTensor sensor_origins{};

  /** int64 [B,3]: points that were left out, by ::rc_voxel_stat. */
  Tensor stats{};

  Workspace workspace{};

  /** What the C interface takes; it points into this object. */
  rc_tsdf_from_points_options get() const noexcept {
    auto c = detail::sized<rc_tsdf_from_points_options>();
    c.flags = detail::flag(no_carving, RC_TSDF_NO_CARVING) |
              detail::flag(skip_validation, RC_TSDF_SKIP_VALIDATION);
    c.truncation = truncation;
    c.max_weight = max_weight;
    c.weighting = static_cast<int32_t>(weighting);
    c.offsets = offsets.get();
    c.lengths = lengths.get();
    c.normals = normals.get();
    c.sensor_origins = sensor_origins.get();
    c.stats = stats.get();
    c.workspace = workspace.data;
    c.workspace_size = workspace.size;
    return c;
  }
};

/** How the surface is taken out of a volume. The fields are those of ::rc_tsdf_extract_options. */
struct TsdfExtractOptions {
  /** Voxels of less weight do not count; 0: any weight above 0. */
  double min_weight = 0;
  /** float32 [X,Y,Z,3]: required by `point_colors`. */
  ConstTensor color{};
  /** float32 [M,3]: unit vectors out of the surface. */
  Tensor normals{};
  /** float32 [M,3]. */
  Tensor point_colors{};
  /** int64 [1]: points of the surface, also when there is room for fewer. */
  Tensor total{};

  Workspace workspace{};

  /** What the C interface takes; it points into this object. */
  rc_tsdf_extract_options get() const noexcept {
    auto c = detail::sized<rc_tsdf_extract_options>();
    c.min_weight = min_weight;
    c.color = color.get();
    c.normals = normals.get();
    c.point_colors = point_colors.get();
    c.total = total.get();
    c.workspace = workspace.data;
    c.workspace_size = workspace.size;
    return c;
  }
};

/** Integrates depth images into a volume, frame by frame: ::rc_tsdf_integrate.
 *
 * @param context     on the device of all tensors but `intrinsics` and `poses`
 * @param depth       uint16 or float32 [K,H,W], or [H,W] for one frame
 * @param intrinsics  float64 or float32 [3,3] for all frames, or [K,3,3]; CPU memory
 * @param poses       float64 or float32 [K,4,4], or [4,4] for one frame; CPU memory
 * @param volume      read and written
 * @param options     `truncation` has no default */
inline Return<void> tsdf_integrate(Context& context, const ConstTensor& depth,
                                   const ConstTensor& intrinsics, const ConstTensor& poses,
                                   const Volume& volume, const TsdfIntegrateOptions& options) {
  const rc_tsdf_integrate_options c = options.get();
  return detail::finish(rc_tsdf_integrate(context.get(), depth.get(), intrinsics.get(), poses.get(),
                                          &volume.grid, &c, volume.tsdf.get(),
                                          volume.weight.get()));
}

/** Bytes of workspace that tsdf_integrate() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> tsdf_integrate_workspace_size(
    Context& context, const ConstTensor& depth, const ConstTensor& intrinsics,
    const ConstTensor& poses, const Volume& volume, const TsdfIntegrateOptions& options) {
  const rc_tsdf_integrate_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_tsdf_integrate_workspace_size(
      context.get(), depth.get(), intrinsics.get(), poses.get(), &volume.grid, &c,
      volume.tsdf.get(), volume.weight.get(), &size);
  return detail::finish(status, size);
}

/** Integrates points into a volume, all as one observation: ::rc_tsdf_from_points.
 *
 * @param context  on the device of all tensors
 * @param points   as in voxelize()
 * @param volume   read and written
 * @param options  `truncation`, and one of `normals` and `sensor_origins`, have no default */
inline Return<void> tsdf_from_points(Context& context, const ConstTensor& points,
                                     const Volume& volume, const TsdfFromPointsOptions& options) {
  const rc_tsdf_from_points_options c = options.get();
  return detail::finish(rc_tsdf_from_points(context.get(), points.get(), &volume.grid, &c,
                                            volume.tsdf.get(), volume.weight.get()));
}

/** Bytes of workspace that tsdf_from_points() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> tsdf_from_points_workspace_size(
    Context& context, const ConstTensor& points, const Volume& volume,
    const TsdfFromPointsOptions& options) {
  const rc_tsdf_from_points_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_tsdf_from_points_workspace_size(
      context.get(), points.get(), &volume.grid, &c, volume.tsdf.get(), volume.weight.get(), &size);
  return detail::finish(status, size);
}

/** Lists the points of the surface: ::rc_tsdf_extract_points.
 *
 * @param context  on the device of all tensors
 * @param volume   only read
 * @param points   float32 or float64 [M,3]; M may be 0 to learn `total` alone
 * @param options  least weight, normals, colours */
inline Return<void> tsdf_extract_points(Context& context, const Volume& volume,
                                        const Tensor& points,
                                        const TsdfExtractOptions& options = {}) {
  const rc_tsdf_extract_options c = options.get();
  return detail::finish(rc_tsdf_extract_points(
      context.get(), volume.tsdf.get(), volume.weight.get(), &volume.grid, &c, points.get()));
}

/** Bytes of workspace that tsdf_extract_points() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> tsdf_extract_points_workspace_size(
    Context& context, const Volume& volume, const Tensor& points,
    const TsdfExtractOptions& options = {}) {
  const rc_tsdf_extract_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_tsdf_extract_points_workspace_size(
      context.get(), volume.tsdf.get(), volume.weight.get(), &volume.grid, &c, points.get(), &size);
  return detail::finish(status, size);
}

/** How depth images become points. */
struct DepthToPointsOptions {
  /** float64 or float32 [K,4,4] or [4,4], CPU memory; none: camera coordinates. */
  ConstTensor poses{};
  /** As in TsdfIntegrateOptions. */
  double depth_scale = 0;
  double max_depth = 0;
};

/** Points of depth images: ::rc_depth_to_points.
 *
 * @param context     as in tsdf_integrate()
 * @param depth       uint16 or float32 [K,H,W], or [H,W] for one frame
 * @param intrinsics  [3,3] for all frames, or [K,3,3]; CPU memory
 * @param points      float32 or float64 [K,H,W,3], or [H,W,3]
 * @param options     poses, scale, greatest depth */
inline Return<void> depth_to_points(Context& context, const ConstTensor& depth,
                                    const ConstTensor& intrinsics, const Tensor& points,
                                    const DepthToPointsOptions& options = {}) {
  return detail::finish(rc_depth_to_points(context.get(), depth.get(), intrinsics.get(),
                                           options.poses.get(), options.depth_scale,
                                           options.max_depth, points.get()));
}

ROBOCACHE_END_NAMESPACE

#endif
