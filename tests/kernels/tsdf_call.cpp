// SPDX-License-Identifier: Apache-2.0
#include "tsdf_case.h"

namespace {

/** Matrices [K,size,size] in host memory. */
struct HostMatrices {
  int64_t shape[3];
  rc_tensor tensor;

  HostMatrices(const std::vector<double>& values, int64_t size)
      : shape{static_cast<int64_t>(values.size()) / (size * size), size, size},
        tensor{const_cast<double*>(values.data()),
               {RC_DEVICE_CPU, 0},
               3,
               {RC_DTYPE_FLOAT, 64, 1},
               shape,
               nullptr,
               0} {}
};

/** `query(size)`, then memory of that size into the options, where the caller is to give it. */
template <class Options, class Query>
rc_status take_workspace(Options& options, const Allocate& allocate, Query query) {
  if (!allocate) return RC_SUCCESS;
  const rc_status status = query(&options.workspace_size);
  if (status == RC_SUCCESS && options.workspace_size > 0) {
    options.workspace = allocate(options.workspace_size);
  }
  return status;
}

rc_status call_points(rc_context* context, const TsdfCase& c, Arguments& arguments,
                      const Allocate& allocate) {
  rc_tsdf_from_points_options o = c.points;
  o.offsets = arguments["offsets"];
  o.lengths = arguments["lengths"];
  o.normals = arguments["normals"];
  o.sensor_origins = arguments["sensor_origins"];
  o.stats = arguments["stats"];
  rc_tensor* const points = arguments["points"];
  rc_tensor *const tsdf = arguments["tsdf"], *const weight = arguments["weight"];
  const rc_status status = take_workspace(o, allocate, [&](uint64_t* size) {
    return rc_tsdf_from_points_workspace_size(context, points, &c.grid, &o, tsdf, weight, size);
  });
  if (status != RC_SUCCESS) return status;
  return rc_tsdf_from_points(context, points, &c.grid, &o, tsdf, weight);
}

rc_status call_extract(rc_context* context, const TsdfCase& c, Arguments& arguments,
                       const Allocate& allocate) {
  rc_tsdf_extract_options o = c.extract;
  o.color = arguments["color"];
  o.normals = arguments["normals"];
  o.point_colors = arguments["point_colors"];
  o.total = arguments["total"];
  rc_tensor* const points = arguments["points"];
  rc_tensor *const tsdf = arguments["tsdf"], *const weight = arguments["weight"];
  const rc_status status = take_workspace(o, allocate, [&](uint64_t* size) {
    return rc_tsdf_extract_points_workspace_size(context, tsdf, weight, &c.grid, &o, points, size);
  });
  if (status != RC_SUCCESS) return status;
  return rc_tsdf_extract_points(context, tsdf, weight, &c.grid, &o, points);
}

}  // namespace

rc_status call_tsdf(rc_context* context, const TsdfCase& c, Arguments& arguments,
                    const Allocate& allocate) {
  if (c.operation == TsdfOperation::kPoints) return call_points(context, c, arguments, allocate);
  if (c.operation == TsdfOperation::kExtract) return call_extract(context, c, arguments, allocate);
  const HostMatrices intrinsics(c.intrinsics, 3), poses(c.poses, 4);
  if (c.operation == TsdfOperation::kUnproject) {
    return rc_depth_to_points(context, arguments["depth"], &intrinsics.tensor, &poses.tensor, 0, 0,
                              arguments["points"]);
  }
  rc_tsdf_integrate_options o = c.integrate;
  o.color_images = arguments["color_images"];
  o.color = arguments["color"];
  const rc_status status = take_workspace(o, allocate, [&](uint64_t* size) {
    return rc_tsdf_integrate_workspace_size(context, arguments["depth"], &intrinsics.tensor,
                                            &poses.tensor, &c.grid, &o, arguments["tsdf"],
                                            arguments["weight"], size);
  });
  if (status != RC_SUCCESS) return status;
  return rc_tsdf_integrate(context, arguments["depth"], &intrinsics.tensor, &poses.tensor, &c.grid,
                           &o, arguments["tsdf"], arguments["weight"]);
}
