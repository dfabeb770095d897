// SPDX-License-Identifier: Apache-2.0
// How a voxel is seen by a camera. Each level compiles it: float32 throughout, in this order of
// operations.
#pragma once

#include "kernels/tsdf/integrate_plan.h"
#include "kernels/tsdf/observe.h"

RC_KERNELS_BEGIN

RC_HD inline float dot(const float (&row)[4], float i, float j, float k) {
  return std::fma(row[2], k, std::fma(row[1], j, std::fma(row[0], i, row[3])));
}

// Depth and colours as numbers; a uint16 is one exactly.
template <class T>
RC_HD inline float number_at(const Images& images, int64_t element) {
  return static_cast<float>(reinterpret_cast<const T*>(images.data)[element]);
}

RC_HD inline void color_at(const Images& images, int64_t element, float (&color)[3]) {
  for (int c = 0; c < 3; ++c) {
    const int64_t e = element + c * images.channel;
    color[c] =
        images.type == Type::u8 ? number_at<uint8_t>(images, e) : number_at<float>(images, e);
  }
}

// Greatest weight of an observation: sums of it are finite.
constexpr float kMostWeight = 0x1p64f;

// Weight of an observation of the distance d, at least -truncation, by a measurement z > 0. It may
// vanish.
RC_HD inline float weight_of(const IntegratePlan& plan, float z, float d) {
  float weight = 1;
  if (plan.inverse_square) {
    weight = 1 / (z * z);
    weight = weight < kMostWeight ? weight : kMostWeight;
  }
  return d < -plan.edge ? weight * ((d + plan.truncation) * plan.fall) : weight;
}

// Lets frame `frame` observe voxel (i, j, k); says whether it does. Depth is the type of the images.
// NaN, wherever it comes from, fails the comparisons.
template <class Depth>
RC_HD inline bool observe(const IntegratePlan& plan, const Camera& camera, int64_t frame, float i,
                          float j, float k, FieldState& state) {
  const float z = dot(camera.rows[2], i, j, k);
  if (!(z > 0)) return false;
  const float inverse = 1 / z;
  const float u = std::fma(dot(camera.rows[0], i, j, k), inverse, camera.middle[0]);
  const float v = std::fma(dot(camera.rows[1], i, j, k), inverse, camera.middle[1]);
  if (!(u >= 0 && u < static_cast<float>(plan.width) && v >= 0 &&
        v < static_cast<float>(plan.height))) {
    return false;
  }
  const int column = static_cast<int>(u), row = static_cast<int>(v);
  const float depth = number_at<Depth>(plan.depth, plan.depth.element(frame, row, column));
  if (!(depth > 0 && depth <= plan.depth_limit)) return false;
  const float measured = depth * plan.depth_scale;
  // Along z; along the ray it is the same times a number of at least 1.
  float d = measured - z;
  if (!(d >= -plan.truncation)) return false;
  bool within = d <= plan.truncation;
  if (within) {
    const float a = (static_cast<float>(column) - camera.principal[0]) * camera.slope[0];
    const float b = (static_cast<float>(row) - camera.principal[1]) * camera.slope[1];
    d *= std::sqrt(std::fma(a, a, std::fma(b, b, 1.0f)));
    if (!(d >= -plan.truncation)) return false;
    within = d <= plan.truncation;
  }
  if (!within && !plan.carving) return false;
  const float weight = weight_of(plan, measured, d);
  if (!(weight > 0)) return false;
  if (plan.color && within) {
    float color[3];
    color_at(plan.color, plan.color.element(frame, row, column), color);
    add_color(state, color, weight);
  }
  add_distance(state, within ? d / plan.truncation : 1.0f, weight, plan.max_weight);
  return true;
}

// A brick of voxels: indices from `low` to, including, `high`.
struct Brick {
  int64_t low[3], high[3];
};

RC_HD inline Brick brick_at(const Grid& grid, int64_t x, int64_t y, int64_t z) {
  Brick brick = {{x * kBrick, y * kBrick, z * kBrick}, {0, 0, 0}};
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t end = brick.low[axis] + kBrick, dim = grid.dims[axis];
    brick.high[axis] = (end < dim ? end : dim) - 1;
  }
  return brick;
}

// Whether `p * sign + q * factor` may be positive somewhere in a brick. `bound` is at least the size of
// what `factor` was made of. Far more is allowed for than rounding can make, here and in observe():
// a brick that is left out by this has no voxel that the camera sees.
RC_HD inline bool may_be_positive(const Brick& brick, const float (&p)[4], float sign,
                                  const float (&q)[4], float factor, float bound) {
  float most = 0, size = 0;
  for (int a = 0; a < 4; ++a) {
    const float low = a < 3 ? static_cast<float>(brick.low[a]) : 1;
    const float high = a < 3 ? static_cast<float>(brick.high[a]) : 1;
    const float slope = p[a] * sign + q[a] * factor;
    most += slope > 0 ? slope * high : slope * low;
    size += (std::fabs(p[a]) + std::fabs(q[a]) * bound) * high;
  }
  return !(most < size * -0x1p-18f);
}

// Whether the camera may see a voxel of the brick: no side of its frustum has all of them outside.
RC_HD inline bool may_see(const IntegratePlan& plan, const Camera& camera, const Brick& brick) {
  const auto& z = camera.rows[2];
  if (!may_be_positive(brick, z, 1, z, 0, 0)) return false;
  const float sizes[2] = {static_cast<float>(plan.width), static_cast<float>(plan.height)};
  for (int side = 0; side < 2; ++side) {
    const auto& row = camera.rows[side];
    const float middle = camera.middle[side], bound = std::fabs(middle) + sizes[side];
    if (!may_be_positive(brick, row, 1, z, middle, bound) ||
        !may_be_positive(brick, row, -1, z, sizes[side] - middle, bound)) {
      return false;
    }
  }
  return true;
}

RC_KERNELS_END
