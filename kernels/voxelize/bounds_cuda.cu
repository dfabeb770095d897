// SPDX-License-Identifier: Apache-2.0
// rc_pointcloud_bounds on a CUDA device, and the check of offsets and lengths.
#define RC_LEVEL cuda
#include "kernels/common/cuda_launch.h"
#include "kernels/voxelize/bounds.h"
#include "kernels/voxelize/check.h"
#include "kernels/voxelize/voxelize_cuda.h"

RC_KERNELS_BEGIN
namespace {

using Word = unsigned long long;

// Numbers that compare as doubles do, -0 below 0, for atomics.
__device__ Word ordered(double x) {
  const uint64_t bits = bit_cast<uint64_t>(x);
  return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
}
__device__ double from_ordered(Word word) {
  const uint64_t bits = word >> 63 ? word & ~(uint64_t{1} << 63) : ~uint64_t{word};
  return bit_cast<double>(bits);
}

// Ordered numbers of each cloud: the least x, y, z, then the greatest.
__global__ void __launch_bounds__(kTile) clear_bounds(Word* words, int64_t clouds) {
  for_each_number(clouds * 6,
                  [&](int64_t i) { words[i] = ordered(i % 6 < 3 ? HUGE_VAL : -HUGE_VAL); });
}

__device__ void add_to_cloud(Word* words, const Bounds& bounds) {
  for (int axis = 0; axis < 3; ++axis) {
    const Word least = ordered(bounds.least[axis]), greatest = ordered(bounds.greatest[axis]);
    volatile Word* const least_so_far = words + axis;
    volatile Word* const greatest_so_far = words + 3 + axis;
    // Few threads have news: most need only look.
    if (least < *least_so_far) atomicMin(words + axis, least);
    if (greatest > *greatest_so_far) atomicMax(words + 3 + axis, greatest);
  }
}

__global__ void __launch_bounds__(kTile)
    bound_points(const __grid_constant__ BoundsPlan plan, Word* words) {
  const Array& points = plan.cloud.array;
  int64_t cloud = -1;
  Bounds bounds = no_bounds();
  for_each_number(plan.cloud.positions(), [&](int64_t i) {
    const PointPlace place = place_of(plan.cloud, i);
    if (place.cloud < 0) return;
    if (place.cloud != cloud) {
      if (cloud >= 0) add_to_cloud(words + cloud * 6, bounds);
      cloud = place.cloud;
      bounds = no_bounds();
    }
    add_point(bounds, points, start_of(points, place));
  });
  if (cloud >= 0) add_to_cloud(words + cloud * 6, bounds);
}

__global__ void __launch_bounds__(kTile)
    write_bounds(const __grid_constant__ BoundsPlan plan, const Word* words) {
  for_each_number(plan.cloud.clouds, [&](int64_t cloud) {
    Bounds bounds;
    for (int axis = 0; axis < 3; ++axis) {
      bounds.least[axis] = from_ordered(words[cloud * 6 + axis]);
      bounds.greatest[axis] = from_ordered(words[cloud * 6 + 3 + axis]);
    }
    store_bounds(plan, cloud, bounds);
  });
}

__global__ void __launch_bounds__(kTile)
    check_numbers(int32_t op, const __grid_constant__ Cloud cloud, FaultRecord* record,
                  uint64_t call) {
  for_each_number(checks_of(cloud), [&](int64_t i) {
    const Fault fault = check_cloud_number(op, cloud, i);
    if (fault.kind != FaultKind::kNone) report(record, call, fault);
  });
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t pointcloud_bounds_cuda(const BoundsPlan& plan, Carver& carver, bool launch,
                                   cudaStream_t stream) {
  const int64_t clouds = plan.cloud.clouds, positions = plan.cloud.positions();
  Word* const words = carver.take<Word>(clouds * 6);
  if (!launch || clouds == 0) return cudaSuccess;
  clear_bounds<<<blocks_for(clouds * 6), kTile, 0, stream>>>(words, clouds);
  if (positions > 0) {
    bound_points<<<blocks_for(positions), kTile, 0, stream>>>(plan, words);
  }
  write_bounds<<<blocks_for(clouds), kTile, 0, stream>>>(plan, words);
  return cudaGetLastError();
}

cudaError_t check_cloud_cuda(int32_t op, const Cloud& cloud, FaultRecord* record, uint64_t call,
                             cudaStream_t stream) {
  const int64_t count = cloud.validate ? checks_of(cloud) : 0;
  if (count == 0) return cudaSuccess;
  check_numbers<<<blocks_for(count), kTile, 0, stream>>>(op, cloud, record, call);
  return cudaGetLastError();
}

}  // namespace rc
