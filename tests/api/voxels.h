/* SPDX-License-Identifier: Apache-2.0 */
/* One good call of each function of voxelize.h, to be spoilt in one place: 6 points with 2 features
 * in a grid of 2 x 2 x 2 voxels. Two points share voxel (1, 0, 0); the last two are left out. */
#ifndef TESTS_API_VOXELS_H
#define TESTS_API_VOXELS_H

#include <math.h>

#include "check.h"
#include "tensors.h"

enum { num_points = 6, num_features = 2, capacity = 4, points_of_a_voxel = 3 };

static const float six_points[num_points][3] = {{-0.5f, -0.5f, -0.5f},
                                                {0.5f, -0.5f, -0.5f},
                                                {0.9f, -0.1f, -1.0f},
                                                {0, 0, 0},
                                                {1, 0, 0},
                                                {NAN, 0, 0}};
static const float their_features[num_points][num_features] = {{1, -1},   {2, -2}, {4, -8},
                                                               {7, 0.5f}, {9, 9},  {9, 9}};

static struct {
  rc_context* context;
  float points[num_points][3], features[num_points][num_features];
  rc_tensor points_tensor, features_tensor;
  int64_t points_shape[2], features_shape[2];
  rc_grid grid;
  /* Everything that a call may write. */
  struct {
    float output[2][2][2][num_features];
    int32_t counts[2][2][2];
    int64_t stats[1][3];
    int64_t coords[capacity][4];
    float reduced[capacity][num_features];
    int32_t row_counts[capacity];
    float hard[capacity][points_of_a_voxel][num_features];
    int32_t rows[num_points];
    int64_t total[1];
    float grad_features[num_points][num_features];
  } written, before;
} call;

static inline void start_over(void) {
  if (call.context == NULL) call.context = new_cpu_context();
  memcpy(call.points, six_points, sizeof call.points);
  memcpy(call.features, their_features, sizeof call.features);
  memcpy(call.points_shape, NUMBERS(num_points, 3), sizeof call.points_shape);
  memcpy(call.features_shape, NUMBERS(num_points, num_features), sizeof call.features_shape);
  const rc_device cpu = {RC_DEVICE_CPU, 0};
  call.points_tensor = (rc_tensor){call.points, cpu, 2, f32, call.points_shape, NULL, 0};
  call.features_tensor = (rc_tensor){call.features, cpu, 2, f32, call.features_shape, NULL, 0};
  call.grid = (rc_grid){{-1, -1, -1}, {1, 1, 1}, {2, 2, 2}};
  memset(&call.written, 0x5a, sizeof call.written);
  call.before = call.written;
}

static inline void check_untouched(const char* file, int line, const char* spoil) {
  if (memcmp(&call.written, &call.before, sizeof call.written) == 0) return;
  report(file, line, spoil);
  fprintf(stderr, "  expected nothing to be written\n");
}

#endif
