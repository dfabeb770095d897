// SPDX-License-Identifier: Apache-2.0
/** cuda_device.h on top of the CUDA runtime, which is linked into the library: only the driver has to be
 * on the machine. */
#include <cuda.h>
#include <cudaTypedefs.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

#include "kernels/common/fault_record.h"
#include "kernels/resample/resample_cuda.h"
#include "lib/cuda_config.h"
#include "lib/cuda_device.h"
#include "lib/error.h"
#include "lib/fault.h"

namespace rc {
namespace {

void check(cudaError_t error, const char* doing) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  const bool memory = error == cudaErrorMemoryAllocation;
  fail(memory ? RC_ERROR_OUT_OF_MEMORY : RC_ERROR_CUDA, "%s: %s (%s)", doing,
       cudaGetErrorString(error), cudaGetErrorName(error));
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

int driver_version() {
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess ? version : 0;
}

// Number of devices, and why it is 0.
int count_devices(std::string& reason) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return count;
  cudaGetLastError();
  switch (error) {
    case cudaErrorInsufficientDriver:
      reason = driver_version() == 0
                   ? "the CUDA driver is not installed"
                   : "the CUDA driver serves CUDA " + version_text(driver_version()) +
                         ", this library needs " + version_text(CUDART_VERSION) + " or newer";
      break;
    case cudaSuccess:
    case cudaErrorNoDevice: {
      const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
      reason = "the CUDA driver finds no device";
      if (visible) reason += std::string(" (CUDA_VISIBLE_DEVICES is \"") + visible + "\")";
      break;
    }
    case cudaErrorInitializationError:
      reason =
          "CUDA does not start in this process; a process that was forked from one that "
          "uses CUDA cannot use it";
      break;
    default:
      reason = std::string(cudaGetErrorString(error)) + " (" + cudaGetErrorName(error) + ")";
  }
  return 0;
}

// "sm_80, sm_90, compute_80".
std::string architectures() {
  std::string text;
  for (const int architecture : {RC_CUDA_ARCHITECTURES}) {
    text += "sm_" + std::to_string(architecture) + ", ";
  }
  return text + "compute_" + std::to_string(RC_CUDA_PTX);
}

// Cuts what does not fit.
template <size_t N>
void copy_text(char (&to)[N], const std::string& from) {
  std::snprintf(to, N, "%s", from.c_str());
}

// Whether the library holds code for a compute capability, counted as 90 for 9.0.
bool is_built_for(int capability) {
  for (const int architecture : {RC_CUDA_ARCHITECTURES}) {
    if (architecture / 10 == capability / 10 && architecture <= capability) return true;
  }
  return RC_CUDA_PTX <= capability;
}

// The functions of the driver that the runtime has no equal of: they make a device current without
// starting a context on the device that was current before.
struct Driver {
  PFN_cuDevicePrimaryCtxRetain_v7000 retain;
  PFN_cuDevicePrimaryCtxRelease_v11000 release;
  PFN_cuCtxPushCurrent_v4000 push;
  PFN_cuCtxPopCurrent_v4000 pop;

  Driver() {
    find("cuDevicePrimaryCtxRetain", 7000, retain);
    find("cuDevicePrimaryCtxRelease", 11000, release);
    find("cuCtxPushCurrent", 4000, push);
    find("cuCtxPopCurrent", 4000, pop);
  }

 private:
  template <class Function>
  static void find(const char* name, unsigned int version, Function& function) {
    void* address = nullptr;
    cudaDriverEntryPointQueryResult result;
    check(cudaGetDriverEntryPointByVersion(name, &address, version, cudaEnableDefault, &result),
          name);
    function = reinterpret_cast<Function>(address);
  }
};

// The device's primary context, the one that the runtime and every framework use.
class Primary {
 public:
  explicit Primary(int32_t device_id) : device_id_(device_id) {
    const CUresult result = driver_.retain(&context_, device_id);
    // The codes of the driver and of the runtime are the same numbers.
    check(static_cast<cudaError_t>(result), "starting CUDA on the device");
  }
  ~Primary() { driver_.release(device_id_); }
  Primary(const Primary&) = delete;
  Primary& operator=(const Primary&) = delete;

