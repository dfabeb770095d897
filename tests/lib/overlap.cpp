// SPDX-License-Identifier: Apache-2.0
#include "lib/overlap.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "tests/lib/check.h"

namespace {

char buffer[1 << 16];

rc::View make(int64_t offset, rc::Type type, std::vector<int64_t> shape,
              std::vector<int64_t> strides) {
  rc::View view;
  view.type = type;
  view.item_size = rc::size_of(type);
  view.ndim = static_cast<int32_t>(shape.size());
  view.data = buffer + offset;
  view.count = 1;
  std::fill_n(view.shape, RC_MAX_NDIM, 1);
  for (size_t i = 0; i < shape.size(); ++i) {
    view.shape[i] = shape[i];
    view.strides[i] = strides[i];
    view.count *= shape[i];
  }
  return view;
}

/** Offsets of the first bytes of all elements, one per index. */
std::vector<int64_t> elements(const rc::View& view) {
  std::vector<int64_t> offsets = {view.data - buffer};
  if (view.count == 0) offsets.clear();
  for (int32_t axis = 0; axis < view.ndim; ++axis) {
    std::vector<int64_t> longer;
    for (const int64_t offset : offsets) {
      for (int64_t i = 0; i < view.shape[axis]; ++i) {
        longer.push_back(offset + i * view.strides[axis] * view.item_size);
      }
    }
    offsets = longer;
  }
  return offsets;
}

std::set<int64_t> bytes(const rc::View& view) {
  std::set<int64_t> result;
  for (const int64_t offset : elements(view)) {
    for (int64_t i = 0; i < view.item_size; ++i) result.insert(offset + i);
  }
  return result;
}

bool share_memory(const rc::View& a, const rc::View& b) {
  const std::set<int64_t> of_a = bytes(a);
  const std::set<int64_t> of_b = bytes(b);
  return std::any_of(of_a.begin(), of_a.end(), [&](int64_t byte) { return of_b.count(byte) > 0; });
}

rc::View random_view(std::mt19937& random) {
  const auto number = [&](int low, int high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  constexpr rc::Type types[] = {rc::Type::u8, rc::Type::f16, rc::Type::f32, rc::Type::f64};
  std::vector<int64_t> shape, strides;
  for (int64_t axes = number(0, 3); axes > 0; --axes) {
    shape.push_back(number(0, 9) == 0 ? 0 : number(1, 4));
    strides.push_back(number(0, 12));
  }
  const rc::Type type = types[number(0, 3)];
  return make(number(0, 40) * rc::size_of(type), type, shape, strides);
}

void agrees_with_the_list_of_all_bytes() {
  std::mt19937 random(1);
  int shared = 0;
  for (int i = 0; i < 20000; ++i) {
    const rc::View a = random_view(random);
    const rc::View b = random_view(random);
    shared += share_memory(a, b);
    CHECK(rc::may_share_memory(a, b) == share_memory(a, b));
  }
  CHECK(shared > 2000 && shared < 18000);
}

void accepted_layouts_repeat_no_element() {
  std::mt19937 random(2);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    const rc::View view = random_view(random);
    if (status_of([&] { rc::check_output_layout(view, "output"); }) != RC_SUCCESS) continue;
    ++accepted;
    const std::vector<int64_t> all = elements(view);
    CHECK(std::set<int64_t>(all.begin(), all.end()).size() == all.size());
  }
  CHECK(accepted > 2000);
}

void columns_of_long_arrays_are_told_apart() {
  constexpr int64_t rows = int64_t{1} << 40;
  const rc::View left = make(0, rc::Type::f32, {rows, 3}, {7, 1});
  const rc::View right = make(12, rc::Type::f32, {rows, 4}, {7, 1});
  const rc::View middle = make(8, rc::Type::f32, {rows, 2}, {7, 1});
  CHECK(!rc::may_share_memory(left, right));
  CHECK(rc::may_share_memory(left, middle));
  CHECK(rc::may_share_memory(right, middle));
}

/** Steps of nearly the same length: too many ways to come near for an answer that is certain. */
void a_search_given_up_refuses() {
  std::vector<int64_t> low, high;
  for (int i = 0; i < 8; ++i) low.push_back((1 << 24) + (1 << i));
  for (int i = 8; i < 16; ++i) high.push_back((1 << 24) + (1 << i));
  const std::vector<int64_t> shape(8, 2);
  const rc::View a = make(0, rc::Type::u8, shape, low);
  const rc::View b = make(0, rc::Type::u8, shape, high);
  CHECK(rc::may_share_memory(a, b));
}

void usual_layouts_are_accepted() {
  const auto status = [](const rc::View& view) {
    return status_of([&] { rc::check_output_layout(view, "output"); });
  };
  CHECK(status(make(0, rc::Type::f32, {2, 3, 4}, {12, 4, 1})) == RC_SUCCESS);
  CHECK(status(make(0, rc::Type::f32, {2, 3, 4}, {1, 2, 6})) == RC_SUCCESS);
  CHECK(status(make(0, rc::Type::f32, {1, 4}, {0, 1})) == RC_SUCCESS);
  CHECK(status(make(0, rc::Type::f32, {0, 4}, {0, 0})) == RC_SUCCESS);
  CHECK(status(make(0, rc::Type::f32, {2, 4}, {0, 1})) == RC_ERROR_UNSUPPORTED_LAYOUT);
  CHECK(status(make(0, rc::Type::f32, {2, 4}, {3, 1})) == RC_ERROR_UNSUPPORTED_LAYOUT);
}

void inputs_may_share_outputs_may_not() {
  const rc::View whole = make(0, rc::Type::f32, {4, 8}, {8, 1});
  const rc::View part = make(0, rc::Type::f32, {4, 2}, {8, 1});
  const rc::View rest = make(8, rc::Type::f32, {4, 6}, {8, 1});
  const auto status = [](std::vector<rc::Access> accesses) {
    return status_of([&] { rc::check_disjoint(accesses.data(), accesses.size()); });
  };
  CHECK(status({{&whole, "values", false}, {&part, "times", false}}) == RC_SUCCESS);
  CHECK(status({{&rest, "output", true}, {&part, "values", false}}) == RC_SUCCESS);
  CHECK(status({{&rest, "output", true}, {&part, "valid", true}}) == RC_SUCCESS);
  CHECK(status({{&whole, "values", false}, {&part, "output", true}}) == RC_ERROR_INVALID_ARGUMENT);
  CHECK(status({{&part, "output", true}, {&rest, "valid", true}, {&whole, "age", true}}) ==
        RC_ERROR_INVALID_ARGUMENT);
}

}  // namespace

int main() {
  agrees_with_the_list_of_all_bytes();
  accepted_layouts_repeat_no_element();
  columns_of_long_arrays_are_told_apart();
  a_search_given_up_refuses();
  usual_layouts_are_accepted();
  inputs_may_share_outputs_may_not();
  return failed_checks != 0;
}
