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
 * making, or, with ROBOCACHE_NO_EXCEPTIONS, by every operation that is given the view, since it has
 * no data. Of a pointer nothing is known and nothing checked. */
#ifndef ROBOCACHE_CPP_TENSOR_HPP
#define ROBOCACHE_CPP_TENSOR_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "robocache/cpp/dims.hpp"
#include "robocache/cpp/dtype.hpp"
#include "robocache/cpp/span.hpp"
#include "robocache/cpp/view.hpp"
#include "robocache/tensor.h"

ROBOCACHE_BEGIN_NAMESPACE

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
