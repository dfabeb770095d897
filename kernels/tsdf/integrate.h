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

// Weight of an observation by a measurement z > 0, and of one of the distance d, at least -truncation,
// whose weight would be `weight`. Either may vanish.
RC_HD inline float weight_of(const IntegratePlan& plan, float z) {
  if (plan.inverse_square == 0) return 1;
  const float weight = 1 / (z * z);
  return weight < kMostWeight ? weight : kMostWeight;
}
RC_HD inline float weight_behind(const IntegratePlan& plan, float d, float weight) {
  return d < -plan.edge ? weight * ((d + plan.truncation) * plan.fall) : weight;
}

// Where a voxel falls on a frame: its depth and its pixel.
struct Pixel {
  float z;
  int row, column;
};

// False where the frame does not see voxel (i, j, k). NaN, wherever it comes from, fails the
// comparisons.
RC_HD inline bool pixel_of(const IntegratePlan& plan, const Camera& camera, float i, float j,
                           float k, Pixel& pixel) {
  pixel.z = dot(camera.rows[2], i, j, k);
  const float inverse = 1 / pixel.z;
  const float u = std::fma(dot(camera.rows[0], i, j, k), inverse, camera.middle[0]);
  const float v = std::fma(dot(camera.rows[1], i, j, k), inverse, camera.middle[1]);
  if (!(pixel.z > 0 && u >= 0 && u < static_cast<float>(plan.width) && v >= 0 &&
        v < static_cast<float>(plan.height))) {
    return false;
  }
  pixel.column = static_cast<int>(u);
  pixel.row = static_cast<int>(v);
  return true;
}

RC_HD inline bool is_measurement(float depth, float limit) { return depth > 0 && depth <= limit; }

// Lets a voxel that falls on a pixel of frame `frame` observe the depth there, as the image has it;
// says whether it does.
template <bool kColors>
RC_HD inline bool observe(const IntegratePlan& plan, const Camera& camera, int64_t frame,
                          const Pixel& pixel, float depth, FieldState& state) {
  if (!is_measurement(depth, plan.depth_limit)) return false;
  const float measured = depth * plan.depth_scale;
  // Along z; along the ray it is the same times a number of at least 1.
  float d = measured - pixel.z;
  if (!(d >= -plan.truncation)) return false;
  bool within = d <= plan.truncation;
  if (within) {
    const float a = (static_cast<float>(pixel.column) - camera.principal[0]) * camera.slope[0];
    const float b = (static_cast<float>(pixel.row) - camera.principal[1]) * camera.slope[1];
    d *= std::sqrt(std::fma(a, a, std::fma(b, b, 1.0f)));
    if (!(d >= -plan.truncation)) return false;
    within = d <= plan.truncation;
  }
  if (!within && plan.carving == 0) return false;
  const float weight = weight_behind(plan, d, weight_of(plan, measured));
  if (!(weight > 0)) return false;
  if (kColors && plan.color && within) {
    float color[3];
    color_at(plan.color, plan.color.element(frame, pixel.row, pixel.column), color);
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

// Indices of voxels from `low` to, including, `high`, as the numbers that cameras compute with.
struct Box {
  float low[3], high[3];
};

RC_HD inline Box box_of(const Brick& brick) {
  Box box;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = static_cast<float>(brick.low[axis]);
    box.high[axis] = static_cast<float>(brick.high[axis]);
  }
  return box;
}

// Whether `p * sign + q * factor` may be positive somewhere in a box. `bound` is at least the size of
// what `factor` was made of. Far more is allowed for than rounding can make, here and in pixel_of():
// a box that is left out by this has no voxel that the camera sees.
RC_HD inline bool may_be_positive(const Box& box, const float (&p)[4], float sign,
                                  const float (&q)[4], float factor, float bound) {
  float most = 0, size = 0;
  for (int a = 0; a < 4; ++a) {
    const float low = a < 3 ? box.low[a] : 1;
    const float high = a < 3 ? box.high[a] : 1;
    const float slope = p[a] * sign + q[a] * factor;
    most += slope > 0 ? slope * high : slope * low;
    size += (std::fabs(p[a]) + std::fabs(q[a]) * bound) * high;
  }
  return !(most < size * -0x1p-18f);
}

// Whether the camera may see a voxel of the box: no side of its frustum has all of them outside.
RC_HD inline bool may_see(const IntegratePlan& plan, const Camera& camera, const Box& box) {
  const auto& z = camera.rows[2];
  if (!may_be_positive(box, z, 1, z, 0, 0)) return false;
  const float sizes[2] = {static_cast<float>(plan.width), static_cast<float>(plan.height)};
  for (int side = 0; side < 2; ++side) {
    const auto& row = camera.rows[side];
    const float middle = camera.middle[side], bound = std::fabs(middle) + sizes[side];
    if (!may_be_positive(box, row, 1, z, middle, bound) ||
        !may_be_positive(box, row, -1, z, sizes[side] - middle, bound)) {
      return false;
    }
  }
  return true;
}

RC_KERNELS_END
