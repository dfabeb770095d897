// SPDX-License-Identifier: Apache-2.0
/** @file voxelize.hpp
 * Points to grids, dense and sparse, with the gradient; the bounds of clouds. Shapes, types, rules
 * and errors are those of voxelize.h. */
#ifndef ROBOCACHE_CPP_VOXELIZE_HPP
#define ROBOCACHE_CPP_VOXELIZE_HPP

#include <cstdint>

#include "robocache/cpp/context.hpp"
#include "robocache/cpp/error.hpp"
#include "robocache/cpp/tensor.hpp"
#include "robocache/voxelize.h"

ROBOCACHE_BEGIN_NAMESPACE

/** A box of voxels: `Grid{{x, y, z}, {edge, edge, edge}, {nx, ny, nz}}`; origin, voxel size and
 * dims. */
using Grid = rc_grid;

/** What a voxel receives from its points: ::rc_reduce. */
enum class Reduce : int32_t {
  occupancy = RC_REDUCE_OCCUPANCY,
  count = RC_REDUCE_COUNT,
  sum = RC_REDUCE_SUM,
  mean = RC_REDUCE_MEAN,
  max = RC_REDUCE_MAX,
  min = RC_REDUCE_MIN,
  occupancy_bits = RC_REDUCE_OCCUPANCY_BITS
};

/** How to voxelize. The fields are those of ::rc_voxelize_options. */
struct VoxelizeOptions {
  Reduce reduce = Reduce::occupancy;
  /** What SUM, MEAN, MAX and MIN give to voxels without points. */
  double fill_value = 0;
  /** Bound of the absolute value of features in SUM and MEAN; 0: the range is measured. */
  double feature_bound = 0;
  /** Add to what the output holds. */
  bool accumulate = false;
  /** Trust offsets and lengths. */
  bool skip_validation = false;

  /** int64 [B+1]: points and features are packed. */
  ConstTensor offsets{};
  /** int64 [B]: points that count in each cloud. */
  ConstTensor lengths{};
  /** [N,F] or [B,N,F]: required by SUM, MEAN, MAX and MIN. */
  ConstTensor features{};

  /** int32 [B,X,Y,Z]: the number of points of each voxel. */
  Tensor counts{};
  /** int64 [B,3]: points that were left out, by ::rc_voxel_stat. */
  Tensor stats{};

  Workspace workspace{};

  /** What the C interface takes; it points into this object. */
  rc_voxelize_options get() const noexcept {
    auto c = detail::sized<rc_voxelize_options>();
    c.flags = detail::flag(accumulate, RC_VOXELIZE_ACCUMULATE) |
              detail::flag(skip_validation, RC_VOXELIZE_SKIP_VALIDATION);
    c.offsets = offsets.get();
    c.lengths = lengths.get();
    c.features = features.get();
    c.reduce = static_cast<int32_t>(reduce);
    c.fill_value = fill_value;
    c.feature_bound = feature_bound;
    c.counts = counts.get();
    c.stats = stats.get();
    c.workspace = workspace.data;
    c.workspace_size = workspace.size;
    return c;
  }
};

/** How to voxelize sparsely. The fields are those of ::rc_voxelize_sparse_options. */
struct VoxelizeSparseOptions {
  /** SUM, MEAN, MAX or MIN where there is `reduced`. */
  Reduce reduce = Reduce::occupancy;
  /** Of rows of `reduced` and points of `hard` that no point fills. */
  double fill_value = 0;
  /** As in VoxelizeOptions. */
  double feature_bound = 0;
  /** Trust offsets and lengths. */
  bool skip_validation = false;

  /** As in VoxelizeOptions; the features belong to `reduced` and `hard`. */
  ConstTensor offsets{};
  ConstTensor lengths{};
  ConstTensor features{};

  /** [M,F]: reduced features of each voxel. */
  Tensor reduced{};
  /** int32 [M]: all points of each voxel. */
  Tensor counts{};
  /** [M,K,F]: the features of the first K points of each voxel. */
  Tensor hard{};
  /** int32 or int64, [N] or [B,N]: the row of each point, -1 of points that were left out. */
  Tensor point_to_voxel{};
  /** int64 [1]: occupied voxels, also when there is room for fewer. */
  Tensor total{};
  /** int64 [B,3]: points that were left out, by ::rc_voxel_stat. */
  Tensor stats{};

  Workspace workspace{};

  /** What the C interface takes; it points into this object. */
  rc_voxelize_sparse_options get() const noexcept {
    auto c = detail::sized<rc_voxelize_sparse_options>();
    c.flags = detail::flag(skip_validation, RC_VOXELIZE_SKIP_VALIDATION);
    c.offsets = offsets.get();
    c.lengths = lengths.get();
    c.features = features.get();
    c.reduce = static_cast<int32_t>(reduce);
    c.fill_value = fill_value;
    c.feature_bound = feature_bound;
    c.reduced = reduced.get();
    c.counts = counts.get();
    c.hard = hard.get();
    c.point_to_voxel = point_to_voxel.get();
    c.total = total.get();
    c.stats = stats.get();
    c.workspace = workspace.data;
    c.workspace_size = workspace.size;
    return c;
  }
};

