/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to compute on. */
#include "check.h"

static void the_cpu_is_described(void) {
  int32_t count = -1;
  SUCCEEDS(rc_device_count(RC_DEVICE_CPU, &count));
  CHECK_EQUAL(count, 1);
  rc_device_properties cpu = RC_DEVICE_PROPERTIES_INIT;
  SUCCEEDS(rc_device_info(RC_DEVICE_CPU, 0, &cpu));
  CHECK_EQUAL(cpu.available, 1);
  CHECK_EQUAL(cpu.device.device_type, RC_DEVICE_CPU);
  CHECK_EQUAL(cpu.device.device_id, 0);
  CHECK(cpu.processors >= 1);
  CHECK(cpu.total_memory > 1 << 20);
  CHECK(strlen(cpu.name) > 0);
  const char* const levels[] = {"baseline", "avx2", "avx512", "neon"};
  int known = 0;
  for (int i = 0; i < 4; ++i) known += strcmp(cpu.instruction_set, levels[i]) == 0;
  CHECK_EQUAL(known, 1);
  CHECK_TEXT(cpu.reason, "");
}

static void cuda_is_there_or_says_why_not(void) {
  int32_t count = -1;
  SUCCEEDS(rc_device_count(RC_DEVICE_CUDA, &count));
  CHECK(count >= 0);
  rc_device_properties first = RC_DEVICE_PROPERTIES_INIT;
  SUCCEEDS(rc_device_info(RC_DEVICE_CUDA, 0, &first));
  CHECK_EQUAL(first.device.device_type, RC_DEVICE_CUDA);
  CHECK_EQUAL(first.available == 1, strlen(first.reason) == 0);
  if (count == 0) CHECK_EQUAL(first.available, 0);

  rc_device_properties beyond = RC_DEVICE_PROPERTIES_INIT;
  SUCCEEDS(rc_device_info(RC_DEVICE_CUDA, 1000, &beyond));
  CHECK_EQUAL(beyond.available, 0);
  CHECK(strlen(beyond.reason) > 0);
}

static void bad_arguments_are_refused(void) {
  int32_t count = 7;
  FAILS(rc_device_count(RC_DEVICE_CUDA_HOST, &count), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_count: device_type: expected RC_DEVICE_CPU or RC_DEVICE_CUDA, got 3");
  CHECK_EQUAL(count, 0);
  FAILS(rc_device_count(RC_DEVICE_CPU, NULL), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_count: count: expected a place for the number, got NULL");

  rc_device_properties device = RC_DEVICE_PROPERTIES_INIT;
  FAILS(rc_device_info(RC_DEVICE_AUTO, 0, &device), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_info: device_type: expected RC_DEVICE_CPU or RC_DEVICE_CUDA, got 0");
  FAILS(rc_device_info(RC_DEVICE_CUDA, -1, &device), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_info: device_id: expected 0 or more, got -1");
  FAILS(rc_device_info(RC_DEVICE_CPU, 1, &device), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_info: device_id: expected 0 for the CPU, got 1");
  FAILS(rc_device_info(RC_DEVICE_CPU, 0, NULL), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_info: properties: expected a struct, got NULL");
}

int main(void) {
  the_cpu_is_described();
  cuda_is_there_or_says_why_not();
  bad_arguments_are_refused();
  return failed_checks != 0;
}
