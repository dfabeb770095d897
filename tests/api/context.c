/* SPDX-License-Identifier: Apache-2.0 */
/* Making, asking and ending contexts. */
#include "check.h"

static rc_context_options cpu_options(void) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  return options;
}

static void the_cpu_as_asked_for(void) {
  rc_context* context = new_cpu_context();
  rc_device device = {-1, -1};
  const char* reason = NULL;
  SUCCEEDS(rc_context_device(context, &device, &reason));
  CHECK_EQUAL(device.device_type, RC_DEVICE_CPU);
  CHECK_EQUAL(device.device_id, 0);
  CHECK_TEXT(reason, "RC_DEVICE_CPU: cpu, as asked for");
  SUCCEEDS(rc_context_device(context, NULL, NULL));
  SUCCEEDS(rc_context_set_stream(context, NULL));
  SUCCEEDS(rc_context_synchronize(context));
  SUCCEEDS(rc_context_clear_error(context));
  SUCCEEDS(rc_context_destroy(context));
}

static void automatic_devices_say_why(void) {
  rc_context* context;
  SUCCEEDS(rc_context_create(NULL, &context));
  rc_device device;
  const char* reason;
  SUCCEEDS(rc_context_device(context, &device, &reason));
  int32_t cuda_devices;
  SUCCEEDS(rc_device_count(RC_DEVICE_CUDA, &cuda_devices));
  CHECK_PART(reason, device.device_type == RC_DEVICE_CUDA ? "RC_DEVICE_AUTO: cuda:"
                                                          : "RC_DEVICE_AUTO: cpu, because ");
  if (cuda_devices == 0) CHECK_EQUAL(device.device_type, RC_DEVICE_CPU);
  SUCCEEDS(rc_context_destroy(context));
}

static void cuda_that_is_not_there_is_no_cpu(void) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CUDA;
  options.device_id = 1000;
  rc_context* context = (rc_context*)&options;
  FAILS_WITH(rc_context_create(&options, &context), RC_ERROR_BACKEND_UNAVAILABLE,
             "rc_context_create: device: CUDA device 1000: ");
  CHECK(context == NULL);
}

