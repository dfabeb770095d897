/* SPDX-License-Identifier: Apache-2.0 */
/** @file tensor.h
 * Borrowed views of arrays, laid out as DLPack's `DLTensor` is, so that a `DLTensor*` of DLPack 0.x
 * or 1.x may be cast to an `rc_tensor*`.
 *
 * Rules for every tensor that is handed to this library:
 * - Data is borrowed: until the call returns on the CPU, until the context's stream has passed the
 *   enqueued work on CUDA. `shape` and `strides` are read during the call only.
 * - The first element lies at `(char*)data + byte_offset` and is aligned to its own size.
 * - Strides count elements, not bytes; NULL means compact row-major. Inputs may have any
 *   non-negative strides, 0 (a broadcast) included. The strides of an output define its layout; no
 *   two of its elements may share memory, nor may two outputs, nor an output and an input.
 * - At most ::RC_MAX_NDIM dimensions, one lane. A tensor of no elements may have NULL data. */
#ifndef ROBOCACHE_TENSOR_H
#define ROBOCACHE_TENSOR_H

#include <stdint.h>

#define RC_MAX_NDIM 8

/** Where memory lies. Values equal DLPack's `DLDeviceType`; 0, which DLPack leaves free, is AUTO. */
enum rc_device_type {
  /** Only in ::rc_context_options: the first CUDA device that works, else the CPU. */
  RC_DEVICE_AUTO = 0,
  RC_DEVICE_CPU = 1,
  RC_DEVICE_CUDA = 2,
  /** Page-locked host memory; accepted by CPU contexts. */
  RC_DEVICE_CUDA_HOST = 3,
  /** Managed memory; accepted by CPU and CUDA contexts. */
  RC_DEVICE_CUDA_MANAGED = 13
};

/** Kinds of numbers. Values equal DLPack's `DLDataTypeCode`. */
enum rc_dtype_code {
  RC_DTYPE_INT = 0,
  RC_DTYPE_UINT = 1,
  RC_DTYPE_FLOAT = 2,
  RC_DTYPE_BFLOAT = 4,
  RC_DTYPE_BOOL = 6
};

/** A device: one of ::rc_device_type and its index (0 on the CPU). */
typedef struct rc_device {
  int32_t device_type;
  int32_t device_id;
} rc_device;

/** Type of an element: {RC_DTYPE_FLOAT, 32, 1} is float32. `lanes` is 1. */
typedef struct rc_dtype {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
} rc_dtype;

/** A borrowed view of an array: 48 bytes, the layout of `DLTensor`. */
typedef struct rc_tensor {
  void* data;
  rc_device device;
  int32_t ndim;
  rc_dtype dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
} rc_tensor;

#endif
