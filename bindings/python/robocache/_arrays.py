# SPDX-License-Identifier: Apache-2.0
"""The array edge: anyone's array becomes an `rc_tensor`, without a copy.

One reader per kind of array fills a `View`. Views are scratch of a call and are filled again by the
calls that follow; filling one with an array like the last writes little more than its address.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from robocache._dlpack import Borrowed, borrow
from robocache._dtypes import CODES, NAMES, numpy_name
from robocache._frameworks import TORCH, Numpy, framework_of
from robocache._library import HEADER, ffi, from_buffer
from robocache.context import CPU, CUDA_TYPE, Device
from robocache.errors import (
    InvalidArgumentError,
    InvalidDataError,
    UnsupportedDtypeError,
    UnsupportedLayoutError,
)

_MAX_NDIM: int = HEADER.RC_MAX_NDIM
_ON_HOST = (HEADER.RC_DEVICE_CPU, HEADER.RC_DEVICE_CUDA_HOST)
_ON_CUDA = (HEADER.RC_DEVICE_CUDA, HEADER.RC_DEVICE_CUDA_MANAGED)

Shape = tuple[int, ...]


class View:
    """An `rc_tensor` and what Python needs to know of the array in it."""

    __slots__ = (
        "_shape",
        "_strides_store",
        "array",
        "borrowed",
        "device",
        "dtype",
        "memory",
        "pointer",
        "read_only",
        "shape",
        "strides",
    )

    def __init__(self) -> None:
        self.pointer = ffi.new("rc_tensor*")
        self.memory = ffi.cast("rc_tensor_memory*", self.pointer)
        self._shape = ffi.new("int64_t[]", _MAX_NDIM)
        self._strides_store = ffi.new("int64_t[]", _MAX_NDIM)
        self.pointer.shape = self._shape
        self.shape: Shape = ()
        self.strides: Shape | None = None
        self.dtype = ""
        self.device: Device = (0, 0)
        self.array: Any = None
        self.borrowed: Borrowed | None = None
        self.read_only = False

    def fill(
        self,
        address: Any,
        shape: Shape,
        strides: Shape | None,
        dtype: str,
        device: Device,
    ) -> None:
        """Describes memory: its address or a cffi buffer, and strides in elements or None."""
        pointer = self.pointer
        if type(address) is int:
            self.memory.data = address
        else:
            pointer.data = address
        if shape != self.shape:
            pointer.ndim = len(shape)
            self._shape[0 : len(shape)] = shape
            self.shape = shape
        if strides != self.strides:
            if strides is None:
                pointer.strides = ffi.NULL
            else:
                pointer.strides = self._strides_store
                self._strides_store[0 : len(strides)] = strides
            self.strides = strides
        if dtype != self.dtype:
            code, bits = CODES[dtype]
            pointer.dtype.code, pointer.dtype.bits, pointer.dtype.lanes = code, bits, 1
            self.dtype = dtype
        if device != self.device:
            pointer.device.device_type, pointer.device.device_id = device
            self.device = device

    def append_axis(self) -> None:
        """Adds a last dimension of one: a signal becomes a table of one channel."""
        ndim = len(self.shape)
        self._shape[ndim] = 1
        self.shape += (1,)
        self.pointer.ndim = ndim + 1
        if self.strides is not None:
            self._strides_store[ndim] = 1
            self.strides += (1,)

    def release(self) -> None:
        """Lets go of the array; a DLPack producer gets its tensor back."""
        self.array = None
        if self.borrowed is not None:
            self.borrowed.give_back()
            self.borrowed = None


class Template:
    """An `rc_tensor` for arrays that differ from the one of a view in their memory alone.

    ``template.memory.data = template.memory_of(array)`` makes it that of an array. It is no method,
    for the call of one takes as long again.
    """

    __slots__ = ("_view", "memory", "memory_of", "pointer")

    def __init__(self, view: View) -> None:
        self._view = View()
        self._view.fill(0, view.shape, view.strides, view.dtype, view.device)
        self.pointer = self.memory = self._view.pointer
        self.memory_of: Callable[[Any], Any] = from_buffer
        if owner_of(view.array) is TORCH:
            self.memory, self.memory_of = self._view.memory, type(view.array).data_ptr
        elif view.dtype == "bfloat16":
            self.memory, self.memory_of = self._view.memory, _numpy_address
        elif view.strides is not None:
            self.memory_of = _buffer_at


Reader = Callable[[View, Any, str, int], None]
"""Fills a view from an array, which the view holds until it is released.

