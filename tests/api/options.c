/* SPDX-License-Identifier: Apache-2.0 */
/* The reading rule of structs that start with their size: short, longer with zeroes, longer with a
 * field that this library does not know. */
#include <stdlib.h>

#include "check.h"

/* Room for fields that a later release might append. */
enum { later_fields = 16 };

typedef rc_status (*init_function)(void* options, uint32_t struct_size);

static rc_status init_context(void* options, uint32_t size) {
  return rc_context_options_init(options, size);
}
static rc_status init_resample(void* options, uint32_t size) {
  return rc_resample_options_init(options, size);
}
static rc_status init_fuse(void* options, uint32_t size) {
  return rc_fuse_options_init(options, size);
}
static rc_status init_voxelize(void* options, uint32_t size) {
  return rc_voxelize_options_init(options, size);
}
static rc_status init_voxelize_sparse(void* options, uint32_t size) {
  return rc_voxelize_sparse_options_init(options, size);
}
static rc_status init_tsdf_integrate(void* options, uint32_t size) {
  return rc_tsdf_integrate_options_init(options, size);
}
static rc_status init_tsdf_from_points(void* options, uint32_t size) {
  return rc_tsdf_from_points_options_init(options, size);
}
static rc_status init_tsdf_extract(void* options, uint32_t size) {
  return rc_tsdf_extract_options_init(options, size);
}
static rc_status init_stream(void* options, uint32_t size) { return rc_stream_init(options, size); }

static void check_init(init_function init, uint32_t size, const char* function,
                       const char* argument) {
  char expected[160];
  unsigned char* memory = malloc(size + later_fields);
  memset(memory, 0xaa, size + later_fields);

  SUCCEEDS(init(memory, size));
  uint32_t written;
  memcpy(&written, memory, sizeof written);
  CHECK_EQUAL(written, size);
  for (uint32_t i = sizeof written; i < size; ++i) CHECK_EQUAL(memory[i], 0);
  CHECK_EQUAL(memory[size], 0xaa);

  SUCCEEDS(init(memory, size + later_fields));
  CHECK_EQUAL(memory[size + later_fields - 1], 0);

  snprintf(expected, sizeof expected, "%s: %s: expected a struct, got NULL", function, argument);
  FAILS(init(NULL, size), RC_ERROR_INVALID_ARGUMENT, expected);
  snprintf(expected, sizeof expected, "%s: %s: expected struct_size of at least %u, got %u",
           function, argument, size, size - 1);
  FAILS(init(memory, size - 1), RC_ERROR_INVALID_ARGUMENT, expected);
  free(memory);
}

static void init_functions_write_defaults(void) {
  check_init(init_context, sizeof(rc_context_options), "rc_context_options_init", "options");
  check_init(init_resample, sizeof(rc_resample_options), "rc_resample_options_init", "options");
  check_init(init_fuse, sizeof(rc_fuse_options), "rc_fuse_options_init", "options");
  check_init(init_voxelize, sizeof(rc_voxelize_options), "rc_voxelize_options_init", "options");
  check_init(init_voxelize_sparse, sizeof(rc_voxelize_sparse_options),
             "rc_voxelize_sparse_options_init", "options");
  check_init(init_tsdf_integrate, sizeof(rc_tsdf_integrate_options),
             "rc_tsdf_integrate_options_init", "options");
  check_init(init_tsdf_from_points, sizeof(rc_tsdf_from_points_options),
             "rc_tsdf_from_points_options_init", "options");
  check_init(init_tsdf_extract, sizeof(rc_tsdf_extract_options), "rc_tsdf_extract_options_init",
             "options");
  check_init(init_stream, sizeof(rc_stream), "rc_stream_init", "stream");
}

