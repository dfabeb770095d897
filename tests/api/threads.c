/* SPDX-License-Identifier: Apache-2.0 */
/* Equal bits for any number of threads, any SIMD level, and several contexts at once. */
#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "tensors.h"

enum { E = 4, S = 1000, T = 4000, D = 8, others = 4 };

static float samples[E][S][D], reference[E][T][D], reference_gradient[E][S][D];
static int64_t sampled[E][S], asked[T];

static void fill(void) {
  uint64_t state = 1;
  for (int e = 0; e < E; ++e) {
    int64_t time = 0;
    for (int s = 0; s < S; ++s) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      time += (int64_t)(state >> 60);
      sampled[e][s] = time;
      for (int d = 0; d < D; ++d) samples[e][s][d] = (float)(state >> (8 + d) & 0xffff) / 97.0f;
    }
  }
  for (int t = 0; t < T; ++t) asked[t] = 3 * t - 50;
}

static rc_context* new_context(int32_t threads, int32_t simd_level) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.threads = threads;
  options.simd_level = simd_level;
  rc_context* context = NULL;
  return rc_context_create(&options, &context) == RC_SUCCESS ? context : NULL;
}

static void run(rc_context* context, float* result, float* gradient) {
  const rc_tensor times = TENSOR(sampled, i64, E, S), targets = TENSOR(asked, i64, T);
  rc_resample_options options = RC_RESAMPLE_OPTIONS_INIT;
  rc_channels groups[] = {{2, 1, RC_MODE_PCHIP, 0}, {4, 4, RC_MODE_SLERP, 0}};
  options.channels = groups;
  options.num_channels = 2;
  const rc_tensor values = TENSOR(samples, f32, E, S, D);
  rc_tensor output = TENSOR(result, f32, E, T, D);
  SUCCEEDS(rc_resample(context, &values, &times, &targets, &options, &output));
  SUCCEEDS(rc_resample_backward(context, &output, &values, &times, &targets, &options,
                                &TENSOR(gradient, f32, E, S, D)));
}

static int same_bits(rc_context* context) {
  float* result = malloc(sizeof reference);
  float* gradient = malloc(sizeof reference_gradient);
  run(context, result, gradient);
  const int same = memcmp(result, reference, sizeof reference) == 0 &&
                   memcmp(gradient, reference_gradient, sizeof reference_gradient) == 0;
  free(result);
  free(gradient);
  return same;
}

static void any_number_of_threads(void) {
  const int32_t counts[] = {1, 2, 3, 8, 0};
  for (int i = 0; i < 5; ++i) {
    rc_context* context = new_context(counts[i], RC_SIMD_AUTO);
    CHECK(same_bits(context));
    CHECK(same_bits(context));
    SUCCEEDS(rc_context_destroy(context));
  }
}

static void any_simd_level(void) {
  for (int32_t level = RC_SIMD_BASELINE; level <= RC_SIMD_NEON; ++level) {
    rc_context* context = new_context(1, level);
    if (context == NULL) {
      printf("not run: SIMD level %d, which this processor lacks\n", level);
      continue;
    }
    CHECK(same_bits(context));
    SUCCEEDS(rc_context_destroy(context));
  }
}

static void* one_of_many(void* same) {
  rc_context* context = new_context(2, RC_SIMD_AUTO);
  *(int*)same = same_bits(context);
  rc_context_destroy(context);
  return NULL;
}

static void several_contexts_at_once(void) {
  pthread_t threads[others];
  int same[others] = {0};
  for (int i = 0; i < others; ++i) {
    CHECK_EQUAL(pthread_create(&threads[i], NULL, one_of_many, &same[i]), 0);
  }
  for (int i = 0; i < others; ++i) {
    CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    CHECK(same[i]);
  }
}

int main(void) {
  fill();
  rc_context* context = new_context(1, RC_SIMD_BASELINE);
  run(context, &reference[0][0][0], &reference_gradient[0][0][0]);
  SUCCEEDS(rc_context_destroy(context));
  any_number_of_threads();
  any_simd_level();
  several_contexts_at_once();
  return failed_checks != 0;
}
