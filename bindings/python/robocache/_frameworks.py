# SPDX-License-Identifier: Apache-2.0
"""What differs between NumPy, PyTorch, CuPy and JAX: new arrays and current streams.

A framework that is not imported cannot have made an array, so none is imported here.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from robocache._dtypes import numpy_dtype
from robocache.context import CUDA_TYPE, Device, device_name
from robocache.errors import InvalidArgumentError

Shape = Sequence[int]


class Numpy:
    """Arrays of NumPy, and of whatever else lies on the CPU and has no maker of its own."""

    stream_ordered = False
    """Memory that was freed is handed out again in the order of the stream it was made on."""

    @property
    def namespace(self) -> Any:
        """The module of functions on its arrays, as far as NumPy and PyTorch name them alike."""
        return np

    def empty(self, shape: Shape, dtype: str, device: Device) -> Any:
        """A new array that the library writes into."""
        if device[0] == CUDA_TYPE:
            raise InvalidArgumentError(
                "out: expected an array to write into, because arrays of this kind on"
                f" {device_name(device)} cannot be made here; got None"
            )
        return np.empty(shape, numpy_dtype(dtype))

    def current_stream(self, device: Device) -> int:
        """Handle of the stream on which the framework works now."""
        return 0

    def on_stream(self, device: Device, handle: int) -> contextlib.AbstractContextManager[Any]:
        """While it lasts, new arrays are ready for use on another stream than the current one."""
        return contextlib.nullcontext()

    def used_on(self, array: Any, device: Device, handle: int) -> bool:
        """Lets another stream than the current one use an array: after the work there is on it, and
        before its memory is handed out again. False: the latter cannot be arranged."""
        return False

    def from_numpy(self, array: Any, device: Device) -> Any:
        """A copy of a small NumPy array on a device; on the CPU itself."""
        if device[0] == CUDA_TYPE:
            raise TypeError(f"expected arrays on {device_name(device)}; got a list of numbers")
        return array

    def to_numpy(self, array: Any) -> Any:
        """A small array on the CPU, as NumPy; waits for the device where there is one."""
        return np.asarray(array)

    def cast(self, array: Any, dtype: str) -> Any:
        """The array in another type; itself where it has that."""
        return array.astype(numpy_dtype(dtype), copy=False)

    def head(self, array: Any, rows: int) -> Any:
        """The first rows, in memory of their own."""
        return array[:rows].copy()


class Torch(Numpy):
    """Tensors of PyTorch. Its allocator is ordered by streams and can be told of more of them."""

    stream_ordered = True

    @property
    def namespace(self) -> Any:
        return sys.modules["torch"]

    def empty(self, shape: Shape, dtype: str, device: Device) -> Any:
        torch = sys.modules["torch"]
        return torch.empty(shape, dtype=getattr(torch, dtype), device=device_name(device))

    def current_stream(self, device: Device) -> int:
        return self._current_handle(device[1])

    @functools.cached_property
    def _current_handle(self) -> Callable[[int], int]:
        """Gives the handle of the current stream of a device by the index of that."""
        torch = sys.modules["torch"]
        # A tenth of the time, where it is there: it makes no object of a stream.
        handle: Callable[[int], int] | None
        handle = getattr(torch._C, "_cuda_getCurrentRawStream", None)
        return handle or (lambda index: torch.cuda.current_stream(index).cuda_stream)

    def on_stream(self, device: Device, handle: int) -> contextlib.AbstractContextManager[Any]:
        cuda = sys.modules["torch"].cuda
        manager: contextlib.AbstractContextManager[Any] = cuda.stream(
            cuda.ExternalStream(handle, device=device[1])
        )
        return manager

    def used_on(self, array: Any, device: Device, handle: int) -> bool:
        cuda = sys.modules["torch"].cuda
        stream = cuda.ExternalStream(handle, device=device[1])
        stream.wait_stream(cuda.current_stream(device[1]))
        array.record_stream(stream)
        return True

    def from_numpy(self, array: Any, device: Device) -> Any:
        if device[0] != CUDA_TYPE:
            return array
        return sys.modules["torch"].from_numpy(array).to(device_name(device))

    def to_numpy(self, array: Any) -> Any:
        return array.detach().cpu().numpy()

    def cast(self, array: Any, dtype: str) -> Any:
        return array.to(getattr(sys.modules["torch"], dtype))

    def head(self, array: Any, rows: int) -> Any:
        return array[:rows].clone()


class Cupy(Numpy):
    """Arrays of CuPy. Its pool is ordered by the stream on which an array was made."""

    stream_ordered = True

    @property
    def namespace(self) -> Any:
        return sys.modules["cupy"]

    def empty(self, shape: Shape, dtype: str, device: Device) -> Any:
        cupy = sys.modules["cupy"]
        with cupy.cuda.Device(device[1]):
            return cupy.empty(shape, numpy_dtype(dtype))

    def current_stream(self, device: Device) -> int:
        handle: int = sys.modules["cupy"].cuda.get_current_stream(device[1]).ptr
        return handle

    def on_stream(self, device: Device, handle: int) -> contextlib.AbstractContextManager[Any]:
        manager: contextlib.AbstractContextManager[Any] = sys.modules["cupy"].cuda.ExternalStream(
            handle, device[1]
        )
        return manager

    def from_numpy(self, array: Any, device: Device) -> Any:
        cupy = sys.modules["cupy"]
        with cupy.cuda.Device(device[1]):
            return cupy.asarray(array)

    def to_numpy(self, array: Any) -> Any:
        return array.get()


class Jax(Numpy):
    """Arrays of JAX. Users cannot write them; the library writes each one before it is theirs."""

    def empty(self, shape: Shape, dtype: str, device: Device) -> Any:
        jax = sys.modules["jax"]
        with jax.default_device(self._place(device)), _all_types(jax):
            return jax.numpy.empty(shape, dtype).block_until_ready()

    def from_numpy(self, array: Any, device: Device) -> Any:
        if device[0] != CUDA_TYPE:
            return array
        jax = sys.modules["jax"]
        with _all_types(jax):
            return jax.device_put(array, self._place(device)).block_until_ready()

    @staticmethod
    def _place(device: Device) -> Any:
        """A device as JAX has it."""
        platform = "cuda" if device[0] == CUDA_TYPE else "cpu"
        places = sys.modules["jax"].local_devices(backend=platform)
        return next(place for place in places if place.local_hardware_id == device[1])

    def head(self, array: Any, rows: int) -> Any:
        with _all_types(sys.modules["jax"]):
            return array[:rows]


def _all_types(jax: Any) -> contextlib.AbstractContextManager[Any]:
    """Without it JAX would make 32 bits of 64. It was in jax.experimental before 0.8."""
    switch = jax if hasattr(jax, "enable_x64") else jax.experimental
    manager: contextlib.AbstractContextManager[Any] = switch.enable_x64(True)
    return manager


NUMPY, TORCH, CUPY, JAX = Numpy(), Torch(), Cupy(), Jax()
_CLASSES = (("torch", "Tensor", TORCH), ("cupy", "ndarray", CUPY), ("jax", "Array", JAX))


def framework_of(kind: type) -> Numpy:
    """The framework whose arrays a type is of."""
    for module_name, class_name, framework in _CLASSES:
        module = sys.modules.get(module_name)
        if module is not None and issubclass(kind, getattr(module, class_name)):
            return framework
    return NUMPY
