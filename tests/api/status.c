/* SPDX-License-Identifier: Apache-2.0 */
/* Names of codes, and the message of each thread. */
#include <pthread.h>

#include "check.h"

static void every_code_has_its_name(void) {
  CHECK_TEXT(rc_status_name(RC_SUCCESS), "RC_SUCCESS");
  CHECK_TEXT(rc_status_name(RC_ERROR_INVALID_ARGUMENT), "RC_ERROR_INVALID_ARGUMENT");
  CHECK_TEXT(rc_status_name(RC_ERROR_INVALID_HANDLE), "RC_ERROR_INVALID_HANDLE");
  CHECK_TEXT(rc_status_name(RC_ERROR_INVALID_DATA), "RC_ERROR_INVALID_DATA");
  CHECK_TEXT(rc_status_name(RC_ERROR_UNSUPPORTED_DTYPE), "RC_ERROR_UNSUPPORTED_DTYPE");
  CHECK_TEXT(rc_status_name(RC_ERROR_UNSUPPORTED_LAYOUT), "RC_ERROR_UNSUPPORTED_LAYOUT");
  CHECK_TEXT(rc_status_name(RC_ERROR_UNSUPPORTED_OPTION), "RC_ERROR_UNSUPPORTED_OPTION");
  CHECK_TEXT(rc_status_name(RC_ERROR_DEVICE_MISMATCH), "RC_ERROR_DEVICE_MISMATCH");
  CHECK_TEXT(rc_status_name(RC_ERROR_BACKEND_UNAVAILABLE), "RC_ERROR_BACKEND_UNAVAILABLE");
  CHECK_TEXT(rc_status_name(RC_ERROR_OUT_OF_MEMORY), "RC_ERROR_OUT_OF_MEMORY");
  CHECK_TEXT(rc_status_name(RC_ERROR_WORKSPACE_TOO_SMALL), "RC_ERROR_WORKSPACE_TOO_SMALL");
  CHECK_TEXT(rc_status_name(RC_ERROR_CAPACITY_EXCEEDED), "RC_ERROR_CAPACITY_EXCEEDED");
  CHECK_TEXT(rc_status_name(RC_ERROR_CUDA), "RC_ERROR_CUDA");
  CHECK_TEXT(rc_status_name(RC_ERROR_VERSION_MISMATCH), "RC_ERROR_VERSION_MISMATCH");
  CHECK_TEXT(rc_status_name(RC_ERROR_INTERNAL), "RC_ERROR_INTERNAL");
  CHECK_TEXT(rc_status_name(1), "RC_STATUS_UNKNOWN");
  CHECK_TEXT(rc_status_name(-1), "RC_STATUS_UNKNOWN");
}

static const char handle_message[] =
    "rc_context_synchronize: context: expected a context of rc_context_create, got NULL";

static void* fail_in_other_thread(void* unused) {
  CHECK_TEXT(rc_last_error_message(), "");
  FAILS(rc_device_count(RC_DEVICE_CPU, NULL), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_count: count: expected a place for the number, got NULL");
  return unused;
}

static void each_thread_has_its_message(void) {
  FAILS(rc_context_synchronize(NULL), RC_ERROR_INVALID_HANDLE, handle_message);
  pthread_t thread;
  CHECK_EQUAL(pthread_create(&thread, NULL, fail_in_other_thread, NULL), 0);
  CHECK_EQUAL(pthread_join(thread, NULL), 0);
  CHECK_TEXT(rc_last_error_message(), handle_message);
}

static void success_leaves_the_message_alone(void) {
  FAILS(rc_context_synchronize(NULL), RC_ERROR_INVALID_HANDLE, handle_message);
  int32_t count = 0;
  SUCCEEDS(rc_device_count(RC_DEVICE_CPU, &count));
  CHECK_TEXT(rc_last_error_message(), handle_message);
}

int main(void) {
  CHECK_TEXT(rc_last_error_message(), "");
  every_code_has_its_name();
  each_thread_has_its_message();
  success_leaves_the_message_alone();
  return failed_checks != 0;
}
