/* SPDX-License-Identifier: Apache-2.0 */
/* A `DLTensor*` may be cast to an `rc_tensor*`: against the real dlpack.h. */
#include <dlpack/dlpack.h>
#include <stddef.h>

#include "robocache/tensor.h"

#define SAME_SIZE(ours, theirs) _Static_assert(sizeof(ours) == sizeof(theirs), #ours)
#define SAME_FIELD(ours, theirs, field)                                        \
  _Static_assert(offsetof(ours, field) == offsetof(theirs, field) &&           \
                     sizeof(((ours*)0)->field) == sizeof(((theirs*)0)->field), \
                 #ours "." #field)
#define SAME_NUMBER(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #ours)

SAME_SIZE(rc_tensor, DLTensor);
SAME_FIELD(rc_tensor, DLTensor, data);
SAME_FIELD(rc_tensor, DLTensor, device);
SAME_FIELD(rc_tensor, DLTensor, ndim);
SAME_FIELD(rc_tensor, DLTensor, dtype);
SAME_FIELD(rc_tensor, DLTensor, shape);
SAME_FIELD(rc_tensor, DLTensor, strides);
SAME_FIELD(rc_tensor, DLTensor, byte_offset);

SAME_SIZE(rc_device, DLDevice);
SAME_FIELD(rc_device, DLDevice, device_type);
SAME_FIELD(rc_device, DLDevice, device_id);

SAME_SIZE(rc_dtype, DLDataType);
SAME_FIELD(rc_dtype, DLDataType, code);
SAME_FIELD(rc_dtype, DLDataType, bits);
SAME_FIELD(rc_dtype, DLDataType, lanes);

SAME_NUMBER(RC_DEVICE_CPU, kDLCPU);
SAME_NUMBER(RC_DEVICE_CUDA, kDLCUDA);
SAME_NUMBER(RC_DEVICE_CUDA_HOST, kDLCUDAHost);
SAME_NUMBER(RC_DEVICE_CUDA_MANAGED, kDLCUDAManaged);

SAME_NUMBER(RC_DTYPE_INT, kDLInt);
SAME_NUMBER(RC_DTYPE_UINT, kDLUInt);
SAME_NUMBER(RC_DTYPE_FLOAT, kDLFloat);
SAME_NUMBER(RC_DTYPE_BFLOAT, kDLBfloat);
/* bool came with DLPack 0.8, the major version with 1.0. */
#if defined(DLPACK_MAJOR_VERSION) || DLPACK_VERSION >= 80
SAME_NUMBER(RC_DTYPE_BOOL, kDLBool);
#endif
