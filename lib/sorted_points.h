// SPDX-License-Identifier: Apache-2.0
/** The points of a call in the order of their cells, on the CPU. */
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/common/carver.h"
#include "kernels/voxelize/voxelize.h"
#include "lib/context.h"

namespace rc {

template <class Key>
struct SortedPoints {
  /** Points of one cell in the order of the input. */
  Listed<Key> points;
  /** How many have a cell: they come first. */
  int64_t count;
  /** Of the features, where the plan measures their range. */
  const int32_t* exponents;
};

/** The kernels of the SIMD level of a context. */
const PointKernels& point_kernels(const rc_context& context);

/** Lists and sorts the points and counts what is left out, in `workspace`. */
template <class Key>
SortedPoints<Key> sort_points(rc_context& context, const VoxelPlan& plan, char* workspace);

/** Bytes that this needs. */
uint64_t sort_workspace(const VoxelPlan& plan);

/** Calls f with a null pointer to the type of keys. */
template <class F>
auto with_key(const VoxelPlan& plan, F f) {
  if (plan.cells() <= int64_t{std::numeric_limits<uint32_t>::max()}) {
    return f(static_cast<uint32_t*>(nullptr));
  }
  return f(static_cast<uint64_t*>(nullptr));
}

}  // namespace rc
