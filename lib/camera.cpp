// SPDX-License-Identifier: Apache-2.0
#include "lib/camera.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "kernels/common/numbers.h"
#include "lib/error.h"
#include "lib/view_rules.h"

namespace rc {
namespace {

using Long = long long;

/** Pixels along an axis whose numbers float32 holds, with room for a half. */
constexpr int64_t most_pixels = int64_t{1} << 22;
/** Of the scalar products of the columns of a rotation, and of its determinant. */
constexpr double rigid_tolerance = 1e-3;

double checked_scale(double scale, Type depth) {
  if (!(scale >= 0) || !std::isfinite(scale)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "depth_scale: expected a finite number of at least 0, got %g",
         scale);
  }
  if (scale > 0) return scale;
  return depth == Type::u16 ? 0.001 : 1;
}

double checked_limit(double max_depth) {
  if (!(max_depth >= 0)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "max_depth: expected a number of at least 0, got %g",
         max_depth);
  }
  return max_depth > 0 ? max_depth : std::numeric_limits<double>::infinity();
}

/** The matrices of an argument: [size,size] for all frames, or one for each. */
struct Matrices {
  View view;
  const char* argument;
  int64_t frame;

  double operator()(int64_t f, int row, int column) const {
    const int32_t axis = view.ndim - 2;
    return load(view.type, view.data,
                f * frame + row * view.strides[axis] + column * view.strides[axis + 1]);
  }
};

Matrices read_matrices(Tensors& tensors, const rc_tensor* tensor, const char* argument,
                       int64_t frames, int64_t size, bool shared) {
  const View& v = tensors.read_host(tensor, argument);
  if (v.type != Type::f32 && v.type != Type::f64) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected float32 or float64, got %s", argument,
         describe(v).c_str());
  }
  if (v.ndim == 2 && shared) {
    require_shape(v, argument, {size, size});
  } else {
    require_shape(v, argument, {frames, size, size});
  }
  return {v, argument, v.ndim == 2 ? 0 : v.strides[0]};
}

std::string describe(const Matrices& m, int64_t f, int size) {
  std::string text;
  for (int row = 0; row < size; ++row) {
    text += row == 0 ? "[" : ", ";
    for (int column = 0; column < size; ++column) {
      char number[32];
      std::snprintf(number, sizeof number, "%s%g", column == 0 ? "[" : ", ", m(f, row, column));
      text += number;
    }
    text += ']';
  }
  return text + "]";
}

[[noreturn]] void refuse(const Matrices& m, int64_t f, int size, const char* expected) {
  fail(RC_ERROR_INVALID_DATA, "%s, frame %lld: expected %s, got %s", m.argument,
       static_cast<Long>(f), expected, describe(m, f, size).c_str());
}

/** A focal length that has an inverse, in float32 too. */
bool is_focal(double x) {
  const auto narrow = static_cast<float>(x);
  return narrow > 0 && std::isfinite(narrow) && std::isfinite(1 / narrow);
}

void read_intrinsics(const Matrices& m, int64_t f, Pinhole& camera) {
  camera.fx = m(f, 0, 0);
  camera.fy = m(f, 1, 1);
  camera.cx = m(f, 0, 2);
  camera.cy = m(f, 1, 2);
  const bool good = is_focal(camera.fx) && is_focal(camera.fy) &&
                    std::isfinite(static_cast<float>(camera.cx)) &&
                    std::isfinite(static_cast<float>(camera.cy)) && m(f, 0, 1) == 0 &&
                    m(f, 1, 0) == 0 && m(f, 2, 0) == 0 && m(f, 2, 1) == 0 && m(f, 2, 2) == 1;
  if (!good) {
    refuse(m, f, 3,
           "[[fx, 0, cx], [0, fy, cy], [0, 0, 1]] of numbers finite in float32, fx and fy greater "
           "than 0");
  }
}

bool is_rotation(const double (&r)[3][3]) {
  const double determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                             r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                             r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  bool good = std::fabs(determinant - 1) <= rigid_tolerance;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const double product = r[0][i] * r[0][j] + r[1][i] * r[1][j] + r[2][i] * r[2][j];
      good = good && std::fabs(product - (i == j)) <= rigid_tolerance;
    }
  }
  return good;
}

void read_pose(const Matrices& m, int64_t f, Pinhole& camera) {
  bool good = m(f, 3, 0) == 0 && m(f, 3, 1) == 0 && m(f, 3, 2) == 0 && m(f, 3, 3) == 1;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) camera.rotation[row][column] = m(f, row, column);
    camera.position[row] = m(f, row, 3);
    good = good && std::isfinite(camera.position[row]);
  }
  if (!good || !is_rotation(camera.rotation)) {
    refuse(m, f, 4,
           "a rotation, orthonormal within 0.001 and of determinant +1, and a finite translation "
           "above [0, 0, 0, 1]");
  }
}

}  // namespace

DepthImages read_depth(Tensors& tensors, const rc_tensor* depth, double depth_scale,
                       double max_depth) {
  const View& v = tensors.read(depth, "depth");
  if (v.type != Type::u16 && v.type != Type::f32) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "depth: expected uint16 or float32, got %s",
         describe(v).c_str());
  }
  if (v.ndim != 2 && v.ndim != 3) {
    fail(RC_ERROR_INVALID_ARGUMENT, "depth: expected [H,W] or [K,H,W], got %s",
         describe(v).c_str());
  }
  const bool single = v.ndim == 2;
  const int32_t axis = v.ndim - 2;
  const int64_t height = v.shape[axis], width = v.shape[axis + 1];
  if (height > most_pixels || width > most_pixels) {
    fail(RC_ERROR_INVALID_ARGUMENT, "depth: expected at most 2^22 pixels along an axis, got %s",
         describe(v).c_str());
  }
  return {{v.data, v.type, single ? 0 : v.strides[0], v.strides[axis], v.strides[axis + 1], 0},
          single,
          single ? 1 : v.shape[0],
          height,
          width,
          checked_scale(depth_scale, v.type),
          checked_limit(max_depth)};
}

Images images_beside(const View& view, const char* argument, const DepthImages& depth,
                     int64_t channels) {
  Shape shape = {};
  if (!depth.single) shape.add(depth.frames);
  for (const int64_t entry : {depth.height, depth.width, channels}) shape.add(entry);
  require_shape(view, argument, shape);
  const int32_t axis = view.ndim - 3;
  return {view.data,
          view.type,
          depth.single ? 0 : view.strides[0],
          view.strides[axis],
          view.strides[axis + 1],
          view.strides[axis + 2]};
}

ScratchVector<Pinhole> read_cameras(Tensors& tensors, const rc_tensor* intrinsics,
                                    const rc_tensor* poses, const DepthImages& depth) {
  const Matrices lenses = read_matrices(tensors, intrinsics, "intrinsics", depth.frames, 3, true);
  Matrices places = {};
  if (poses != nullptr) {
    places = read_matrices(tensors, poses, "poses", depth.frames, 4, depth.frames == 1);
  }
  ScratchVector<Pinhole> cameras(depth.frames, tensors.scratch());
  for (int64_t f = 0; f < depth.frames; ++f) {
    read_intrinsics(lenses, f, cameras[f]);
    if (poses != nullptr) read_pose(places, f, cameras[f]);
  }
  return cameras;
}

}  // namespace rc
