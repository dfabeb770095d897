// SPDX-License-Identifier: Apache-2.0
// What frames tell the voxels of a thread, by the operations of integrate.h. Where all numbers are of a
// usual size there are no branches among them, and divisions and roots are the steps that compilers make
// of them without the look at each operand; elsewhere each voxel is asked as on a CPU.
#pragma once

#include "kernels/tsdf/integrate.h"
#include "kernels/tsdf/scratch_cuda.cuh"

RC_KERNELS_BEGIN

// Voxels of a thread, side by side along z.
constexpr int kVoxels = 2;

// Numbers of a call. Stride: of a depth image, in bytes.
template <class Stride>
struct Numbers {
  // Bits of the greatest depth that counts.
  uint32_t greatest;
  // z of a voxel whose numbers may be of a usual size is greater.
  float nearest;
  float per_truncation;
  Stride row, column;
  // Bytes of 32 columns of masks.
  int32_t strip;
};

// A frame of a pass. Each row of the camera is one access.
struct alignas(16) View {
  Camera camera;
  // Where the depth and the mask of pixel (-kPixel, -kPixel) would be.
  uint64_t depth, mask;
};

// Voxels of a thread from a place on, of which `count` are in the grid: others are the first one again.
struct Pair {
  float x, y, z[kVoxels];
  int count;
  float *tsdf_at, *weight_at;
  Frames frames;
  float tsdf[kVoxels], weight[kVoxels];
};

// --- Numbers of usual size.

// No step below overflows or loses digits between these.
constexpr float kLeastUsual = 0x1p-40f, kMostUsual = 0x1p40f;
RC_HD inline bool is_usual(float x) { return (x > kLeastUsual) & (x < kMostUsual); }

// Whether no ray of a camera has a slope whose square overflows.
inline bool has_finite_rays(const IntegratePlan& plan, const CameraPass& pass) {
  const float sizes[2] = {static_cast<float>(plan.width), static_cast<float>(plan.height)};
  for (int f = 0; f < pass.count; ++f) {
    const Camera& camera = pass.cameras[f];
    for (int side = 0; side < 2; ++side) {
      const float first = std::fabs(camera.principal[side]);
      const float last = std::fabs(sizes[side] - camera.principal[side]);
      if (!(most_of(first, last) * std::fabs(camera.slope[side]) < 0x1p60f)) return false;
    }
  }
  return true;
}

// 1 / x, rounded as a division is, for x in (2^-100, 2^100).
__device__ inline float inverse_of(float x) {
  float about;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(about) : "f"(x));
  return fmaf(about, fmaf(-x, about, 1), about);
}

// a / x, rounded, for a usual x, its rounded inverse, and a = 0 or in size from 2^-64 to 2^40.
__device__ inline float quotient_of(float a, float x, float inverse) {
  const float about = a * inverse;
  return fmaf(fmaf(-x, about, a), inverse, about);
}

// The square root, rounded, of x in [1, 2^122).
__device__ inline float root_of(float x) {
  float inverse;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(inverse) : "f"(x));
  const float about = x * inverse;
  return fmaf(fmaf(-about, about, x), inverse * 0.5f, about);
}

// --- Pixels.

// The bits of 2^23 + n, for n in [0, 2^22), as many pixels as an image may have along a side, number
// pixel n: no conversions, which devices do slowly.
constexpr float kPixelZero = 0x1p23f;
constexpr int32_t kPixel = 0x4b000000;
struct Place {
  float row, column;
};

// False where the frame does not see voxel (x, y, z) in front of the camera, 1 / z being `inverse`. As
// numbers without a sign rows and columns beside the image are too great, whatever they are made of.
__device__ inline bool place_of(const IntegratePlan& plan, const Camera& camera, float x, float y,
                                float z, float inverse, Place& place) {
  const auto at = [&](int side) {
    return __fadd_rd(fmaf(dot(camera.rows[side], x, y, z), inverse, camera.middle[side]),
                     kPixelZero);
  };
  place.column = at(0);
  place.row = at(1);
  const auto is_in = [](float pixel, int64_t size) {
    return static_cast<uint32_t>(__float_as_int(pixel) - kPixel) < static_cast<uint32_t>(size);
  };
  return is_in(place.column, plan.width) && is_in(place.row, plan.height);
}

// An element of a depth image as it is.
template <class Depth>
using Bits = std::conditional_t<std::is_same_v<Depth, float>, uint32_t, Depth>;

