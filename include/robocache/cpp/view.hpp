// SPDX-License-Identifier: Apache-2.0
/** @file view.hpp
 * What every view is, whatever its elements are, and what one may be made of. */
#ifndef ROBOCACHE_CPP_VIEW_HPP
#define ROBOCACHE_CPP_VIEW_HPP

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "robocache/cpp/dims.hpp"
#include "robocache/cpp/dtype.hpp"
#include "robocache/cpp/error.hpp"
#include "robocache/cpp/span.hpp"
#include "robocache/tensor.h"

ROBOCACHE_BEGIN_NAMESPACE

namespace detail {

/** Element, if it has a Dtype and a T* may point to it; else no type. */
template <class Element, class T, class = decltype(ElementType<std::remove_cv_t<Element>>::dtype)>
using element_for = std::enable_if_t<std::is_convertible_v<Element*, T*>, Element>;

/** The same of what a pointer points to. */
template <class Pointer, class T>
using pointee_for =
    std::enable_if_t<std::is_pointer_v<Pointer>, element_for<std::remove_pointer_t<Pointer>, T>>;

/** The numbers of a range, which may be one of arrays. */
template <class Range>
using numbers = typename Nested<range_element<Range>>::element;

/** The same of them, for a range that a view may be made of: not for a temporary vector. */
template <class Range, class T>
using numbers_for =
    std::enable_if_t<std::is_lvalue_reference_v<Range> || is_borrowed<std::decay_t<Range>>,
                     element_for<numbers<Range>, T>>;

/** What a pointer or a range gives to a view; no type for others. */
template <class Source, class = void>
struct Viewed {};
template <class Source>
struct Viewed<Source, std::enable_if_t<std::is_pointer_v<Source>>> {
  using type = std::remove_pointer_t<Source>;
};
template <class Source>
struct Viewed<Source, std::void_t<numbers<Source>>> {
  using type = numbers<Source>;
};
template <class Source>
using viewed = typename Viewed<std::remove_reference_t<Source>>::type;

/** What a view is, whatever its elements are: an rc_tensor that points to its own shape. */
class View {
 public:
  View() noexcept { tensor_.ndim = kAbsent; }
  View(const View& other) noexcept { *this = other; }
  View& operator=(const View& other) noexcept {
    tensor_ = other.tensor_;
    shape_ = other.shape_;
    strides_ = other.strides_;
    point_to_own();
    return *this;
  }

  /** Whether there is a tensor. */
  explicit operator bool() const noexcept { return tensor_.ndim != kAbsent; }
  int32_t ndim() const noexcept { return shape_.kept(); }
  int64_t shape(int32_t axis) const noexcept { return shape_[axis]; }
  /** In elements. */
  int64_t stride(int32_t axis) const noexcept { return strides_[axis]; }
  Dtype dtype() const noexcept { return tensor_.dtype; }
  Device device() const noexcept { return tensor_.device; }

 protected:
  static constexpr int64_t kUnknown = -1;

  /** `available`: elements behind `data`, or kUnknown. */
  View(const void* data, Dtype dtype, const Dims& shape, const Dims& strides, Device device,
       int64_t available)
      : shape_(shape), strides_(strides.count() > 0 ? strides : compact(shape)) {
    tensor_.data = const_cast<void*>(data);
    tensor_.dtype = dtype;
    tensor_.device = device;
    tensor_.ndim = shape.count();
    tensor_.shape = shape_.data();
    tensor_.strides = strides.count() > 0 ? strides_.data() : nullptr;
    if (strides_.count() != shape_.count()) {
      refuse("strides: expected as many as the shape ", shape.text(), " has, got ", strides.text());
    } else if (available != kUnknown && !fits(available)) {
      refuse("shape: expected one of ", std::to_string(available), " elements, got ", shape.text(),
             " with strides ", strides_.text());
    }
  }

  explicit View(const rc_tensor& tensor) noexcept
      : tensor_(tensor), shape_(copy(tensor.shape, tensor.ndim)) {
    strides_ = tensor.strides != nullptr ? copy(tensor.strides, tensor.ndim) : compact(shape_);
    point_to_own();
  }

