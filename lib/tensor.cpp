// SPDX-License-Identifier: Apache-2.0
#include "lib/tensor.h"

#include <algorithm>
#include <array>

#include "lib/error.h"

namespace rc {
namespace {

struct TypeInfo {
  Type type;
  uint8_t code;
  uint8_t bits;
  const char* name;
};

/** In the order of `Type`. */
constexpr TypeInfo types[] = {
    {Type::u8, RC_DTYPE_UINT, 8, "uint8"},      {Type::u16, RC_DTYPE_UINT, 16, "uint16"},
    {Type::u32, RC_DTYPE_UINT, 32, "uint32"},   {Type::u64, RC_DTYPE_UINT, 64, "uint64"},
    {Type::i8, RC_DTYPE_INT, 8, "int8"},        {Type::i16, RC_DTYPE_INT, 16, "int16"},
    {Type::i32, RC_DTYPE_INT, 32, "int32"},     {Type::i64, RC_DTYPE_INT, 64, "int64"},
    {Type::f16, RC_DTYPE_FLOAT, 16, "float16"}, {Type::bf16, RC_DTYPE_BFLOAT, 16, "bfloat16"},
    {Type::f32, RC_DTYPE_FLOAT, 32, "float32"}, {Type::f64, RC_DTYPE_FLOAT, 64, "float64"},
    {Type::boolean, RC_DTYPE_BOOL, 8, "bool"},
};

constexpr int num_codes = RC_DTYPE_BOOL + 1;
constexpr int no_type = -1;

/** Index into `types` by code and bytes, or `no_type`. */
constexpr auto type_by_code = [] {
  std::array<std::array<int16_t, 9>, num_codes> found{};
  for (int code = 0; code < num_codes; ++code) {
    for (int bytes = 0; bytes < 9; ++bytes) found[code][bytes] = no_type;
  }
  int16_t index = 0;
  for (const TypeInfo& known : types) found[known.code][known.bits / 8] = index++;
  return found;
}();

std::string join(const int64_t* numbers, int32_t count) {
  std::string text = "[";
  for (int32_t i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(numbers[i]);
  }
  return text + "]";
}

std::string describe(rc_device device) {
  switch (device.device_type) {
    case RC_DEVICE_CPU:
      return "cpu";
    case RC_DEVICE_CUDA:
      return "cuda:" + std::to_string(device.device_id);
    case RC_DEVICE_CUDA_HOST:
      return "page-locked host memory";
    case RC_DEVICE_CUDA_MANAGED:
      return "CUDA managed memory";
    default:
      return "device type " + std::to_string(device.device_type);
  }
}

Type type_of(rc_dtype dtype, const char* argument) {
  if (dtype.lanes != 1) {
    fail(RC_ERROR_UNSUPPORTED_DTYPE, "%s: expected a type of 1 lane, got %d lanes", argument,
         dtype.lanes);
  }
  if (dtype.code < num_codes && dtype.bits <= 64 && dtype.bits % 8 == 0) {
    const int index = type_by_code[dtype.code][dtype.bits / 8];
    if (index != no_type) return types[index].type;
  }
  fail(RC_ERROR_UNSUPPORTED_DTYPE,
       "%s: expected an integer, float, bfloat or bool type, got type code %d of %d bits", argument,
       dtype.code, dtype.bits);
}

bool reachable(rc_device memory, rc_device worker) {
  if (memory.device_type == RC_DEVICE_CUDA_MANAGED) return true;
  if (worker.device_type == RC_DEVICE_CUDA) {
    return memory.device_type == RC_DEVICE_CUDA && memory.device_id == worker.device_id;
  }
  return memory.device_type == RC_DEVICE_CPU || memory.device_type == RC_DEVICE_CUDA_HOST;
}

/** Shape and count; whatever part of the shape is multiplied later, in elements or bytes, fits. */
void read_shape(const rc_tensor& tensor, const char* argument, View& result) {
  if (tensor.ndim < 0) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected ndim of at least 0, got %d", argument,
         tensor.ndim);
  }
  if (tensor.ndim > RC_MAX_NDIM) {
    fail(RC_ERROR_UNSUPPORTED_LAYOUT, "%s: expected at most %d dimensions, got %d", argument,
         RC_MAX_NDIM, tensor.ndim);
  }
  if (tensor.ndim > 0 && tensor.shape == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected a shape of %d entries, got NULL", argument,
         tensor.ndim);
  }
  result.ndim = tensor.ndim;
  for (int32_t i = 0; i < RC_MAX_NDIM; ++i) {
    result.shape[i] = i < tensor.ndim ? tensor.shape[i] : 1;
  }
  int64_t bytes = result.item_size;
  int64_t elements = 1;
  bool empty = false;
  for (int32_t i = 0; i < tensor.ndim; ++i) {
    if (tensor.shape[i] < 0) {
      fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected a shape without negative entries, got %s",
           argument, describe_shape(result).c_str());
    }
    empty = empty || tensor.shape[i] == 0;
    const int64_t entry = std::max<int64_t>(tensor.shape[i], 1);
    if (__builtin_mul_overflow(bytes, entry, &bytes)) {
      fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected fewer than 2^63 bytes, got %s", argument,
           describe(result).c_str());
    }
    elements *= entry;
  }
  result.count = empty ? 0 : elements;
}