// The word that has the bit of a pixel, bit `place.column` % 32 of it.
template <class Stride>
__device__ uint32_t load_mask(const Numbers<Stride>& numbers, const View& view,
                              const Place& place) {
  const int64_t offset = int64_t{__float_as_int(place.column) >> Masks::kShift} * numbers.strip +
                         int64_t{__float_as_int(place.row)} * int64_t{sizeof(uint32_t)};
  return __ldg(reinterpret_cast<const uint32_t*>(view.mask + offset));
}

// The depths at the pixels of a pair, 0, which is no measurement, for those that are not inside.
template <class Depth, class Stride>
__device__ void load_depths(const Numbers<Stride>& numbers, const View& view,
                            const Place (&places)[kVoxels], const bool (&inside)[kVoxels],
                            uint32_t (&depths)[kVoxels]) {
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    depths[i] = 0;
    if (!inside[i]) continue;
    const int64_t offset = int64_t{__float_as_int(places[i].row)} * numbers.row +
                           int64_t{__float_as_int(places[i].column)} * numbers.column;
    depths[i] = __ldg(reinterpret_cast<const Bits<Depth>*>(view.depth + offset));
  }
}

template <class Depth>
__device__ float depth_of(uint32_t bits) {
  return std::is_same_v<Depth, float> ? __uint_as_float(bits) : static_cast<float>(bits);
}

// is_measurement() of depths as images have them: numbers above 0 are in the order of their bits.
template <class Depth>
uint32_t greatest_bits(float limit) {
  if (std::is_same_v<Depth, float>) return bit_cast<uint32_t>(limit);
  return static_cast<uint32_t>(std::min(limit, 65535.0f));
}
__device__ inline bool is_measured(uint32_t bits, uint32_t greatest) { return bits - 1 < greatest; }

// --- Frames that see a part as free space where there is a measurement.

// Counts how many of some frames have a measurement where a voxel of a pair falls on them. `kInside`: all
// voxels fall on their images. They lie before the cameras.
template <bool kInside, class Stride, int kViews>
__device__ void count_measured(const IntegratePlan& plan, const Numbers<Stride>& numbers,
                               const View* const (&views)[kViews], const Pair& pair,
                               int (&counts)[kVoxels]) {
  Place places[kViews][kVoxels];
  uint32_t masks[kViews][kVoxels];
#pragma unroll
  for (int v = 0; v < kViews; ++v) {
    const Camera& camera = views[v]->camera;
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      Place& place = places[v][i];
      const float inverse = inverse_of(dot(camera.rows[2], pair.x, pair.y, pair.z[i]));
      const bool inside = place_of(plan, camera, pair.x, pair.y, pair.z[i], inverse, place);
      masks[v][i] = kInside || inside ? load_mask(numbers, *views[v], place) : 0;
    }
  }
#pragma unroll
  for (int v = 0; v < kViews; ++v) {
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) {
      counts[i] += __funnelshift_r(masks[v][i], 0, __float_as_int(places[v][i].column)) & 1;
    }
  }
}

// The same of the frames of a pass whose bits are set: two at a time wait no longer than one.
template <bool kInside, class Stride>
__device__ void count_measured(const IntegratePlan& plan, const Numbers<Stride>& numbers,
                               const View (&views)[kFramesOfPass], uint32_t frames,
                               const Pair& pair, int (&counts)[kVoxels]) {
  const auto next = [&] {
    const int f = 31 - __clz(static_cast<int>(frames));
    frames ^= 1u << f;
    return &views[f];
  };
  while (frames != 0) {
    const View* const first = next();
    if (frames == 0) {
      return count_measured<kInside, Stride, 1>(plan, numbers, {first}, pair, counts);
    }
    count_measured<kInside, Stride, 2>(plan, numbers, {first, next()}, pair, counts);
  }
}

// Lets `count` frames observe a voxel as free space.
__device__ inline void add_free_space(FieldState& state, int count, float max_weight) {
  // Whole numbers up to 2^24 add up without rounding.
  const bool is_whole = (state.weight + 0x1p23f) - 0x1p23f == state.weight;
  if ((state.tsdf == 1 || state.weight == 0) && is_whole && state.weight < 0x1p22f) {
    state.tsdf = 1;
    state.weight = fminf(state.weight + static_cast<float>(count), max_weight);
    return;
  }
#pragma unroll 1
  for (int i = 0; i < count; ++i) add_distance(state, 1, 1, max_weight);
}

// --- Frames that may tell anything.

// A pair, and the bits of the voxels that some frame observed.
struct Asked {
  FieldState states[kVoxels];
  uint32_t seen;
};

