/* SPDX-License-Identifier: Apache-2.0 */
/* Workspace of the functions of voxelize.h: sizes that are exact, the caller's memory, limits, running
 * out. */
#include <stdlib.h>

#include "counter.h"
#include "voxels.h"

/* A function with its good call of voxels.h, in `workspace`; where `size` is not NULL, its question
 * for that. */
struct function {
  const char* name;
  rc_status (*run)(void* workspace, uint64_t workspace_size, uint64_t* size);
};

static rc_status dense(void* workspace, uint64_t workspace_size, uint64_t* size) {
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  options.reduce = RC_REDUCE_SUM;
  options.features = &call.features_tensor;
  options.workspace = workspace;
  options.workspace_size = workspace_size;
  rc_tensor output = TENSOR(call.written.output, f32, 2, 2, 2, num_features);
  return size != NULL
             ? rc_voxelize_workspace_size(call.context, &call.points_tensor, &call.grid, &options,
                                          &output, size)
             : rc_voxelize(call.context, &call.points_tensor, &call.grid, &options, &output);
}

static rc_status backward(void* workspace, uint64_t workspace_size, uint64_t* size) {
  static float gradient[2][2][2][num_features];
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  options.reduce = RC_REDUCE_MAX;
  options.features = &call.features_tensor;
  options.workspace = workspace;
  options.workspace_size = workspace_size;
  rc_tensor from = TENSOR(gradient, f32, 2, 2, 2, num_features);
  rc_tensor to = TENSOR(call.written.grad_features, f32, num_points, num_features);
  return size != NULL
             ? rc_voxelize_backward_workspace_size(call.context, &from, &call.points_tensor,
                                                   &call.grid, &options, &to, size)
             : rc_voxelize_backward(call.context, &from, &call.points_tensor, &call.grid, &options,
                                    &to);
}

static rc_status sparse(void* workspace, uint64_t workspace_size, uint64_t* size) {
  rc_voxelize_sparse_options options = RC_VOXELIZE_SPARSE_OPTIONS_INIT;
  options.workspace = workspace;
  options.workspace_size = workspace_size;
  rc_tensor coords = TENSOR(call.written.coords, i64, capacity, 4);
  return size != NULL
             ? rc_voxelize_sparse_workspace_size(call.context, &call.points_tensor, &call.grid,
                                                 &options, &coords, size)
             : rc_voxelize_sparse(call.context, &call.points_tensor, &call.grid, &options, &coords);
}

static const struct function functions[] = {
    {"rc_voxelize", dense}, {"rc_voxelize_backward", backward}, {"rc_voxelize_sparse", sparse}};

/* Makes a context with an allocator that keeps count, which the calls go to. */
static void use_counter(struct counter* counter, uint64_t limit) {
  rc_context_options options = RC_CONTEXT_OPTIONS_INIT;
  options.device_type = RC_DEVICE_CPU;
  options.allocate = allocate;
  options.deallocate = deallocate;
  options.allocator_cookie = counter;
  options.workspace_limit = limit;
  *counter = (struct counter){0, 0, 0, 0};
  SUCCEEDS(rc_context_create(&options, &call.context));
}

static uint64_t needed(const struct function* function) {
  uint64_t size = 0;
  start_over();
  SUCCEEDS(function->run(NULL, 0, &size));
  return size;
}

static void check_fails(const struct function* function, void* workspace, uint64_t workspace_size,
                        rc_status status, const char* text) {
  start_over();
  check_failure(__FILE__, __LINE__, function->name, function->name,
                function->run(workspace, workspace_size, NULL), status, text);
  check_untouched(__FILE__, __LINE__, function->name);
}

static void the_size_is_exact(const struct function* function) {
  struct counter counter;
  use_counter(&counter, 0);
  const uint64_t size = needed(function);
  CHECK(size > 0);
  CHECK_EQUAL(counter.calls, 0);
  SUCCEEDS(function->run(NULL, 0, NULL));
  CHECK_EQUAL(counter.calls, 1);
  CHECK_EQUAL(counter.most, size);
  CHECK_EQUAL(counter.held, 0);
  SUCCEEDS(rc_context_destroy(call.context));
}

static void with_the_callers_workspace_nothing_is_allocated(const struct function* function) {
  struct counter counter;
  char expected[160];
  use_counter(&counter, 0);
  const uint64_t size = needed(function);
  char* const workspace = malloc(size);
  SUCCEEDS(function->run(workspace, size, NULL));
  CHECK_EQUAL(counter.calls, 0);
  snprintf(expected, sizeof expected,
           "workspace_size: expected at least %" PRIu64 " bytes, got %" PRIu64, size, size - 1);
  check_fails(function, workspace, size - 1, RC_ERROR_WORKSPACE_TOO_SMALL, expected);
  free(workspace);
  SUCCEEDS(rc_context_destroy(call.context));
}

static void beyond_the_limit_the_size_is_named(const struct function* function) {
  struct counter counter;
  char expected[160];
  use_counter(&counter, 10);
  snprintf(expected, sizeof expected,
           "workspace: expected a workspace_limit of at least %" PRIu64 " bytes, got 10",
           needed(function));
  check_fails(function, NULL, 0, RC_ERROR_WORKSPACE_TOO_SMALL, expected);
  CHECK_EQUAL(counter.calls, 0);
  SUCCEEDS(rc_context_destroy(call.context));
}

static void out_of_memory_leaves_the_context_usable(const struct function* function) {
  struct counter counter;
  char expected[160];
  use_counter(&counter, 0);
  counter.dry = 1;
  snprintf(expected, sizeof expected,
           "workspace: expected %" PRIu64 " bytes, got none from the allocator", needed(function));
  check_fails(function, NULL, 0, RC_ERROR_OUT_OF_MEMORY, expected);
  counter.dry = 0;
  SUCCEEDS(function->run(NULL, 0, NULL));
  SUCCEEDS(rc_context_destroy(call.context));
}

/* They are counted where they lie. */
static void points_alone_need_none(void) {
  uint64_t size = 99;
  call.context = NULL;
  start_over();
  rc_voxelize_options options = RC_VOXELIZE_OPTIONS_INIT;
  options.reduce = RC_REDUCE_COUNT;
  SUCCEEDS(rc_voxelize_workspace_size(call.context, &call.points_tensor, &call.grid, &options,
                                      &TENSOR(call.written.counts, i32, 2, 2, 2), &size));
  CHECK_EQUAL(size, 0);
  SUCCEEDS(rc_context_destroy(call.context));
}

int main(void) {
  for (size_t i = 0; i < sizeof functions / sizeof *functions; ++i) {
    the_size_is_exact(&functions[i]);
    with_the_callers_workspace_nothing_is_allocated(&functions[i]);
    beyond_the_limit_the_size_is_named(&functions[i]);
    out_of_memory_leaves_the_context_usable(&functions[i]);
  }
  points_alone_need_none();
  return failed_checks != 0;
}
