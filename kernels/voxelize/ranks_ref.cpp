// SPDX-License-Identifier: Apache-2.0
// ranks.h with what every processor has.
#define RC_LEVEL baseline
#include "kernels/voxelize/ranks.h"

const rc::RankKernels rc::rank_kernels_baseline = {
    list_points<Cell>, measure_range<Cell>, mark_cells, add_points, list_ranks, number_points};