  rc_tensor* tensor() const noexcept {
    return tensor_.ndim == kAbsent ? nullptr : const_cast<rc_tensor*>(&tensor_);
  }
  void* first() const noexcept { return static_cast<char*>(tensor_.data) + tensor_.byte_offset; }

  void cut(int32_t axis, int64_t begin, int64_t end, int64_t step) {
    if (!has(axis) || begin < 0 || begin > end || end > shape_[axis] || step < 1) {
      refuse("slice: expected an axis of ", shape_.text(),
             ", 0 <= begin <= end <= its size and a step of at least 1, got axis ",
             std::to_string(axis), ", begin ", std::to_string(begin), ", end ", std::to_string(end),
             ", step ", std::to_string(step));
      return;
    }
    if (tensor_.data != nullptr) {
      tensor_.data = static_cast<char*>(tensor_.data) + begin * strides_[axis] * item_size();
    }
    shape_[axis] = (end - begin) / step + ((end - begin) % step != 0);
    if (shape_[axis] > 1) strides_[axis] *= step;
    tensor_.strides = strides_.data();
  }

  void exchange(int32_t a, int32_t b) {
    if (!has(a) || !has(b)) {
      refuse("swap_axes: expected two axes of ", shape_.text(), ", got ", std::to_string(a),
             " and ", std::to_string(b));
      return;
    }
    std::swap(shape_[a], shape_[b]);
    std::swap(strides_[a], strides_[b]);
    tensor_.strides = strides_.data();
  }

 private:
  static constexpr int32_t kAbsent = -1;

  /** Strides of a compact row-major array; as large as can be where they would overflow. */
  static Dims compact(const Dims& shape) noexcept {
    constexpr int64_t most = std::numeric_limits<int64_t>::max();
    Dims strides = shape;
    int64_t stride = 1;
    for (int32_t axis = shape.kept() - 1; axis >= 0; --axis) {
      strides[axis] = stride;
      if (shape[axis] > 1) stride = stride > most / shape[axis] ? most : stride * shape[axis];
    }
    return strides;
  }

  /** Whether the last element lies before `available`. Negative numbers the library refuses. */
  bool fits(int64_t available) const noexcept {
    for (int32_t axis = 0; axis < shape_.kept(); ++axis) {
      if (shape_[axis] <= 0) return true;
    }
    int64_t left = available - 1;
    for (int32_t axis = 0; axis < shape_.kept() && left >= 0; ++axis) {
      const int64_t steps = shape_[axis] - 1;
      if (strides_[axis] <= 0 || steps == 0) continue;
      left = steps > left / strides_[axis] ? -1 : left - steps * strides_[axis];
    }
    return left >= 0;
  }

  int64_t item_size() const noexcept { return tensor_.dtype.bits / 8; }

  bool has(int32_t axis) const noexcept { return axis >= 0 && axis < shape_.kept(); }

  static Dims copy(const int64_t* values, int32_t count) noexcept {
    Dims copied;
    if (values == nullptr) return copied;
    for (int32_t axis = 0; axis < count && axis < RC_MAX_NDIM; ++axis) copied.append(values[axis]);
    return copied;
  }

  void point_to_own() noexcept {
    if (tensor_.shape != nullptr) tensor_.shape = shape_.data();
    if (tensor_.strides != nullptr) tensor_.strides = strides_.data();
  }

  /** Without exceptions: a view that every call refuses for having no data. */
  template <class... Parts>
  void refuse(const Parts&... why) {
#ifdef ROBOCACHE_NO_EXCEPTIONS
    (static_cast<void>(why), ...);
    tensor_.data = nullptr;
#else
    std::string message = "robocache::TensorView: ";
    ((message += why), ...);
    throw Error(Code::invalid_argument, message.c_str());
#endif
  }

  rc_tensor tensor_{};
  Dims shape_;
  Dims strides_;
};

}  // namespace detail

ROBOCACHE_END_NAMESPACE

#endif