static void every_field_is_checked(void) {
  rc_context* context;
  rc_context_options options;
  static char stream;
#define REFUSED(field, value, status, text)                                                    \
  do {                                                                                         \
    options = cpu_options();                                                                   \
    options.field = value;                                                                     \
    context = (rc_context*)&options;                                                           \
    FAILS(rc_context_create(&options, &context), status, "rc_context_create: options->" text); \
    CHECK(context == NULL);                                                                    \
  } while (0)
  REFUSED(flags, 2, RC_ERROR_UNSUPPORTED_OPTION,
          "flags: expected bits of rc_context_flag, got 0x2");
  REFUSED(reserved, 5, RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got 5");
  REFUSED(device_type, RC_DEVICE_CUDA_MANAGED, RC_ERROR_INVALID_ARGUMENT,
          "device_type: expected RC_DEVICE_AUTO, RC_DEVICE_CPU or RC_DEVICE_CUDA, got 13");
  REFUSED(device_id, 1, RC_ERROR_INVALID_ARGUMENT,
          "device_id: expected 0 unless device_type is RC_DEVICE_CUDA, got 1");
  REFUSED(threads, -1, RC_ERROR_INVALID_ARGUMENT, "threads: expected 0 to 1024, got -1");
  REFUSED(threads, 1025, RC_ERROR_INVALID_ARGUMENT, "threads: expected 0 to 1024, got 1025");
  REFUSED(simd_level, 5, RC_ERROR_INVALID_ARGUMENT,
          "simd_level: expected one of rc_simd_level, got 5");
  REFUSED(simd_level, -1, RC_ERROR_INVALID_ARGUMENT,
          "simd_level: expected one of rc_simd_level, got -1");
  REFUSED(log_level, -10, RC_ERROR_INVALID_ARGUMENT, "log_level: expected 0 or more, got -10");
#undef REFUSED
  options = cpu_options();
  options.stream = &stream;
  FAILS_WITH(rc_context_create(&options, &context), RC_ERROR_INVALID_ARGUMENT,
             "rc_context_create: options->stream: expected NULL on the CPU, got 0x");
  options.device_type = RC_DEVICE_CUDA;
  options.device_id = -1;
  FAILS(rc_context_create(&options, &context), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_create: options->device_id: expected 0 or more, got -1");
  FAILS(rc_context_create(NULL, NULL), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_create: context: expected a place for the handle, got NULL");
}

static void* give_none(void* cookie, uint64_t size, uint64_t alignment, void* stream) {
  (void)cookie, (void)size, (void)alignment, (void)stream;
  return NULL;
}

static void one_allocator_callback_is_refused(void) {
  rc_context_options options = cpu_options();
  options.allocate = give_none;
  rc_context* context;
  FAILS(rc_context_create(&options, &context), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_create: options->allocate, options->deallocate: expected both or neither, got "
        "one");
}

static void simd_levels_of_the_processor(void) {
#if defined(__x86_64__)
  const int32_t levels[] = {RC_SIMD_BASELINE, RC_SIMD_AVX2, RC_SIMD_AVX512, RC_SIMD_NEON};
  const char* const names[] = {"baseline", "avx2", "avx512", "neon"};
  const int count = 4, foreign = 3;
#else
  const int32_t levels[] = {RC_SIMD_BASELINE, RC_SIMD_NEON, RC_SIMD_AVX2, RC_SIMD_AVX512};
  const char* const names[] = {"baseline", "neon", "avx2", "avx512"};
  const int count = 4, foreign = 2;
#endif
  rc_device_properties cpu = RC_DEVICE_PROPERTIES_INIT;
  SUCCEEDS(rc_device_info(RC_DEVICE_CPU, 0, &cpu));
  rc_context_options options = cpu_options();
  rc_context* context;
  char message[192], has[64] = "";
  int found = 0;
  for (int i = 0; i < foreign && !found; ++i) {
    options.simd_level = levels[i];
    SUCCEEDS(rc_context_create(&options, &context));
    SUCCEEDS(rc_context_destroy(context));
    snprintf(has + strlen(has), sizeof has - strlen(has), "%s%s", i == 0 ? "" : ", ", names[i]);
    found = strcmp(names[i], cpu.instruction_set) == 0 ? i + 1 : 0;
  }
  CHECK(found > 0);
  for (int i = found; i < count; ++i) {
    options.simd_level = levels[i];
    snprintf(message, sizeof message,
             "rc_context_create: options->simd_level: expected one that the processor has (%s), "
             "got %s",
             has, names[i]);
    FAILS(rc_context_create(&options, &context), RC_ERROR_UNSUPPORTED_OPTION, message);
  }
}

static void handles_are_checked(void) {
  SUCCEEDS(rc_context_destroy(NULL));
  uint64_t other[64] = {0};
  rc_context* foreign = (rc_context*)other;
  rc_op_metrics metrics = RC_OP_METRICS_INIT;
  rc_context* const handles[] = {NULL, foreign};
  const char* const came[] = {"NULL", "other memory"};
  for (int i = 0; i < 2; ++i) {
    char text[160];
#define REFUSED(function, ...)                                                               \
  snprintf(text, sizeof text,                                                                \
           #function ": context: expected a context of rc_context_create, got %s", came[i]); \
  FAILS(function(__VA_ARGS__), RC_ERROR_INVALID_HANDLE, text)
    REFUSED(rc_context_device, handles[i], NULL, NULL);
    REFUSED(rc_context_set_stream, handles[i], NULL);
    REFUSED(rc_context_synchronize, handles[i]);
    REFUSED(rc_context_clear_error, handles[i]);
    REFUSED(rc_context_enable_metrics, handles[i], 1);
    REFUSED(rc_context_metrics, handles[i], RC_OP_FUSE, &metrics);
    REFUSED(rc_context_reset_metrics, handles[i]);
#undef REFUSED
  }
}

static void streams_are_no_business_of_the_cpu(void) {
  rc_context* context = new_cpu_context();
  FAILS_WITH(rc_context_set_stream(context, context), RC_ERROR_INVALID_ARGUMENT,
             "rc_context_set_stream: stream: expected NULL on the CPU, got 0x");
  SUCCEEDS(rc_context_destroy(context));
}

int main(void) {
  the_cpu_as_asked_for();
  automatic_devices_say_why();
  cuda_that_is_not_there_is_no_cpu();
  every_field_is_checked();
  one_allocator_callback_is_refused();
  simd_levels_of_the_processor();
  handles_are_checked();
  streams_are_no_business_of_the_cpu();
  return failed_checks != 0;
}
