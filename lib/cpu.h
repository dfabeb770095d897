// SPDX-License-Identifier: Apache-2.0
/** What the processor and the system offer. */
#pragma once

#include <cstdint>
#include <string>

#include "robocache/context.h"

namespace rc::cpu {

/** Whether the processor and the system support a level. Never of AUTO. */
bool has(rc_simd_level level);

/** The highest of them. */
rc_simd_level best_simd_level();

/** "baseline", "avx2", "avx512", "neon". */
const char* name(rc_simd_level level);

/** The levels that the processor has, as "baseline, avx2". */
std::string simd_levels();

/** Logical cores that this process may use, at least 1. */
int cores();

/** Bytes of physical memory. */
uint64_t memory();

/** The processor's own name. */
std::string brand();

}  // namespace rc::cpu
