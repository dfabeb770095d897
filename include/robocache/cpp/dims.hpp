// SPDX-License-Identifier: Apache-2.0
/** @file dims.hpp
 * Shapes and strides. */
#ifndef ROBOCACHE_CPP_DIMS_HPP
#define ROBOCACHE_CPP_DIMS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "robocache/cpp/base.hpp"
#include "robocache/cpp/span.hpp"
#include "robocache/tensor.h"

ROBOCACHE_BEGIN_NAMESPACE

/** A shape or strides, in elements: `{100, 7}` of any integers, or a range of int64. */
class Dims {
 public:
  constexpr Dims() noexcept = default;
  template <class... Sizes,
            class = std::enable_if_t<(sizeof...(Sizes) > 0) && (std::is_integral_v<Sizes> && ...)>>
  constexpr Dims(Sizes... sizes) noexcept
      : values_{static_cast<int64_t>(sizes)...}, count_(static_cast<int32_t>(sizeof...(Sizes))) {
    static_assert(sizeof...(Sizes) <= RC_MAX_NDIM, "a tensor has at most RC_MAX_NDIM dimensions");
  }
  /** Entries past RC_MAX_NDIM are counted, and refused by the call that is given the tensor. */
  template <class Range, class = std::enable_if_t<std::is_same_v<
                             std::remove_cv_t<detail::range_element<const Range>>, int64_t>>>
  constexpr Dims(const Range& range) noexcept {
    for (const int64_t value : Span<const int64_t>(range)) append(value);
  }

  constexpr void append(int64_t value) noexcept {
    if (count_ < RC_MAX_NDIM) values_[static_cast<std::size_t>(count_)] = value;
    ++count_;
  }
  constexpr int32_t count() const noexcept { return count_; }
  /** Of the entries that there is room for. */
  constexpr int32_t kept() const noexcept { return count_ < RC_MAX_NDIM ? count_ : RC_MAX_NDIM; }
  constexpr int64_t& operator[](int32_t axis) noexcept {
    return values_[static_cast<std::size_t>(axis)];
  }
  constexpr int64_t operator[](int32_t axis) const noexcept {
    return values_[static_cast<std::size_t>(axis)];
  }
  constexpr int64_t* data() noexcept { return values_.data(); }
  /** "[100,7]". */
  std::string text() const {
    std::string result = "[";
    for (int32_t axis = 0; axis < kept(); ++axis) {
      if (axis > 0) result += ',';
      result += std::to_string((*this)[axis]);
    }
    result += ']';
    return result;
  }

 private:
  std::array<int64_t, RC_MAX_NDIM> values_{};
  int32_t count_ = 0;
};

namespace detail {

/** Takes nested arrays apart: the numbers they hold, and their sizes as the last dimensions. */
template <class T>
struct Nested {
  using element = T;
  static constexpr void append_sizes(Dims&) {}
};
template <class T, std::size_t size>
struct Nested<T[size]> {
  using element = typename Nested<T>::element;
  static constexpr void append_sizes(Dims& shape) {
    shape.append(static_cast<int64_t>(size));
    Nested<T>::append_sizes(shape);
  }
};
template <class T, std::size_t size>
struct Nested<std::array<T, size>> : Nested<T[size]> {};
template <class T, std::size_t size>
struct Nested<const std::array<T, size>> : Nested<const T[size]> {};

}  // namespace detail

ROBOCACHE_END_NAMESPACE

#endif
