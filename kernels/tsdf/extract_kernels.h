// SPDX-License-Identifier: Apache-2.0
// The CPU kernels of rc_tsdf_extract_points, in the order in which a call uses them.
#pragma once

#include "kernels/tsdf/extract_plan.h"

namespace rc {

// Points between the voxels of the row and their next ones.
int64_t count_crossings_of_row(const ExtractPlan& plan, int64_t row);

// Writes them from row `first` of the outputs on, as far as there is room.
void write_crossings_of_row(const ExtractPlan& plan, int64_t row, int64_t first);

// Fills the rows [begin, end) of the outputs, which no point has.
void clear_crossings(const ExtractPlan& plan, int64_t begin, int64_t end);

}  // namespace rc
