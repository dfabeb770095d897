// SPDX-License-Identifier: Apache-2.0
// The ways of rc_voxelize_sparse on a CUDA device. All give the same bits.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/common/carver.h"
#include "kernels/voxelize/plan.h"

namespace rc {

// Each takes its memory from `carver`, and does no more without `launch`. Stats must be cleared.

// Points are sorted by cell: for any call.
cudaError_t sparse_by_sort_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream);

// The same, with the rows from a table of bits of the cells, that of ranks_cuda.cuh: for reduced
// features without hard voxels, where the table pays.
bool pays_by_sums(const SparsePlan& plan);
cudaError_t sparse_by_sums_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                cudaStream_t stream);

// Without a sort, by such a table and atomics: for hard voxels of few points without reduced
// features, and for coordinates alone.
bool pays_by_ranks(const SparsePlan& plan);
cudaError_t sparse_by_ranks_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                 cudaStream_t stream);

// By tiles of the grid, as dense reductions are, and such a table: for reduced features without
// hard voxels, where points are many and dense.
bool pays_by_tiles(const SparsePlan& plan);
cudaError_t sparse_by_tiles_cuda(const SparsePlan& plan, Carver& carver, bool launch,
                                 cudaStream_t stream);

}  // namespace rc
