// SPDX-License-Identifier: Apache-2.0
/** Tensors of a test case: the bytes that back them, gaps and margins included. */
#pragma once

#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "robocache/robocache.h"

#include "random.h"

enum class Dtype { u8, i8, i16, i32, i64, u16, f16, bf16, f32, f64 };

inline const char* name_of(Dtype type) {
  static const char* const names[] = {"uint8",  "int8",    "int16",    "int32",   "int64",
                                      "uint16", "float16", "bfloat16", "float32", "float64"};
  return names[static_cast<int>(type)];
}

inline rc_dtype code_of(Dtype type) {
  static const rc_dtype codes[] = {{RC_DTYPE_UINT, 8, 1},   {RC_DTYPE_INT, 8, 1},
                                   {RC_DTYPE_INT, 16, 1},   {RC_DTYPE_INT, 32, 1},
                                   {RC_DTYPE_INT, 64, 1},   {RC_DTYPE_UINT, 16, 1},
                                   {RC_DTYPE_FLOAT, 16, 1}, {RC_DTYPE_BFLOAT, 16, 1},
                                   {RC_DTYPE_FLOAT, 32, 1}, {RC_DTYPE_FLOAT, 64, 1}};
  return codes[static_cast<int>(type)];
}

inline int size_of(Dtype type) { return code_of(type).bits / 8; }
inline bool is_float(Dtype type) { return type >= Dtype::f16; }

struct TestTensor {
  Dtype dtype;
  std::vector<int64_t> shape;
  /** Empty: compact. */
  std::vector<int64_t> strides;
  uint64_t byte_offset = 0;
  std::vector<unsigned char> bytes;
  bool written;

  int64_t count() const {
    return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  }

  /** Address of an element, by its place in row-major order. */
  unsigned char* at(int64_t flat) {
    int64_t element = 0, inner = 1;
    for (size_t axis = shape.size(); axis-- > 0;) {
      const int64_t i = flat % shape[axis];
      flat /= shape[axis];
      element += i * (strides.empty() ? inner : strides[axis]);
      inner *= shape[axis];
    }
    return bytes.data() + byte_offset + element * size_of(dtype);
  }

  template <class T>
  void put(int64_t flat, T value) {
    std::memcpy(at(flat), &value, sizeof value);
  }
  template <class T>
  T get(int64_t flat) {
    T value;
    std::memcpy(&value, at(flat), sizeof value);
    return value;
  }

  /** A view of this tensor whose bytes lie at `data`. */
  rc_tensor view(void* data, rc_device device) {
    return {data,           device,       static_cast<int32_t>(shape.size()),
            code_of(dtype), shape.data(), strides.empty() ? nullptr : strides.data(),
            byte_offset};
  }
};

/** A tensor in memory laid out at random: compact, padded, transposed or, where `repeat` says so,
 * repeated along an axis; its bytes are noise. */
inline TestTensor make_tensor(Random& random, Dtype dtype, std::vector<int64_t> shape, bool written,
                              bool repeat = false) {
  TestTensor t{dtype, std::move(shape), {}, 0, {}, written};
  int64_t extent = t.count();
  if (random.chance(50) && extent > 0) {
    std::vector<size_t> order(t.shape.size());
    std::iota(order.begin(), order.end(), size_t{0});
    if (random.chance(40)) {
      for (size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1],
                  order[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i) - 1))]);
      }
    }
    t.strides.resize(order.size());
    int64_t step = random.pick<int64_t>({1, 1, 1, 2, 3});
    for (size_t i = order.size(); i-- > 0;) {
      t.strides[order[i]] = step;
      step = step * t.shape[order[i]] + random.pick<int64_t>({0, 0, 1, 5});
    }
    if (repeat && random.chance(10)) {
      t.strides[static_cast<size_t>(random.integer(0, static_cast<int64_t>(order.size()) - 1))] = 0;
    }
    extent = 1;
    for (size_t i = 0; i < order.size(); ++i) extent += (t.shape[i] - 1) * t.strides[i];
  }
  if (random.chance(50))
    t.byte_offset = static_cast<uint64_t>(random.integer(0, 20) * size_of(dtype));
  t.bytes.resize(t.byte_offset + static_cast<uint64_t>(extent * size_of(dtype)));
  for (unsigned char& byte : t.bytes) byte = static_cast<unsigned char>(random.bits());
  return t;
}
