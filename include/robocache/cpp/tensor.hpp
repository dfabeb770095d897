// SPDX-License-Identifier: Apache-2.0
/** @file tensor.hpp
 * Views of arrays: of pointers, vectors, arrays, spans, and of memory of a GPU. A view borrows its
 * elements, as tensor.h says, and holds its shape and strides: it may be copied and returned.
 *
 * Functions take ConstTensor for what they read and Tensor for what they write. Both are made on
 * the spot from what the caller has:
 *
 * | argument                            | tensor                                                 |
 * |-------------------------------------|--------------------------------------------------------|
 * | `times`, a `std::vector<int64_t>`   | int64 [size]                                           |
 * | `cloud`, a `std::vector<std::array<float, 3>>` | float32 [size,3]                            |
 * | `{values, {100, 7}}`                | of those elements, with this shape                     |
 * | `{pointer, {100, 7}, {8, 1}}`       | strides too: rows of 7 elements, 8 apart               |
 * | `{pointer, {100, 7}, {}, cuda(0)}`  | memory of the first GPU                                |
 * | `{bits, float16, {100, 7}}`         | `bits` a `void*`, the type of its elements beside it   |
 * | `{}`                                | no tensor, where one may be left out                   |
 *
 * A shape that reaches beyond the elements of its range is refused: by an Error of the view's
 * making, or, with ROBOCACHE_NO_EXCEPTIONS, by every call that is given the view, since it has no
 * data. Of a pointer nothing is known and nothing checked. */
#ifndef ROBOCACHE_CPP_TENSOR_HPP
#define ROBOCACHE_CPP_TENSOR_HPP

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "robocache/cpp/error.hpp"
#include "robocache/cpp/span.hpp"
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
      result += (axis == 0 ? "" : ",") + std::to_string((*this)[axis]);
    }
    return result + "]";
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
  int32_t ndim() const noexcept { return shape_.count(); }
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
      refuse("strides: expected as many as the shape " + shape.text() + " has, got " +
             strides.text());
    } else if (available != kUnknown && !fits(available)) {
      refuse("shape: expected one of " + std::to_string(available) + " elements, got " +
             shape.text() + " with strides " + strides_.text());
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
      refuse("slice: expected an axis of " + shape_.text() +
             ", 0 <= begin <= end <= its size and a step of at least 1, got axis " +
             std::to_string(axis) + ", begin " + std::to_string(begin) + ", end " +
             std::to_string(end) + ", step " + std::to_string(step));
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
      refuse("swap_axes: expected two axes of " + shape_.text() + ", got " + std::to_string(a) +
             " and " + std::to_string(b));
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
    for (int32_t axis = 0; axis < count; ++axis) {
      copied.append(axis < RC_MAX_NDIM ? values[axis] : 0);
    }
    return copied;
  }

  void point_to_own() noexcept {
    if (tensor_.shape != nullptr) tensor_.shape = shape_.data();
    if (tensor_.strides != nullptr) tensor_.strides = strides_.data();
  }

  /** Without exceptions: a view that every call refuses for having no data. */
  void refuse(const std::string& why) {
#ifdef ROBOCACHE_NO_EXCEPTIONS
    static_cast<void>(why);
    tensor_.data = nullptr;
#else
    throw Error(Code::invalid_argument, ("robocache::TensorView: " + why).c_str());
#endif
  }

  rc_tensor tensor_{};
  Dims shape_;
  Dims strides_;
};

}  // namespace detail

/** A view of elements T; of `const float` for float32 that is only read. Of `void` and `const void`
 * the type of the elements is known at run time only: Tensor and ConstTensor.
 *
 * Copying a view is cheap and copies no elements. A `const TensorView<float>` may still be written
 * through, as a `float* const` may. */
template <class T>
class TensorView : public detail::View {
 public:
  /** No tensor. */
  TensorView() noexcept = default;

