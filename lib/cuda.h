/* SPDX-License-Identifier: Apache-2.0 */
// All that the rest of the library knows of CUDA. It has two implementations, of which the build
// takes one: cuda.cpp, and cuda_off.cpp for a build without CUDA. No CUDA header is needed here.
#ifndef RC_LIB_CUDA_H
#define RC_LIB_CUDA_H

#include <cstdint>
#include <memory>
#include <vector>

#include "robocache/device.h"
#include "robocache/status.h"

namespace rc {

struct ResamplePlan;

// A measured call. `nanoseconds` is its device time, once that is known.
struct TimedCall {
  int32_t op;
  uint64_t items;
  uint64_t bytes;
  uint64_t nanoseconds;
};

// What one context keeps on one CUDA device: the stream, a stream-ordered pool of its own, the
// record of faults in data, timers. Every method makes the device current and restores the one that
// was. Methods that return a status have set the thread's error message when it is not RC_SUCCESS;
// `function` is the public function that the message names.
//
// The destructor returns memory in stream order and does not wait.
class CudaDevice {
 public:
  virtual ~CudaDevice() = default;

  virtual void* stream() const = 0;

  // Chooses the stream of the calls that follow and orders the device's own state between the two
  // streams. A stream of another device is RC_ERROR_INVALID_ARGUMENT.
  virtual rc_status set_stream(const char* function, void* stream) = 0;

  // Waits for the stream. A fault that the device has seen is RC_ERROR_INVALID_DATA, now and
  // whenever this is called again, until `clear_fault`.
  virtual rc_status synchronize(const char* function) = 0;
  virtual rc_status clear_fault(const char* function) = 0;

  // Workspace, in stream order; `allocate` may be captured into a graph.
  virtual rc_status allocate(const char* function, uint64_t size, void** pointer) = 0;
  virtual void deallocate(void* pointer) = 0;

  // Device time of a call: `start_timer` before its work is enqueued, `stop_timer` after it. Both do
  // nothing while the stream is captured. `finished_calls` appends the calls whose time is known, in
  // order, and forgets them; with `wait` it waits for all. `drop_timers` forgets all of them.
  virtual void start_timer() = 0;
  virtual void stop_timer(int32_t op, uint64_t items, uint64_t bytes) = 0;
  virtual rc_status finished_calls(const char* function, bool wait,
                                   std::vector<TimedCall>& calls) = 0;
  virtual void drop_timers() = 0;

  // Enqueues `rc_resample`. The plan is complete and checked but for the contents of tensors.
  virtual rc_status resample(const char* function, const ResamplePlan& plan) = 0;
};

// Number of devices that the driver shows, whether a context can be made on them or not.
int32_t cuda_device_count();

// Writes all fields but `struct_size`. A device that is not there or cannot be used has `available`
// 0 and a `reason`.
void describe_cuda_device(int32_t device_id, rc_device_properties& properties);

// Opens a device for a context. Whatever stands against it is RC_ERROR_BACKEND_UNAVAILABLE with the
// reason; a stream of another device is RC_ERROR_INVALID_ARGUMENT.
rc_status open_cuda_device(const char* function, int32_t device_id, void* stream,
                           std::unique_ptr<CudaDevice>& device);

// "cuda: 13.0 for sm_90, sm_100, compute_80", or "cuda: off".
const char* cuda_build_info();

}  // namespace rc

#endif
