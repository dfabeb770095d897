// SPDX-License-Identifier: Apache-2.0
// ranks.h compiled for AVX2, FMA and F16C: four channels a step.
#define RC_LEVEL avx2
#include "kernels/voxelize/ranks.h"

const rc::RankKernels rc::rank_kernels_avx2 = {
    list_points<Cell>, measure_range<Cell>, mark_cells, add_points, list_ranks, number_points};
