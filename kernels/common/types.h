// SPDX-License-Identifier: Apache-2.0
// The element types of tensors. Plain data, shared by all levels.
#pragma once

#include <cstdint>

#include "kernels/common/hd.h"

namespace rc {

enum class Type : uint8_t { u8, u16, u32, u64, i8, i16, i32, i64, f16, bf16, f32, f64, boolean };

// Bits of an IEEE 754 binary16 and of a bfloat16.
struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

RC_SHARED constexpr int item_size(Type type) {
  switch (type) {
    case Type::u8:
    case Type::i8:
    case Type::boolean:
      return 1;
    case Type::u16:
    case Type::i16:
    case Type::f16:
    case Type::bf16:
      return 2;
    case Type::u32:
    case Type::i32:
    case Type::f32:
      return 4;
    case Type::u64:
    case Type::i64:
    case Type::f64:
      return 8;
  }
  return 0;
}

RC_SHARED constexpr bool is_float(Type type) {
  return type == Type::f16 || type == Type::bf16 || type == Type::f32 || type == Type::f64;
}

}  // namespace rc