Takes a released view, the array, the argument's name for messages, and the handle of the CUDA
stream that will use the memory (0 on the CPU). Raises TypeError for what is no array, and
UnsupportedDtypeError, UnsupportedLayoutError, InvalidArgumentError or BufferError for one that
cannot be described to the library."""


def _check_ndim(name: str, ndim: int) -> None:
    if ndim >= _MAX_NDIM:
        raise UnsupportedLayoutError(
            f"{name}: expected fewer than {_MAX_NDIM} dimensions; got {ndim}"
        )


def _plain_numpy(array: Any, name: str) -> tuple[Any, str]:
    """The same memory as a dtype that the library knows; times become int64 nanoseconds."""
    dtype = array.dtype
    if dtype.kind in "Mm":
        return _nanoseconds(array, name), "int64"
    raise UnsupportedDtypeError(f"{name}: expected one of {', '.join(CODES)}; got {dtype!r}")


def _nanoseconds(array: Any, name: str) -> Any:
    """datetime64 and timedelta64 as int64 nanoseconds: a view, or an exact conversion."""
    if np.isnat(array).any():
        raise InvalidDataError(f"{name}: expected times; got NaT")
    unit = f"{array.dtype.kind}8[ns]"
    if array.dtype == np.dtype(unit):
        return array.view(np.int64)
    if np.datetime_data(array.dtype)[0] == "generic":
        raise UnsupportedDtypeError(f"{name}: expected times with a unit; got {array.dtype}")
    # The way back shows what overflowed (NumPy wraps around or raises) and what was rounded.
    try:
        converted = array.astype(unit)
        exact = np.array_equal(converted.astype(array.dtype), array)
    except OverflowError:
        exact = False
    if not exact:
        raise InvalidArgumentError(
            f"{name}: expected times that are whole nanoseconds of int64; got {array.dtype} times"
            " that are not"
        )
    return converted.view(np.int64)


def _read_numpy(view: View, array: Any, name: str, _stream: int) -> None:
    dtype = numpy_name(array.dtype)
    if dtype is None:
        array, dtype = _plain_numpy(array, name)
    shape = array.shape
    _check_ndim(name, len(shape))
    view.array = array
    view.read_only = not array.flags.writeable
    if array.flags.c_contiguous and dtype != "bfloat16":
        view.fill(from_buffer(array), shape, None, dtype, CPU)
        return
    size = array.itemsize
    if any(stride % size for stride in array.strides):
        raise UnsupportedLayoutError(
            f"{name}: expected strides of whole elements of {size} bytes; got {array.strides} bytes"
        )
    strides = tuple(stride // size for stride in array.strides)
    view.fill(_numpy_address(array), shape, strides, dtype, CPU)


def _buffer_at(array: Any) -> Any:
    """A cffi buffer at the address of a NumPy array with strides, in a quarter of the time that its
    `ctypes` takes."""
    return from_buffer(array[:0])  # Contiguous, since it is empty.


def _numpy_address(array: Any) -> int:
    address: int = array.ctypes.data
    return address


def _read_torch(view: View, array: Any, name: str, _stream: int) -> None:
    torch = sys.modules["torch"]
    if array.requires_grad and torch.is_grad_enabled():
        raise InvalidArgumentError(
            f"{name}: expected a tensor without gradient, which is known with respect to values and"
            " features only; got requires_grad=True (detach it)"
        )
    if array.layout is not torch.strided or array.is_neg():
        raise UnsupportedLayoutError(
            f"{name}: expected a dense tensor; got {array.layout}, is_neg={array.is_neg()}"
        )
    dtype = _TORCH_DTYPES.get(array.dtype)
    if dtype is None:
        dtype = str(array.dtype).removeprefix("torch.")
        if dtype not in CODES:
            raise UnsupportedDtypeError(f"{name}: expected one of {', '.join(CODES)}; got {dtype}")
        _TORCH_DTYPES[array.dtype] = dtype
    shape = tuple(array.shape)
    _check_ndim(name, len(shape))
    view.array = array
    view.read_only = False
    view.fill(array.data_ptr(), shape, array.stride(), dtype, _torch_device(array, name))


_TORCH_DTYPES: dict[Any, str] = {}


def _torch_device(array: Any, name: str) -> Device:
    if array.is_cpu:
        return CPU
    if array.is_cuda:
        return CUDA_TYPE, array.get_device()
    raise InvalidArgumentError(f"{name}: expected a tensor on cpu or cuda; got {array.device}")


def _read_dlpack(view: View, array: Any, name: str, stream: int) -> None:
    device = _dlpack_device(array, name)
    try:
        # DLPack calls CUDA's default stream 1, not 0.
        borrowed = borrow(array, (stream or 1) if device[0] in _ON_CUDA else None)
    except (TypeError, BufferError) as error:
        raise type(error)(f"{name}: {error}") from error
    view.array, view.borrowed, view.read_only = array, borrowed, borrowed.read_only
    tensor = borrowed.tensor
    ndim, code = tensor.ndim, (tensor.dtype.code, tensor.dtype.bits)
    _check_ndim(name, ndim)
    dtype = NAMES.get(code)
    if dtype is None or tensor.dtype.lanes != 1:
        raise UnsupportedDtypeError(
            f"{name}: expected one of {', '.join(CODES)}; got DLPack type code {code[0]} of"
            f" {code[1]} bits and {tensor.dtype.lanes} lanes"
        )
    shape = tuple(tensor.shape[0:ndim]) if ndim else ()
    strides = tuple(tensor.strides[0:ndim]) if ndim and tensor.strides != ffi.NULL else None
    address = int(ffi.cast("uintptr_t", tensor.data)) + tensor.byte_offset
    view.fill(address, shape, strides, dtype, device)


def _dlpack_device(array: Any, name: str) -> Device:
    kind, index = array.__dlpack_device__()
    device = int(kind), int(index)
    if device[0] in _ON_HOST or device[0] in _ON_CUDA:
        return device
    raise InvalidArgumentError(
        f"{name}: expected an array on cpu or cuda; got DLPack device type {device[0]}"
    )


def _read_cuda_interface(view: View, array: Any, name: str, stream: int) -> None:
    interface = array.__cuda_array_interface__
    ready_on = interface.get("stream")
    if ready_on is not None and ready_on != (stream or 1):
        raise InvalidArgumentError(
            f"{name}: expected an array that is ready on the call's stream {stream}; got one of"
            f" stream {ready_on} (pass stream={ready_on})"
        )
    dtype = numpy_name(np.dtype(interface["typestr"]))
    if dtype is None:
        raise UnsupportedDtypeError(
            f"{name}: expected one of {', '.join(CODES)}; got {interface['typestr']!r}"
        )
    shape = tuple(interface["shape"])
    _check_ndim(name, len(shape))
    strides = interface.get("strides")
    if strides is not None:
        size = np.dtype(interface["typestr"]).itemsize
        if any(stride % size for stride in strides):
            raise UnsupportedLayoutError(
                f"{name}: expected strides of whole elements of {size} bytes; got {strides} bytes"
            )
        strides = tuple(stride // size for stride in strides)
    address, view.read_only = interface["data"]
    view.array = array
    view.fill(int(address or 0), shape, strides, dtype, _cuda_interface_device(array, name))


def _cuda_interface_device(array: Any, _name: str) -> Device:
    """The interface does not say which device; a pool of its own does, else it is the first."""
    index = getattr(getattr(array, "device", None), "id", 0)
    return CUDA_TYPE, index


def _read_array_protocol(view: View, array: Any, name: str, stream: int) -> None:
    """pandas, Arrow and the like, through NumPy."""
    _read_numpy(view, np.asarray(array), name, stream)


def _refuse_masked(_view: View, _array: Any, name: str, _stream: int) -> None:
    raise TypeError(
        f"{name}: expected a plain array, because masks are not read; got a masked one"
        " (fill it with NaN)"
    )


def _refuse(_view: View, array: Any, name: str, _stream: int) -> None:
    _refused_device(array, name)


def _refused_device(array: Any, name: str) -> Device:
    raise TypeError(
        f"{name}: expected an array (NumPy, PyTorch, CuPy, JAX, DLPack or"
        f" __cuda_array_interface__); got {type(array).__name__}"
    )


def _numpy_device(_array: Any, _name: str) -> Device:
    return CPU


_Entry = tuple[Reader, Callable[[Any, str], Device], Numpy]


class _Entries(dict[type, _Entry]):
    """How to read arrays of a type; found once per type."""

    def __missing__(self, kind: type) -> _Entry:
        framework = framework_of(kind)
        found: _Entry
        if issubclass(kind, (np.ndarray, np.generic)):
            found = (_read_array_protocol, _numpy_device, framework)
            if issubclass(kind, np.ma.MaskedArray):
                found = (_refuse_masked, _numpy_device, framework)
            elif issubclass(kind, np.ndarray):
                found = (_read_numpy, _numpy_device, framework)
        elif framework is TORCH:
            found = (_read_torch, _torch_device, framework)
        elif hasattr(kind, "__dlpack__"):
            found = (_read_dlpack, _dlpack_device, framework)
        elif hasattr(kind, "__cuda_array_interface__"):
            found = (_read_cuda_interface, _cuda_interface_device, framework)
        elif hasattr(kind, "__array__"):
            found = (_read_array_protocol, _numpy_device, framework)
        else:
            found = (_refuse, _refused_device, framework)
        self[kind] = found
        return found


_ENTRIES = _Entries()


def reader_of(array: Any) -> Reader:
    """What fills a view from an array of this kind: NumPy, PyTorch, CuPy, JAX, or anything with
    DLPack, ``__cuda_array_interface__`` or ``__array__``."""
    return _ENTRIES[type(array)][0]


def owner_of(array: Any) -> Numpy:
    """The framework of an array."""
    return _ENTRIES[type(array)][2]


def place_of(array: Any, name: str) -> tuple[Numpy, Device]:
    """The framework of an array and the device it lies on: the CPU, or a CUDA device."""
    _, device_of, framework = _ENTRIES[type(array)]
    device = device_of(array, name)
    if device[0] in _ON_CUDA:
        return framework, (CUDA_TYPE, device[1])
    return framework, CPU
