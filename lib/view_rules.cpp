// SPDX-License-Identifier: Apache-2.0
#include "lib/view_rules.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "lib/error.h"

namespace rc {
namespace {

std::string describe(const Shape& shape, const char* letter) {
  std::string text;
  for (int32_t i = 0; i < shape.rank; ++i) {
    text += i == 0 ? "[" : ",";
    text += shape.entries[i] == any ? letter : std::to_string(shape.entries[i]);
  }
  return text + "]";
}

/** Of the integer types that outputs with a fill value can have. */
std::pair<double, double> range_of(Type type) {
  switch (type) {
    case Type::u8:
      return {0, 255};
    case Type::i8:
      return {-128, 127};
    case Type::i16:
      return {-32768, 32767};
    default:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
  }
}

}  // namespace

void require_shape(const View& view, const char* argument, const Shape& shape, const char* letter) {
  bool same = view.ndim == shape.rank;
  for (int32_t i = 0; i < shape.rank; ++i) {
    same = same && (shape.entries[i] == any || view.shape[i] == shape.entries[i]);
  }
  if (!same) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected %s, got %s", argument,
         describe(shape, letter).c_str(), describe(view).c_str());
  }
}

void require_type(const View& view, const char* argument, Type type) {
  if (view.type != type) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected %s, got %s", argument, name(type),
         describe(view).c_str());
  }
}

void require_float(const View& view, const char* argument) {
  if (!is_float(view.type)) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected float16, bfloat16, float32 or float64, got %s",
         argument, describe(view).c_str());
  }
}

void require_fill_value(double fill_value, Type type) {
  if (is_float(type)) return;
  const auto [low, high] = range_of(type);
  if (!(fill_value >= low && fill_value <= high) || fill_value != std::floor(fill_value)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "fill_value: expected an integer of the range of %s, got %g",
         name(type), fill_value);
  }
}

}  // namespace rc
