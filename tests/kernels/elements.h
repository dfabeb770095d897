// SPDX-License-Identifier: Apache-2.0
/** Elements of test tensors as doubles. */
#pragma once

#include "kernels/common/numbers.h"
#include "tensor.h"

inline rc::Type kernel_type_of(Dtype type) {
  static const rc::Type types[] = {rc::Type::u8,  rc::Type::i8,  rc::Type::i16, rc::Type::i32,
                                   rc::Type::i64, rc::Type::u16, rc::Type::f16, rc::Type::bf16,
                                   rc::Type::f32, rc::Type::f64};
  return types[static_cast<int>(type)];
}

/** An element, exactly. */
inline double get_value(TestTensor& t, int64_t flat) {
  return rc::load(kernel_type_of(t.dtype), reinterpret_cast<char*>(t.at(flat)), 0);
}

/** Rounds `value` once into an element. */
inline void put_value(TestTensor& t, int64_t flat, double value) {
  rc::store(kernel_type_of(t.dtype), reinterpret_cast<char*>(t.at(flat)), 0, value);
}
