// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate for the voxels of some rows of a brick at a time, each in a lane, by the
// operations of observe() in their order.
#pragma once

#include <algorithm>

#include "kernels/tsdf/bricks.h"
#include "kernels/tsdf/row_lanes.h"
#include "kernels/tsdf/sight.h"

RC_KERNELS_BEGIN

inline void add_colors(const IntegratePlan& plan, const int64_t (&pixels)[kLanes], Floats weight,
                       Mask mask, RowState& state) {
  float colors[3][kLanes] = {}, finite[kLanes] = {};
  for_each_lane(mask, [&](int k) {
    float color[3];
    color_at(plan.color, pixels[k], color);
    for (int c = 0; c < 3; ++c) colors[c][k] = color[c];
    finite[k] = is_finite_float(color[0]) && is_finite_float(color[1]) && is_finite_float(color[2]);
  });
  mask = both(mask, greater(load(finite), all(0)));
  const Floats before = choose(greater(all(1), state.tsdf), state.weight, all(0));
  const Mask old = greater(before, all(0));
  for (int c = 0; c < 3; ++c) {
    const Floats color = load(colors[c]);
    const Floats mean = choose(old, average(state.color[c], before, color, weight), color);
    state.color[c] = choose(mask, mean, state.color[c]);
  }
}

// What frames see of some rows.
template <class Depth>
class Observer {
 public:
  Observer(const IntegratePlan& plan, const VoxelRows& rows)
      : state_(load_state(plan.volume, rows)), plan_(plan), rows_(rows) {
    constexpr LaneNumbers numbers = lane_numbers();
    const Floats row = load(numbers.row), voxel = load(numbers.voxel);
    y_ = all(static_cast<float>(rows.y)) + row;
    z_ = all(static_cast<float>(rows.z)) + voxel;
    here_ = both(greater(all(static_cast<float>(rows.rows)), row),
                 greater(all(static_cast<float>(rows.count)), voxel));
  }

  void observe(const Camera& camera, int64_t frame) {
    const Floats z = dot(camera.rows[2]);
    Mask mask = both(here_, greater(z, all(0)));
    if (none(mask)) return;
    const Floats inverse = all(1) / z;
    const Floats u = multiply_add(dot(camera.rows[0]), inverse, all(camera.middle[0]));
    const Floats v = multiply_add(dot(camera.rows[1]), inverse, all(camera.middle[1]));
    mask = both(mask, both(at_least(u, all(0)), greater(all(plan_.width), u)));
    mask = both(mask, both(at_least(v, all(0)), greater(all(plan_.height), v)));
    if (none(mask)) return;
    const Ints columns = to_ints(u), rows = to_ints(v);
    const Floats depth = depth_at(rows, columns, frame, mask);
    mask = both(mask, both(greater(depth, all(0)), at_least(all(plan_.depth_limit), depth)));
    if (none(mask)) return;
    const Floats measured = depth * all(plan_.depth_scale);
    Floats d = measured - z;
    mask = both(mask, at_least(d, all(-plan_.truncation)));
    const bool near = !none(both(mask, at_least(all(plan_.truncation), d)));
    if (!near && plan_.inverse_square == 0) {
      if (plan_.carving != 0) add_free(mask);
      return;
    }
    if (near) {
      const Floats a = slope(camera, 0, columns), b = slope(camera, 1, rows);
      d = d * root(multiply_add(a, a, multiply_add(b, b, all(1))));
      mask = both(mask, at_least(d, all(-plan_.truncation)));
    }
    const Mask within = at_least(all(plan_.truncation), d);
    if (plan_.carving == 0) mask = both(mask, within);
    const Floats weight = weight_of(measured, d);
    mask = both(mask, greater(weight, all(0)));
    if (none(mask)) return;
    if (plan_.color) add_colors_at(rows, columns, frame, weight, both(mask, within));
    Floats distance = all(1);
    if (near) distance = choose(within, d / all(plan_.truncation), distance);
    put(mask, average(state_.tsdf, state_.weight, distance, weight), state_.weight + weight);
  }

  // A frame that sees all of the rows as free space, with the weight 1.
  void observe_free() { add_free(here_); }

  void finish() const {
    if (!none(seen_)) store_state(plan_.volume, rows_, state_, seen_);
  }

 private:
  Floats dot(const float (&row)[4]) const {
    const float start = std::fma(row[0], static_cast<float>(rows_.x), row[3]);
    return multiply_add(all(row[2]), z_, multiply_add(all(row[1]), y_, all(start)));
  }

  void add_free(Mask mask) {
    const Floats one = all(1), sum = state_.weight + one;
    const Mask is_free = both(at_least(state_.tsdf, one), at_least(one, state_.tsdf));
    const Mask is_new = at_least(all(0), state_.weight);
    const Mask stays = both(either(is_free, is_new), greater(all(kInfinity), sum));
    // The average of equal numbers is that number: no need to divide.
    const Floats mean = bits_of(both(mask, stays)) == bits_of(mask)
                            ? one
                            : average(state_.tsdf, state_.weight, one, one);
    put(mask, mean, sum);
  }

  // The new mean and sum of weights of some voxels.
  void put(Mask mask, Floats mean, Floats sum) {
    state_.tsdf = choose(mask, mean, state_.tsdf);
    state_.weight = choose(mask, lesser(sum, all(plan_.max_weight)), state_.weight);
    seen_ = either(seen_, mask);
  }

  static Floats slope(const Camera& camera, int side, Ints pixels) {
    return (to_floats(pixels) - all(camera.principal[side])) * all(camera.slope[side]);
  }

