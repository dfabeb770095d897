/* SPDX-License-Identifier: Apache-2.0 */
/* A child made by fork, as the workers of a data loader are: contexts of its own, and its parent's. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "tensors.h"

enum { S = 1000, T = 50000, D = 4 };

static float samples[S][D], result[T][D], reference[T][D];
static int64_t sampled[S], asked[T];

static rc_context* new_context(void) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.threads = 4;
  rc_context* context = NULL;
  SUCCEEDS(rc_context_create(&options, &context));
  return context;
}

static void resample(rc_context* context, float* output) {
  SUCCEEDS(rc_resample(context, &TENSOR(samples, f32, S, D), &TENSOR(sampled, i64, S),
                       &TENSOR(asked, i64, T), NULL, &TENSOR(output, f32, T, D)));
}

static void check_resample(rc_context* context) {
  memset(result, 0, sizeof result);
  resample(context, &result[0][0]);
  CHECK(memcmp(result, reference, sizeof result) == 0);
}

/* What the child does; a child that hangs is ended. */
static int child(rc_context* parents, int use_parents) {
  alarm(10);
  rc_context* own = new_context();
  check_resample(own);
  if (use_parents) check_resample(parents);
  SUCCEEDS(rc_context_destroy(parents));
  check_resample(own);
  SUCCEEDS(rc_context_destroy(own));
  return failed_checks;
}

int main(void) {
#if defined(__SANITIZE_THREAD__)
  puts("skipped: the thread sanitizer knows of no threads in a child of fork");
  return SKIPPED;
#endif
  for (int s = 0; s < S; ++s) {
    sampled[s] = 100 * s;
    for (int d = 0; d < D; ++d) samples[s][d] = (float)(s * s % 31 + d);
  }
  for (int t = 0; t < T; ++t) asked[t] = 2 * t;
  rc_context* context = new_context();
  resample(context, &reference[0][0]);

  for (int use_parents = 0; use_parents < 2; ++use_parents) {
    const pid_t process = fork();
    if (process == 0) _exit(child(context, use_parents) != 0);
    int status = -1;
    CHECK(waitpid(process, &status, 0) == process);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_resample(context);
  }
  SUCCEEDS(rc_context_destroy(context));
  return failed_checks != 0;
}
