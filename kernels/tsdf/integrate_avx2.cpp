// SPDX-License-Identifier: Apache-2.0
// rc_tsdf_integrate for AVX2 and FMA: the eight voxels of a row of a brick at a time, each in a lane,
// by the operations of observe() in their order.
#define RC_LEVEL avx2
#include "kernels/tsdf/bricks.h"
#include "kernels/tsdf/row_avx2.h"
#include "kernels/tsdf/tsdf.h"

namespace rc {
namespace {

void add_colors(const IntegratePlan& plan, const int64_t (&pixels)[kBrick], Floats weight,
                Floats mask, RowState& state) {
  LaneFloats colors[3], finite;
  for_each_lane(mask, [&](int k) {
    float color[3];
    color_at(plan.color, pixels[k], color);
    for (int c = 0; c < 3; ++c) colors[c].at[k] = color[c];
    finite.at[k] =
        is_finite_float(color[0]) && is_finite_float(color[1]) && is_finite_float(color[2]);
  });
  mask = both(mask, greater(finite.get(), all(0)));
  const Floats before = both(state.weight, greater(all(1), state.tsdf));
  const Floats old = greater(before, all(0));
  for (int c = 0; c < 3; ++c) {
    const Floats color = colors[c].get();
    const Floats mean = choose(old, average(state.color[c], before, color, weight), color);
    state.color[c] = choose(mask, mean, state.color[c]);
  }
}

// What frames see of a row.
template <class Depth>
class Observer {
 public:
  Observer(const IntegratePlan& plan, const VoxelRow& row)
      : plan_(plan), row_(row), state_(load_row(plan.volume, row)) {
    const Floats numbers = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
    z_ = _mm256_add_ps(all(static_cast<float>(row.z)), numbers);
    here_ = greater(all(static_cast<float>(row.count)), numbers);
  }

  void observe(const Camera& camera, int64_t frame) {
    const Floats z = dot(camera.rows[2]);
    Floats mask = both(here_, greater(z, all(0)));
    if (none(mask)) return;
    const Floats inverse = _mm256_div_ps(all(1), z);
    const Floats u = _mm256_fmadd_ps(dot(camera.rows[0]), inverse, all(camera.middle[0]));
    const Floats v = _mm256_fmadd_ps(dot(camera.rows[1]), inverse, all(camera.middle[1]));
    mask = both(mask, both(at_least(u, all(0)), greater(all(plan_.width), u)));
    mask = both(mask, both(at_least(v, all(0)), greater(all(plan_.height), v)));
    if (none(mask)) return;
    const __m256i columns = _mm256_cvttps_epi32(u), rows = _mm256_cvttps_epi32(v);
    const Floats depth = depth_at(rows, columns, frame, mask);
    mask = both(mask, both(greater(depth, all(0)), at_least(all(plan_.depth_limit), depth)));
    if (none(mask)) return;
    const Floats measured = _mm256_mul_ps(depth, all(plan_.depth_scale));
    Floats d = _mm256_sub_ps(measured, z);
    mask = both(mask, at_least(d, all(-plan_.truncation)));
    const bool near = !none(both(mask, at_least(all(plan_.truncation), d)));
    if (near) {
      const Floats a = slope(camera, 0, columns), b = slope(camera, 1, rows);
      d = _mm256_mul_ps(d, _mm256_sqrt_ps(_mm256_fmadd_ps(a, a, _mm256_fmadd_ps(b, b, all(1)))));
      mask = both(mask, at_least(d, all(-plan_.truncation)));
    }
    const Floats within = at_least(all(plan_.truncation), d);
    if (!plan_.carving) mask = both(mask, within);
    const Floats weight = weight_of(measured, d);
    mask = both(mask, greater(weight, all(0)));
    if (none(mask)) return;
    if (plan_.color) add_colors_at(rows, columns, frame, weight, both(mask, within));
    Floats distance = all(1);
    if (near) distance = choose(within, _mm256_div_ps(d, all(plan_.truncation)), distance);
    const Floats mean = average(state_.tsdf, state_.weight, distance, weight);
    const Floats sum = _mm256_min_ps(_mm256_add_ps(state_.weight, weight), all(plan_.max_weight));
    state_.tsdf = choose(mask, mean, state_.tsdf);
    state_.weight = choose(mask, sum, state_.weight);
    seen_ = _mm256_or_ps(seen_, mask);
  }

  void finish() const {
    if (!none(seen_)) store_row(plan_.volume, row_, state_, seen_);
  }

