// SPDX-License-Identifier: Apache-2.0
// ranks.h compiled for NEON: two channels a step.
#define RC_LEVEL neon
#include "kernels/voxelize/ranks.h"

const rc::RankKernels rc::rank_kernels_neon = {
    list_points<Cell>, measure_range<Cell>, mark_cells, add_points, list_ranks, number_points};
