# SPDX-License-Identifier: Apache-2.0
"""The C interface, called as a C program would, for what Python's functions do not pass on."""

import numpy as np

from robocache._dtypes import CODES, numpy_name
from robocache._library import ffi, load

MODES = (
    "linear",
    "previous",
    "next",
    "nearest",
    "pchip",
    "slerp",
    "angle",
    "mean",
    "sum",
    "min",
    "max",
    "last",
)


class Tensor:
    """An `rc_tensor` of a NumPy array, whose data pointer lies `byte_offset` before the array."""

    def __init__(self, array, byte_offset=0):
        self.array = array
        self.shape = ffi.new("int64_t[]", array.shape)
        strides = [stride // array.itemsize for stride in array.strides]
        self.strides = ffi.new("int64_t[]", strides)
        self.pointer = ffi.new("rc_tensor*")
        self.pointer.data = ffi.cast("void*", array.ctypes.data - byte_offset)
        self.pointer.byte_offset = byte_offset
        self.pointer.device.device_type = 1
        self.pointer.ndim = array.ndim
        code, bits = CODES[numpy_name(array.dtype)]
        self.pointer.dtype.code, self.pointer.dtype.bits, self.pointer.dtype.lanes = code, bits, 1
        self.pointer.shape, self.pointer.strides = self.shape, self.strides


def options(mode="linear", **fields):
    """An `rc_resample_options*`; arrays become tensors, which the result keeps alive."""
    return filled("rc_resample_options", mode=MODES.index(mode), **fields)


def filled(struct, **fields):
    """A pointer to a struct of options, and what its fields point to."""
    made = ffi.new(f"{struct}*")
    made.struct_size = ffi.sizeof(struct)
    kept = []
    for name, value in fields.items():
        if isinstance(value, (np.ndarray, Tensor)):
            value = value if isinstance(value, Tensor) else Tensor(value)
            kept.append(value)
            value = value.pointer
        setattr(made, name, value)
    return made, kept


def pointer(array):
    """An `rc_tensor*` and its owner, of an array, a Tensor or None."""
    if array is None:
        return ffi.NULL, None
    tensor = array if isinstance(array, Tensor) else Tensor(array)
    return tensor.pointer, tensor


def resample(context, values, times, targets, output, **fields):
    """`rc_resample`; returns its status and message."""
    made, kept = options(**fields)
    (v, _v), (s, _s), (t, _t), (o, _o) = map(pointer, (values, times, targets, output))
    lib = load()
    status = lib.rc_resample(context.handle, v, s, t, made, o)
    del kept
    return status, ffi.string(lib.rc_last_error_message()).decode()


def workspace_size(context, values, times, targets, output, **fields):
    """`rc_resample_workspace_size`."""
    made, kept = options(**fields)
    (v, _v), (s, _s), (t, _t), (o, _o) = map(pointer, (values, times, targets, output))
    size = ffi.new("uint64_t*")
    status = load().rc_resample_workspace_size(context.handle, v, s, t, made, o, size)
    del kept
    assert status == 0
    return size[0]


def voxelize(context, points, origin, voxel_size, dims, output, **fields):
    """`rc_voxelize`; returns its status and message."""
    made, kept = filled("rc_voxelize_options", **fields)
    grid = ffi.new("rc_grid*", {"origin": origin, "voxel_size": voxel_size, "dims": dims})
    (p, _p), (o, _o) = map(pointer, (points, output))
    lib = load()
    status = lib.rc_voxelize(context.handle, p, grid, made, o)
    del kept
    return status, ffi.string(lib.rc_last_error_message()).decode()