  void push() const { driver_.push(context_); }
  void pop() const {
    CUcontext context;
    driver_.pop(&context);
  }

 private:
  Driver driver_;
  int32_t device_id_;
  CUcontext context_;
};

// Makes a device current for a scope, and allows calls that do not concern a stream that this
// thread may be capturing.
class Current {
 public:
  explicit Current(const Primary& primary) : primary_(primary) {
    primary_.push();
    cudaThreadExchangeStreamCaptureMode(&mode_);
  }
  ~Current() {
    cudaThreadExchangeStreamCaptureMode(&mode_);
    primary_.pop();
  }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  const Primary& primary_;
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

// Whether work on the stream goes into a graph. So it counts for the legacy stream while a stream is
// captured that it would wait for.
cudaError_t ask_capturing(cudaStream_t stream, bool& capturing) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  const cudaError_t error = cudaStreamIsCapturing(stream, &status);
  if (error != cudaSuccess) cudaGetLastError();
  capturing = status != cudaStreamCaptureStatusNone || error == cudaErrorStreamCaptureImplicit;
  return error == cudaErrorStreamCaptureImplicit ? cudaSuccess : error;
}

bool is_capturing(cudaStream_t stream) {
  bool capturing;
  check(ask_capturing(stream, capturing), "asking whether the stream is captured");
  return capturing;
}

// Pairs of events around calls.
class Timers {
 public:
  void close() {
    drop();
    for (const Timer& timer : spare_) {
      cudaEventDestroy(timer.start);
      cudaEventDestroy(timer.stop);
    }
  }

  void start(cudaStream_t stream) {
    if (spare_.empty()) {
      Timer timer = {};
      check(cudaEventCreate(&timer.start), "making a timer");
      check(cudaEventCreate(&timer.stop), "making a timer");
      spare_.push_back(timer);
    }
    check(cudaEventRecord(spare_.back().start, stream), "starting a timer");
    started_ = true;
  }

  void stop(cudaStream_t stream, int32_t op, uint64_t items, uint64_t bytes) {
    if (!started_) return;
    started_ = false;
    check(cudaEventRecord(spare_.back().stop, stream), "stopping a timer");
    running_.push_back(spare_.back());
    spare_.pop_back();
    running_.back().call = {op, items, bytes, 0};
    // Takes in what the device has done; where it lags far behind, the list grows.
    while (running_.size() > 64 && cudaEventQuery(running_.front().stop) == cudaSuccess) {
      finish_first();
    }
    cudaGetLastError();
  }

  std::vector<TimedCall> finish() {
    while (!running_.empty()) {
      check(cudaEventSynchronize(running_.front().stop), "waiting for a measured call");
      finish_first();
    }
    std::vector<TimedCall> calls;
    calls.swap(finished_);
    return calls;
  }

  void drop() {
    spare_.insert(spare_.end(), running_.begin(), running_.end());
    running_.clear();
    finished_.clear();
  }

 private:
  struct Timer {
    cudaEvent_t start, stop;
    TimedCall call;
  };