  /** Of memory that is pointed to.
   * @param data     the first element
   * @param shape    of the tensor
   * @param strides  in elements; none: compact, row by row
   * @param device   whose memory it is */
  template <class Pointer, class = detail::pointee_for<Pointer, T>>
  TensorView(const Pointer& data, const Dims& shape, const Dims& strides = {}, Device device = cpu)
      : View(data, dtype_of<std::remove_pointer_t<Pointer>>, shape, strides, device, kUnknown) {}

  /** Of memory whose elements have no C++ type, for T void. `dtype` is a Dtype. */
  template <class U, class Type,
            class = std::enable_if_t<std::is_void_v<T> && std::is_convertible_v<U*, T*> &&
                                     std::is_same_v<Type, Dtype>>>
  TensorView(U* data, const Type& dtype, const Dims& shape, const Dims& strides = {},
             Device device = cpu)
      : View(data, dtype, shape, strides, device, kUnknown) {}

  /** Of a range of the CPU: [size], or [size,n] of a range of arrays of n. */
  template <class Range, class = detail::numbers_for<Range, T>>
  TensorView(Range&& range) : TensorView(range, shape_of(range)) {}

  /** Of a range of the CPU, which holds every element of the shape. */
  template <class Range, class = detail::numbers_for<Range, T>>
  TensorView(Range&& range, const Dims& shape, const Dims& strides = {})
      : View(std::data(range), dtype_of<detail::numbers<Range>>, shape, strides, cpu,
             static_cast<int64_t>(static_cast<std::size_t>(std::size(range)) *
                                  sizeof(*std::data(range)) / sizeof(detail::numbers<Range>))) {}

  /** Of an rc_tensor, or a `DLTensor` cast to it, for T void; its shape is copied. */
  template <class U = T, class = std::enable_if_t<std::is_void_v<U>>>
  explicit TensorView(const rc_tensor& tensor) noexcept : View(tensor) {}

  /** What may be written may be read, and what has a type may be taken without. */
  template <class U,
            class = std::enable_if_t<!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>>>
  TensorView(const TensorView<U>& other) noexcept : View(other) {}

  /** The first element. */
  T* data() const noexcept { return static_cast<T*>(first()); }

  /** What the C interface takes: lives as long as the view. NULL where there is no tensor. */
  std::conditional_t<std::is_const_v<T>, const rc_tensor*, rc_tensor*> get() const noexcept {
    return tensor();
  }

  /** One element of memory of the CPU. Indices are not checked, as those of a pointer are not. */
  template <class... Indices, class U = T, class = std::enable_if_t<!std::is_void_v<U>>>
  U& operator()(Indices... indices) const noexcept {
    int32_t axis = 0;
    int64_t offset = 0;
    ((offset += static_cast<int64_t>(indices) * stride(axis++)), ...);
    return data()[offset];
  }

  /** Every `step`-th entry of an axis from `begin` up to, not including, `end`; no copy is made.
   * The coordinates of [N,4] are `points.slice(1, 0, 3)`. */
  TensorView slice(int32_t axis, int64_t begin, int64_t end, int64_t step = 1) const {
    TensorView part = *this;
    part.cut(axis, begin, end, step);
    return part;
  }

  /** With two axes exchanged; no copy is made. */
  TensorView swap_axes(int32_t a, int32_t b) const {
    TensorView turned = *this;
    turned.exchange(a, b);
    return turned;
  }

 private:
  template <class Range>
  static Dims shape_of(const Range& range) noexcept {
    Dims shape(std::size(range));
    detail::Nested<detail::range_element<const Range>>::append_sizes(shape);
    return shape;
  }
};

template <class Source>
TensorView(Source&&) -> TensorView<detail::viewed<Source>>;
template <class Source>
TensorView(Source&&, const Dims&, const Dims& = {}, Device = cpu)
    -> TensorView<detail::viewed<Source>>;

/** A tensor that is written, of any type. */
using Tensor = TensorView<void>;
/** A tensor that is read, of any type. */
using ConstTensor = TensorView<const void>;

ROBOCACHE_END_NAMESPACE

#endif
