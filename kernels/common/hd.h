// SPDX-License-Identifier: Apache-2.0
// What lets one file of arithmetic serve g++ at every SIMD level and nvcc.
//
// Each translation unit that compiles kernels for a level defines RC_LEVEL (baseline, avx2, avx512,
// neon, cuda); what serves every level does not. Everything inside RC_KERNELS_BEGIN / END then gets
// names of its own, so that the linker can never give the baseline build a function that was
// compiled with AVX2.
#pragma once

#if defined(__CUDACC__)
#define RC_HD __host__ __device__
#else
#define RC_HD
#endif

// For what few calls need: whatever calls it does not grow by a copy.
#define RC_RARE RC_HD __attribute__((noinline))

// For what loops do for each element: a call would take its vectors through memory.
#define RC_INLINE RC_HD inline __attribute__((always_inline))

// For the few functions that all levels share: no copy of one is left for the linker to choose.
#define RC_SHARED RC_INLINE

#ifndef RC_LEVEL
#define RC_LEVEL every
#endif

#define RC_KERNELS_BEGIN \
  namespace rc {         \
  inline namespace RC_LEVEL {
#define RC_KERNELS_END \
  }                    \
  }
