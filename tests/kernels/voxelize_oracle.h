// SPDX-License-Identifier: Apache-2.0
/** What voxelize.h says a call writes: point by point, with integers of 128 bits for sums and
 * dictionaries for grids. */
#pragma once

#include "voxelize_case.h"

/** Writes the expected results into the tensors of a case without a fault. */
void write_expected(VoxelCase& c);
