// SPDX-License-Identifier: Apache-2.0
// points.h compiled for NEON: four points a step.
#define RC_LEVEL neon
#include "kernels/voxelize/points.h"

const rc::PointKernels rc::point_kernels_neon = {mark_points, list_points<uint32_t>,
                                                 list_points<uint64_t>, measure_range<uint32_t>,
                                                 measure_range<uint64_t>};
