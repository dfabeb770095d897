# SPDX-License-Identifier: Apache-2.0
"""DLPack capsules: taken once, given back once."""

from __future__ import annotations

import ctypes
from typing import Any

from robocache._library import ffi

ffi.cdef(
    """
typedef struct DLManagedTensor {
  rc_tensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(struct DLManagedTensor* self);
} DLManagedTensor;
typedef struct DLManagedTensorVersioned {
  uint32_t major;
  uint32_t minor;
  void* manager_ctx;
  void (*deleter)(struct DLManagedTensorVersioned* self);
  uint64_t flags;
  rc_tensor dl_tensor;
} DLManagedTensorVersioned;
"""
)

MAX_VERSION = (1, 1)
"""Newest DLPack that this module reads; producers may answer with an older one."""

_READ_ONLY = 1

_api = ctypes.pythonapi
_is_valid = _api.PyCapsule_IsValid
_is_valid.restype, _is_valid.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
_get_pointer = _api.PyCapsule_GetPointer
_get_pointer.restype, _get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_set_name = _api.PyCapsule_SetName
_set_name.restype, _set_name.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]

# Capsules keep a pointer to their name, so the names live as long as this module.
_VERSIONED, _USED_VERSIONED = b"dltensor_versioned", b"used_dltensor_versioned"
_UNVERSIONED, _USED_UNVERSIONED = b"dltensor", b"used_dltensor"


class Borrowed:
    """A producer's tensor. It belongs to this object from then on; `give_back` ends that, once."""

    __slots__ = ("_managed", "read_only", "tensor")

    def __init__(self, capsule: Any) -> None:
        self._managed = None
        if _is_valid(capsule, _VERSIONED):
            managed = ffi.cast("DLManagedTensorVersioned*", _get_pointer(capsule, _VERSIONED))
            if managed.major != MAX_VERSION[0]:
                raise TypeError(
                    f"expected DLPack {MAX_VERSION[0]}.x; got {managed.major}.{managed.minor}"
                )
            _set_name(capsule, _USED_VERSIONED)
            self.read_only = bool(managed.flags & _READ_ONLY)
        elif _is_valid(capsule, _UNVERSIONED):
            managed = ffi.cast("DLManagedTensor*", _get_pointer(capsule, _UNVERSIONED))
            _set_name(capsule, _USED_UNVERSIONED)
            self.read_only = False
        else:
            raise TypeError(f"expected a DLPack capsule that nobody took yet; got {capsule!r}")
        self._managed = managed
        self.tensor = managed.dl_tensor

    def give_back(self) -> None:
        """Calls the producer's deleter; a second time does nothing."""
        managed, self._managed = self._managed, None
        if managed is not None and managed.deleter != ffi.NULL:
            managed.deleter(managed)

    def __del__(self) -> None:
        self.give_back()


def borrow(array: Any, stream: int | None) -> Borrowed:
    """Takes the tensor of an object with ``__dlpack__``, never a copy of it.

    Parameters
    ----------
    array
        The producer.
    stream
        DLPack's number of the CUDA stream on which the memory will be used, for which the producer
        makes its own work ready; None on the CPU.
    """
    try:
        capsule = array.__dlpack__(stream=stream, max_version=MAX_VERSION, copy=False)
    except TypeError:
        # Producers from before DLPack 1.0 know no max_version.
        capsule = array.__dlpack__(stream=stream)
    return Borrowed(capsule)
