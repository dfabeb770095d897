// SPDX-License-Identifier: Apache-2.0
/** @file context.hpp
 * Where work runs. Threads and streams as in context.h: one context is used by one thread at a
 * time, different contexts are independent. */
#ifndef ROBOCACHE_CPP_CONTEXT_HPP
#define ROBOCACHE_CPP_CONTEXT_HPP

#include <cstdint>
#include <memory>
#include <string>

#include "robocache/context.h"
#include "robocache/cpp/error.hpp"
#include "robocache/cpp/tensor.hpp"
#include "robocache/cpp/version.hpp"

ROBOCACHE_BEGIN_NAMESPACE

/** Instruction sets of the CPU kernels: ::rc_simd_level. All give equal bits. */
enum class SimdLevel : int32_t {
  automatic = RC_SIMD_AUTO,
  baseline = RC_SIMD_BASELINE,
  avx2 = RC_SIMD_AVX2,
  avx512 = RC_SIMD_AVX512,
  neon = RC_SIMD_NEON
};

/** Levels of the log: ::rc_log_level. */
enum class LogLevel : int32_t {
  debug = RC_LOG_DEBUG,
  info = RC_LOG_INFO,
  warning = RC_LOG_WARNING,
  error = RC_LOG_ERROR
};

/** Operations that are measured: ::rc_op. */
enum class Op : int32_t {
  resample = RC_OP_RESAMPLE,
  resample_backward = RC_OP_RESAMPLE_BACKWARD,
  fuse = RC_OP_FUSE,
  fuse_backward = RC_OP_FUSE_BACKWARD,
  voxelize = RC_OP_VOXELIZE,
  voxelize_backward = RC_OP_VOXELIZE_BACKWARD,
  voxelize_sparse = RC_OP_VOXELIZE_SPARSE,
  pointcloud_bounds = RC_OP_POINTCLOUD_BOUNDS,
  tsdf_integrate = RC_OP_TSDF_INTEGRATE,
  tsdf_from_points = RC_OP_TSDF_FROM_POINTS,
  tsdf_extract_points = RC_OP_TSDF_EXTRACT_POINTS,
  depth_to_points = RC_OP_DEPTH_TO_POINTS
};

/** What one operation of a context did: calls, items, bytes, nanoseconds. */
using OpMetrics = rc_op_metrics;

/** Memory of the context's device that the caller lends to a call, aligned to 16 bytes. None: the
 * context provides it. */
struct Workspace {
  void* data = nullptr;
  /** In bytes: at least what the operation's `..._workspace_size` says. */
  uint64_t size = 0;
};

/** How to make a context. The fields are those of ::rc_context_options. */
struct ContextOptions {
  DeviceType device_type = DeviceType::automatic;
  /** CUDA: index of the device. */
  int32_t device_id = 0;
  /** CPU threads, the caller's among them; 0: as many as the process may use cores. */
  int32_t threads = 0;
  /** Highest instruction set to use. */
  SimdLevel simd_level = SimdLevel::automatic;
  /** Most bytes of workspace of one call; 0: no limit. */
  uint64_t workspace_limit = 0;
  /** CUDA: a `cudaStream_t`. */
  void* stream = nullptr;
  /** Measure from the start on. */
  bool metrics = false;
  /** Both or neither. None of the callbacks may throw; a lambda that captures nothing will do. */
  rc_allocate_callback allocate = nullptr;
  rc_deallocate_callback deallocate = nullptr;
  void* allocator_cookie = nullptr;
  rc_log_callback log = nullptr;
  void* log_cookie = nullptr;
  /** Least level that is sent to `log`. */
  LogLevel log_level = LogLevel::info;

  /** What the C interface takes. */
  rc_context_options get() const noexcept {
    auto c = detail::sized<rc_context_options>();
    c.flags = detail::flag(metrics, RC_CONTEXT_METRICS);
    c.device_type = static_cast<int32_t>(device_type);
    c.device_id = device_id;
    c.threads = threads;
    c.simd_level = static_cast<int32_t>(simd_level);
    c.workspace_limit = workspace_limit;
    c.stream = stream;
    c.allocate = allocate;
    c.deallocate = deallocate;
    c.allocator_cookie = allocator_cookie;
    c.log = log;
    c.log_cookie = log_cookie;
    c.log_level = static_cast<int32_t>(log_level);
    return c;
  }
};

/** A context that ends with its owner. It can be moved, not copied; what was moved from is empty,
 * and a call that is given it fails with Code::invalid_handle. */
class Context {
 public:
#ifndef ROBOCACHE_NO_EXCEPTIONS
  /** As create() does. */
  explicit Context(const ContextOptions& options = {}) : Context(create(options)) {}
#endif

  /** Makes a context: ::rc_context_create. Fails with Code::version_mismatch, and a sentence that
   * names both versions and the file, where the library is older than these headers. */
  [[nodiscard]] static Return<Context> create(const ContextOptions& options = {}) {
    rc_context* made = nullptr;
    const rc_context_options c_options = options.get();
    rc_status status = rc_check_version(RC_VERSION);
    if (status == RC_SUCCESS) status = rc_context_create(&c_options, &made);
    return detail::finish(status, Context(made));
  }

  /** Owns a context that was made by ::rc_context_create. */
  [[nodiscard]] static Context adopt(rc_context* context) noexcept { return Context(context); }

  /** Gives the context up without ending it. */
  [[nodiscard]] rc_context* release() noexcept { return owned_.release(); }

  /** What the C interface takes; NULL of an empty one. */
  rc_context* get() const noexcept { return owned_.get(); }

  /** Whether there is a context. */
  explicit operator bool() const noexcept { return owned_ != nullptr; }

  /** The device that it uses. */
  [[nodiscard]] Return<Device> device() const {
    Device device{};
    const rc_status status = rc_context_device(get(), &device, nullptr);
    return detail::finish(status, device);
  }

  /** Why it uses this device, in one sentence. */
  [[nodiscard]] Return<std::string> device_reason() const {
    const char* reason = "";
    const rc_status status = rc_context_device(get(), nullptr, &reason);
    return detail::finish(status, std::string(reason));
  }

  /** Chooses the stream of the calls that follow: ::rc_context_set_stream. The stream outlives its
   * use. */
  Return<void> set_stream(void* stream) {
    return detail::finish(rc_context_set_stream(get(), stream));
  }

  /** Waits for the context's stream, then reports faults in data that the device has seen:
   * ::rc_context_synchronize. */
  Return<void> synchronize() { return detail::finish(rc_context_synchronize(get())); }

  /** Forgets the fault that synchronize() reports. */
  Return<void> clear_error() { return detail::finish(rc_context_clear_error(get())); }

  /** Turns measuring on, from zero, or off. */
  Return<void> enable_metrics(bool enabled = true) {
    return detail::finish(rc_context_enable_metrics(get(), enabled));
  }

  /** Reads what was measured: ::rc_context_metrics. */
  [[nodiscard]] Return<OpMetrics> metrics(Op op) {
    auto metrics = detail::sized<OpMetrics>();
    const rc_status status = rc_context_metrics(get(), static_cast<int32_t>(op), &metrics);
    return detail::finish(status, metrics);
  }

  /** Starts counting from zero. */
  Return<void> reset_metrics() { return detail::finish(rc_context_reset_metrics(get())); }

 private:
  struct Destroy {
    void operator()(rc_context* context) const noexcept { rc_context_destroy(context); }
  };

  explicit Context(rc_context* context) noexcept : owned_(context) {}

  std::unique_ptr<rc_context, Destroy> owned_;
};

ROBOCACHE_END_NAMESPACE

#endif