// A frame asked for each voxel, as on a CPU. Called rarely: in line it would take registers from what is.
template <class Depth, bool kColors>
__device__ __noinline__ Asked ask_each(const IntegratePlan& plan, const Camera& camera,
                                       int64_t frame, float x, float y, float z, float next_z,
                                       Asked asked) {
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    Pixel pixel;
    if (!pixel_of(plan, camera, x, y, i == 0 ? z : next_z, pixel)) continue;
    const float depth =
        number_at<Depth>(plan.depth, plan.depth.element(frame, pixel.row, pixel.column));
    if (observe<kColors>(plan, camera, frame, pixel, depth, asked.states[i])) asked.seen |= 1u << i;
  }
  return asked;
}

// What a frame tells a voxel: nothing, or a distance as a part of the truncation distance.
struct Told {
  bool anything, within;
  float distance, weight;
};

// Of a voxel that falls on a pixel `difference` before what is measured there, with the weight `weight`.
// False: a number is not usual.
template <class Stride>
__device__ bool tell(const IntegratePlan& plan, const Numbers<Stride>& numbers,
                     const Camera& camera, const Place& place, float difference, float weight,
                     Told& told) {
  const float a = (place.column - kPixelZero - camera.principal[0]) * camera.slope[0];
  const float b = (place.row - kPixelZero - camera.principal[1]) * camera.slope[1];
  const float square = fmaf(a, a, fmaf(b, b, 1.0f));
  // What is farther than the truncation distance along z is so along the ray: the root is at least 1.
  const float d = difference * root_of(square);
  told.within = d <= plan.truncation;
  told.weight = weight_behind(plan, d, weight);
  told.anything = (d >= -plan.truncation) & (told.within | (plan.carving != 0)) & (told.weight > 0);
  told.distance = told.within ? quotient_of(d, plan.truncation, numbers.per_truncation) : 1.0f;
  return square < kMostUsual;
}

// Lets a frame observe a pair. All steps of both voxels are made, without branches, and used or not.
template <class Depth, bool kColors, class Stride>
__device__ void ask(const IntegratePlan& plan, const Numbers<Stride>& numbers, const View& view,
                    int64_t frame, const Pair& pair, Asked& asked) {
  const Camera& camera = view.camera;
  Place places[kVoxels];
  float z[kVoxels];
  uint32_t depths[kVoxels];
  bool inside[kVoxels], usual = true;
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    z[i] = dot(camera.rows[2], pair.x, pair.y, pair.z[i]);
    usual &= (z[i] > numbers.nearest) & (z[i] < kMostUsual);
    inside[i] = place_of(plan, camera, pair.x, pair.y, pair.z[i], inverse_of(z[i]), places[i]);
  }
  load_depths<Depth>(numbers, view, places, inside, depths);
  float measured[kVoxels], weights[kVoxels];
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    measured[i] = depth_of<Depth>(depths[i]) * plan.depth_scale;
    weights[i] = 1;
  }
  if (plan.inverse_square != 0) {
#pragma unroll
    for (int i = 0; i < kVoxels; ++i) weights[i] = weight_of(plan, measured[i]);
  }
  Told told[kVoxels];
  float sums[kVoxels], means[kVoxels];
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    const FieldState& state = asked.states[i];
    bool is_told = tell(plan, numbers, camera, places[i], measured[i] - z[i], weights[i], told[i]);
    told[i].anything &= is_measured(depths[i], numbers.greatest);
    sums[i] = state.weight + told[i].weight;
    const float total = fmaf(state.tsdf, state.weight, told[i].distance * told[i].weight);
    means[i] = quotient_of(total, sums[i], inverse_of(sums[i]));
    is_told &= is_usual(sums[i]) & is_usual(fabsf(total));
    usual &= is_told | !told[i].anything;
  }
  if (!usual) {
    asked =
        ask_each<Depth, kColors>(plan, camera, frame, pair.x, pair.y, pair.z[0], pair.z[1], asked);
    return;
  }
#pragma unroll
  for (int i = 0; i < kVoxels; ++i) {
    if (!told[i].anything) continue;
    FieldState& state = asked.states[i];
    if (kColors && plan.color && told[i].within) {
      float color[3];
      const auto pixel = [](float at) { return __float_as_int(at) - kPixel; };
      color_at(plan.color, plan.color.element(frame, pixel(places[i].row), pixel(places[i].column)),
               color);
      add_color(state, color, told[i].weight);
    }
    state.tsdf = means[i];
    state.weight = fminf(sums[i], plan.max_weight);
    asked.seen |= 1u << i;
  }
}

RC_KERNELS_END
