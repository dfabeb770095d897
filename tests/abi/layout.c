/* SPDX-License-Identifier: Apache-2.0 */
/* Gate: sizes and offsets that callers have compiled in. Checked by the compiler. Lines are only
 * added. */
#include <stddef.h>

#include "robocache/robocache.h"

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define FIELD(type, field, offset) \
  _Static_assert(offsetof(type, field) == (offset), #type "." #field)

SIZE(rc_status, 4);

SIZE(rc_device, 8);
FIELD(rc_device, device_type, 0);
FIELD(rc_device, device_id, 4);

SIZE(rc_dtype, 4);
FIELD(rc_dtype, code, 0);
FIELD(rc_dtype, bits, 1);
FIELD(rc_dtype, lanes, 2);

SIZE(rc_tensor, 48);
FIELD(rc_tensor, data, 0);
FIELD(rc_tensor, device, 8);
FIELD(rc_tensor, ndim, 16);
FIELD(rc_tensor, dtype, 20);
FIELD(rc_tensor, shape, 24);
FIELD(rc_tensor, strides, 32);
FIELD(rc_tensor, byte_offset, 40);

SIZE(rc_device_properties, 464);
FIELD(rc_device_properties, struct_size, 0);
FIELD(rc_device_properties, available, 4);
FIELD(rc_device_properties, device, 8);
FIELD(rc_device_properties, compute_major, 16);
FIELD(rc_device_properties, compute_minor, 20);
FIELD(rc_device_properties, processors, 24);
FIELD(rc_device_properties, driver_version, 28);
FIELD(rc_device_properties, runtime_version, 32);
FIELD(rc_device_properties, reserved, 36);
FIELD(rc_device_properties, total_memory, 40);
FIELD(rc_device_properties, name, 48);
FIELD(rc_device_properties, instruction_set, 176);
FIELD(rc_device_properties, reason, 208);

SIZE(rc_context_options, 88);
FIELD(rc_context_options, struct_size, 0);
FIELD(rc_context_options, flags, 4);
FIELD(rc_context_options, device_type, 8);
FIELD(rc_context_options, device_id, 12);
FIELD(rc_context_options, threads, 16);
FIELD(rc_context_options, simd_level, 20);
FIELD(rc_context_options, workspace_limit, 24);
FIELD(rc_context_options, stream, 32);
FIELD(rc_context_options, allocate, 40);
FIELD(rc_context_options, deallocate, 48);
FIELD(rc_context_options, allocator_cookie, 56);
FIELD(rc_context_options, log, 64);
FIELD(rc_context_options, log_cookie, 72);
FIELD(rc_context_options, log_level, 80);
FIELD(rc_context_options, reserved, 84);

SIZE(rc_op_metrics, 56);
FIELD(rc_op_metrics, struct_size, 0);
FIELD(rc_op_metrics, op, 4);
FIELD(rc_op_metrics, calls, 8);
FIELD(rc_op_metrics, items, 16);
FIELD(rc_op_metrics, bytes, 24);
FIELD(rc_op_metrics, total_ns, 32);
FIELD(rc_op_metrics, min_ns, 40);
FIELD(rc_op_metrics, max_ns, 48);

SIZE(rc_channels, 24);
FIELD(rc_channels, begin, 0);
FIELD(rc_channels, count, 8);
FIELD(rc_channels, mode, 16);
FIELD(rc_channels, reserved, 20);

SIZE(rc_duration, 16);
FIELD(rc_duration, ticks, 0);
FIELD(rc_duration, seconds, 8);

SIZE(rc_window, 32);
FIELD(rc_window, before, 0);
FIELD(rc_window, after, 16);

SIZE(rc_clock_map, 40);
FIELD(rc_clock_map, reference, 0);
FIELD(rc_clock_map, offset, 16);
FIELD(rc_clock_map, drift, 32);

SIZE(rc_resample_options, 232);
FIELD(rc_resample_options, struct_size, 0);
FIELD(rc_resample_options, flags, 4);
FIELD(rc_resample_options, offsets, 8);
FIELD(rc_resample_options, lengths, 16);
FIELD(rc_resample_options, sequence_ids, 24);
FIELD(rc_resample_options, target_offsets, 32);
FIELD(rc_resample_options, channels, 40);
FIELD(rc_resample_options, num_channels, 48);
FIELD(rc_resample_options, mode, 56);
FIELD(rc_resample_options, outside, 60);
FIELD(rc_resample_options, order, 64);
FIELD(rc_resample_options, duplicates, 68);
FIELD(rc_resample_options, fill_value, 72);
FIELD(rc_resample_options, max_gap, 80);
FIELD(rc_resample_options, window, 96);
FIELD(rc_resample_options, clock, 128);
FIELD(rc_resample_options, valid, 168);
FIELD(rc_resample_options, reason, 176);
FIELD(rc_resample_options, source_index, 184);
FIELD(rc_resample_options, next_index, 192);
FIELD(rc_resample_options, weight, 200);
FIELD(rc_resample_options, age, 208);
FIELD(rc_resample_options, workspace, 216);
FIELD(rc_resample_options, workspace_size, 224);

SIZE(rc_stream, 56);
FIELD(rc_stream, struct_size, 0);
FIELD(rc_stream, reserved, 4);
FIELD(rc_stream, values, 8);
FIELD(rc_stream, source_times, 16);
FIELD(rc_stream, options, 24);
FIELD(rc_stream, width, 32);
FIELD(rc_stream, output, 40);
FIELD(rc_stream, grad_values, 48);

SIZE(rc_fuse_options, 40);
FIELD(rc_fuse_options, struct_size, 0);
FIELD(rc_fuse_options, flags, 4);
FIELD(rc_fuse_options, target_offsets, 8);
FIELD(rc_fuse_options, valid, 16);
FIELD(rc_fuse_options, workspace, 24);
FIELD(rc_fuse_options, workspace_size, 32);

SIZE(rc_grid, 72);
FIELD(rc_grid, origin, 0);
FIELD(rc_grid, voxel_size, 24);
FIELD(rc_grid, dims, 48);

SIZE(rc_voxelize_options, 88);
FIELD(rc_voxelize_options, struct_size, 0);
FIELD(rc_voxelize_options, flags, 4);
FIELD(rc_voxelize_options, offsets, 8);
FIELD(rc_voxelize_options, lengths, 16);
FIELD(rc_voxelize_options, features, 24);
FIELD(rc_voxelize_options, reduce, 32);
FIELD(rc_voxelize_options, reserved, 36);
FIELD(rc_voxelize_options, fill_value, 40);
FIELD(rc_voxelize_options, feature_bound, 48);
FIELD(rc_voxelize_options, counts, 56);
FIELD(rc_voxelize_options, stats, 64);
FIELD(rc_voxelize_options, workspace, 72);
FIELD(rc_voxelize_options, workspace_size, 80);

SIZE(rc_voxelize_sparse_options, 120);
FIELD(rc_voxelize_sparse_options, struct_size, 0);
FIELD(rc_voxelize_sparse_options, flags, 4);
FIELD(rc_voxelize_sparse_options, offsets, 8);
FIELD(rc_voxelize_sparse_options, lengths, 16);
FIELD(rc_voxelize_sparse_options, features, 24);
FIELD(rc_voxelize_sparse_options, reduce, 32);
FIELD(rc_voxelize_sparse_options, reserved, 36);
FIELD(rc_voxelize_sparse_options, fill_value, 40);
FIELD(rc_voxelize_sparse_options, feature_bound, 48);
FIELD(rc_voxelize_sparse_options, reduced, 56);
FIELD(rc_voxelize_sparse_options, counts, 64);
FIELD(rc_voxelize_sparse_options, hard, 72);
FIELD(rc_voxelize_sparse_options, point_to_voxel, 80);
FIELD(rc_voxelize_sparse_options, total, 88);
FIELD(rc_voxelize_sparse_options, stats, 96);
FIELD(rc_voxelize_sparse_options, workspace, 104);
FIELD(rc_voxelize_sparse_options, workspace_size, 112);

SIZE(rc_tsdf_integrate_options, 80);
FIELD(rc_tsdf_integrate_options, struct_size, 0);
FIELD(rc_tsdf_integrate_options, flags, 4);
FIELD(rc_tsdf_integrate_options, truncation, 8);
FIELD(rc_tsdf_integrate_options, depth_scale, 16);
FIELD(rc_tsdf_integrate_options, max_depth, 24);
FIELD(rc_tsdf_integrate_options, max_weight, 32);
FIELD(rc_tsdf_integrate_options, weighting, 40);
FIELD(rc_tsdf_integrate_options, reserved, 44);
FIELD(rc_tsdf_integrate_options, color_images, 48);
FIELD(rc_tsdf_integrate_options, color, 56);
FIELD(rc_tsdf_integrate_options, workspace, 64);
FIELD(rc_tsdf_integrate_options, workspace_size, 72);

SIZE(rc_tsdf_from_points_options, 88);
FIELD(rc_tsdf_from_points_options, struct_size, 0);
FIELD(rc_tsdf_from_points_options, flags, 4);
FIELD(rc_tsdf_from_points_options, truncation, 8);
FIELD(rc_tsdf_from_points_options, max_weight, 16);
FIELD(rc_tsdf_from_points_options, weighting, 24);
FIELD(rc_tsdf_from_points_options, reserved, 28);
FIELD(rc_tsdf_from_points_options, offsets, 32);
FIELD(rc_tsdf_from_points_options, lengths, 40);
FIELD(rc_tsdf_from_points_options, normals, 48);
FIELD(rc_tsdf_from_points_options, sensor_origins, 56);
FIELD(rc_tsdf_from_points_options, stats, 64);
FIELD(rc_tsdf_from_points_options, workspace, 72);
FIELD(rc_tsdf_from_points_options, workspace_size, 80);

SIZE(rc_tsdf_extract_options, 64);
FIELD(rc_tsdf_extract_options, struct_size, 0);
FIELD(rc_tsdf_extract_options, flags, 4);
FIELD(rc_tsdf_extract_options, min_weight, 8);
FIELD(rc_tsdf_extract_options, color, 16);
FIELD(rc_tsdf_extract_options, normals, 24);
FIELD(rc_tsdf_extract_options, point_colors, 32);
FIELD(rc_tsdf_extract_options, total, 40);
FIELD(rc_tsdf_extract_options, workspace, 48);
FIELD(rc_tsdf_extract_options, workspace_size, 56);
