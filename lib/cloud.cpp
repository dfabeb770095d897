// SPDX-License-Identifier: Apache-2.0
#include "lib/cloud.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/error.h"
#include "lib/integers.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

using Long = long long;

constexpr int64_t most_positions = std::numeric_limits<int32_t>::max();

void check_edge(double size, bool narrow, int axis) {
  if (std::isfinite(size) && size > 0 &&
      (!narrow || (static_cast<float>(size) > 0 && std::isfinite(static_cast<float>(size))))) {
    return;
  }
  fail(RC_ERROR_INVALID_ARGUMENT,
       "grid.voxel_size[%d]: expected a finite number greater than 0%s, got %g", axis,
       narrow ? ", in float32 too" : "", size);
}

void check_origin(double origin, bool narrow, int axis) {
  if (std::isfinite(origin) && (!narrow || std::isfinite(static_cast<float>(origin)))) return;
  fail(RC_ERROR_INVALID_ARGUMENT, "grid.origin[%d]: expected a finite number%s, got %g", axis,
       narrow ? " of the range of float32" : "", origin);
}

}  // namespace

Points read_points(Tensors& tensors, const rc_tensor* points, const rc_tensor* offsets,
                   const rc_tensor* lengths, bool validate) {
  const View& v = tensors.read(points, "points");
  if (v.type != Type::f16 && v.type != Type::f32 && v.type != Type::f64) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "points: expected float16, float32 or float64, got %s",
         describe(v).c_str());
  }
  const bool batched = offsets == nullptr && v.ndim == 3;
  if ((v.ndim != 2 && !batched) || v.shape[v.ndim - 1] != 3) {
    fail(RC_ERROR_INVALID_ARGUMENT, "points: expected %s, got %s",
         offsets != nullptr ? "[N,3] with offsets" : "[N,3] or [B,N,3]", describe(v).c_str());
  }
  Points result = {};
  Cloud& cloud = result.cloud;
  cloud.clouds = batched ? v.shape[0] : 1;
  cloud.points = v.shape[v.ndim - 2];
  cloud.array = {v.data, v.type, batched ? v.strides[0] : 0, v.strides[v.ndim - 2],
                 v.strides[v.ndim - 1]};
  cloud.validate = validate;
  if (offsets != nullptr) {
    const View& o = tensors.read(offsets, "offsets");
    cloud.offsets = integers(o, "offsets", "[B+1]", -1);
    require_offsets(o, "offsets");
    cloud.clouds = o.shape[0] - 1;
  }
  if (lengths != nullptr) {
    if (cloud.offsets) {
      fail(RC_ERROR_INVALID_ARGUMENT, "lengths: expected NULL beside offsets, got a tensor");
    }
    cloud.lengths = integers(tensors.read(lengths, "lengths"), "lengths", "[B]", cloud.clouds);
  }
  if (cloud.positions() > most_positions) {
    fail(RC_ERROR_INVALID_ARGUMENT, "points: expected at most 2^31 - 1 points, got %s",
         describe(v).c_str());
  }
  result.single = !batched && !cloud.offsets;
  return result;
}

Grid read_grid(const rc_grid* grid, const Cloud& cloud) {
  if (grid == nullptr) fail(RC_ERROR_INVALID_ARGUMENT, "grid: expected a grid, got NULL");
  const bool narrow = cloud.array.type != Type::f64;
  Grid result;
  int64_t cells = std::max<int64_t>(1, cloud.clouds);
  for (int axis = 0; axis < 3; ++axis) {
    check_origin(grid->origin[axis], narrow, axis);
    check_edge(grid->voxel_size[axis], narrow, axis);
    if (grid->dims[axis] < 1) {
      fail(RC_ERROR_INVALID_ARGUMENT, "grid.dims[%d]: expected at least 1, got %lld", axis,
           static_cast<Long>(grid->dims[axis]));
    }
    if (__builtin_mul_overflow(cells, grid->dims[axis], &cells) ||
        cells == std::numeric_limits<int64_t>::max()) {
      fail(RC_ERROR_INVALID_ARGUMENT,
           "grid.dims: expected fewer than 2^63 - 1 voxels in all clouds, got %lld x %lld x %lld "
           "for each of %lld",
           static_cast<Long>(grid->dims[0]), static_cast<Long>(grid->dims[1]),
           static_cast<Long>(grid->dims[2]), static_cast<Long>(cloud.clouds));
    }
    result.origin[axis] = grid->origin[axis];
    result.size[axis] = grid->voxel_size[axis];
    result.dims[axis] = grid->dims[axis];
  }
  return result;
}

Array point_array(const View& view, const char* argument, const Points& points, int64_t channels) {
  const Cloud& cloud = points.cloud;
  const bool batched = !points.single && !cloud.offsets;
  Shape shape = {};
  if (batched) shape.add(cloud.clouds);
  shape.add(cloud.points);
  if (channels >= 0) shape.add(channels == 0 ? any : channels);
  require_shape(view, argument, shape, "F");
  const int32_t axis = batched ? 1 : 0;
  return {view.data, view.type, batched ? view.strides[0] : 0, view.strides[axis],
          channels >= 0 ? view.strides[axis + 1] : 0};
}

GridArray grid_array(const View& view, const char* argument, const Points& points,
                     const int64_t (&dims)[3], int64_t channels) {
  Shape shape = {};
  if (!points.single) shape.add(points.cloud.clouds);
  for (const int64_t entry : dims) shape.add(entry);
  if (channels >= 0) shape.add(channels);
  require_shape(view, argument, shape);
  const int32_t first = points.single ? 0 : 1;
  return {view.data,
          view.type,
          points.single ? 0 : view.strides[0],
          {view.strides[first], view.strides[first + 1], view.strides[first + 2]},
          channels >= 0 ? view.strides[first + 3] : 0};
}

Array read_stats(Tensors& tensors, rc_tensor* stats, const Points& points) {
  if (stats == nullptr) return {};
  const View& v = tensors.write(stats, "stats");
  require_type(v, "stats", Type::i64);
  require_shape(v, "stats", {points.cloud.clouds, RC_NUM_VOXEL_STATS});
  return {v.data, v.type, v.strides[0], 0, v.strides[1]};
}

}  // namespace rc