  // Whether the elements of a frame have numbers of 32 bits.
  static bool is_small(const IntegratePlan& plan) {
    const Images& depth = plan.depth;
    return plan.height > 0 && plan.width > 0 && depth.row < (1 << 24) && depth.column < (1 << 24) &&
           (plan.height - 1) * depth.row + (plan.width - 1) * depth.column < (1 << 30);
  }

  static void place(const Images& images, Ints rows, Ints columns, int64_t frame,
                    int64_t (&pixels)[kLanes]) {
    int32_t v[kLanes], u[kLanes];
    store(v, rows);
    store(u, columns);
    for (int k = 0; k < kLanes; ++k) pixels[k] = images.element(frame, v[k], u[k]);
  }

  Floats depth_at(Ints rows, Ints columns, int64_t frame, Mask mask) const {
    const Images& images = plan_.depth;
    float depth[kLanes] = {};
    if (!small_) {
      int64_t pixels[kLanes];
      place(images, rows, columns, frame, pixels);
      for_each_lane(mask, [&](int k) { depth[k] = number_at<Depth>(images, pixels[k]); });
      return load(depth);
    }
    const auto first = reinterpret_cast<const Depth*>(images.data) + frame * images.frame;
    const Ints numbers =
        rows * static_cast<int32_t>(images.row) + columns * static_cast<int32_t>(images.column);
    if constexpr (std::is_same_v<Depth, float>) {
      return gather(mask, first, numbers);
    } else {
      int32_t pixels[kLanes];
      store(pixels, numbers);
      for_each_lane(mask, [&](int k) { depth[k] = static_cast<float>(first[pixels[k]]); });
      return load(depth);
    }
  }

  void add_colors_at(Ints rows, Ints columns, int64_t frame, Floats weight, Mask mask) {
    int64_t pixels[kLanes];
    place(plan_.color, rows, columns, frame, pixels);
    add_colors(plan_, pixels, weight, mask, state_);
  }

  Floats weight_of(Floats z, Floats d) const {
    Floats weight = all(1);
    if (plan_.inverse_square != 0) weight = lesser(all(1) / (z * z), all(kMostWeight));
    const Floats share = (d + all(plan_.truncation)) * all(plan_.fall);
    return choose(greater(all(-plan_.edge), d), weight * share, weight);
  }

  Floats y_, z_;
  RowState state_;
  Mask here_, seen_ = greater(all(0), all(0));
  const IntegratePlan& plan_;
  const VoxelRows rows_;
  const bool small_ = is_small(plan_);
};

// What the frames of a pass see of the parts of a brick.
struct BrickFrames {
  using Parts = PartsOf<4, 4, kBrick>;
  Frames parts[Parts::kCount] = {};
  bool any = false;

  BrickFrames(const IntegratePlan& plan, const CameraPass& pass, const DepthTiles& tiles,
              const Brick& brick) {
    const Box box = box_of(brick);
    for (int f = 0; f < pass.count; ++f) {
      const Camera& camera = pass.cameras[f];
      if (!may_see(plan, camera, box)) continue;
      const Sight whole = sight_of(plan, camera, tiles, f, box);
      if (whole == Sight::none) continue;
      any = true;
      for (int i = 0; i < Parts::kCount; ++i) {
        const Box part = Parts::part(box, i);
        if (is_empty(part)) continue;
        const Sight sight = is_asked(whole) ? sight_of(plan, camera, tiles, f, part) : whole;
        if (uint32_t* const frames = parts[i].of(sight)) *frames |= uint32_t{1} << f;
      }
    }
  }
};

template <class Depth>
void integrate_rows(const IntegratePlan& plan, const CameraPass& pass, const Frames& frames,
                    const VoxelRows& rows) {
  Observer<Depth> observer(plan, rows);
  for (uint32_t seen = frames.all(); seen != 0; seen &= seen - 1) {
    const int f = __builtin_ctz(seen);
    if ((frames.free >> f & 1) != 0) {
      observer.observe_free();
    } else {
      observer.observe(pass.cameras[f], pass.first + f);
    }
  }
  observer.finish();
}

template <class Depth>
void integrate_columns(const IntegratePlan& plan, const CameraPass& pass, const DepthTiles& tiles,
                       int64_t begin, int64_t end) {
  for_each_brick(plan.volume.grid, begin, end, [&](const Brick& brick) {
    const BrickFrames frames(plan, pass, tiles, brick);
    if (!frames.any) return;
    for (int i = 0; i < BrickFrames::Parts::kCount; ++i) {
      if (frames.parts[i].all() == 0) continue;
      const Brick part = BrickFrames::Parts::part(brick, i);
      for (int64_t x = part.low[0]; x <= part.high[0]; ++x) {
        for (int64_t y = part.low[1]; y <= part.high[1]; y += kRows) {
          integrate_rows<Depth>(plan, pass, frames.parts[i],
                                {x, y, part.low[2], std::min<int64_t>(kRows, part.high[1] - y + 1),
                                 part.high[2] - part.low[2] + 1});
        }
      }
    }
  });
}

inline void integrate_bricks(const IntegratePlan& plan, const CameraPass& pass,
                             const DepthTiles& tiles, int64_t begin, int64_t end) {
  plan.depth.type == Type::u16 ? integrate_columns<uint16_t>(plan, pass, tiles, begin, end)
                               : integrate_columns<float>(plan, pass, tiles, begin, end);
}

RC_KERNELS_END
