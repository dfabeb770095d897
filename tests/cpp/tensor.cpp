// SPDX-License-Identifier: Apache-2.0
// Views: what they are made of, what they refuse, and that they hold their own shape.
#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "check.hpp"

using namespace robocache;

namespace {

struct Half {
  uint16_t bits;
};

}  // namespace

template <>
struct robocache::ElementType<Half> {
  static constexpr Dtype dtype = float16;
};

namespace {

// What is only read may be made of anything that has elements; what is written, of what can be
// written; and no view outlives the vector that it shows.
using Floats = std::vector<float>;
static_assert(std::is_convertible_v<Floats&, ConstTensor>);
static_assert(std::is_convertible_v<const Floats&, ConstTensor>);
static_assert(std::is_convertible_v<Floats&, Tensor>);
static_assert(!std::is_constructible_v<Tensor, const Floats&>);
static_assert(!std::is_constructible_v<ConstTensor, Floats>);
static_assert(!std::is_constructible_v<ConstTensor, const Floats>);
static_assert(std::is_convertible_v<Span<float>, Tensor>);
static_assert(std::is_convertible_v<Span<const float>, ConstTensor>);
static_assert(!std::is_constructible_v<Tensor, Span<const float>>);
static_assert(std::is_convertible_v<TensorView<float>, Tensor>);
static_assert(std::is_convertible_v<Tensor, ConstTensor>);
static_assert(!std::is_constructible_v<Tensor, ConstTensor>);
static_assert(!std::is_constructible_v<Tensor, TensorView<const float>>);
static_assert(!std::is_constructible_v<TensorView<float>, Tensor>);
static_assert(!std::is_constructible_v<TensorView<float>, std::vector<double>&>);
static_assert(!std::is_constructible_v<ConstTensor, std::vector<bool>&>);
static_assert(!std::is_constructible_v<ConstTensor, std::vector<std::string>&>);
static_assert(!std::is_constructible_v<ConstTensor, long double*, Dims>);
static_assert(!std::is_constructible_v<ConstTensor, const rc_tensor*>);
#if __cplusplus >= 202002L
static_assert(std::is_convertible_v<std::span<float>, Tensor>);
static_assert(std::is_convertible_v<std::span<const float, 3>, ConstTensor>);
#endif

constexpr bool is(Dtype dtype, int code, int bits) {
  return dtype.code == code && dtype.bits == bits && dtype.lanes == 1;
}
static_assert(is(dtype_of<float>, RC_DTYPE_FLOAT, 32));
static_assert(is(dtype_of<const double>, RC_DTYPE_FLOAT, 64));
static_assert(is(dtype_of<bool>, RC_DTYPE_BOOL, 8));
static_assert(is(dtype_of<uint8_t>, RC_DTYPE_UINT, 8));
static_assert(is(dtype_of<int16_t>, RC_DTYPE_INT, 16));
static_assert(is(dtype_of<long long>, RC_DTYPE_INT, 64));
static_assert(is(dtype_of<Half>, RC_DTYPE_FLOAT, 16));
static_assert(is(bfloat16, RC_DTYPE_BFLOAT, 16));

void check_shape(int line, const ConstTensor& view, const std::vector<int64_t>& shape,
                 const std::vector<int64_t>& strides) {
  const rc_tensor& c = *view.get();
  check_equal(__FILE__, line, "ndim", static_cast<std::size_t>(c.ndim), shape.size());
  check_equal(__FILE__, line, "ndim", view.ndim(), c.ndim);
  for (int32_t axis = 0; axis < c.ndim; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    check_equal(__FILE__, line, "shape", c.shape[i], shape[i]);
    check_equal(__FILE__, line, "shape", view.shape(axis), shape[i]);
    check_equal(__FILE__, line, "strides", view.stride(axis), strides[i]);
    if (c.strides != nullptr) check_equal(__FILE__, line, "strides", c.strides[i], strides[i]);
  }
}
#define CHECK_SHAPE(...) check_shape(__LINE__, __VA_ARGS__)

void ranges() {
  Floats vector(6);
  CHECK_SHAPE(vector, {6}, {1});
  CHECK_EQUAL(TensorView(vector).data(), vector.data());
  CHECK_EQUAL(ConstTensor(vector).get()->data, vector.data());
  CHECK_EQUAL(ConstTensor(vector).get()->strides, nullptr);
  CHECK_EQUAL(ConstTensor(vector).get()->byte_offset, 0u);
  CHECK_SHAPE({vector, {3, 2}}, {3, 2}, {2, 1});
  CHECK_SHAPE({vector, {vector.size() / 2, 2u}}, {3, 2}, {2, 1});
  CHECK_SHAPE({vector, {2, 2}, {4, 1}}, {2, 2}, {4, 1});
  CHECK_SHAPE({vector, std::vector<int64_t>{1, 2, 3}}, {1, 2, 3}, {6, 3, 1});
  CHECK_SHAPE({vector, {}}, {}, {});

  std::array<int64_t, 4> array{};
  CHECK_SHAPE(array, {4}, {1});
  double matrix[3][4] = {};
  CHECK_SHAPE(matrix, {3, 4}, {4, 1});
  static_assert(std::is_same_v<decltype(TensorView(matrix)), TensorView<double>>);
  const std::vector<std::array<std::array<float, 2>, 3>> nested(5);
  CHECK_SHAPE(nested, {5, 3, 2}, {6, 2, 1});
  CHECK_SHAPE({nested, {30}}, {30}, {1});
  static_assert(std::is_same_v<decltype(TensorView(nested)), TensorView<const float>>);
  CHECK_SHAPE(Span<const float>(vector), {6}, {1});
  std::vector<Half> halves(2);
  CHECK(is(ConstTensor(halves).dtype(), RC_DTYPE_FLOAT, 16));
  Floats nothing;
  CHECK_SHAPE(nothing, {0}, {1});
}

/** A container whose size is a signed number, as Eigen's are. */
struct Signed {
  std::array<double, 6> numbers{};
  double* data() { return numbers.data(); }
  const double* data() const { return numbers.data(); }
  std::ptrdiff_t size() const { return 6; }
};

void containers_of_others() {
  Signed matrix;
  const std::ptrdiff_t rows = 2, columns = 3;
  CHECK_SHAPE(matrix, {6}, {1});
  CHECK_SHAPE({matrix, {rows, columns}, {1, rows}}, {2, 3}, {1, 2});
  CHECK_EQUAL(Span<double>(matrix).size(), 6u);
}

void pointers() {
  Floats cloud(8);
  float* const first = cloud.data();
  static_assert(std::is_same_v<decltype(TensorView(first, {2, 4})), TensorView<float>>);
  CHECK_SHAPE({first, {2, 3}, {4, 1}}, {2, 3}, {4, 1});
  CHECK_SHAPE({static_cast<const void*>(first), float16, {2, 3}, {4, 1}}, {2, 3}, {4, 1});
  CHECK(is(Tensor(first, bfloat16, {2}).dtype(), RC_DTYPE_BFLOAT, 16));
  CHECK_EQUAL(ConstTensor(first, {2}).device().device_type, int32_t{RC_DEVICE_CPU});
  const Tensor on_gpu(first, {2, 3}, {}, cuda(1));
  CHECK_EQUAL(on_gpu.device().device_type, int32_t{RC_DEVICE_CUDA});
  CHECK_EQUAL(on_gpu.get()->device.device_id, 1);
  CHECK_SHAPE(ConstTensor(static_cast<float*>(nullptr), {0, 3}), {0, 3}, {3, 1});
}

void absent() {
  const ConstTensor none;
  CHECK(!none);
  CHECK(none.get() == nullptr);
  Tensor assigned = Tensor();
  CHECK(!assigned);
  Floats vector(3);
  assigned = vector;
  CHECK(assigned);
  CHECK(assigned.get() != nullptr);
  assigned = {};
  CHECK(!assigned);
  CHECK(!ConstTensor(assigned));
}

/** A copy points to its own shape, wherever it went and whatever became of the original. */
void copies() {
  Floats vector(6);
  std::vector<Tensor> views;
  for (int64_t i = 0; i < 20; ++i) views.emplace_back(vector, Dims{1, 2}, Dims{i, 1});
  for (std::size_t i = 0; i < views.size(); ++i) {
    CHECK_SHAPE(views[i], {1, 2}, {static_cast<int64_t>(i), 1});
    const auto* begin = reinterpret_cast<const char*>(&views[i]);
    const auto* shape = reinterpret_cast<const char*>(views[i].get()->shape);
    const auto* strides = reinterpret_cast<const char*>(views[i].get()->strides);
    CHECK(shape >= begin && shape < begin + sizeof(Tensor));
    CHECK(strides >= begin && strides < begin + sizeof(Tensor));
  }
  views[0] = std::move(views[19]);
  CHECK_SHAPE(views[0], {1, 2}, {19, 1});
  Tensor& itself = views[0];
  itself = views[0];
  CHECK_SHAPE(views[0], {1, 2}, {19, 1});
}

void from_c() {
  Floats vector(6);
  int64_t shape[] = {3, 2}, strides[] = {1, 3};
  rc_tensor c = {vector.data(), cpu, 2, dtype_of<float>, shape, nullptr, 8};
  Tensor view(c);
  shape[0] = 99;
  CHECK_SHAPE(view, {3, 2}, {2, 1});
  CHECK_EQUAL(view.data(), static_cast<void*>(vector.data() + 2));
  shape[0] = 3;
  c.strides = strides;
  view = Tensor(c);
  strides[0] = 99;
  CHECK_SHAPE(view, {3, 2}, {1, 3});
}

void parts() {
  Floats vector = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const TensorView points(vector, {3, 4});
  CHECK_EQUAL(points(2, 1), 9.0f);
  const TensorView coordinates = points.slice(1, 1, 4);
  CHECK_SHAPE(coordinates, {3, 3}, {4, 1});
  CHECK_EQUAL(coordinates(2, 0), 9.0f);
  CHECK_SHAPE(points.slice(0, 0, 3, 2), {2, 4}, {8, 1});
  CHECK_EQUAL(points.slice(0, 0, 3, 2)(1, 3), 11.0f);
  CHECK_EQUAL(points.slice(0, 1, 3)(0, 0), 4.0f);
  CHECK_SHAPE(points.slice(0, 1, 1), {0, 4}, {4, 1});
  CHECK_SHAPE(points.slice(1, 1, 2, INT64_MAX), {3, 1}, {4, 1});
  const TensorView turned = points.swap_axes(0, 1);
  CHECK_SHAPE(turned, {4, 3}, {1, 4});
  CHECK_EQUAL(turned(1, 2), 9.0f);
  turned(1, 2) = 90;
  CHECK_EQUAL(vector[9], 90.0f);
  const ConstTensor erased = turned;
  CHECK_SHAPE(erased.slice(0, 1, 3), {2, 3}, {1, 4});
  CHECK_EQUAL(erased.slice(0, 1, 3).data(), static_cast<const void*>(vector.data() + 1));
}

/** A view that cannot be: with exceptions it throws where it is made, without it is refused by the
 * call that is given it. Either way the code is the same. */
template <class Make>
void check_refused(int line, Make&& make, const std::string& thrown) {
  Context context = new_context();
  float bounds[2][3];
#ifdef ROBOCACHE_NO_EXCEPTIONS
  static_cast<void>(thrown);
  const std::string part = "rc_pointcloud_bounds: points: expected ";
#else
  const std::string part = "robocache::TensorView: " + thrown;
#endif
  check_failure(
      __FILE__, line, [&] { return pointcloud_bounds(context, make(), bounds); },
      Code::invalid_argument, part);
}
#define REFUSED(view, thrown) check_refused(__LINE__, [&] { return ConstTensor view; }, thrown)

void refusals() {
  Floats vector(6);
  REFUSED((vector, {3, 3}), "shape: expected one of 6 elements, got [3,3] with strides [3,1]");
  REFUSED((vector, {2, 3}, {4, 1}), "shape: expected one of 6 elements, got [2,3] with strides");
  REFUSED((vector, {INT64_MAX, INT64_MAX, 3}), "shape: expected one of 6 elements, got [922");
  REFUSED((vector, {2, 3}, {INT64_MAX, INT64_MAX}), "shape: expected one of 6 elements");
  REFUSED((vector, {2, 3}, {1}), "strides: expected as many as the shape [2,3] has, got [1]");
  const TensorView view(vector, {2, 3});
  REFUSED((view.slice(2, 0, 1)),
          "slice: expected an axis of [2,3], 0 <= begin <= end <= its size "
          "and a step of at least 1, got axis 2, begin 0, end 1, step 1");
  REFUSED((view.slice(1, 0, 4)), "slice: ");
  REFUSED((view.slice(1, -1, 3)), "slice: ");
  REFUSED((view.slice(1, 2, 1)), "slice: ");
  REFUSED((view.slice(1, 0, 3, 0)), "slice: ");
  REFUSED((view.slice(-1, 0, 1)), "slice: ");
  REFUSED((view.swap_axes(0, 2)), "swap_axes: expected two axes of [2,3], got 0 and 2");
}

/** What a view does not know to be wrong, the library does. */
void refused_by_the_library() {
  Context context = new_context();
  Floats vector(6);
  float bounds[2][3];
  const std::vector<int64_t> nine(9, 1);
  FAILS(pointcloud_bounds(context, {vector, nine}, bounds), unsupported_layout,
        "points: expected at most 8 dimensions, got 9");
  FAILS(pointcloud_bounds(context, {vector, {-2, 3}}, bounds), invalid_argument,
        "points: expected a shape without negative entries, got [-2,3]");
  FAILS(pointcloud_bounds(context, {vector, {2, 3}, {-3, 1}}, bounds), unsupported_layout,
        "points: expected strides of at least 0, got [-3,1]");
  FAILS(pointcloud_bounds(context, {vector.data(), {2, 3}, {}, cuda()}, bounds), device_mismatch,
        "points: expected memory of cpu, got cuda:0");
  FAILS(pointcloud_bounds(context, {}, bounds), invalid_argument,
        "points: expected a tensor, got NULL");
  const rc_tensor shapeless = {vector.data(), cpu, 2, dtype_of<float>, nullptr, nullptr, 0};
  FAILS(pointcloud_bounds(context, ConstTensor(shapeless), bounds), invalid_argument,
        "points: expected a shape of 2 entries, got NULL");
}

}  // namespace

int main() {
  ranges();
  containers_of_others();
  pointers();
  absent();
  copies();
  from_c();
  parts();
  refusals();
  refused_by_the_library();
  return failed_checks != 0;
}
