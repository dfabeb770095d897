// SPDX-License-Identifier: Apache-2.0
#include "lib/options.h"

namespace rc {
namespace {

void check_size(uint32_t size, uint32_t first, const char* argument) {
  if (size < first) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected struct_size of at least %u, got %u", argument,
         first, size);
  }
}

}  // namespace

void check_struct(const void* user, uint32_t first, uint32_t known, const char* argument) {
  if (user == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected a struct, got NULL", argument);
  }
  uint32_t size;
  std::memcpy(&size, user, sizeof size);
  check_size(size, first, argument);
  const auto* bytes = static_cast<const unsigned char*>(user);
  for (uint32_t i = known; i < size; ++i) {
    if (bytes[i] != 0) {
      fail(RC_ERROR_UNSUPPORTED_OPTION,
           "%s: byte %u of %u is set: an option of newer headers, unknown to robocache %s",
           argument, i, size, rc_version_string());
    }
  }
}

void init_struct(void* user, uint32_t size, uint32_t first, const char* argument) {
  if (user == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected a struct, got NULL", argument);
  }
  check_size(size, first, argument);
  std::memset(user, 0, size);
  std::memcpy(user, &size, sizeof size);
}

}  // namespace rc
