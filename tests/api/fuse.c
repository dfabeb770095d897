/* SPDX-License-Identifier: Apache-2.0 */
/* rc_fuse against rc_resample of each stream, byte by byte; its gradient likewise. */
#include "check.h"
#include "tensors.h"

enum { B = 3, T = 40, pose_samples = 25, force_samples = 90, pose_width = 7, force_width = 3 };
enum { absent_width = 2, width = pose_width + absent_width + force_width };

static float pose[B][pose_samples][pose_width];
static uint16_t force[B][force_samples][force_width];
static double pose_times[B][pose_samples], force_times[force_samples], asked[T];
static rc_channels pose_groups[2] = {{0, 3, RC_MODE_LINEAR, 0}, {3, 4, RC_MODE_SLERP, 0}};
static rc_resample_options pose_rules, force_rules, absent_rules;

static void fill(void) {
  for (int b = 0; b < B; ++b) {
    for (int s = 0; s < pose_samples; ++s) {
      pose_times[b][s] = 0.1 * s + 0.001 * b;
      for (int d = 0; d < pose_width; ++d) pose[b][s][d] = (float)((s * 7 + d * 3 + b) % 11) - 4.5f;
    }
    for (int s = 0; s < force_samples; ++s) {
      for (int d = 0; d < force_width; ++d) force[b][s][d] = (uint16_t)(0x3c00 + s * 5 + d + b);
    }
  }
  for (int s = 0; s < force_samples; ++s) force_times[s] = 0.03 * s + (s > 50 ? 0.5 : 0);
  for (int t = 0; t < T; ++t) asked[t] = 0.08 * t - 0.2;
  SUCCEEDS(rc_resample_options_init(&pose_rules, sizeof pose_rules));
  pose_rules.channels = pose_groups;
  pose_rules.num_channels = 2;
  pose_rules.outside = RC_OUTSIDE_FILL;
  SUCCEEDS(rc_resample_options_init(&force_rules, sizeof force_rules));
  force_rules.max_gap.seconds = 0.1;
  force_rules.clock.offset.seconds = 0.02;
  SUCCEEDS(rc_resample_options_init(&absent_rules, sizeof absent_rules));
  absent_rules.fill_value = -3;
}

static float fused[B][T][width], pose_result[B][T][pose_width], force_result[B][T][force_width];
static uint8_t fused_valid[B][T][3], pose_valid[B][T], force_valid[B][T];
static float pose_gradient[B][pose_samples][pose_width],
    force_gradient[B][force_samples][force_width];
static float pose_alone[B][pose_samples][pose_width], force_alone[B][force_samples][force_width];

