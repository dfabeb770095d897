// SPDX-License-Identifier: Apache-2.0
/** @file dtype.hpp
 * Where memory lies, and what its elements are. */
#ifndef ROBOCACHE_CPP_DTYPE_HPP
#define ROBOCACHE_CPP_DTYPE_HPP

#include <cstdint>
#include <type_traits>

#include "robocache/cpp/base.hpp"
#include "robocache/tensor.h"

ROBOCACHE_BEGIN_NAMESPACE

/** Kinds of devices: ::rc_device_type. */
enum class DeviceType : int32_t {
  automatic = RC_DEVICE_AUTO,
  cpu = RC_DEVICE_CPU,
  cuda = RC_DEVICE_CUDA,
  cuda_host = RC_DEVICE_CUDA_HOST,
  cuda_managed = RC_DEVICE_CUDA_MANAGED
};

/** Where memory lies: a kind of device and its index. */
using Device = rc_device;

/** Memory of the CPU. */
inline constexpr Device cpu{RC_DEVICE_CPU, 0};

/** Memory of a CUDA device. */
constexpr Device cuda(int32_t index = 0) noexcept { return {RC_DEVICE_CUDA, index}; }

/** Type of an element. */
using Dtype = rc_dtype;

/** Half precision, IEEE 754 binary16. */
inline constexpr Dtype float16{RC_DTYPE_FLOAT, 16, 1};
/** The upper half of a float32. */
inline constexpr Dtype bfloat16{RC_DTYPE_BFLOAT, 16, 1};

/** The Dtype of a C++ type, as the member `dtype`: integers, floats and bool have one. A type of
 * one's own gets it by a specialisation:
 * `template <> struct robocache::ElementType<Half> { static constexpr auto dtype = float16; };` */
template <class T, class = void>
struct ElementType {};
template <class T>
struct ElementType<T, std::enable_if_t<std::is_arithmetic_v<T> && sizeof(T) <= 8>> {
  static constexpr Dtype dtype{std::is_same_v<T, bool>       ? uint8_t{RC_DTYPE_BOOL}
                               : std::is_floating_point_v<T> ? uint8_t{RC_DTYPE_FLOAT}
                               : std::is_signed_v<T>         ? uint8_t{RC_DTYPE_INT}
                                                             : uint8_t{RC_DTYPE_UINT},
                               static_cast<uint8_t>(8 * sizeof(T)), 1};
};

/** The Dtype of a C++ type, const or not. */
template <class T>
inline constexpr Dtype dtype_of = ElementType<std::remove_cv_t<T>>::dtype;

ROBOCACHE_END_NAMESPACE

#endif