static void init_macros_write_the_same(void) {
  const rc_context_options context = RC_CONTEXT_OPTIONS_INIT;
  const rc_resample_options resample = RC_RESAMPLE_OPTIONS_INIT;
  const rc_fuse_options fuse = RC_FUSE_OPTIONS_INIT;
  const rc_voxelize_options voxelize = RC_VOXELIZE_OPTIONS_INIT;
  const rc_voxelize_sparse_options voxelize_sparse = RC_VOXELIZE_SPARSE_OPTIONS_INIT;
  const rc_tsdf_integrate_options tsdf_integrate = RC_TSDF_INTEGRATE_OPTIONS_INIT;
  const rc_tsdf_from_points_options tsdf_from_points = RC_TSDF_FROM_POINTS_OPTIONS_INIT;
  const rc_tsdf_extract_options tsdf_extract = RC_TSDF_EXTRACT_OPTIONS_INIT;
  const rc_stream stream = RC_STREAM_INIT;
  rc_context_options context_default;
  rc_resample_options resample_default;
  rc_fuse_options fuse_default;
  rc_voxelize_options voxelize_default;
  rc_voxelize_sparse_options voxelize_sparse_default;
  rc_tsdf_integrate_options tsdf_integrate_default;
  rc_tsdf_from_points_options tsdf_from_points_default;
  rc_tsdf_extract_options tsdf_extract_default;
  rc_stream stream_default;
  SUCCEEDS(rc_context_options_init(&context_default, sizeof context_default));
  SUCCEEDS(rc_resample_options_init(&resample_default, sizeof resample_default));
  SUCCEEDS(rc_fuse_options_init(&fuse_default, sizeof fuse_default));
  SUCCEEDS(rc_voxelize_options_init(&voxelize_default, sizeof voxelize_default));
  SUCCEEDS(
      rc_voxelize_sparse_options_init(&voxelize_sparse_default, sizeof voxelize_sparse_default));
  SUCCEEDS(rc_tsdf_integrate_options_init(&tsdf_integrate_default, sizeof tsdf_integrate_default));
  SUCCEEDS(
      rc_tsdf_from_points_options_init(&tsdf_from_points_default, sizeof tsdf_from_points_default));
  SUCCEEDS(rc_tsdf_extract_options_init(&tsdf_extract_default, sizeof tsdf_extract_default));
  SUCCEEDS(rc_stream_init(&stream_default, sizeof stream_default));
  CHECK(memcmp(&context, &context_default, sizeof context) == 0);
  CHECK(memcmp(&resample, &resample_default, sizeof resample) == 0);
  CHECK(memcmp(&fuse, &fuse_default, sizeof fuse) == 0);
  CHECK(memcmp(&voxelize, &voxelize_default, sizeof voxelize) == 0);
  CHECK(memcmp(&voxelize_sparse, &voxelize_sparse_default, sizeof voxelize_sparse) == 0);
  CHECK(memcmp(&tsdf_integrate, &tsdf_integrate_default, sizeof tsdf_integrate) == 0);
  CHECK(memcmp(&tsdf_from_points, &tsdf_from_points_default, sizeof tsdf_from_points) == 0);
  CHECK(memcmp(&tsdf_extract, &tsdf_extract_default, sizeof tsdf_extract) == 0);
  CHECK(memcmp(&stream, &stream_default, sizeof stream) == 0);
}

static void read_structs_of_other_lengths(void) {
  struct {
    rc_context_options known;
    unsigned char later[later_fields];
  } options;
  memset(&options, 0, sizeof options);
  options.known.device_type = RC_DEVICE_CPU;
  rc_context* context;

  options.known.struct_size = sizeof options;
  SUCCEEDS(rc_context_create(&options.known, &context));
  SUCCEEDS(rc_context_destroy(context));

  options.later[3] = 1;
  FAILS(rc_context_create(&options.known, &context), RC_ERROR_UNSUPPORTED_OPTION,
        "rc_context_create: options: byte 91 of 104 is set: an option of newer headers, unknown to "
        "robocache 0.1.0");
  CHECK(context == NULL);

  options.known.struct_size = sizeof options.known - 1;
  FAILS(rc_context_create(&options.known, &context), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_create: options: expected struct_size of at least 88, got 87");
  options.known.struct_size = 0;
  FAILS(rc_context_create(&options.known, &context), RC_ERROR_INVALID_ARGUMENT,
        "rc_context_create: options: expected struct_size of at least 88, got 0");
}

static void written_structs_of_other_lengths(void) {
  struct {
    rc_device_properties known;
    unsigned char later[later_fields];
  } device;
  memset(&device, 0, sizeof device);
  device.known.struct_size = sizeof device;
  SUCCEEDS(rc_device_info(RC_DEVICE_CPU, 0, &device.known));
  CHECK_EQUAL(device.known.struct_size, sizeof device);
  CHECK_EQUAL(device.known.available, 1);

  device.later[0] = 1;
  FAILS(rc_device_info(RC_DEVICE_CPU, 0, &device.known), RC_ERROR_UNSUPPORTED_OPTION,
        "rc_device_info: properties: byte 464 of 480 is set: an option of newer headers, unknown "
        "to robocache 0.1.0");
  device.known.struct_size = 463;
  FAILS(rc_device_info(RC_DEVICE_CPU, 0, &device.known), RC_ERROR_INVALID_ARGUMENT,
        "rc_device_info: properties: expected struct_size of at least 464, got 463");
}

int main(void) {
  init_functions_write_defaults();
  init_macros_write_the_same();
  read_structs_of_other_lengths();
  written_structs_of_other_lengths();
  return failed_checks != 0;
}
