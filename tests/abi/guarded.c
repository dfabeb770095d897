/* SPDX-License-Identifier: Apache-2.0 */
/* How a program starts that may meet any library: it asks first, before it calls a function that an
 * older one may lack. */
#include <stdio.h>

#include "robocache/robocache.h"

int main(void) {
  if (rc_check_version(RC_VERSION) != RC_SUCCESS) {
    fprintf(stderr, "%s\n", rc_last_error_message());
    return 1;
  }
  rc_tsdf_extract_options options;
  if (rc_tsdf_extract_options_init(&options, sizeof options) != RC_SUCCESS) return 2;
  puts(rc_version_string());
  return 0;
}
