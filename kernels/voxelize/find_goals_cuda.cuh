// SPDX-License-Identifier: Apache-2.0
// What a block that sorts does first: it finds where its points go, and counts those of each tile.
#pragma once

#include <cuda_pipeline_primitives.h>

#include "kernels/voxelize/batches_cuda.cuh"
#include "kernels/voxelize/goals_cuda.cuh"

RC_KERNELS_BEGIN

// A turn of tiles for which points are sorted.
template <class T, class Row>
struct SortJob {
  VoxelPlan plan;
  Goals<T> goals;
  PlainGoals plain;  // where they serve
  Batches<Row> batches;
  int64_t first;       // channel
  int32_t* exponents;  // of the range, where it is measured
  bool is_aligned;     // points lie in words of 16 bytes
  uint32_t* cleared;   // [2]: set to 0 for the kernels that follow
};

// One plain cloud, and the channels of a row lie side by side: without all that others need.
template <class Row>
bool is_plain(const VoxelPlan& plan, const Tiling& tiling, int64_t first) {
  const Array& features = plan.features;
  if (!is_one_plain_cloud(plan.cloud) || !PlainGoals::serve(plan.grid, tiling)) return false;
  if constexpr (kRowBytes<Row> == 0) {
    return true;
  } else {
    constexpr int64_t kSize = sizeof(Row) / kChannels;
    const auto address =
        reinterpret_cast<uintptr_t>(features.data) + static_cast<uintptr_t>(first * kSize);
    return item_size(features.type) == kSize && features.channel == 1 &&
           plan.width - first >= kChannels && features.step % kChannels == 0 &&
           address % sizeof(Row) == 0;
  }
}

// Of one channel.
template <class Row>
struct NumberOf {
  using Type = std::remove_reference_t<decltype(Row{}.of[0])>;
};
template <>
struct NumberOf<NoRow> {
  using Type = float;
};

// Where four points of a thread go.
struct alignas(16) FourGoals {
  uint32_t of[4];
};

// The j-th of them, out of those that a block reads at once: side by side in a plain cloud, where that
// takes fewer loads; else as the threads lie, so that what a warp reads at once is near.
template <bool kPlain, class Row>
__device__ uint32_t number_of(int j) {
  return kPlain ? threadIdx.x * SortShape<Row>::kGroup + j
                : j * SortShape<Row>::kThreads + threadIdx.x;
}

struct FourPoints {
  float of[4][3];
};

// Reads points from number i on; those from `end` on are NaN.
__device__ inline FourPoints load_points(const float* points, uint32_t i, uint32_t end,
                                         bool is_aligned) {
  const float* const first = points + size_t{3} * i;
  FourPoints loaded;
  if (is_aligned && i + 4 <= end) {
    float4 words[3];
    for (int k = 0; k < 3; ++k) words[k] = __ldg(reinterpret_cast<const float4*>(first) + k);
    memcpy(&loaded, words, sizeof(words));
    return loaded;
  }
  for (uint32_t j = 0; j < 4; ++j) {
    for (uint32_t axis = 0; axis < 3; ++axis) {
      loaded.of[j][axis] = i + j < end ? first[3 * j + axis] : NAN;
    }
  }
  return loaded;
}

// Where a point goes of which that is not sure at a glance. Not inlined: few points want it.
template <class Row>
__device__ __noinline__ uint32_t look_again(const SortJob<float, Row>& job, float x, float y,
                                            float z) {
  const float point[3] = {x, y, z};
  const uint32_t goal = job.plain.template of<true>(point);
  return goal != kUnsure ? goal : job.goals.of(point, 0);
}

// Finds where the points from number i on go, and counts those of each tile.
template <class Row>
__device__ FourGoals find_plain(const SortJob<float, Row>& job, const FourPoints& points,
                                uint32_t i, uint32_t end, uint32_t* counts) {
  const PlainGoals& plain = job.plain;
  FourGoals goals;
  bool sure = true;
  for (int j = 0; j < 4; ++j) {
    goals.of[j] = plain.template of<false>(points.of[j]);
    sure = sure && goals.of[j] != kUnsure;
  }
  for (int j = 0; j < 4 && !sure; ++j) {
    const float (&p)[3] = points.of[j];
    if (goals.of[j] != kUnsure) continue;
    goals.of[j] = i + j < end ? look_again(job, p[0], p[1], p[2]) : kNowhere;
  }
  for (int j = 0; j < 4; ++j) {
    // Without a branch: points without a tile have a counter of their own.
    atomicAdd(counts + min(goals.of[j] >> plain.local_bits, job.batches.lost()), 1u);
  }
  return goals;
}

// The same for all that arrays can be like. Rows go to shared memory.
template <class T, class Row>
__device__ FourGoals find_any(const SortJob<T, Row>& job, const SortMemory<Row>& memory,
                              uint32_t begin, uint32_t first, uint32_t end) {
  // All of them on their way before the first one is placed.
  int clouds[4];
  typename Placer<T>::Real points[4][3];
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const uint32_t i = first + number_of<false, Row>(j);
    clouds[j] = -1;
    if (i >= end) continue;
    const PointPlace at = place_of(job.plan.cloud, i);
    clouds[j] = static_cast<int>(at.cloud);
    if (at.cloud < 0) continue;
    job.goals.placer.load(at, points[j]);
    if constexpr (kRowBytes<Row> != 0) {
      using Number = typename NumberOf<Row>::Type;
      memory.rows[i - begin] = row_of_point<Number>(job.plan, at, job.first);
    }
  }
  FourGoals goals;
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    goals.of[j] = clouds[j] < 0 ? kNowhere : job.goals.of(points[j], clouds[j]);
    if (goals.of[j] >= kElsewhere) continue;
    atomicAdd(memory.places + (goals.of[j] >> job.goals.tiling.local_bits()), 1u);
  }
  return goals;
}

// Has some features of a batch come to shared memory, in the shape of the points that a block reads at once.
template <class Row>
__device__ void fetch_rows(const SortJob<float, Row>& job, uint32_t begin, uint32_t first,
                           uint32_t end, Row* rows) {
  using Shape = SortShape<Row>;
  const Array& features = job.plan.features;
  const auto* const data = reinterpret_cast<const typename NumberOf<Row>::Type*>(features.data);
#pragma unroll
  for (int k = 0; k < Shape::kGroup; ++k) {
    const uint32_t i = first + k * Shape::kThreads + threadIdx.x;
    if (i >= end) continue;
    __pipeline_memcpy_async(rows + (i - begin), data + i * features.step + job.first, sizeof(Row));
  }
}

// Where a thread's four points go, out of those that a block reads at once, from number `first` on.
template <bool kPlain, class T, class Row>
__device__ FourGoals find_goals(const SortJob<T, Row>& job, const SortMemory<Row>& memory,
                                uint32_t begin, uint32_t first, uint32_t end) {
  if constexpr (!kPlain) {
    return find_any(job, memory, begin, first, end);
  } else {
    const auto* const data = reinterpret_cast<const float*>(job.plan.cloud.array.data);
    const uint32_t i = first + number_of<kPlain, Row>(0);
    FourPoints points;
    if (i < end) points = load_points(data, i, end, job.is_aligned);
    // On their way while the points find their places.
    if constexpr (kRowBytes<Row> != 0) fetch_rows(job, begin, first, end, memory.rows);
    if (i < end) return find_plain(job, points, i, end, memory.places);
    return {kNowhere, kNowhere, kNowhere, kNowhere};
  }
}

RC_KERNELS_END
