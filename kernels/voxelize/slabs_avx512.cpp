// SPDX-License-Identifier: Apache-2.0
// slabs.h compiled for AVX-512: four channels a step.
#define RC_LEVEL avx512
#include "kernels/voxelize/slabs.h"

const rc::SlabKernels rc::slab_kernels_avx512 = {
    list_points<Cell>, measure_range<Cell>, reduce_slab, number_slab, list_slab, number_points};
