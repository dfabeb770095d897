// SPDX-License-Identifier: Apache-2.0
/** cuda_device.h on top of the CUDA runtime, which is linked into the library: only the driver has
 * to be on the machine. */
#include <cuda_runtime_api.h>

#include "kernels/common/fault_record.h"
#include "lib/cuda_device.h"
#include "lib/cuda_extract.h"
#include "lib/cuda_pool.h"
#include "lib/cuda_resample.h"
#include "lib/cuda_support.h"
#include "lib/cuda_timers.h"
#include "lib/cuda_tsdf.h"
#include "lib/cuda_voxelize.h"
#include "lib/error.h"
#include "lib/fault.h"

namespace rc {
namespace {

// The methods are described in cuda_device.h.
class Device final : public CudaDevice {
 public:
  Device(int32_t device_id, void* stream) : device_id_(device_id), primary_(device_id) {
    const Current current(primary_);
    stream_ = static_cast<cudaStream_t>(stream);
    if (!is_capturing(stream_)) check_stream(stream_);
    try {
      open();
    } catch (...) {
      if (pool_ != nullptr) cudaMemPoolDestroy(pool_);
      close();
      throw;
    }
  }

  ~Device() override {
    const Current current(primary_);
    // A graph that is being captured goes on using the record, so that it stays, and its pool.
    cudaStreamCaptureStatus status;
    if (cudaStreamIsCapturing(stream_, &status) == cudaSuccess &&
        status == cudaStreamCaptureStatusNone) {
      cudaFreeAsync(record_, stream_);
      destroy_pool_behind(pool_, device_id_, stream_);
    }
    close();
    cudaGetLastError();
  }

  void* stream() const override { return stream_; }

  void set_stream(void* stream) override {
    const auto next = static_cast<cudaStream_t>(stream);
    if (next == stream_) return;
    const Current current(primary_);
    if (!is_capturing(next)) {
      check_stream(next);
      // What is captured has the order of its graph.
      if (!is_capturing(stream_)) {
        check(cudaEventRecord(order_, stream_), "leaving the stream");
        check(cudaStreamWaitEvent(next, order_, 0), "changing to the stream");
      }
    }
    stream_ = next;
  }

  void synchronize() override {
    const Current current(primary_);
    if (is_capturing(stream_)) {
      fail(RC_ERROR_CUDA, "the stream is being captured: wait for a launch of its graph instead");
    }
    FaultRecord record;
    check(cudaMemcpyAsync(&record, record_, sizeof record, cudaMemcpyDeviceToHost, stream_),
          "reading the record of faults");
    check(cudaStreamSynchronize(stream_), "waiting for the stream");
    if (record.call != 0) {
      fail(RC_ERROR_INVALID_DATA, "%s: %s", name_of_op(record.fault.op),
           describe_fault(record.fault).c_str());
    }
  }

  void clear_fault() override {
    const Current current(primary_);
    check(cudaMemsetAsync(&record_->call, 0, sizeof record_->call, stream_),
          "clearing the record of faults");
  }

  void* allocate(uint64_t size) override {
    const Current current(primary_);
    void* pointer = nullptr;
    check(cudaMallocFromPoolAsync(&pointer, size, pool_, stream_), "allocating workspace");
    return pointer;
  }

  void deallocate(void* pointer) noexcept override {
    const Current current(primary_);
    cudaFreeAsync(pointer, stream_);
  }

  void start_timer() override {
    const Current current(primary_);
    if (!is_capturing(stream_)) timers_.start(stream_);
  }

  void stop_timer(int32_t op, uint64_t items, uint64_t bytes) override {
    const Current current(primary_);
    if (!is_capturing(stream_)) timers_.stop(stream_, op, items, bytes);
  }

  std::vector<TimedCall> finished_calls(bool wait) override {
    const Current current(primary_);
    return timers_.take_finished(wait);
  }

  void drop_timers() override { timers_.drop(); }

  uint64_t resample_workspace(const ResamplePlan* plans, int64_t count) override {
    if (!cuda_resample_takes_workspace(plans, count)) return 0;
    const Current current(primary_);
    return cuda_resample_workspace(plans, count);
  }

  void resample(ResamplePlan* plans, int64_t count, char* workspace) override {
    const Current current(primary_);
    cuda_resample(plans, count, workspace, next_call());
  }

  uint64_t backward_workspace(const GradientPlan* plans, int64_t count) override {
    const Current current(primary_);
    return cuda_backward_workspace(plans, count);
  }

  void backward(GradientPlan* plans, int64_t count, char* workspace) override {
    const Current current(primary_);
    cuda_backward(plans, count, workspace, next_call());
  }

  uint64_t voxelize_workspace(const DensePlan& plan) override { return workspace_of(plan); }
  uint64_t voxelize_workspace(const VoxelGradientPlan& plan) override { return workspace_of(plan); }
  uint64_t voxelize_workspace(const SparsePlan& plan) override { return workspace_of(plan); }

