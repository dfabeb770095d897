/* SPDX-License-Identifier: Apache-2.0 */
/* One good call of rc_resample, to be spoilt in one place: E = 2, S = 3, T = 2, D = 4, int64 times. */
#ifndef TESTS_API_REFUSED_H
#define TESTS_API_REFUSED_H

#include "check.h"
#include "tensors.h"

static struct {
  rc_context* context;
  float samples[2][3][4];
  int64_t sampled[2][3];
  int64_t asked[2][2];
  float result[2][2][4];
  unsigned char result_before[sizeof(float[2][2][4])];

  int64_t values_shape[3], source_shape[2], target_shape[2], output_shape[3], offsets_shape[1];
  rc_tensor values, source_times, target_times, output;
  rc_resample_options options;
} call;

static inline void start_over(void) {
  if (call.context == NULL) call.context = new_cpu_context();
  for (int e = 0; e < 2; ++e) {
    for (int s = 0; s < 3; ++s) {
      call.sampled[e][s] = 10 * s;
      for (int d = 0; d < 4; ++d) call.samples[e][s][d] = (float)(1 + d);
    }
    call.asked[e][0] = 5;
    call.asked[e][1] = 15;
  }
  memset(call.result, 0x5a, sizeof call.result);
  memcpy(call.result_before, call.result, sizeof call.result);
  memcpy(call.values_shape, NUMBERS(2, 3, 4), sizeof call.values_shape);
  memcpy(call.source_shape, NUMBERS(2, 3), sizeof call.source_shape);
  memcpy(call.target_shape, NUMBERS(2, 2), sizeof call.target_shape);
  memcpy(call.output_shape, NUMBERS(2, 2, 4), sizeof call.output_shape);
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  call.values = (rc_tensor){call.samples, cpu, 3, f32, call.values_shape, NULL, 0};
  call.source_times = (rc_tensor){call.sampled, cpu, 2, i64, call.source_shape, NULL, 0};
  call.target_times = (rc_tensor){call.asked, cpu, 2, i64, call.target_shape, NULL, 0};
  call.output = (rc_tensor){call.result, cpu, 3, f32, call.output_shape, NULL, 0};
  SUCCEEDS(rc_resample_options_init(&call.options, sizeof call.options));
}

static inline rc_status resample(void) {
  return rc_resample(call.context, &call.values, &call.source_times, &call.target_times,
                     &call.options, &call.output);
}

static inline rc_status ask_size(uint64_t* size) {
  return rc_resample_workspace_size(call.context, &call.values, &call.source_times,
                                    &call.target_times, &call.options, &call.output, size);
}

static inline void check_refused(const char* file, int line, const char* spoil, rc_status status,
                                 const char* text) {
  char expected[512];
  check_status(file, line, spoil, resample(), status);
  snprintf(expected, sizeof expected, "rc_resample: %s", text);
  check_text(file, line, spoil, rc_last_error_message(), expected);
  if (memcmp(call.result, call.result_before, sizeof call.result) != 0) {
    report(file, line, spoil);
    fprintf(stderr, "  expected nothing to be written\n");
  }
}

/* What shapes and options tell, the question for the workspace refuses in the same words. */
static inline void check_refused_by_shape(const char* file, int line, const char* spoil,
                                          rc_status status, const char* text) {
  char expected[512];
  uint64_t size = 99;
  check_refused(file, line, spoil, status, text);
  check_status(file, line, spoil, ask_size(&size), status);
  snprintf(expected, sizeof expected, "rc_resample_workspace_size: %s", text);
  check_text(file, line, spoil, rc_last_error_message(), expected);
  check_integer(file, line, spoil, (int64_t)size, 0);
}

/* Spoils a good call; it is refused with this status and message, and nothing is written. */
#define REFUSED(spoil, status, text)                                  \
  do {                                                                \
    start_over();                                                     \
    spoil;                                                            \
    check_refused_by_shape(__FILE__, __LINE__, #spoil, status, text); \
  } while (0)
/* The same for what only the data tells. */
#define REFUSED_DATA(spoil, status, text)                    \
  do {                                                       \
    start_over();                                            \
    spoil;                                                   \
    check_refused(__FILE__, __LINE__, #spoil, status, text); \
  } while (0)

#endif
