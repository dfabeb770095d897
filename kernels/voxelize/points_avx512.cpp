// SPDX-License-Identifier: Apache-2.0
// points.h compiled for AVX-512: sixteen points a step.
#define RC_LEVEL avx512
#include "kernels/voxelize/points.h"

const rc::PointKernels rc::point_kernels_avx512 = {
    mark_points, list_points<Entry<uint32_t>>, list_points<Entry<uint64_t>>,
    measure_range<Entry<uint32_t>>, measure_range<Entry<uint64_t>>};