  void voxelize(const DensePlan& plan, char* workspace) override { enqueue(plan, workspace); }
  void voxelize(const VoxelGradientPlan& plan, char* workspace) override {
    enqueue(plan, workspace);
  }
  void voxelize(const SparsePlan& plan, char* workspace) override { enqueue(plan, workspace); }

  uint64_t bounds_workspace(const BoundsPlan& plan) override {
    const Current current(primary_);
    return cuda_bounds_workspace(plan);
  }

  void pointcloud_bounds(const BoundsPlan& plan, char* workspace) override {
    const Current current(primary_);
    cuda_bounds(plan, workspace, next_call());
  }

  uint64_t extract_workspace(const ExtractPlan& plan) override {
    const Current current(primary_);
    return cuda_extract_workspace(plan);
  }

  void tsdf_extract(const ExtractPlan& plan, char* workspace) override {
    const Current current(primary_);
    cuda_extract(plan, workspace, next_call());
  }

  uint64_t from_points_workspace(const TsdfPointsPlan& plan) override {
    const Current current(primary_);
    return cuda_from_points_workspace(plan);
  }

  void tsdf_from_points(const TsdfPointsPlan& plan, char* workspace) override {
    const Current current(primary_);
    cuda_from_points(plan, workspace, next_call());
  }

  uint64_t integrate_workspace(const IntegratePlan& plan) override {
    const Current current(primary_);
    return cuda_tsdf_integrate_workspace(plan);
  }

  void tsdf_integrate(const IntegratePlan& plan, const CameraPass& pass, char* workspace) override {
    const Current current(primary_);
    cuda_tsdf_integrate(plan, pass, workspace, next_call());
  }

  void depth_to_points(const UnprojectPlan& plan, const PinholePass& pass) override {
    const Current current(primary_);
    cuda_depth_to_points(plan, pass, next_call());
  }

 private:
  template <class Plan>
  uint64_t workspace_of(const Plan& plan) {
    const Current current(primary_);
    return cuda_voxelize_workspace(plan);
  }

  template <class Plan>
  void enqueue(const Plan& plan, char* workspace) {
    const Current current(primary_);
    cuda_voxelize(plan, workspace, next_call());
  }

  CudaCall next_call() { return {stream_, record_, ++calls_}; }

  void open() {
    check(cudaEventCreateWithFlags(&order_, cudaEventDisableTiming), "making an event");
    pool_ = make_pool(device_id_);
    // On a stream of its own, since the caller's may be capturing.
    cudaStream_t setup;
    check(cudaStreamCreateWithFlags(&setup, cudaStreamNonBlocking), "making a stream");
    void* record = nullptr;
    cudaError_t error = cudaMallocFromPoolAsync(&record, sizeof(FaultRecord), pool_, setup);
    if (error == cudaSuccess) error = cudaMemsetAsync(record, 0, sizeof(FaultRecord), setup);
    if (error == cudaSuccess) error = cudaStreamSynchronize(setup);
    cudaStreamDestroy(setup);
    check(error, "making the record of faults");
    record_ = static_cast<FaultRecord*>(record);
  }

  void close() {
    if (order_ != nullptr) cudaEventDestroy(order_);
    timers_.close();
  }

  // To ask a stream that is being captured would end the capture.
  void check_stream(cudaStream_t stream) const {
    int id = device_id_;
    check(cudaStreamGetDevice(stream, &id), "stream");
    if (id != device_id_) {
      fail(RC_ERROR_INVALID_ARGUMENT, "stream: expected one of CUDA device %d, got one of %d",
           device_id_, id);
    }
  }

  int32_t device_id_;
  PrimaryContext primary_;
  cudaStream_t stream_ = nullptr;
  // Orders what the device keeps between two streams.
  cudaEvent_t order_ = nullptr;
  cudaMemPool_t pool_ = nullptr;
  FaultRecord* record_ = nullptr;
  // Calls that may report a fault are counted from 1 on.
  uint64_t calls_ = 0;
  CudaTimers timers_;
};

}  // namespace

std::unique_ptr<CudaDevice> open_cuda_device(int32_t device_id, void* stream) {
  const rc_device_properties properties = describe_cuda_device(device_id);
  if (!properties.available) {
    fail(RC_ERROR_BACKEND_UNAVAILABLE, "device: CUDA device %d: %s", device_id, properties.reason);
  }
  try {
    return std::make_unique<Device>(device_id, stream);
  } catch (const Error& error) {
    if (error.status != RC_ERROR_CUDA) throw;
    fail(RC_ERROR_BACKEND_UNAVAILABLE, "device: CUDA device %d: %s", device_id, error.message);
  }
}

}  // namespace rc
