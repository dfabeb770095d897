// SPDX-License-Identifier: Apache-2.0
// Float32 in lanes, by the instructions that the file is compiled for. Each lanes_<level>.h has the
// same names, so that one loop serves every level.
#pragma once

#if defined(__AVX512F__)
#include "kernels/tsdf/lanes_avx512.h"
#elif defined(__AVX2__)
#include "kernels/tsdf/lanes_avx2.h"
#elif defined(__aarch64__)
#include "kernels/tsdf/lanes_neon.h"
#endif
