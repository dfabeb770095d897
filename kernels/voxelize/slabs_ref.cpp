// SPDX-License-Identifier: Apache-2.0
// slabs.h with what every processor has.
#define RC_LEVEL baseline
#include "kernels/voxelize/slabs.h"

const rc::SlabKernels rc::slab_kernels_baseline = {
    list_points<Cell>, measure_range<Cell>, reduce_slab, number_slab, list_slab, number_points};
