/* SPDX-License-Identifier: Apache-2.0 */
/** @file device.h
 * What there is to compute on. */
#ifndef ROBOCACHE_DEVICE_H
#define ROBOCACHE_DEVICE_H

#include <stdint.h>

#include "robocache/export.h"
#include "robocache/status.h"
#include "robocache/tensor.h"

/** What is known of one device. Set `struct_size` before the call; the rest is written by it. */
typedef struct rc_device_properties {
  uint32_t struct_size;
  /** 1 when a context can be made on it, else 0 and `reason` says why. */
  int32_t available;
  rc_device device;
  /** CUDA: compute capability. CPU: 0. */
  int32_t compute_major;
  int32_t compute_minor;
  /** CUDA: multiprocessors. CPU: logical cores that this process may use. */
  int32_t processors;
  /** CUDA: newest CUDA version of the driver (13000 is 13.0), 0 without a driver. CPU: 0. */
  int32_t driver_version;
  /** CUDA: version of the CUDA runtime inside the library, 0 in a CPU-only build. CPU: 0. */
  int32_t runtime_version;
  int32_t reserved;
  /** Bytes of device (CUDA) or physical (CPU) memory. */
  uint64_t total_memory;
  /** "NVIDIA H100 80GB HBM3", or the processor's own name. */
  char name[128];
  /** CPU: instruction set that the kernels use ("baseline", "avx2", "avx512", "neon"). CUDA:
   * "sm_90". */
  char instruction_set[32];
  /** "" when available. */
  char reason[256];
} rc_device_properties;

#define RC_DEVICE_PROPERTIES_INIT \
  {sizeof(rc_device_properties), 0, {0, 0}, 0, 0, 0, 0, 0, 0, 0, {0}, {0}, {0}}

RC_BEGIN_DECLARATIONS

/** Number of devices of a kind that can be used; 1 for the CPU, 0 for CUDA without a driver or in a
 * CPU-only build (::rc_device_info on CUDA device 0 then says why).
 *
 * @param device_type  RC_DEVICE_CPU or RC_DEVICE_CUDA
 * @param count        not NULL; set to 0 on failure
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT  another `device_type`, or `count` is NULL
 * Any thread. @since 0.1 */
RC_API rc_status rc_device_count(int32_t device_type, int32_t* count);

/** Describes a device. A CUDA device that is not there is no error: `available` is 0 and `reason`
 * tells why.
 *
 * @param device_type  RC_DEVICE_CPU or RC_DEVICE_CUDA
 * @param device_id    0 or more; 0 for the CPU
 * @param properties   not NULL, `struct_size` set; fields past that size are not written
 * @retval RC_SUCCESS
 * @retval RC_ERROR_INVALID_ARGUMENT    another `device_type`, negative `device_id`, NULL or a
 *                                      `struct_size` below the first released one
 * @retval RC_ERROR_UNSUPPORTED_OPTION  a longer struct than this library knows, with a tail that is
 *                                      not zero
 * Any thread. @since 0.1 */
RC_API rc_status rc_device_info(int32_t device_type, int32_t device_id,
                                rc_device_properties* properties);

RC_END_DECLARATIONS

#endif