/** Reduces the points of each voxel of a grid: ::rc_voxelize.
 *
 * @param context  on the device of all tensors
 * @param points   [N,3] or [B,N,3]; views such as `{first_x, {n, 3}, {4, 1}}` are read as they lie
 * @param grid     the same for all clouds
 * @param output   [B,X,Y,Z] or [B,X,Y,Z,F] as the reduction asks; one cloud: without B
 * @param options  the reduction, features, layouts, further outputs */
inline Return<void> voxelize(Context& context, const ConstTensor& points, const Grid& grid,
                             const Tensor& output, const VoxelizeOptions& options = {}) {
  const rc_voxelize_options c = options.get();
  return detail::finish(rc_voxelize(context.get(), points.get(), &grid, &c, output.get()));
}

/** Bytes of workspace that voxelize() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> voxelize_workspace_size(Context& context,
                                                              const ConstTensor& points,
                                                              const Grid& grid,
                                                              const Tensor& output,
                                                              const VoxelizeOptions& options = {}) {
  const rc_voxelize_options c = options.get();
  uint64_t size = 0;
  const rc_status status =
      rc_voxelize_workspace_size(context.get(), points.get(), &grid, &c, output.get(), &size);
  return detail::finish(status, size);
}

/** Gradient of voxelize() with respect to the features: ::rc_voxelize_backward.
 *
 * @param context        on the device of all tensors
 * @param grad_output    gradient of the output
 * @param points         as in voxelize()
 * @param grid           as in voxelize()
 * @param grad_features  receives the gradient: [N,F] or [B,N,F]
 * @param options        as in voxelize(), without `counts`, `stats` and `feature_bound` */
inline Return<void> voxelize_backward(Context& context, const ConstTensor& grad_output,
                                      const ConstTensor& points, const Grid& grid,
                                      const Tensor& grad_features,
                                      const VoxelizeOptions& options = {}) {
  const rc_voxelize_options c = options.get();
  return detail::finish(rc_voxelize_backward(context.get(), grad_output.get(), points.get(), &grid,
                                             &c, grad_features.get()));
}

/** Bytes of workspace that voxelize_backward() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> voxelize_backward_workspace_size(
    Context& context, const ConstTensor& grad_output, const ConstTensor& points, const Grid& grid,
    const Tensor& grad_features, const VoxelizeOptions& options = {}) {
  const rc_voxelize_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_voxelize_backward_workspace_size(
      context.get(), grad_output.get(), points.get(), &grid, &c, grad_features.get(), &size);
  return detail::finish(status, size);
}

/** Lists the occupied voxels and reduces the points of each: ::rc_voxelize_sparse.
 *
 * @param context  on the device of all tensors
 * @param points   as in voxelize()
 * @param grid     the same for all clouds
 * @param coords   int32 or int64 [M,4]: cloud, x, y, z of each voxel, in that order
 * @param options  the reduction, features, layouts, further outputs */
inline Return<void> voxelize_sparse(Context& context, const ConstTensor& points, const Grid& grid,
                                    const Tensor& coords,
                                    const VoxelizeSparseOptions& options = {}) {
  const rc_voxelize_sparse_options c = options.get();
  return detail::finish(rc_voxelize_sparse(context.get(), points.get(), &grid, &c, coords.get()));
}

/** Bytes of workspace that voxelize_sparse() with the same arguments needs. */
[[nodiscard]] inline Return<uint64_t> voxelize_sparse_workspace_size(
    Context& context, const ConstTensor& points, const Grid& grid, const Tensor& coords,
    const VoxelizeSparseOptions& options = {}) {
  const rc_voxelize_sparse_options c = options.get();
  uint64_t size = 0;
  const rc_status status = rc_voxelize_sparse_workspace_size(context.get(), points.get(), &grid, &c,
                                                             coords.get(), &size);
  return detail::finish(status, size);
}

/** Where clouds of different sizes lie: packed by `offsets`, or padded with `lengths`; none for
 * clouds of one size. */
struct CloudLayout {
  ConstTensor offsets{};
  ConstTensor lengths{};
};

/** Least and greatest coordinates of each cloud: ::rc_pointcloud_bounds.
 *
 * @param context  on the device of all tensors
 * @param points   as in voxelize()
 * @param bounds   [B,2,3], one cloud: [2,3]; the type of the points
 * @param layout   as in VoxelizeOptions */
inline Return<void> pointcloud_bounds(Context& context, const ConstTensor& points,
                                      const Tensor& bounds, const CloudLayout& layout = {}) {
  return detail::finish(rc_pointcloud_bounds(context.get(), points.get(), layout.offsets.get(),
                                             layout.lengths.get(), bounds.get()));
}

ROBOCACHE_END_NAMESPACE

#endif
