// SPDX-License-Identifier: Apache-2.0
#include "robocache/version.h"

#include <dlfcn.h>

#include <cstdio>
#include <string>

#include "lib/build_config.h"
#include "lib/cuda_device.h"
#include "lib/error.h"

#define RC_TEXT_OF(token) #token
#define RC_TEXT(macro) RC_TEXT_OF(macro)
#define RC_VERSION_TEXT \
  RC_TEXT(RC_VERSION_MAJOR) "." RC_TEXT(RC_VERSION_MINOR) "." RC_TEXT(RC_VERSION_PATCH)

namespace {

std::string version_text(uint32_t version) {
  return std::to_string(version / 1000000) + "." + std::to_string(version / 1000 % 1000) + "." +
         std::to_string(version % 1000);
}

/** The file that this code was loaded from. */
std::string loaded_file() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&rc_version), &info) == 0 || !info.dli_fname) {
    return "an unknown file";
  }
  return info.dli_fname;
}

}  // namespace

uint32_t rc_version(void) { return RC_VERSION; }

const char* rc_version_string(void) { return RC_VERSION_TEXT; }

const char* rc_build_info(void) {
  struct Line {
    char text[256];
  };
  static const Line line = [] {
    Line made;
    std::snprintf(made.text, sizeof made.text, "robocache %s, %s, %s, %s", RC_VERSION_TEXT,
                  RC_COMPILER, RC_ARCHITECTURE, rc::cuda_build_info());
    return made;
  }();
  return line.text;
}

rc_status rc_check_version(uint32_t header_version) {
  return rc::entry("rc_check_version", [&] {
    if (header_version > RC_VERSION) {
      rc::fail(RC_ERROR_VERSION_MISMATCH,
               "header_version: expected at most %s, the version of %s, got %s", RC_VERSION_TEXT,
               loaded_file().c_str(), version_text(header_version).c_str());
    }
  });
}
