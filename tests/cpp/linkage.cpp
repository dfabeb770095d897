// SPDX-License-Identifier: Apache-2.0
// One program of three parts: two that throw, and one without exceptions. Each uses the header in
// its own way, and a context goes from one to the other.
#include "linkage.hpp"

#include <exception>

#include "check.hpp"

using namespace robocache;

int main() try {
  Context context = new_context();
  const float points[2][3] = {{1, 2, 3}, {4, 5, 6}};
  float here[2][3], there[2][3], without[2][3];
  pointcloud_bounds(context, points, here);
  bounds_in_another_part(context, points, there);
  CHECK(bounds_without_exceptions(context.get(), points, without));
  for (int axis = 0; axis < 3; ++axis) {
    CHECK_EQUAL(here[1][axis], points[1][axis]);
    CHECK_EQUAL(there[1][axis], points[1][axis]);
    CHECK_EQUAL(without[1][axis], points[1][axis]);
  }
  // What the other part throws is caught here; the part without exceptions returns.
  try {
    bounds_in_another_part(context, {}, there);
    report(__FILE__, __LINE__, "expected an error");
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
  }
  CHECK(!bounds_without_exceptions(nullptr, points, without));
  return failed_checks != 0;
} catch (const std::exception& error) {
  report(__FILE__, __LINE__, error.what());
  return 1;
}
