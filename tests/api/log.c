/* SPDX-License-Identifier: Apache-2.0 */
/* The log callback: its cookie, its level. */
#include "check.h"

struct lines {
  int count;
  int32_t level;
  char last[512];
};

static void keep(void* cookie, int32_t level, const char* message) {
  struct lines* lines = cookie;
  ++lines->count;
  lines->level = level;
  snprintf(lines->last, sizeof lines->last, "%s", message);
}

static void a_new_context_says_what_it_became(void) {
  struct lines lines = {0, 0, ""};
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.simd_level = RC_SIMD_BASELINE;
  options.threads = 3;
  options.log = keep;
  options.log_cookie = &lines;
  rc_context* context;
  SUCCEEDS(rc_context_create(&options, &context));
  CHECK_EQUAL(lines.count, 1);
  CHECK_EQUAL(lines.level, RC_LOG_INFO);
  CHECK_TEXT(lines.last, "context: RC_DEVICE_CPU: cpu, as asked for; 3 threads, baseline");
  SUCCEEDS(rc_context_destroy(context));
}

static void lines_below_the_level_are_not_sent(void) {
  struct lines lines = {0, 0, ""};
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.log = keep;
  options.log_cookie = &lines;
  options.log_level = RC_LOG_WARNING;
  rc_context* context;
  SUCCEEDS(rc_context_create(&options, &context));
  CHECK_EQUAL(lines.count, 0);
  SUCCEEDS(rc_context_destroy(context));
}

int main(void) {
  a_new_context_says_what_it_became();
  lines_below_the_level_are_not_sent();
  return failed_checks != 0;
}
