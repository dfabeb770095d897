// SPDX-License-Identifier: Apache-2.0
// slabs.h compiled for NEON: two channels a step.
#define RC_LEVEL neon
#include "kernels/voxelize/slabs.h"

const rc::SlabKernels rc::slab_kernels_neon = {
    list_points<Cell>, measure_range<Cell>, reduce_slab, number_slab, list_slab, number_points};