  void finish_first() {
    Timer& timer = running_.front();
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, timer.start, timer.stop), "reading a timer");
    timer.call.nanoseconds = static_cast<uint64_t>(static_cast<double>(milliseconds) * 1e6);
    finished_.push_back(timer.call);
    spare_.push_back(timer);
    running_.pop_front();
  }

  // Whether the last of `spare_` has been started.
  bool started_ = false;
  std::vector<Timer> spare_;
  std::deque<Timer> running_;
  std::vector<TimedCall> finished_;
};

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
      close();
      throw;
    }
  }

  ~Device() override {
    const Current current(primary_);
    bool capturing = false;
    const cudaError_t error = ask_capturing(stream_, capturing);
    // A graph that is being captured goes on using the record, so that it stays.
    if (error == cudaSuccess && !capturing) cudaFreeAsync(record_, stream_);
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

  std::vector<TimedCall> finished_calls() override {
    const Current current(primary_);
    return timers_.finish();
  }

  void drop_timers() override { timers_.drop(); }

  void resample(const ResamplePlan* plans, int64_t count) override {
    for (int64_t i = 0; i < count; ++i) {
      if (plans[i].order == RC_ORDER_CHECK) continue;
      fail(RC_ERROR_UNSUPPORTED_OPTION,
           "order: expected RC_ORDER_CHECK on a CUDA device, got RC_ORDER_%s",
           plans[i].order == RC_ORDER_SORT ? "SORT" : "DROP");
    }
    const Current current(primary_);
    ++calls_;
    for (int64_t i = 0; i < count; ++i) {
      check(resample_cuda(plans[i], record_, calls_, stream_), "launching the kernels");
    }
  }

 private:
  void open() {
    check(cudaEventCreateWithFlags(&order_, cudaEventDisableTiming), "making an event");
    cudaMemPoolProps properties = {};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location = {cudaMemLocationTypeDevice, device_id_};
    check(cudaMemPoolCreate(&pool_, &properties), "making the memory pool");
    // What the pool keeps when the stream has been waited for, so that call after call reuses it.
    uint64_t kept = uint64_t{256} << 20;
    check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &kept),
          "setting up the memory pool");
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

  // The pool lives on until all that came from it is back.
  void close() {
    if (pool_ != nullptr) cudaMemPoolDestroy(pool_);
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
  Primary primary_;
  cudaStream_t stream_ = nullptr;
  // Orders what the device keeps between two streams.
  cudaEvent_t order_ = nullptr;
  cudaMemPool_t pool_ = nullptr;
  FaultRecord* record_ = nullptr;
  // Calls that may report a fault are counted from 1 on.
  uint64_t calls_ = 0;
  Timers timers_;
};

}  // namespace

int32_t cuda_device_count() {
  std::string reason;
  return count_devices(reason);
}

rc_device_properties describe_cuda_device(int32_t device_id) {
  rc_device_properties properties = {};
  properties.device = {RC_DEVICE_CUDA, device_id};
  properties.driver_version = driver_version();
  properties.runtime_version = CUDART_VERSION;
  std::string reason;
  const int count = count_devices(reason);
  cudaDeviceProp found;
  if (count > 0 && device_id >= count) {
    reason = "there are " + std::to_string(count) + " CUDA devices, counted from 0";
  } else if (count > 0) {
    const cudaError_t error = cudaGetDeviceProperties(&found, device_id);
    if (error != cudaSuccess) {
      cudaGetLastError();
      reason = std::string(cudaGetErrorString(error)) + " (" + cudaGetErrorName(error) + ")";
    } else {
      properties.compute_major = found.major;
      properties.compute_minor = found.minor;
      properties.processors = found.multiProcessorCount;
      properties.total_memory = found.totalGlobalMem;
      copy_text(properties.name, found.name);
      const std::string architecture =
          "sm_" + std::to_string(found.major) + std::to_string(found.minor);
      copy_text(properties.instruction_set, architecture);
      if (!is_built_for(found.major * 10 + found.minor)) {
        reason =
            "the device is " + architecture + ", this library was built for " + architectures();
      } else if (!found.memoryPoolsSupported) {
        reason = "the device has no stream-ordered memory pools";
      }
    }
  }
  copy_text(properties.reason, reason);
  properties.available = reason.empty();
  return properties;
}

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

const char* cuda_build_info() {
  static const std::string text =
      "cuda: " + version_text(CUDART_VERSION) + " for " + architectures();
  return text.c_str();
}

}  // namespace rc
