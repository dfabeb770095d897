// SPDX-License-Identifier: Apache-2.0
// Positions on the CPU: stretches of points of one cloud, so that loops need not ask for each point.
#pragma once

#include <algorithm>

#include "kernels/voxelize/cell.h"

RC_KERNELS_BEGIN

// Points of one cloud, at the positions [begin, end).
struct Run {
  int64_t cloud;  // -1: they belong to none
  int64_t begin, end;
  int64_t index;  // of the first one, along the axis of points

  // Number of the first element of the point at `position`.
  int64_t start(const Array& array, int64_t position) const {
    return std::max<int64_t>(cloud, 0) * array.row + (index + position - begin) * array.step;
  }
};

// End of the stretch that begins at `position`. Wrong offsets and lengths give a wrong one, but one
// beyond `position`.
inline int64_t end_of_run(const Cloud& cloud, int64_t position, const PointPlace& place) {
  if (cloud.offsets) {
    const int64_t next = place.cloud < 0 ? 0 : place.cloud + 1;
    if (place.cloud < 0 && position >= cloud.offsets[cloud.clouds]) return cloud.points;
    return std::max(position + 1, cloud.offsets[next]);
  }
  const int64_t length = cloud.lengths && place.cloud >= 0
                             ? std::min(cloud.lengths[place.cloud], cloud.points)
                             : cloud.points;
  return position - place.index + length;
}

// Calls body(run) for the stretches of the positions [begin, end).
template <class Body>
void for_each_run(const Cloud& cloud, int64_t begin, int64_t end, Body body) {
  while (begin < end) {
    const PointPlace place = place_of(cloud, begin);
    Run run = {place.cloud, begin, std::min(end, end_of_run(cloud, begin, place)), place.index};
    if (cloud.offsets) run.index = begin;
    body(run);
    begin = run.end;
  }
}

// Adds to a column of the `stats` output, beside other threads.
inline void add_stat(const Array& stats, int64_t cloud, rc_voxel_stat column, int64_t count) {
  if (!stats || count == 0) return;
  int64_t* const stat =
      reinterpret_cast<int64_t*>(stats.data) + cloud * stats.row + column * stats.channel;
  __atomic_fetch_add(stat, count, __ATOMIC_RELAXED);
}

RC_KERNELS_END
