# SPDX-License-Identifier: Apache-2.0
"""Generated from include/robocache by generate_cdef.py; do not edit."""

CDEF = """\
typedef int32_t rc_status;
enum rc_status_code {
  RC_SUCCESS = 0,
  RC_ERROR_INVALID_ARGUMENT = 100,
  RC_ERROR_INVALID_HANDLE = 110,
  RC_ERROR_INVALID_DATA = 120,
  RC_ERROR_UNSUPPORTED_DTYPE = 200,
  RC_ERROR_UNSUPPORTED_LAYOUT = 210,
  RC_ERROR_UNSUPPORTED_OPTION = 220,
  RC_ERROR_DEVICE_MISMATCH = 300,
  RC_ERROR_BACKEND_UNAVAILABLE = 310,
  RC_ERROR_OUT_OF_MEMORY = 400,
  RC_ERROR_WORKSPACE_TOO_SMALL = 410,
  RC_ERROR_CAPACITY_EXCEEDED = 420,
  RC_ERROR_CUDA = 500,
  RC_ERROR_VERSION_MISMATCH = 600,
  RC_ERROR_INTERNAL = 900
};
const char* rc_status_name(rc_status status);
const char* rc_last_error_message(void);
#define RC_MAX_NDIM 8
enum rc_device_type {
  RC_DEVICE_AUTO = 0,
  RC_DEVICE_CPU = 1,
  RC_DEVICE_CUDA = 2,
  RC_DEVICE_CUDA_HOST = 3,
  RC_DEVICE_CUDA_MANAGED = 13
};
enum rc_dtype_code {
  RC_DTYPE_INT = 0,
  RC_DTYPE_UINT = 1,
  RC_DTYPE_FLOAT = 2,
  RC_DTYPE_BFLOAT = 4,
  RC_DTYPE_BOOL = 6
};
typedef struct rc_device {
  int32_t device_type;
  int32_t device_id;
} rc_device;
typedef struct rc_dtype {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
} rc_dtype;
typedef struct rc_tensor {
  void* data;
  rc_device device;
  int32_t ndim;
  rc_dtype dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
} rc_tensor;
typedef struct rc_context rc_context;
typedef void* (*rc_allocate_callback)(void* cookie, uint64_t size, uint64_t alignment,
                                      void* stream);
typedef void (*rc_deallocate_callback)(void* cookie, void* pointer, uint64_t size, void* stream);
typedef void (*rc_log_callback)(void* cookie, int32_t level, const char* message);
enum rc_log_level { RC_LOG_DEBUG = 10, RC_LOG_INFO = 20, RC_LOG_WARNING = 30, RC_LOG_ERROR = 40 };
enum rc_simd_level {
  RC_SIMD_AUTO = 0,
  RC_SIMD_BASELINE = 1,
  RC_SIMD_AVX2 = 2,
  RC_SIMD_AVX512 = 3,
  RC_SIMD_NEON = 4
};
enum rc_context_flag {
  RC_CONTEXT_METRICS = 1
};
typedef struct rc_context_options {
  uint32_t struct_size;
  uint32_t flags;
  int32_t device_type;
  int32_t device_id;
  int32_t threads;
  int32_t simd_level;
  uint64_t workspace_limit;
  void* stream;
  rc_allocate_callback allocate;
  rc_deallocate_callback deallocate;
  void* allocator_cookie;
  rc_log_callback log;
  void* log_cookie;
  int32_t log_level;
  int32_t reserved;
} rc_context_options;
enum rc_op {
  RC_OP_RESAMPLE = 0,
  RC_OP_RESAMPLE_BACKWARD = 1,
  RC_OP_FUSE = 2,
  RC_OP_FUSE_BACKWARD = 3,
  RC_OP_VOXELIZE = 4,
  RC_OP_VOXELIZE_BACKWARD = 5,
  RC_OP_VOXELIZE_SPARSE = 6,
  RC_OP_POINTCLOUD_BOUNDS = 7,
  RC_OP_TSDF_INTEGRATE = 8,
  RC_OP_TSDF_FROM_POINTS = 9,
  RC_OP_TSDF_EXTRACT_POINTS = 10,
  RC_OP_DEPTH_TO_POINTS = 11
};
typedef struct rc_op_metrics {
  uint32_t struct_size;
  int32_t op;
  uint64_t calls;
  uint64_t items;
  uint64_t bytes;
  uint64_t total_ns;
  uint64_t min_ns;
  uint64_t max_ns;
} rc_op_metrics;
rc_status rc_context_options_init(rc_context_options* options, uint32_t struct_size);
rc_status rc_context_create(const rc_context_options* options, rc_context** context);
rc_status rc_context_destroy(rc_context* context);
rc_status rc_context_device(const rc_context* context, rc_device* device,
                                   const char** reason);
rc_status rc_context_set_stream(rc_context* context, void* stream);
rc_status rc_context_synchronize(rc_context* context);
rc_status rc_context_clear_error(rc_context* context);
rc_status rc_context_enable_metrics(rc_context* context, int32_t enabled);
rc_status rc_context_metrics(rc_context* context, int32_t op, rc_op_metrics* metrics);
rc_status rc_context_reset_metrics(rc_context* context);
typedef struct rc_device_properties {
  uint32_t struct_size;
  int32_t available;
  rc_device device;
  int32_t compute_major;
  int32_t compute_minor;
  int32_t processors;
  int32_t driver_version;
  int32_t runtime_version;
  int32_t reserved;
  uint64_t total_memory;
  char name[128];
  char instruction_set[32];
  char reason[256];
} rc_device_properties;
rc_status rc_device_count(int32_t device_type, int32_t* count);
rc_status rc_device_info(int32_t device_type, int32_t device_id,
                                rc_device_properties* properties);
#define RC_MAX_CHANNEL_GROUPS 64
enum rc_mode {
  RC_MODE_LINEAR = 0,
  RC_MODE_PREVIOUS = 1,
  RC_MODE_NEXT = 2,
  RC_MODE_NEAREST = 3,
  RC_MODE_PCHIP = 4,
  RC_MODE_SLERP = 5,
  RC_MODE_ANGLE = 6,
  RC_MODE_MEAN = 7,
  RC_MODE_SUM = 8,
  RC_MODE_MIN = 9,
  RC_MODE_MAX = 10,
  RC_MODE_LAST = 11
};
enum rc_outside {
  RC_OUTSIDE_HOLD = 0,
  RC_OUTSIDE_FILL = 1,
  RC_OUTSIDE_EXTRAPOLATE = 2
};
enum rc_order {
  RC_ORDER_CHECK = 0,
  RC_ORDER_SORT = 1,
  RC_ORDER_DROP = 2
};
enum rc_duplicates {
  RC_DUPLICATES_LAST = 0,
  RC_DUPLICATES_FIRST = 1,
  RC_DUPLICATES_MEAN = 2
};
enum rc_reason {
  RC_REASON_BEFORE_FIRST = 1,
  RC_REASON_AFTER_LAST = 2,
  RC_REASON_GAP = 4,
  RC_REASON_STALE = 8,
  RC_REASON_NAN = 16,
  RC_REASON_EMPTY = 32
};
enum rc_resample_flag {
  RC_RESAMPLE_SKIP_NAN = 1,
  RC_RESAMPLE_SKIP_VALIDATION = 2
};
typedef struct rc_channels {
  int64_t begin;
  int64_t count;
  int32_t mode;
  int32_t reserved;
} rc_channels;
typedef struct rc_duration {
  int64_t ticks;
  double seconds;
} rc_duration;
typedef struct rc_window {
  rc_duration before;
  rc_duration after;
} rc_window;
typedef struct rc_clock_map {
  rc_duration reference;
  rc_duration offset;
  double drift;
} rc_clock_map;
typedef struct rc_resample_options {
  uint32_t struct_size;
  uint32_t flags;
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  const rc_tensor* sequence_ids;
  const rc_tensor* target_offsets;
  const rc_channels* channels;
  int64_t num_channels;
  int32_t mode;
  int32_t outside;
  int32_t order;
  int32_t duplicates;
  double fill_value;
  rc_duration max_gap;
  rc_window window;
  rc_clock_map clock;
  rc_tensor* valid;
  rc_tensor* reason;
  rc_tensor* source_index;
  rc_tensor* next_index;
  rc_tensor* weight;
  rc_tensor* age;
  void* workspace;
  uint64_t workspace_size;
} rc_resample_options;
rc_status rc_resample_options_init(rc_resample_options* options, uint32_t struct_size);
rc_status rc_resample(rc_context* context, const rc_tensor* values,
                             const rc_tensor* source_times, const rc_tensor* target_times,
                             const rc_resample_options* options, rc_tensor* output);
rc_status rc_resample_workspace_size(rc_context* context, const rc_tensor* values,
                                            const rc_tensor* source_times,
                                            const rc_tensor* target_times,
                                            const rc_resample_options* options,
                                            const rc_tensor* output, uint64_t* size);
rc_status rc_resample_backward(rc_context* context, const rc_tensor* grad_output,
                                      const rc_tensor* values, const rc_tensor* source_times,
                                      const rc_tensor* target_times,
                                      const rc_resample_options* options, rc_tensor* grad_values);
rc_status rc_resample_backward_workspace_size(
    rc_context* context, const rc_tensor* grad_output, const rc_tensor* values,
    const rc_tensor* source_times, const rc_tensor* target_times,
    const rc_resample_options* options, const rc_tensor* grad_values, uint64_t* size);
rc_status rc_target_clock(int64_t start, int64_t stop, int64_t ticks_per_second,
                                 int64_t numerator, int64_t denominator, int64_t capacity,
                                 int64_t* ticks, int64_t* count);
#define RC_MAX_STREAMS 64
typedef struct rc_stream {
  uint32_t struct_size;
  uint32_t reserved;
  const rc_tensor* values;
  const rc_tensor* source_times;
  const rc_resample_options* options;
  int64_t width;
  rc_tensor* output;
  rc_tensor* grad_values;
} rc_stream;
typedef struct rc_fuse_options {
  uint32_t struct_size;
  uint32_t flags;
  const rc_tensor* target_offsets;
  rc_tensor* valid;
  void* workspace;
  uint64_t workspace_size;
} rc_fuse_options;
rc_status rc_fuse_options_init(rc_fuse_options* options, uint32_t struct_size);
rc_status rc_stream_init(rc_stream* stream, uint32_t struct_size);
rc_status rc_fuse(rc_context* context, const rc_stream* const* streams, int64_t num_streams,
                         const rc_tensor* target_times, const rc_fuse_options* options,
                         rc_tensor* output);
rc_status rc_fuse_workspace_size(rc_context* context, const rc_stream* const* streams,
                                        int64_t num_streams, const rc_tensor* target_times,
                                        const rc_fuse_options* options, const rc_tensor* output,
                                        uint64_t* size);
rc_status rc_fuse_backward(rc_context* context, const rc_tensor* grad_output,
                                  const rc_stream* const* streams, int64_t num_streams,
                                  const rc_tensor* target_times, const rc_fuse_options* options);
rc_status rc_fuse_backward_workspace_size(rc_context* context, const rc_tensor* grad_output,
                                                 const rc_stream* const* streams,
                                                 int64_t num_streams, const rc_tensor* target_times,
                                                 const rc_fuse_options* options, uint64_t* size);
#define RC_NUM_VOXEL_STATS 3
typedef struct rc_grid {
  double origin[3];
  double voxel_size[3];
  int64_t dims[3];
} rc_grid;
enum rc_reduce {
  RC_REDUCE_OCCUPANCY = 0,
  RC_REDUCE_COUNT = 1,
  RC_REDUCE_SUM = 2,
  RC_REDUCE_MEAN = 3,
  RC_REDUCE_MAX = 4,
  RC_REDUCE_MIN = 5,
  RC_REDUCE_OCCUPANCY_BITS = 6
};
enum rc_voxel_stat {
  RC_STAT_OUTSIDE = 0,
  RC_STAT_NOT_FINITE = 1,
  RC_STAT_OVER_CAPACITY = 2
};
enum rc_voxelize_flag {
  RC_VOXELIZE_ACCUMULATE = 1,
  RC_VOXELIZE_SKIP_VALIDATION = 2
};
typedef struct rc_voxelize_options {
  uint32_t struct_size;
  uint32_t flags;
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  const rc_tensor* features;
  int32_t reduce;
  int32_t reserved;
  double fill_value;
  double feature_bound;
  rc_tensor* counts;
  rc_tensor* stats;
  void* workspace;
  uint64_t workspace_size;
} rc_voxelize_options;
typedef struct rc_voxelize_sparse_options {
  uint32_t struct_size;
  uint32_t flags;
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  const rc_tensor* features;
  int32_t reduce;
  int32_t reserved;
  double fill_value;
  double feature_bound;
  rc_tensor* reduced;
  rc_tensor* counts;
  rc_tensor* hard;
  rc_tensor* point_to_voxel;
  rc_tensor* total;
  rc_tensor* stats;
  void* workspace;
  uint64_t workspace_size;
} rc_voxelize_sparse_options;
rc_status rc_voxelize_options_init(rc_voxelize_options* options, uint32_t struct_size);
rc_status rc_voxelize_sparse_options_init(rc_voxelize_sparse_options* options,
                                                 uint32_t struct_size);
rc_status rc_voxelize(rc_context* context, const rc_tensor* points, const rc_grid* grid,
                             const rc_voxelize_options* options, rc_tensor* output);
rc_status rc_voxelize_workspace_size(rc_context* context, const rc_tensor* points,
                                            const rc_grid* grid, const rc_voxelize_options* options,
                                            const rc_tensor* output, uint64_t* size);
rc_status rc_voxelize_backward(rc_context* context, const rc_tensor* grad_output,
                                      const rc_tensor* points, const rc_grid* grid,
                                      const rc_voxelize_options* options, rc_tensor* grad_features);
rc_status rc_voxelize_backward_workspace_size(
    rc_context* context, const rc_tensor* grad_output, const rc_tensor* points, const rc_grid* grid,
    const rc_voxelize_options* options, const rc_tensor* grad_features, uint64_t* size);
rc_status rc_voxelize_sparse(rc_context* context, const rc_tensor* points,
                                    const rc_grid* grid, const rc_voxelize_sparse_options* options,
                                    rc_tensor* coords);
rc_status rc_voxelize_sparse_workspace_size(rc_context* context, const rc_tensor* points,
                                                   const rc_grid* grid,
                                                   const rc_voxelize_sparse_options* options,
                                                   const rc_tensor* coords, uint64_t* size);
rc_status rc_pointcloud_bounds(rc_context* context, const rc_tensor* points,
                                      const rc_tensor* offsets, const rc_tensor* lengths,
                                      rc_tensor* bounds);
enum rc_tsdf_weight {
  RC_TSDF_WEIGHT_CONSTANT = 0,
  RC_TSDF_WEIGHT_INVERSE_SQUARE = 1,
  RC_TSDF_WEIGHT_DROPOFF = 2,
  RC_TSDF_WEIGHT_INVERSE_SQUARE_DROPOFF = 3
};
enum rc_tsdf_flag {
  RC_TSDF_NO_CARVING = 1,
  RC_TSDF_SKIP_VALIDATION = 2
};
typedef struct rc_tsdf_integrate_options {
  uint32_t struct_size;
  uint32_t flags;
  double truncation;
  double depth_scale;
  double max_depth;
  double max_weight;
  int32_t weighting;
  int32_t reserved;
  const rc_tensor* color_images;
  rc_tensor* color;
  void* workspace;
  uint64_t workspace_size;
} rc_tsdf_integrate_options;
typedef struct rc_tsdf_from_points_options {
  uint32_t struct_size;
  uint32_t flags;
  double truncation;
  double max_weight;
  int32_t weighting;
  int32_t reserved;
  const rc_tensor* offsets;
  const rc_tensor* lengths;
  const rc_tensor* normals;
  const rc_tensor* sensor_origins;
  rc_tensor* stats;
  void* workspace;
  uint64_t workspace_size;
} rc_tsdf_from_points_options;
typedef struct rc_tsdf_extract_options {
  uint32_t struct_size;
  uint32_t flags;
  double min_weight;
  const rc_tensor* color;
  rc_tensor* normals;
  rc_tensor* point_colors;
  rc_tensor* total;
  void* workspace;
  uint64_t workspace_size;
} rc_tsdf_extract_options;
rc_status rc_tsdf_integrate_options_init(rc_tsdf_integrate_options* options,
                                                uint32_t struct_size);
rc_status rc_tsdf_from_points_options_init(rc_tsdf_from_points_options* options,
                                                  uint32_t struct_size);
rc_status rc_tsdf_extract_options_init(rc_tsdf_extract_options* options,
                                              uint32_t struct_size);
rc_status rc_tsdf_integrate(rc_context* context, const rc_tensor* depth,
                                   const rc_tensor* intrinsics, const rc_tensor* poses,
                                   const rc_grid* grid, const rc_tsdf_integrate_options* options,
                                   rc_tensor* tsdf, rc_tensor* weight);
rc_status rc_tsdf_integrate_workspace_size(rc_context* context, const rc_tensor* depth,
                                                  const rc_tensor* intrinsics,
                                                  const rc_tensor* poses, const rc_grid* grid,
                                                  const rc_tsdf_integrate_options* options,
                                                  const rc_tensor* tsdf, const rc_tensor* weight,
                                                  uint64_t* size);
rc_status rc_tsdf_from_points(rc_context* context, const rc_tensor* points,
                                     const rc_grid* grid,
                                     const rc_tsdf_from_points_options* options, rc_tensor* tsdf,
                                     rc_tensor* weight);
rc_status rc_tsdf_from_points_workspace_size(rc_context* context, const rc_tensor* points,
                                                    const rc_grid* grid,
                                                    const rc_tsdf_from_points_options* options,
                                                    const rc_tensor* tsdf, const rc_tensor* weight,
                                                    uint64_t* size);
rc_status rc_tsdf_extract_points(rc_context* context, const rc_tensor* tsdf,
                                        const rc_tensor* weight, const rc_grid* grid,
                                        const rc_tsdf_extract_options* options, rc_tensor* points);
rc_status rc_tsdf_extract_points_workspace_size(rc_context* context, const rc_tensor* tsdf,
                                                       const rc_tensor* weight, const rc_grid* grid,
                                                       const rc_tsdf_extract_options* options,
                                                       const rc_tensor* points, uint64_t* size);
rc_status rc_depth_to_points(rc_context* context, const rc_tensor* depth,
                                    const rc_tensor* intrinsics, const rc_tensor* poses,
                                    double depth_scale, double max_depth, rc_tensor* points);
#define RC_VERSION_MAJOR 0
#define RC_VERSION_MINOR 1
#define RC_VERSION_PATCH 0
#define RC_ABI_VERSION 1
uint32_t rc_version(void);
const char* rc_version_string(void);
const char* rc_build_info(void);
rc_status rc_check_version(uint32_t header_version);
"""
