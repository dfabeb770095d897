// SPDX-License-Identifier: Apache-2.0
/** Which CUDA devices there are, and why one cannot be used. */
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "lib/cuda_config.h"
#include "lib/cuda_device.h"

namespace rc {
namespace {

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

const char* cuda_build_info() {
  static const std::string text =
      "cuda: " + version_text(CUDART_VERSION) + " for " + architectures();
  return text.c_str();
}

}  // namespace rc
