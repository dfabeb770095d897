// SPDX-License-Identifier: Apache-2.0
// Every field of a C++ options struct arrives in the field of the same name of the C one. A C
// struct that grew does not compile here until its C++ counterpart and this test have followed.
#include <cstdint>
#include <cstring>
#include <vector>

#include "check.hpp"

using namespace robocache;

namespace {

int64_t numbers[16];
/** A tensor for the n-th field that takes one, told from the others by its data. */
Tensor tensor(int n) { return Tensor(numbers + n, {1}); }

/** Checks of one struct: `filled` is what the C++ struct gave, `plain` what it gives by default. */
#define CHECK_FIELD(name, value) CHECK_EQUAL(filled.name, value)
#define CHECK_TENSOR(name, n)                    \
  do {                                           \
    CHECK(plain.name == nullptr);                \
    CHECK(filled.name != nullptr);               \
    CHECK_EQUAL(filled.name->data, numbers + n); \
  } while (0)

/** That the defaults are all zero but for the size, as those of C are. */
template <class C>
void check_zero(int line, const C& plain, const C& c_defaults) {
  if (std::memcmp(&plain, &c_defaults, sizeof plain) != 0) report(__FILE__, line, "defaults");
}
#define CHECK_DEFAULTS(init)               \
  do {                                     \
    const decltype(plain) defaults = init; \
    check_zero(__LINE__, plain, defaults); \
  } while (0)

void* allocate(void*, uint64_t, uint64_t, void*) { return nullptr; }
void deallocate(void*, void*, uint64_t, void*) {}
void log(void*, int32_t, const char*) {}

void context() {
  static_assert(sizeof(rc_context_options) == 88, "a new field: add it to ContextOptions");
  rc_context_options plain = ContextOptions().get();
  CHECK_EQUAL(plain.log_level, int32_t{RC_LOG_INFO});
  plain.log_level = 0;  // which means RC_LOG_INFO
  CHECK_DEFAULTS(RC_CONTEXT_OPTIONS_INIT);
  ContextOptions options;
  options.metrics = true;
  options.device_type = DeviceType::cuda;
  options.device_id = 2;
  options.threads = 3;
  options.simd_level = SimdLevel::baseline;
  options.workspace_limit = 4;
  options.stream = numbers;
  options.allocate = allocate;
  options.deallocate = deallocate;
  options.allocator_cookie = numbers + 1;
  options.log = log;
  options.log_cookie = numbers + 2;
  options.log_level = LogLevel::error;
  const rc_context_options filled = options.get();
  CHECK_FIELD(flags, uint32_t{RC_CONTEXT_METRICS});
  CHECK_FIELD(device_type, int32_t{RC_DEVICE_CUDA});
  CHECK_FIELD(device_id, 2);
  CHECK_FIELD(threads, 3);
  CHECK_FIELD(simd_level, int32_t{RC_SIMD_BASELINE});
  CHECK_FIELD(workspace_limit, 4u);
  CHECK_FIELD(stream, numbers);
  CHECK(filled.allocate == allocate);
  CHECK(filled.deallocate == deallocate);
  CHECK_FIELD(allocator_cookie, numbers + 1);
  CHECK(filled.log == log);
  CHECK_FIELD(log_cookie, numbers + 2);
  CHECK_FIELD(log_level, int32_t{RC_LOG_ERROR});
}

void resample_options() {
  static_assert(sizeof(rc_resample_options) == 232, "a new field: add it to ResampleOptions");
  const ResampleOptions none;
  const rc_resample_options plain = none.get();
  CHECK_DEFAULTS(RC_RESAMPLE_OPTIONS_INIT);
  ResampleOptions options;
  options.skip_nan = true;
  CHECK_EQUAL(options.get().flags, uint32_t{RC_RESAMPLE_SKIP_NAN});
  options.skip_validation = true;
  options.offsets = tensor(0);
  options.lengths = tensor(1);
  options.sequence_ids = tensor(2);
  options.target_offsets = tensor(3);
  options.channels = {Channels{0, 3, Mode::pchip}, Channels{3, 4, Mode::slerp}};
  options.mode = Mode::nearest;
  options.outside = Outside::extrapolate;
  options.order = Order::drop;
  options.duplicates = Duplicates::mean;
  options.fill_value = 1.5;
  options.max_gap = ticks(7);
  options.window = {nanoseconds(std::chrono::microseconds(2)), ticks(3)};
  options.clock = {ticks(4), seconds(0.25), 0.5};
  options.valid = tensor(4);
  options.reason = tensor(5);
  options.source_index = tensor(6);
  options.next_index = tensor(7);
  options.weight = tensor(8);
  options.age = tensor(9);
  options.workspace = {numbers + 10, 11};
  const rc_resample_options filled = options.get();
  CHECK_FIELD(flags, uint32_t{RC_RESAMPLE_SKIP_NAN} | uint32_t{RC_RESAMPLE_SKIP_VALIDATION});
  CHECK_TENSOR(offsets, 0);
  CHECK_TENSOR(lengths, 1);
  CHECK_TENSOR(sequence_ids, 2);
  CHECK_TENSOR(target_offsets, 3);
  CHECK_FIELD(num_channels, 2);
  CHECK_FIELD(channels[1].begin, 3);
  CHECK_FIELD(channels[1].count, 4);
  CHECK_FIELD(channels[1].mode, int32_t{RC_MODE_SLERP});
  CHECK_FIELD(channels[0].mode, int32_t{RC_MODE_PCHIP});
  CHECK_FIELD(mode, int32_t{RC_MODE_NEAREST});
  CHECK_FIELD(outside, int32_t{RC_OUTSIDE_EXTRAPOLATE});
  CHECK_FIELD(order, int32_t{RC_ORDER_DROP});
  CHECK_FIELD(duplicates, int32_t{RC_DUPLICATES_MEAN});
  CHECK_FIELD(fill_value, 1.5);
  CHECK_FIELD(max_gap.ticks, 7);
  CHECK_FIELD(window.before.ticks, 2000);
  CHECK_FIELD(window.after.ticks, 3);
  CHECK_FIELD(clock.reference.ticks, 4);
  CHECK_FIELD(clock.offset.seconds, 0.25);
  CHECK_FIELD(clock.drift, 0.5);
  CHECK_TENSOR(valid, 4);
  CHECK_TENSOR(reason, 5);
  CHECK_TENSOR(source_index, 6);
  CHECK_TENSOR(next_index, 7);
  CHECK_TENSOR(weight, 8);
  CHECK_TENSOR(age, 9);
  CHECK_FIELD(workspace, numbers + 10);
  CHECK_FIELD(workspace_size, 11u);
}

void fuse_options() {
  static_assert(sizeof(rc_fuse_options) == 40, "a new field: add it to FuseOptions");
  const FuseOptions none;
  const rc_fuse_options plain = none.get();
  CHECK_DEFAULTS(RC_FUSE_OPTIONS_INIT);
  FuseOptions options;
  options.target_offsets = tensor(0);
  options.valid = tensor(1);
  options.workspace = {numbers + 2, 3};
  const rc_fuse_options filled = options.get();
  CHECK_TENSOR(target_offsets, 0);
  CHECK_TENSOR(valid, 1);
  CHECK_FIELD(workspace, numbers + 2);
  CHECK_FIELD(workspace_size, 3u);
}

void streams() {
  static_assert(sizeof(rc_stream) == 56, "a new field: add it to Stream");
  std::vector<Stream> two(2);
  two[1].values = tensor(0);
  two[1].source_times = tensor(1);
  two[1].options.fill_value = 2;
  two[1].width = 3;
  two[1].output = tensor(4);
  two[1].grad_values = tensor(5);
  const detail::Streams c(two);
  CHECK_EQUAL(c.count(), 2);
  const rc_stream& plain = *c.get()[0];
  const rc_stream& filled = *c.get()[1];
  CHECK_FIELD(struct_size, sizeof(rc_stream));
  CHECK_EQUAL(plain.width, 0);
  CHECK_TENSOR(values, 0);
  CHECK_TENSOR(source_times, 1);
  CHECK_FIELD(options->fill_value, 2);
  CHECK_FIELD(width, 3);
  CHECK_TENSOR(output, 4);
  CHECK_TENSOR(grad_values, 5);
}

void voxelize_options() {
  static_assert(sizeof(rc_voxelize_options) == 88, "a new field: add it to VoxelizeOptions");
  const VoxelizeOptions none;
  const rc_voxelize_options plain = none.get();
  CHECK_DEFAULTS(RC_VOXELIZE_OPTIONS_INIT);
  VoxelizeOptions options;
  options.accumulate = true;
  CHECK_EQUAL(options.get().flags, uint32_t{RC_VOXELIZE_ACCUMULATE});
  options.skip_validation = true;
  options.offsets = tensor(0);
  options.lengths = tensor(1);
  options.features = tensor(2);
  options.reduce = Reduce::max;
  options.fill_value = 3;
  options.feature_bound = 4;
  options.counts = tensor(5);
  options.stats = tensor(6);
  options.workspace = {numbers + 7, 8};
  const rc_voxelize_options filled = options.get();
  CHECK_FIELD(flags, uint32_t{RC_VOXELIZE_ACCUMULATE} | uint32_t{RC_VOXELIZE_SKIP_VALIDATION});
  CHECK_TENSOR(offsets, 0);
  CHECK_TENSOR(lengths, 1);
  CHECK_TENSOR(features, 2);
  CHECK_FIELD(reduce, int32_t{RC_REDUCE_MAX});
  CHECK_FIELD(fill_value, 3);
  CHECK_FIELD(feature_bound, 4);
  CHECK_TENSOR(counts, 5);
  CHECK_TENSOR(stats, 6);
  CHECK_FIELD(workspace, numbers + 7);
  CHECK_FIELD(workspace_size, 8u);
}

void voxelize_sparse_options() {
  static_assert(sizeof(rc_voxelize_sparse_options) == 120,
                "a new field: add it to VoxelizeSparseOptions");
  const VoxelizeSparseOptions none;
  const rc_voxelize_sparse_options plain = none.get();
  CHECK_DEFAULTS(RC_VOXELIZE_SPARSE_OPTIONS_INIT);
  VoxelizeSparseOptions options;
  options.skip_validation = true;
  options.offsets = tensor(0);
  options.lengths = tensor(1);
  options.features = tensor(2);
  options.reduce = Reduce::mean;
  options.fill_value = 3;
  options.feature_bound = 4;
  options.reduced = tensor(5);
  options.counts = tensor(6);
  options.hard = tensor(7);
  options.point_to_voxel = tensor(8);
  options.total = tensor(9);
  options.stats = tensor(10);
  options.workspace = {numbers + 11, 12};
  const rc_voxelize_sparse_options filled = options.get();
  CHECK_FIELD(flags, uint32_t{RC_VOXELIZE_SKIP_VALIDATION});
  CHECK_TENSOR(offsets, 0);
  CHECK_TENSOR(lengths, 1);
  CHECK_TENSOR(features, 2);
  CHECK_FIELD(reduce, int32_t{RC_REDUCE_MEAN});
  CHECK_FIELD(fill_value, 3);
  CHECK_FIELD(feature_bound, 4);
  CHECK_TENSOR(reduced, 5);
  CHECK_TENSOR(counts, 6);
  CHECK_TENSOR(hard, 7);
  CHECK_TENSOR(point_to_voxel, 8);
  CHECK_TENSOR(total, 9);
  CHECK_TENSOR(stats, 10);
  CHECK_FIELD(workspace, numbers + 11);
  CHECK_FIELD(workspace_size, 12u);
}

void tsdf_integrate_options() {
  static_assert(sizeof(rc_tsdf_integrate_options) == 80,
                "a new field: add it to TsdfIntegrateOptions");
  const TsdfIntegrateOptions none;
  const rc_tsdf_integrate_options plain = none.get();
  CHECK_DEFAULTS(RC_TSDF_INTEGRATE_OPTIONS_INIT);
  TsdfIntegrateOptions options;
  options.no_carving = true;
  options.truncation = 1;
  options.depth_scale = 2;
  options.max_depth = 3;
  options.max_weight = 4;
  options.weighting = Weighting::inverse_square;
  options.color_images = tensor(5);
  options.color = tensor(6);
  options.workspace = {numbers + 7, 8};
  const rc_tsdf_integrate_options filled = options.get();
  CHECK_FIELD(flags, uint32_t{RC_TSDF_NO_CARVING});
  CHECK_FIELD(truncation, 1);
  CHECK_FIELD(depth_scale, 2);
  CHECK_FIELD(max_depth, 3);
  CHECK_FIELD(max_weight, 4);
  CHECK_FIELD(weighting, int32_t{RC_TSDF_WEIGHT_INVERSE_SQUARE});
  CHECK_TENSOR(color_images, 5);
  CHECK_TENSOR(color, 6);
  CHECK_FIELD(workspace, numbers + 7);
  CHECK_FIELD(workspace_size, 8u);
}

void tsdf_from_points_options() {
  static_assert(sizeof(rc_tsdf_from_points_options) == 88,
                "a new field: add it to TsdfFromPointsOptions");
  const TsdfFromPointsOptions none;
  const rc_tsdf_from_points_options plain = none.get();
  CHECK_DEFAULTS(RC_TSDF_FROM_POINTS_OPTIONS_INIT);
  TsdfFromPointsOptions options;
  options.no_carving = true;
  CHECK_EQUAL(options.get().flags, uint32_t{RC_TSDF_NO_CARVING});
  options.skip_validation = true;
  options.truncation = 1;
  options.max_weight = 2;
  options.weighting = Weighting::dropoff;
  options.offsets = tensor(3);
  options.lengths = tensor(4);
  options.normals = tensor(5);
  options.sensor_origins = tensor(6);
  options.stats = tensor(7);
  options.workspace = {numbers + 8, 9};
  const rc_tsdf_from_points_options filled = options.get();
  CHECK_FIELD(flags, uint32_t{RC_TSDF_NO_CARVING} | uint32_t{RC_TSDF_SKIP_VALIDATION});
  CHECK_FIELD(truncation, 1);
  CHECK_FIELD(max_weight, 2);
  CHECK_FIELD(weighting, int32_t{RC_TSDF_WEIGHT_DROPOFF});
  CHECK_TENSOR(offsets, 3);
  CHECK_TENSOR(lengths, 4);
  CHECK_TENSOR(normals, 5);
  CHECK_TENSOR(sensor_origins, 6);
  CHECK_TENSOR(stats, 7);
  CHECK_FIELD(workspace, numbers + 8);
  CHECK_FIELD(workspace_size, 9u);
}

void tsdf_extract_options() {
  static_assert(sizeof(rc_tsdf_extract_options) == 64, "a new field: add it to TsdfExtractOptions");
  const TsdfExtractOptions none;
  const rc_tsdf_extract_options plain = none.get();
  CHECK_DEFAULTS(RC_TSDF_EXTRACT_OPTIONS_INIT);
  TsdfExtractOptions options;
  options.min_weight = 1;
  options.color = tensor(2);
  options.normals = tensor(3);
  options.point_colors = tensor(4);
  options.total = tensor(5);
  options.workspace = {numbers + 6, 7};
  const rc_tsdf_extract_options filled = options.get();
  CHECK_FIELD(min_weight, 1);
  CHECK_TENSOR(color, 2);
  CHECK_TENSOR(normals, 3);
  CHECK_TENSOR(point_colors, 4);
  CHECK_TENSOR(total, 5);
  CHECK_FIELD(workspace, numbers + 6);
  CHECK_FIELD(workspace_size, 7u);
}

/** The options are aggregates: C++20 names what differs from the defaults. */
void designated() {
#if __cplusplus >= 202002L
  const ResampleOptions options{.mode = Mode::slerp, .max_gap = ticks(7)};
  CHECK_EQUAL(options.get().mode, int32_t{RC_MODE_SLERP});
  CHECK_EQUAL(options.get().max_gap.ticks, 7);
  CHECK_EQUAL(options.get().fill_value, 0.0);
  const Stream stream{.values = tensor(1), .width = 2};
  CHECK(stream.values && !stream.output);
#endif
}

}  // namespace

int main() {
  context();
  resample_options();
  fuse_options();
  streams();
  voxelize_options();
  voxelize_sparse_options();
  tsdf_integrate_options();
  tsdf_from_points_options();
  tsdf_extract_options();
  designated();
  return failed_checks != 0;
}