void read_strides(const rc_tensor& tensor, const char* argument, View& result) {
  if (tensor.strides == nullptr) {
    int64_t stride = 1;
    for (int32_t i = tensor.ndim - 1; i >= 0; --i) {
      result.strides[i] = stride;
      stride *= std::max<int64_t>(result.shape[i], 1);
    }
    return;
  }
  std::copy_n(tensor.strides, tensor.ndim, result.strides);
  int64_t bytes = result.item_size;
  for (int32_t i = 0; i < tensor.ndim; ++i) {
    if (tensor.strides[i] < 0) {
      fail(RC_ERROR_UNSUPPORTED_LAYOUT, "%s: expected strides of at least 0, got %s", argument,
           describe_strides(result).c_str());
    }
    int64_t span;
    if (result.count > 0 &&
        (__builtin_mul_overflow(result.shape[i] - 1, tensor.strides[i], &span) ||
         __builtin_mul_overflow(span, result.item_size, &span) ||
         __builtin_add_overflow(bytes, span, &bytes))) {
      fail(RC_ERROR_INVALID_ARGUMENT,
           "%s: expected strides that span fewer than 2^63 bytes, got shape %s with strides %s",
           argument, describe_shape(result).c_str(), describe_strides(result).c_str());
    }
  }
}

}  // namespace

const char* name(Type type) { return types[static_cast<int>(type)].name; }

int64_t size_of(Type type) { return types[static_cast<int>(type)].bits / 8; }

int64_t View::extent() const {
  if (count == 0) return 0;
  int64_t elements = 1;
  for (int32_t i = 0; i < ndim; ++i) elements += (shape[i] - 1) * strides[i];
  return elements * item_size;
}

std::string describe_shape(const View& view) { return join(view.shape, view.ndim); }

std::string describe_strides(const View& view) { return join(view.strides, view.ndim); }

std::string describe(const View& view) {
  return std::string(name(view.type)) + " " + describe_shape(view);
}

void check_device(const rc_tensor& tensor, const char* argument, rc_device device) {
  if (reachable(tensor.device, device)) return;
  fail(RC_ERROR_DEVICE_MISMATCH, "%s: expected memory of %s, got %s", argument,
       describe(device).c_str(), describe(tensor.device).c_str());
}

View view(const rc_tensor* tensor, const char* argument, rc_device device) {
  if (tensor == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected a tensor, got NULL", argument);
  }
  View result;
  result.type = type_of(tensor->dtype, argument);
  result.item_size = size_of(result.type);
  read_shape(*tensor, argument, result);
  read_strides(*tensor, argument, result);
  check_device(*tensor, argument, device);
  if (result.count == 0) return result;
  if (tensor->data == nullptr) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected data for %s, got NULL", argument,
         describe(result).c_str());
  }
  const auto address = reinterpret_cast<uintptr_t>(tensor->data);
  uintptr_t end;
  if (__builtin_add_overflow(address, tensor->byte_offset, &end) ||
      __builtin_add_overflow(end, result.extent(), &end)) {
    fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected a byte_offset inside memory, got %llu", argument,
         static_cast<unsigned long long>(tensor->byte_offset));
  }
  result.data = static_cast<char*>(tensor->data) + tensor->byte_offset;
  if ((address + tensor->byte_offset) % result.item_size != 0) {
    fail(RC_ERROR_UNSUPPORTED_LAYOUT, "%s: expected data aligned to %d bytes for %s, got %p",
         argument, static_cast<int>(result.item_size), describe(result).c_str(), result.data);
  }
  return result;
}

}  // namespace rc
