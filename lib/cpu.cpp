// SPDX-License-Identifier: Apache-2.0
#include "lib/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace rc::cpu {

namespace {

// Of this architecture, in rising order.
#if defined(__x86_64__)
constexpr rc_simd_level levels[] = {RC_SIMD_BASELINE, RC_SIMD_AVX2, RC_SIMD_AVX512};

// The built-ins ask the system, too, whether it saves the wide registers.
bool has_avx2() {
  constexpr unsigned f16c_bit = 1u << 29;
  unsigned a, b, c, d;
  const bool f16c = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & f16c_bit) != 0;
  return f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#elif defined(__aarch64__)
constexpr rc_simd_level levels[] = {RC_SIMD_BASELINE, RC_SIMD_NEON};

bool has_neon() { return (getauxval(AT_HWCAP) & HWCAP_ASIMD) != 0; }
#endif

}  // namespace

bool has(rc_simd_level level) {
  switch (level) {
    case RC_SIMD_BASELINE:
      return true;
#if defined(__x86_64__)
    case RC_SIMD_AVX2:
      return has_avx2();
    case RC_SIMD_AVX512:
      return has_avx512();
#elif defined(__aarch64__)
    case RC_SIMD_NEON:
      return has_neon();
#endif
    default:
      return false;
  }
}

rc_simd_level best_simd_level() {
  rc_simd_level best = RC_SIMD_BASELINE;
  for (const rc_simd_level level : levels) {
    if (has(level)) best = level;
  }
  return best;
}

const char* name(rc_simd_level level) {
  switch (level) {
    case RC_SIMD_AVX2:
      return "avx2";
    case RC_SIMD_AVX512:
      return "avx512";
    case RC_SIMD_NEON:
      return "neon";
    default:
      return "baseline";
  }
}

std::string simd_levels() {
  std::string names;
  for (const rc_simd_level level : levels) {
    if (has(level)) names += (names.empty() ? "" : ", ") + std::string(name(level));
  }
  return names;
}

int cores() {
  // The mask has to be as wide as the kernel's, which is not known beforehand.
  for (int width = 1024; width <= 1 << 20; width *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> mask(
        CPU_ALLOC(width), [](cpu_set_t* set) { CPU_FREE(set); });
    if (mask == nullptr) break;
    if (sched_getaffinity(0, CPU_ALLOC_SIZE(width), mask.get()) == 0) {
      return std::max(1, CPU_COUNT_S(CPU_ALLOC_SIZE(width), mask.get()));
    }
  }
  return 1;
}

uint64_t memory() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
}

std::string brand() {
  // C streams: the C++ ones would be the largest part of the library.
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/cpuinfo", "r"), std::fclose);
  char line[512];
  while (file != nullptr && std::fgets(line, sizeof line, file.get()) != nullptr) {
    const char* const colon = std::strstr(line, ": ");
    if (colon != nullptr && std::strncmp(line, "model name", 10) == 0) {
      return std::string(colon + 2, std::strcspn(colon + 2, "\n"));
    }
  }
#if defined(__x86_64__)
  return "x86-64 processor";
#else
  return "AArch64 processor";
#endif
}

}  // namespace rc::cpu
