// SPDX-License-Identifier: Apache-2.0
// points.h compiled for AVX2, FMA and F16C: eight points a step instead of four.
#define RC_LEVEL avx2
#include "kernels/voxelize/points.h"

const rc::PointKernels rc::point_kernels_avx2 = {
    mark_points, list_points<Entry<uint32_t>>, list_points<Entry<uint64_t>>,
    measure_range<Entry<uint32_t>>, measure_range<Entry<uint64_t>>};
