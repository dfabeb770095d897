// SPDX-License-Identifier: Apache-2.0
/** The reading rule of every public struct that starts with its own size.
 *
 * A struct shorter than the first released one is refused. A longer one, of newer headers, is
 * accepted while the part that this library does not know is zero. */
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "robocache/robocache.h"

#include "lib/error.h"

namespace rc {

/** Size of each struct in the release that introduced it. These numbers never change. */
template <class Struct>
constexpr uint32_t first_released_size = 0;
template <>
inline constexpr uint32_t first_released_size<rc_context_options> = 88;
template <>
inline constexpr uint32_t first_released_size<rc_op_metrics> = 56;
template <>
inline constexpr uint32_t first_released_size<rc_device_properties> = 464;
template <>
inline constexpr uint32_t first_released_size<rc_resample_options> = 232;
template <>
inline constexpr uint32_t first_released_size<rc_stream> = 56;
template <>
inline constexpr uint32_t first_released_size<rc_fuse_options> = 40;
template <>
inline constexpr uint32_t first_released_size<rc_voxelize_options> = 88;
template <>
inline constexpr uint32_t first_released_size<rc_voxelize_sparse_options> = 120;
template <>
inline constexpr uint32_t first_released_size<rc_tsdf_integrate_options> = 80;
template <>
inline constexpr uint32_t first_released_size<rc_tsdf_from_points_options> = 88;
template <>
inline constexpr uint32_t first_released_size<rc_tsdf_extract_options> = 64;

/** Refuses NULL, a size below `first`, and anything but zero behind the `known` bytes. */
void check_struct(const void* user, uint32_t first, uint32_t known, const char* argument);

/** Refuses NULL and a size below `first`; else zeroes `size` bytes and stores the size. */
void init_struct(void* user, uint32_t size, uint32_t first, const char* argument);

/** The caller's struct as this library knows it; what the caller's headers lack is zero. */
template <class Struct>
Struct read_struct(const Struct& user, const char* argument) {
  static_assert(std::is_trivially_copyable_v<Struct> && first_released_size<Struct> > 0);
  check_struct(&user, first_released_size<Struct>, sizeof(Struct), argument);
  Struct known{};
  std::memcpy(&known, &user, user.struct_size < sizeof known ? user.struct_size : sizeof known);
  known.struct_size = sizeof known;
  return known;
}

/** The same for options that may be left out: NULL gives the defaults. */
template <class Struct>
Struct read_options(const Struct* user, const char* argument) {
  if (user != nullptr) return read_struct(*user, argument);
  Struct defaults{};
  defaults.struct_size = sizeof defaults;
  return defaults;
}

/** Fills a struct that the library writes, as far as the caller's headers know it. */
template <class Struct>
void write_struct(Struct* user, Struct value, const char* argument) {
  check_struct(user, first_released_size<Struct>, sizeof(Struct), argument);
  value.struct_size = user->struct_size;
  std::memcpy(user, &value, value.struct_size < sizeof value ? value.struct_size : sizeof value);
}

/** Body of the `_init` functions. */
template <class Struct>
void init_struct(Struct* user, uint32_t size, const char* argument) {
  init_struct(user, size, first_released_size<Struct>, argument);
}

}  // namespace rc
