// SPDX-License-Identifier: Apache-2.0
/** @file device.hpp
 * What there is to compute on. Any thread. */
#ifndef ROBOCACHE_CPP_DEVICE_HPP
#define ROBOCACHE_CPP_DEVICE_HPP

#include <cstdint>

#include "robocache/cpp/error.hpp"
#include "robocache/cpp/tensor.hpp"
#include "robocache/device.h"

ROBOCACHE_BEGIN_NAMESPACE

/** What is known of one device. */
using DeviceProperties = rc_device_properties;

/** Number of devices of a kind that can be used: ::rc_device_count. */
[[nodiscard]] inline Return<int32_t> device_count(DeviceType type) {
  int32_t count = 0;
  const rc_status status = rc_device_count(static_cast<int32_t>(type), &count);
  return detail::finish(status, count);
}

/** Describes a device: ::rc_device_info. One that is not there is no error: `available` is 0 and
 * `reason` tells why. */
[[nodiscard]] inline Return<DeviceProperties> device_info(DeviceType type, int32_t index = 0) {
  auto properties = detail::sized<DeviceProperties>();
  const rc_status status = rc_device_info(static_cast<int32_t>(type), index, &properties);
  return detail::finish(status, properties);
}

ROBOCACHE_END_NAMESPACE

#endif
