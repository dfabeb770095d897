/* SPDX-License-Identifier: Apache-2.0 */
/* How a program starts that may meet any library: it asks first. */
#include <stdio.h>

#include "robocache/robocache.h"

int main(void) {
  if (rc_check_version(RC_VERSION) != RC_SUCCESS) {
    fprintf(stderr, "%s\n", rc_last_error_message());
    return 1;
  }
  rc_context* context;
  if (rc_context_create(NULL, &context) != RC_SUCCESS) return 2;
  rc_context_destroy(context);
  puts(rc_version_string());
  return 0;
}
