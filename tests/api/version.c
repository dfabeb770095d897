/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the library, of the headers, and a library older than the headers (onnxruntime
 * #25547: a newer header on an older library crashed). */
#include "check.h"

static void library_and_headers_agree(void) {
  char text[32];
  CHECK_EQUAL(rc_version(), RC_VERSION);
  snprintf(text, sizeof text, "%d.%d.%d", RC_VERSION_MAJOR, RC_VERSION_MINOR, RC_VERSION_PATCH);
  CHECK_TEXT(rc_version_string(), text);
}

static void build_info_names_version_levels_and_cuda(void) {
  CHECK_PART(rc_build_info(), rc_version_string());
  CHECK_PART(rc_build_info(), "(baseline, ");
  CHECK_PART(rc_build_info(), "cuda: ");
  CHECK(strchr(rc_build_info(), '\n') == NULL);
}

static void older_headers_are_served(void) {
  SUCCEEDS(rc_check_version(RC_VERSION));
  SUCCEEDS(rc_check_version(RC_VERSION - 1));
  SUCCEEDS(rc_check_version(0));
}

static void newer_headers_on_an_older_library(void) {
  char text[128];
  snprintf(text, sizeof text,
           "rc_check_version: header_version: expected at most %s, the version of ",
           rc_version_string());
  FAILS_WITH(rc_check_version(RC_VERSION + 1), RC_ERROR_VERSION_MISMATCH, text);
  CHECK_PART(rc_last_error_message(), "librobocache.so.1, got ");
  FAILS_WITH(rc_check_version(12034056), RC_ERROR_VERSION_MISMATCH, ", got 12.34.56");
}

int main(void) {
  library_and_headers_agree();
  build_info_names_version_levels_and_cuda();
  older_headers_are_served();
  newer_headers_on_an_older_library();
  return failed_checks != 0;
}
