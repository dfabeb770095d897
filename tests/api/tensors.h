/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of arrays in a test: `rc_tensor t = TENSOR(data, f32, 2, 3);`, valid in the block. */
#ifndef TESTS_API_TENSORS_H
#define TESTS_API_TENSORS_H

#include "robocache/robocache.h"

#define u8 ((rc_dtype){RC_DTYPE_UINT, 8, 1})
#define u16 ((rc_dtype){RC_DTYPE_UINT, 16, 1})
#define i8 ((rc_dtype){RC_DTYPE_INT, 8, 1})
#define i16 ((rc_dtype){RC_DTYPE_INT, 16, 1})
#define i32 ((rc_dtype){RC_DTYPE_INT, 32, 1})
#define i64 ((rc_dtype){RC_DTYPE_INT, 64, 1})
#define f16 ((rc_dtype){RC_DTYPE_FLOAT, 16, 1})
#define bf16 ((rc_dtype){RC_DTYPE_BFLOAT, 16, 1})
#define f32 ((rc_dtype){RC_DTYPE_FLOAT, 32, 1})
#define f64 ((rc_dtype){RC_DTYPE_FLOAT, 64, 1})
#define boolean ((rc_dtype){RC_DTYPE_BOOL, 8, 1})

#define NUMBERS(...) ((int64_t[]){__VA_ARGS__})
#define COUNT_OF(...) ((int32_t)(sizeof NUMBERS(__VA_ARGS__) / sizeof(int64_t)))
#define TENSOR(data, dtype, ...) \
  ((rc_tensor){                  \
      data, {RC_DEVICE_CPU, 0}, COUNT_OF(__VA_ARGS__), dtype, NUMBERS(__VA_ARGS__), NULL, 0})

#endif