int main(void) {
  fill();
  rc_context_options with_threads = RC_CONTEXT_OPTIONS_INIT;
  with_threads.device_type = RC_DEVICE_CPU;
  with_threads.threads = 3;
  rc_context* context = NULL;
  SUCCEEDS(rc_context_create(&with_threads, &context));
  rc_tensor pose_values = TENSOR(pose, f32, B, pose_samples, pose_width);
  rc_tensor pose_stamps = TENSOR(pose_times, f64, B, pose_samples);
  rc_tensor force_values = TENSOR(force, f16, B, force_samples, force_width);
  rc_tensor force_stamps = TENSOR(force_times, f64, force_samples);
  rc_tensor targets = TENSOR(asked, f64, T);

  rc_stream pose_stream = RC_STREAM_INIT, absent_stream = RC_STREAM_INIT,
            force_stream = RC_STREAM_INIT;
  pose_stream.values = &pose_values, pose_stream.source_times = &pose_stamps;
  pose_stream.options = &pose_rules;
  force_stream.values = &force_values, force_stream.source_times = &force_stamps;
  force_stream.options = &force_rules;
  absent_stream.width = absent_width, absent_stream.options = &absent_rules;
  const rc_stream* const streams[] = {&pose_stream, &absent_stream, &force_stream};

  static uint8_t absent_reason[B][T];
  absent_rules.reason = &TENSOR(absent_reason, u8, B, T);

  rc_fuse_options options = RC_FUSE_OPTIONS_INIT;
  options.valid = &TENSOR(fused_valid, boolean, B, T, 3);
  rc_tensor output = TENSOR(fused, f32, B, T, width);
  SUCCEEDS(rc_fuse(context, streams, 3, &targets, &options, &output));

  pose_rules.valid = &TENSOR(pose_valid, u8, B, T);
  force_rules.valid = &TENSOR(force_valid, u8, B, T);
  SUCCEEDS(rc_resample(context, &pose_values, &pose_stamps, &targets, &pose_rules,
                       &TENSOR(pose_result, f32, B, T, pose_width)));
  SUCCEEDS(rc_resample(context, &force_values, &force_stamps, &targets, &force_rules,
                       &TENSOR(force_result, f32, B, T, force_width)));
  pose_rules.valid = force_rules.valid = absent_rules.reason = NULL;

  int filled = 0;
  for (int b = 0; b < B; ++b) {
    for (int t = 0; t < T; ++t) {
      const float* row = fused[b][t];
      CHECK(memcmp(row, pose_result[b][t], sizeof pose_result[b][t]) == 0);
      CHECK(row[pose_width] == -3 && row[pose_width + 1] == -3);
      CHECK(absent_reason[b][t] == RC_REASON_EMPTY);
      CHECK(memcmp(row + pose_width + absent_width, force_result[b][t],
                   sizeof force_result[b][t]) == 0);
      CHECK_EQUAL(fused_valid[b][t][0], pose_valid[b][t]);
      CHECK_EQUAL(fused_valid[b][t][1], 0);
      CHECK_EQUAL(fused_valid[b][t][2], force_valid[b][t]);
      filled += !pose_valid[b][t] + !force_valid[b][t];
    }
  }
  CHECK(filled > 0 && filled < 2 * B * T);

  /* The gradient of each stream is that of rc_resample_backward on its channels. */
  rc_tensor pose_of_fused = TENSOR(fused, f32, B, T, pose_width);
  rc_tensor force_of_fused =
      TENSOR(&fused[0][0][pose_width + absent_width], f32, B, T, force_width);
  pose_of_fused.strides = force_of_fused.strides = NUMBERS(T * width, width, 1);
  pose_stream.grad_values = &TENSOR(pose_gradient, f32, B, pose_samples, pose_width);
  force_stream.grad_values = &TENSOR(force_gradient, f32, B, force_samples, force_width);
  options.valid = NULL;
  SUCCEEDS(rc_fuse_backward(context, &output, streams, 3, &targets, &options));
  SUCCEEDS(rc_resample_backward(context, &pose_of_fused, &pose_values, &pose_stamps, &targets,
                                &pose_rules,
                                &TENSOR(pose_alone, f32, B, pose_samples, pose_width)));
  SUCCEEDS(rc_resample_backward(context, &force_of_fused, &force_values, &force_stamps, &targets,
                                &force_rules,
                                &TENSOR(force_alone, f32, B, force_samples, force_width)));
  CHECK(memcmp(pose_gradient, pose_alone, sizeof pose_alone) == 0);
  CHECK(memcmp(force_gradient, force_alone, sizeof force_alone) == 0);

  /* A tensor of each stream's own. */
  float own_pose[B][T][pose_width], own_absent[B][T][absent_width], own_force[B][T][force_width];
  pose_stream.grad_values = force_stream.grad_values = NULL;
  pose_stream.output = &TENSOR(own_pose, f32, B, T, pose_width);
  absent_stream.output = &TENSOR(own_absent, f32, B, T, absent_width);
  force_stream.output = &TENSOR(own_force, f32, B, T, force_width);
  SUCCEEDS(rc_fuse(context, streams, 3, &targets, NULL, NULL));
  CHECK(memcmp(own_pose, pose_result, sizeof own_pose) == 0);
  CHECK(memcmp(own_force, force_result, sizeof own_force) == 0);
  CHECK(own_absent[B - 1][T - 1][1] == -3);
  SUCCEEDS(rc_context_destroy(context));
  return failed_checks != 0;
}
