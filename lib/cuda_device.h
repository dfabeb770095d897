// SPDX-License-Identifier: Apache-2.0
/** All that the rest of the library knows of CUDA. The build takes one of its two implementations:
 * cuda_on.cpp, or cuda_off.cpp for a library without CUDA. Failures are thrown as `Error`. */
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "robocache/device.h"

namespace rc {

struct ResamplePlan;
struct GradientPlan;
struct DensePlan;
struct VoxelGradientPlan;
struct SparsePlan;
struct BoundsPlan;
struct ExtractPlan;
struct TsdfPointsPlan;
struct IntegratePlan;
struct CameraPass;
struct UnprojectPlan;
struct PinholePass;

/** A measured call. */
struct TimedCall {
  int32_t op;
  uint64_t items;
  uint64_t bytes;
  /** Of device time. */
  uint64_t nanoseconds;
};

/** What one context keeps on one CUDA device: the stream, a stream-ordered pool of its own, the
 * record of faults in data, timers. Every method makes the device current and restores the one that
 * was. The destructor returns memory in stream order and does not wait. */
class CudaDevice {
 public:
  virtual ~CudaDevice() = default;

  virtual void* stream() const = 0;

  /** Chooses the stream of the calls that follow and orders the device's own state between the two
   * streams. A stream of another device is RC_ERROR_INVALID_ARGUMENT, unless it is being captured:
   * then nothing can be asked of it, and the graph sees to the order. */
  virtual void set_stream(void* stream) = 0;

  /** Waits for the stream. A fault in data that the device has seen is RC_ERROR_INVALID_DATA, now
   * and whenever this is called again, until `clear_fault`. */
  virtual void synchronize() = 0;
  virtual void clear_fault() = 0;

  /** Workspace, in stream order, aligned to 256 bytes. Both may be captured into a graph. */
  virtual void* allocate(uint64_t size) = 0;
  virtual void deallocate(void* pointer) noexcept = 0;

  /** Device time of a call: `start_timer` before its work is enqueued, `stop_timer` after it. Both
   * do nothing while the stream is captured. A start without a stop is forgotten. */
  virtual void start_timer() = 0;
  virtual void stop_timer(int32_t op, uint64_t items, uint64_t bytes) = 0;
  /** Hands over the calls whose time is known, in order; with `wait` it waits for all. */
  virtual std::vector<TimedCall> finished_calls(bool wait) = 0;
  virtual void drop_timers() = 0;

  /** Enqueues `rc_resample`, or the streams of one `rc_fuse`. The plans are complete and checked
   * but for the contents of tensors; `workspace` has the bytes that `resample_workspace` says. */
  virtual uint64_t resample_workspace(const ResamplePlan* plans, int64_t count) = 0;
  virtual void resample(ResamplePlan* plans, int64_t count, char* workspace) = 0;

  /** The same of `rc_resample_backward`, or of the streams of one `rc_fuse_backward` that want a
   * gradient. */
  virtual uint64_t backward_workspace(const GradientPlan* plans, int64_t count) = 0;
  virtual void backward(GradientPlan* plans, int64_t count, char* workspace) = 0;

  /** The same of `rc_voxelize`, its gradient, and `rc_voxelize_sparse`. */
  virtual uint64_t voxelize_workspace(const DensePlan& plan) = 0;
  virtual uint64_t voxelize_workspace(const VoxelGradientPlan& plan) = 0;
  virtual uint64_t voxelize_workspace(const SparsePlan& plan) = 0;
  virtual void voxelize(const DensePlan& plan, char* workspace) = 0;
  virtual void voxelize(const VoxelGradientPlan& plan, char* workspace) = 0;
  virtual void voxelize(const SparsePlan& plan, char* workspace) = 0;
  virtual uint64_t bounds_workspace(const BoundsPlan& plan) = 0;
  virtual void pointcloud_bounds(const BoundsPlan& plan, char* workspace) = 0;

  /** The same of `rc_tsdf_extract_points`. */
  virtual uint64_t extract_workspace(const ExtractPlan& plan) = 0;
  virtual void tsdf_extract(const ExtractPlan& plan, char* workspace) = 0;

  /** The same of `rc_tsdf_from_points`. */
  virtual uint64_t from_points_workspace(const TsdfPointsPlan& plan) = 0;
  virtual void tsdf_from_points(const TsdfPointsPlan& plan, char* workspace) = 0;

  /** The same of `rc_tsdf_integrate`, which takes its memory again for each pass. */
  virtual uint64_t integrate_workspace(const IntegratePlan& plan) = 0;
  virtual void tsdf_integrate(const IntegratePlan& plan, const CameraPass& pass,
                              char* workspace) = 0;

  /** One pass of `rc_depth_to_points`. */
  virtual void depth_to_points(const UnprojectPlan& plan, const PinholePass& pass) = 0;
};

/** Number of devices that the driver shows, whether a context can be made on them or not. */
int32_t cuda_device_count();

/** A device that is not there or cannot be used has `available` 0 and a `reason`. */
rc_device_properties describe_cuda_device(int32_t device_id);

/** Opens a device for a context. Whatever stands against it is RC_ERROR_BACKEND_UNAVAILABLE with
 * the reason; a stream of another device is RC_ERROR_INVALID_ARGUMENT. */
std::unique_ptr<CudaDevice> open_cuda_device(int32_t device_id, void* stream);

/** "cuda: 13.0 for sm_90, sm_100, compute_80", or "cuda: off". */
const char* cuda_build_info();

}  // namespace rc
