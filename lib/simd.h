// SPDX-License-Identifier: Apache-2.0
/** The choice between the variants of a kernel. */
#pragma once

#include "robocache/context.h"

/** The variant of `kernel` for a level of this architecture. */
#if defined(__x86_64__)
#define RC_AT_LEVEL(level, kernel)             \
  ((level) == RC_SIMD_AVX512 ? kernel##_avx512 \
   : (level) == RC_SIMD_AVX2 ? kernel##_avx2   \
                             : kernel##_baseline)
#elif defined(__aarch64__)
#define RC_AT_LEVEL(level, kernel) ((level) == RC_SIMD_NEON ? kernel##_neon : kernel##_baseline)
#else
#error "add the levels of this architecture"
#endif
