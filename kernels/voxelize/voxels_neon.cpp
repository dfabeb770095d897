// SPDX-License-Identifier: Apache-2.0
// voxels.h compiled for NEON: four channels are two vectors.
#define RC_LEVEL neon
#include "kernels/voxelize/voxels.h"

const rc::VoxelKernels<uint32_t> rc::voxel_kernels32_neon = {
    reduce_voxels<uint32_t>, pass_gradients<uint32_t>, number_of_voxels<uint32_t>,
    list_voxels<uint32_t>};
const rc::VoxelKernels<uint64_t> rc::voxel_kernels64_neon = {
    reduce_voxels<uint64_t>, pass_gradients<uint64_t>, number_of_voxels<uint64_t>,
    list_voxels<uint64_t>};
