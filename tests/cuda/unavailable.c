/* SPDX-License-Identifier: Apache-2.0 */
/* Without a CUDA device the library works, says why there is none, and never falls back unasked. */
#include "../api/check.h"

static void the_device_says_why(void) {
  rc_device_properties device = RC_DEVICE_PROPERTIES_INIT;
  SUCCEEDS(rc_device_info(RC_DEVICE_CUDA, 0, &device));
  CHECK_EQUAL(device.available, 0);
  CHECK_TEXT(device.reason, REASON);
  CHECK_EQUAL(device.runtime_version, RUNTIME_VERSION);
}

static void cuda_is_refused(void) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CUDA;
  rc_context* context = (rc_context*)&options;
  FAILS(rc_context_create(&options, &context), RC_ERROR_BACKEND_UNAVAILABLE,
        "rc_context_create: device: CUDA device 0: " REASON);
  CHECK(context == NULL);
}

static void auto_is_the_cpu(void) {
  rc_context* context = NULL;
  SUCCEEDS(rc_context_create(NULL, &context));
  rc_device device = {0, 0};
  const char* reason = NULL;
  SUCCEEDS(rc_context_device(context, &device, &reason));
  CHECK_EQUAL(device.device_type, RC_DEVICE_CPU);
  CHECK_TEXT(reason, "RC_DEVICE_AUTO: cpu, because " REASON);
  SUCCEEDS(rc_context_destroy(context));
}

int main(void) {
  int32_t count = -1;
  SUCCEEDS(rc_device_count(RC_DEVICE_CUDA, &count));
  if (count > 0) {
    puts("skipped: there is a CUDA device");
    return SKIPPED;
  }
  CHECK_EQUAL(count, 0);
  the_device_says_why();
  cuda_is_refused();
  auto_is_the_cpu();
  (void)new_cpu_context, (void)check_part;
  return failed_checks != 0;
}
