// SPDX-License-Identifier: Apache-2.0
/** What the processor and the system offer. */
#pragma once

#include <cstdint>
#include <string>

#include "robocache/context.h"

namespace rc::cpu {

/** Highest of ::rc_simd_level that the processor and the system support. */
rc_simd_level best_simd_level();

/** "baseline", "avx2". */
const char* name(rc_simd_level level);

/** Logical cores that this process may use, at least 1. */
int cores();

/** Bytes of physical memory. */
uint64_t memory();

/** The processor's own name. */
std::string brand();

}  // namespace rc::cpu
