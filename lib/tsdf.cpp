// SPDX-License-Identifier: Apache-2.0
#include "robocache/tsdf.h"

#include "lib/camera.h"
#include "lib/error.h"
#include "lib/options.h"
#include "lib/tsdf_cpu.h"
#include "lib/tsdf_plan.h"
#include "lib/view_rules.h"
#include "lib/volume.h"
#include "lib/workspace_query.h"

namespace rc {
namespace {

using Long = long long;

/** Voxels along an axis whose numbers float32 holds. */
constexpr int64_t most_voxels = int64_t{1} << 24;

struct PreparedFrames {
  IntegratePlan plan;
  ScratchVector<Camera> cameras;
};

void check_numbers(const rc_tsdf_integrate_options& options) {
  if ((options.flags & ~uint32_t{RC_TSDF_NO_CARVING}) != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "flags: expected bits of 0x%x, got 0x%x", RC_TSDF_NO_CARVING,
         options.flags);
  }
  if (options.reserved != 0) {
    fail(RC_ERROR_UNSUPPORTED_OPTION, "reserved: expected 0, got %d", options.reserved);
  }
  check_truncation(options.truncation);
  check_max_weight(options.max_weight);
  check_weighting(options.weighting);
  if ((options.color_images != nullptr) != (options.color != nullptr)) {
    const bool images = options.color_images != nullptr;
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected %s, got %s", images ? "color" : "color_images",
         "a tensor, or neither color nor color_images", "NULL");
  }
}

void read_rules(const rc_tsdf_integrate_options& options, IntegratePlan& plan) {
  plan.truncation = static_cast<float>(options.truncation);
  plan.max_weight = weight_limit(options.max_weight);
  plan.carving = (options.flags & RC_TSDF_NO_CARVING) == 0 ? 1 : 0;
  plan.inverse_square = is_inverse_square(options.weighting) ? 1 : 0;
  const double edge = dropoff_edge(plan.volume.grid, options.weighting, options.truncation);
  plan.edge = static_cast<float>(edge);
  plan.fall = static_cast<float>(1 / (options.truncation - edge));
}

/** rc_tsdf_integrate. */
PreparedFrames prepare(Tensors& tensors, const rc_tensor* depth, const rc_tensor* intrinsics,
                       const rc_tensor* poses, const rc_grid* grid,
                       const rc_tsdf_integrate_options& options, const rc_tensor* tsdf,
                       const rc_tensor* weight) {
  check_numbers(options);
  PreparedFrames prepared = {{}, ScratchVector<Camera>(tensors.scratch())};
  IntegratePlan& plan = prepared.plan;
  const DepthImages images = read_depth(tensors, depth, options.depth_scale, options.max_depth);
  plan.depth = images.images;
  plan.frames = images.frames;
  plan.height = images.height;
  plan.width = images.width;
  plan.depth_scale = static_cast<float>(images.scale);
  plan.depth_limit = depth_limit(images);
  plan.volume = read_volume(tensors, grid, tsdf, weight, options.color, VolumeAccess::write);
  for (int axis = 0; axis < 3; ++axis) {
    if (plan.volume.grid.dims[axis] > most_voxels) {
      fail(RC_ERROR_INVALID_ARGUMENT, "grid.dims[%d]: expected at most 2^24, got %lld", axis,
           static_cast<Long>(plan.volume.grid.dims[axis]));
    }
  }
  if (count_bricks(plan.volume.grid) > kMostBricks) {
    fail(RC_ERROR_INVALID_ARGUMENT,
         "grid.dims: expected at most 2^25 cubes of 8^3 voxels, got %lld",
         static_cast<Long>(count_bricks(plan.volume.grid)));
  }
  read_rules(options, plan);
  if (options.color_images != nullptr) {
    const View& v = tensors.read(options.color_images, "color_images");
    if (v.type != Type::u8 && v.type != Type::f32) {
      fail(RC_ERROR_UNSUPPORTED_DTYPE, "color_images: expected uint8 or float32, got %s",
           describe(v).c_str());
    }
    plan.color = images_beside(v, "color_images", images, 3);
  }
  if (poses == nullptr) fail(RC_ERROR_INVALID_ARGUMENT, "poses: expected a tensor, got NULL");
  const ScratchVector<Pinhole> pinholes = read_cameras(tensors, intrinsics, poses, images);
  tensors.check_disjoint();
  prepared.cameras.reserve(pinholes.size());
  for (const Pinhole& pinhole : pinholes) {
    prepared.cameras.push_back(camera_of(pinhole, plan.volume.grid));
  }
  return prepared;
}

uint64_t workspace_to_integrate(const rc_context& context, const IntegratePlan& plan) {
  return context.cuda != nullptr ? context.cuda->integrate_workspace(plan)
                                 : integrate_workspace(plan);
}

}  // namespace
}  // namespace rc

using namespace rc;

rc_status rc_tsdf_integrate_options_init(rc_tsdf_integrate_options* options, uint32_t struct_size) {
  return entry("rc_tsdf_integrate_options_init",
               [&] { init_struct(options, struct_size, "options"); });
}

rc_status rc_tsdf_integrate(rc_context* context, const rc_tensor* depth,
                            const rc_tensor* intrinsics, const rc_tensor* poses,
                            const rc_grid* grid, const rc_tsdf_integrate_options* options,
                            rc_tensor* tsdf, rc_tensor* weight) {
  return entry("rc_tsdf_integrate", [&] {
    rc_context& c = checked(context);
    Measured measured(c, RC_OP_TSDF_INTEGRATE);
    const rc_tsdf_integrate_options o = read_options(options, "options");
    Tensors tensors(c);
    const PreparedFrames frames = prepare(tensors, depth, intrinsics, poses, grid, o, tsdf, weight);
    const Workspace memory(c, workspace_to_integrate(c, frames.plan), o.workspace,
                           o.workspace_size);
    for (int64_t first = 0; first < frames.plan.frames; first += kFramesOfPass) {
      const CameraPass pass = camera_pass(frames.cameras, first);
      if (c.cuda != nullptr) {
        c.cuda->tsdf_integrate(frames.plan, pass, memory.data());
      } else {
        tsdf_integrate_cpu(c, frames.plan, pass, memory.data());
      }
    }
    measured.done(frames.plan.frames * frames.plan.height * frames.plan.width, tensors.bytes());
  });
}

rc_status rc_tsdf_integrate_workspace_size(rc_context* context, const rc_tensor* depth,
                                           const rc_tensor* intrinsics, const rc_tensor* poses,
                                           const rc_grid* grid,
                                           const rc_tsdf_integrate_options* options,
                                           const rc_tensor* tsdf, const rc_tensor* weight,
                                           uint64_t* size) {
  return workspace_query("rc_tsdf_integrate_workspace_size", size, [&] {
    const rc_tsdf_integrate_options o = read_options(options, "options");
    rc_context& c = checked(context);
    Tensors tensors(c);
    return workspace_to_integrate(
        c, prepare(tensors, depth, intrinsics, poses, grid, o, tsdf, weight).plan);
  });
}
