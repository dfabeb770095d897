// SPDX-License-Identifier: Apache-2.0
/** @file span.hpp
 * Contiguous ranges: what has `data()` and `size()`, and arrays. */
#ifndef ROBOCACHE_CPP_SPAN_HPP
#define ROBOCACHE_CPP_SPAN_HPP

#include <cstddef>
#include <iterator>
#include <type_traits>

#if __cplusplus >= 202002L
#include <span>
#endif

#include "robocache/cpp/base.hpp"

ROBOCACHE_BEGIN_NAMESPACE

namespace detail {

/** What the elements of a contiguous range are, const where they are; no member for other types. */
template <class Range, class = void>
struct RangeElement {};
template <class Range>
struct RangeElement<Range, std::void_t<decltype(std::data(std::declval<Range&>())),
                                       decltype(std::size(std::declval<Range&>()))>> {
  using type = std::remove_pointer_t<decltype(std::data(std::declval<Range&>()))>;
};
template <class Range>
using range_element = typename RangeElement<std::remove_reference_t<Range>>::type;

}  // namespace detail

/** Elements in a row that belong to somebody else; what `std::span` is, in C++17 too. */
template <class T>
class Span {
 public:
  constexpr Span() noexcept = default;
  constexpr Span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  /** Of a vector, an array, a `std::span`: all of it. The range outlives the span. */
  template <class Range, class = std::enable_if_t<
                             !std::is_same_v<std::decay_t<Range>, Span> &&
                             std::is_convertible_v<detail::range_element<Range> (*)[], T (*)[]>>>
  constexpr Span(Range&& range) noexcept
      : data_(std::data(range)), size_(static_cast<std::size_t>(std::size(range))) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr T* begin() const noexcept { return data_; }
  constexpr T* end() const noexcept { return data_ + size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

/** Whether the elements of a temporary Range outlive it. */
template <class Range>
inline constexpr bool is_borrowed = false;
template <class T>
inline constexpr bool is_borrowed<Span<T>> = true;
#if __cplusplus >= 202002L
template <class T, std::size_t size>
inline constexpr bool is_borrowed<std::span<T, size>> = true;
#endif

}  // namespace detail

ROBOCACHE_END_NAMESPACE

#endif
