// SPDX-License-Identifier: Apache-2.0
#include "lib/tsdf_plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "robocache/tsdf.h"

#include "lib/error.h"

namespace rc {

void check_truncation(double truncation) {
  const auto narrow = static_cast<float>(truncation);
  if (truncation > 0 && narrow > 0 && std::isfinite(narrow) && std::isfinite(1 / narrow)) return;
  fail(RC_ERROR_INVALID_ARGUMENT,
       "truncation: expected a finite number greater than 0, in float32 too, got %g", truncation);
}

void check_max_weight(double max_weight) {
  if (max_weight == 0 || (max_weight > 0 && static_cast<float>(max_weight) > 0)) return;
  fail(RC_ERROR_INVALID_ARGUMENT,
       "max_weight: expected 0 or a number greater than 0, in float32 too, got %g", max_weight);
}

void check_weighting(int32_t weighting) {
  if (weighting >= RC_TSDF_WEIGHT_CONSTANT && weighting <= RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF) {
    return;
  }
  fail(RC_ERROR_UNSUPPORTED_OPTION, "weighting: expected %d to %d, got %d", RC_TSDF_WEIGHT_CONSTANT,
       RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF, weighting);
}

double dropoff_edge(const Grid& grid, int32_t weighting, double truncation) {
  const bool falls =
      weighting == RC_TSDF_WEIGHT_DROPOFF || weighting == RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF;
  const double edge = std::max({grid.size[0], grid.size[1], grid.size[2]});
  return falls && edge < truncation ? edge : std::numeric_limits<double>::infinity();
}

bool is_inverse_square(int32_t weighting) {
  return weighting == RC_TSDF_WEIGHT_INVERSE_SQUARE ||
         weighting == RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF;
}

float weight_limit(double max_weight) {
  return max_weight > 0 ? static_cast<float>(max_weight) : std::numeric_limits<float>::infinity();
}

Camera camera_of(const Pinhole& pinhole, const Grid& grid) {
  Camera camera;
  const double focal[3] = {pinhole.fx, pinhole.fy, 1};
  for (int a = 0; a < 3; ++a) {
    double constant = 0;
    for (int b = 0; b < 3; ++b) {
      const double along = focal[a] * pinhole.rotation[b][a];
      camera.rows[a][b] = static_cast<float>(along * grid.size[b]);
      constant += along * (grid.origin[b] + 0.5 * grid.size[b] - pinhole.position[b]);
    }
    camera.rows[a][3] = static_cast<float>(constant);
  }
  const double middle[2] = {pinhole.cx, pinhole.cy};
  for (int side = 0; side < 2; ++side) {
    camera.middle[side] = static_cast<float>(middle[side] + 0.5);
    camera.principal[side] = static_cast<float>(middle[side]);
    camera.slope[side] = static_cast<float>(1 / focal[side]);
  }
  return camera;
}

CameraPass camera_pass(const ScratchVector<Camera>& cameras, int64_t first) {
  const int64_t count = std::min<int64_t>(kFramesOfPass, cameras.size() - first);
  CameraPass pass = {first, static_cast<int32_t>(count), {}};
  std::copy_n(cameras.begin() + first, count, pass.cameras);
  return pass;
}

float depth_limit(const DepthImages& depth) {
  // Whether a number, multiplied in float64, is within the limit, and in float32 finite. It is so up
  // to some number, which is sought among the positive floats: their bits are in their order.
  const auto counts = [&](uint32_t bits) {
    float number;
    std::memcpy(&number, &bits, sizeof number);
    return number * depth.scale <= depth.max_depth &&
           std::isfinite(number * static_cast<float>(depth.scale));
  };
  uint32_t within = 0, beyond = 0x7f800000;
  while (beyond - within > 1) {
    const uint32_t middle = within + (beyond - within) / 2;
    (counts(middle) ? within : beyond) = middle;
  }
  float limit;
  std::memcpy(&limit, &within, sizeof limit);
  return limit;
}

}  // namespace rc
