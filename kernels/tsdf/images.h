// SPDX-License-Identifier: Apache-2.0
// Depth images and their cameras, checked. Plain data, shared by all levels.
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"
#include "kernels/common/types.h"

namespace rc {

// Images of [K,H,W] or [K,H,W,C]; absent where `data` is null.
struct Images {
  char* data;
  Type type;
  int64_t frame, row, column, channel;

  RC_SHARED explicit operator bool() const { return data != nullptr; }
  RC_SHARED int64_t element(int64_t f, int64_t v, int64_t u) const {
    return f * frame + v * row + u * column;
  }
};

struct DepthImages {
  Images images;  // u16 or f32
  // [H,W]: what lies beside it has no axis of frames either.
  bool single;
  int64_t frames, height, width;
  // Units of the volume per unit of depth; and the greatest depth that counts, infinity for any.
  double scale, max_depth;
};

// A pinhole, and where it stands: camera coordinates c lie at `rotation * c + position`.
struct Pinhole {
  double fx, fy, cx, cy;
  double rotation[3][3], position[3];
};

}  // namespace rc
