// SPDX-License-Identifier: Apache-2.0
/** @file error.hpp
 * How failures are told: by a thrown ::robocache::Error, or, with ROBOCACHE_NO_EXCEPTIONS, by a
 * ::robocache::Result that holds one. */
#ifndef ROBOCACHE_CPP_ERROR_HPP
#define ROBOCACHE_CPP_ERROR_HPP

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <variant>

#include "robocache/cpp/base.hpp"
#include "robocache/status.h"

ROBOCACHE_BEGIN_NAMESPACE

/** Why a call failed; the numbers are those of ::rc_status_code. Programs treat a code that they do
 * not know as a failure of another kind: later releases may add some. */
enum class Code : rc_status {
  invalid_argument = RC_ERROR_INVALID_ARGUMENT,
  invalid_handle = RC_ERROR_INVALID_HANDLE,
  invalid_data = RC_ERROR_INVALID_DATA,
  unsupported_dtype = RC_ERROR_UNSUPPORTED_DTYPE,
  unsupported_layout = RC_ERROR_UNSUPPORTED_LAYOUT,
  unsupported_option = RC_ERROR_UNSUPPORTED_OPTION,
  device_mismatch = RC_ERROR_DEVICE_MISMATCH,
  backend_unavailable = RC_ERROR_BACKEND_UNAVAILABLE,
  out_of_memory = RC_ERROR_OUT_OF_MEMORY,
  workspace_too_small = RC_ERROR_WORKSPACE_TOO_SMALL,
  capacity_exceeded = RC_ERROR_CAPACITY_EXCEEDED,
  cuda = RC_ERROR_CUDA,
  version_mismatch = RC_ERROR_VERSION_MISMATCH,
  internal = RC_ERROR_INTERNAL
};

/** A failure: a code for programs, and in `what()` a sentence for people: function, argument, what
 * was expected, what came. */
class Error : public std::runtime_error {
 public:
  Error(Code code, const char* message) : std::runtime_error(message), code_(code) {}

  /** Why, for programs. */
  Code code() const noexcept { return code_; }
  /** The code's name, "RC_ERROR_INVALID_ARGUMENT". */
  const char* name() const noexcept { return rc_status_name(static_cast<rc_status>(code_)); }

 private:
  Code code_;
};

/** A value, or the error that kept it from being made; used as `std::expected` is. `*result` and
 * `result->` need a value, `result.error()` needs an error: ask `if (result)` first. */
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }
  const Error& error() const noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/** Success, or an error. */
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

/** What a function that can fail returns: T, its failure thrown as an Error; or, with
 * ROBOCACHE_NO_EXCEPTIONS, a Result of T. */
#ifdef ROBOCACHE_NO_EXCEPTIONS
template <class T>
using Return = Result<T>;
#else
template <class T>
using Return = T;
#endif

namespace detail {

/** A bit of the flags of an options struct. */
constexpr uint32_t flag(bool on, uint32_t bit) noexcept { return on ? bit : 0; }

/** A struct of the C interface with its defaults: all zero but for its size. */
template <class C>
C sized() noexcept {
  C c{};
  c.struct_size = sizeof c;
  return c;
}

/** The error that this thread's last call met. */
inline Error last_error(rc_status status) {
  return Error(static_cast<Code>(status), rc_last_error_message());
}

#ifdef ROBOCACHE_NO_EXCEPTIONS
inline Result<void> finish(rc_status status) {
  return status == RC_SUCCESS ? Result<void>() : Result<void>(last_error(status));
}
template <class T>
Result<T> finish(rc_status status, T value) {
  return status == RC_SUCCESS ? Result<T>(std::move(value)) : Result<T>(last_error(status));
}
#else
inline void finish(rc_status status) {
  if (status != RC_SUCCESS) throw last_error(status);
}
template <class T>
T finish(rc_status status, T value) {
  finish(status);
  return value;
}
#endif

}  // namespace detail

ROBOCACHE_END_NAMESPACE

#endif