 private:
  Floats dot(const float (&row)[4]) const {
    const float start = std::fma(row[1], static_cast<float>(row_.y),
                                 std::fma(row[0], static_cast<float>(row_.x), row[3]));
    return _mm256_fmadd_ps(all(row[2]), z_, all(start));
  }

  static Floats slope(const Camera& camera, int side, __m256i pixels) {
    return _mm256_mul_ps(_mm256_sub_ps(_mm256_cvtepi32_ps(pixels), all(camera.principal[side])),
                         all(camera.slope[side]));
  }

  // Whether the elements of a frame have numbers of 32 bits.
  static bool is_small(const IntegratePlan& plan) {
    const Images& depth = plan.depth;
    return plan.height > 0 && plan.width > 0 && depth.row < (1 << 24) && depth.column < (1 << 24) &&
           (plan.height - 1) * depth.row + (plan.width - 1) * depth.column < (1 << 30);
  }

  static void place(const Images& images, __m256i rows, __m256i columns, int64_t frame,
                    int64_t (&pixels)[kBrick]) {
    alignas(32) int32_t v[kBrick], u[kBrick];
    _mm256_store_si256(reinterpret_cast<__m256i*>(v), rows);
    _mm256_store_si256(reinterpret_cast<__m256i*>(u), columns);
    for (int k = 0; k < kBrick; ++k) pixels[k] = images.element(frame, v[k], u[k]);
  }

  Floats depth_at(__m256i rows, __m256i columns, int64_t frame, Floats mask) const {
    const Images& images = plan_.depth;
    LaneFloats depth;
    if (!small_) {
      int64_t pixels[kBrick];
      place(images, rows, columns, frame, pixels);
      for_each_lane(mask, [&](int k) { depth.at[k] = number_at<Depth>(images, pixels[k]); });
      return depth.get();
    }
    const __m256i numbers = _mm256_add_epi32(
        _mm256_mullo_epi32(rows, _mm256_set1_epi32(static_cast<int>(images.row))),
        _mm256_mullo_epi32(columns, _mm256_set1_epi32(static_cast<int>(images.column))));
    const auto first = reinterpret_cast<const Depth*>(images.data) + frame * images.frame;
    if constexpr (sizeof(Depth) == sizeof(float)) {
      return _mm256_mask_i32gather_ps(all(0), first, numbers, mask, sizeof(float));
    } else {
      alignas(32) int32_t pixels[kBrick];
      _mm256_store_si256(reinterpret_cast<__m256i*>(pixels), numbers);
      for_each_lane(mask, [&](int k) { depth.at[k] = static_cast<float>(first[pixels[k]]); });
      return depth.get();
    }
  }

  void add_colors_at(__m256i rows, __m256i columns, int64_t frame, Floats weight, Floats mask) {
    int64_t pixels[kBrick];
    place(plan_.color, rows, columns, frame, pixels);
    add_colors(plan_, pixels, weight, mask, state_);
  }

  Floats weight_of(Floats z, Floats d) const {
    Floats weight = all(1);
    if (plan_.inverse_square) {
      weight = _mm256_min_ps(_mm256_div_ps(all(1), _mm256_mul_ps(z, z)), all(kMostWeight));
    }
    const Floats share = _mm256_mul_ps(_mm256_add_ps(d, all(plan_.truncation)), all(plan_.fall));
    return choose(greater(all(-plan_.edge), d), _mm256_mul_ps(weight, share), weight);
  }

  const IntegratePlan& plan_;
  const bool small_ = is_small(plan_);
  const VoxelRow row_;
  RowState state_;
  Floats z_, here_, seen_ = _mm256_setzero_ps();
};

template <class Depth>
void integrate_bricks(const IntegratePlan& plan, const CameraPass& pass, int64_t begin,
                      int64_t end) {
  for_each_row(plan, pass, begin, end,
               [&](const Brick& brick, uint32_t frames, int64_t x, int64_t y) {
                 const int64_t z = brick.low[2];
                 Observer<Depth> row(plan, {x, y, z, brick.high[2] - z + 1});
                 for (; frames != 0; frames &= frames - 1) {
                   const int f = __builtin_ctz(frames);
                   row.observe(pass.cameras[f], pass.first + f);
                 }
                 row.finish();
               });
}

}  // namespace

void integrate_bricks_avx2(const IntegratePlan& plan, const CameraPass& pass, int64_t begin,
                           int64_t end) {
  plan.depth.type == Type::u16 ? integrate_bricks<uint16_t>(plan, pass, begin, end)
                               : integrate_bricks<float>(plan, pass, begin, end);
}

}  // namespace rc
