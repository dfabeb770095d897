// SPDX-License-Identifier: Apache-2.0
#include "lib/context_options.h"

#include <algorithm>

#include "lib/cpu.h"
#include "lib/error.h"

namespace rc {
namespace {

constexpr int32_t max_threads = 1024;

void check_range(const char* field, bool good, const char* expected, int32_t got) {
  if (!good) {
    fail(RC_ERROR_INVALID_ARGUMENT, "options->%s: expected %s, got %d", field, expected, got);
  }
}

void check_known(const rc_context_options& options) {
  if ((options.flags & ~uint32_t{RC_CONTEXT_METRICS}) != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "options->flags: expected bits of rc_context_flag, got %#x",
         options.flags);
  }
  if (options.reserved != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "options->reserved: expected 0, got %d", options.reserved);
  }
}

void check_device(const rc_context_options& options) {
  const int32_t type = options.device_type;
  const bool cuda = type == RC_DEVICE_CUDA;
  check_range("device_type", type == RC_DEVICE_AUTO || type == RC_DEVICE_CPU || cuda,
              "RC_DEVICE_AUTO, RC_DEVICE_CPU or RC_DEVICE_CUDA", type);
  check_range("device_id", options.device_id == 0 || (cuda && options.device_id > 0),
              cuda ? "0 or more" : "0 unless device_type is RC_DEVICE_CUDA", options.device_id);
}

void check_simd_level(int32_t level) {
  check_range("simd_level", level >= RC_SIMD_AUTO && level <= RC_SIMD_NEON, "one of rc_simd_level",
              level);
  if (level != RC_SIMD_AUTO && !cpu::has(static_cast<rc_simd_level>(level))) {
    fail(RC_ERROR_UNSUPPORTED_OPTION,
         "options->simd_level: expected one that the processor has (%s), got %s",
         cpu::simd_levels().c_str(), cpu::name(static_cast<rc_simd_level>(level)));
  }
}

}  // namespace

rc_context_options checked(const rc_context_options& options) {
  check_known(options);
  check_device(options);
  check_range("threads", options.threads >= 0 && options.threads <= max_threads, "0 to 1024",
              options.threads);
  check_simd_level(options.simd_level);
  if ((options.allocate == nullptr) != (options.deallocate == nullptr)) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "options->allocate, options->deallocate: expected both or neither, got one");
  }
  check_range("log_level", options.log_level >= 0, "0 or more", options.log_level);
  return options;
}

int choose_threads(const rc_context_options& options) {
  return options.threads != 0 ? options.threads : std::min(cpu::cores(), max_threads);
}

rc_simd_level choose_simd_level(const rc_context_options& options) {
  return options.simd_level != RC_SIMD_AUTO ? static_cast<rc_simd_level>(options.simd_level)
                                            : cpu::best_simd_level();
}

}  // namespace rc
