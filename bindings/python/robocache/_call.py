# SPDX-License-Identifier: Apache-2.0
"""One call into the library: where it runs, the arrays it borrows, the structs it fills.

Calls are scratch that a thread keeps and uses again, so that a small call makes few objects. A call
that starts inside another one of the same thread (from a signal handler or a finalizer) takes
scratch of its own.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from robocache._arrays import View, owner_of, place_of, reader_of
from robocache._dtypes import FLOATS
from robocache._frameworks import JAX, NUMPY, Numpy, Shape
from robocache._library import ffi, load, raise_status
from robocache._options import Rules
from robocache.context import (
    CPU,
    CUDA_TYPE,
    Context,
    Device,
    default_context,
    device_name,
    logger,
    stream_handle,
)
from robocache.errors import (
    DeviceMismatchError,
    InvalidArgumentError,
    UnsupportedLayoutError,
)

_BACKENDS = {"cpu": CPU[0], "cuda": CUDA_TYPE}
_MOST_ELEMENTS = 2**60
"""More would not have addresses."""

_OPTIONS_SIZE = ffi.sizeof("rc_resample_options")
_local = threading.local()


class Call:
    """Scratch of one call; `start` takes one, leaving its ``with`` block gives it back.

    On CUDA the call returns before its work is done, and the memory that it borrows must outlive
    that work. PyTorch and CuPy hand freed memory out again in the order of the stream on which it
    was made: on that stream nothing more is needed, on another one PyTorch is told so
    (``record_stream``). All other owners may use freed memory at once, so the call waits for its
    stream before it lets go of them.
    """

    def __init__(self) -> None:
        self._views: list[View] = []
        self._views_used = 0
        self._options: list[Any] = []
        self._options_used = 0
        self._lock: Any = None
        self._foreign_stream = False
        self._must_wait = False
        self.lib = load()
        self.context: Any = None
        self.framework: Numpy = NUMPY
        self.device: Device = CPU
        self.stream = 0

    def __enter__(self) -> Call:
        self._lock = lock = self.context.lock
        lock.acquire()
        try:
            self.context.use_stream(self.stream)
        except Exception:
            self._finish()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._must_wait and error is None:
                self.context.synchronize()
        finally:
            self._finish()

    def _finish(self) -> None:
        for view in self._views[: self._views_used]:
            view.release()
        self._views_used = self._options_used = 0
        self._must_wait = False
        self.context = None
        self._lock.release()
        _scratch().append(self)

    def read(self, array: Any, name: str) -> View:
        """A view of an array of the caller, on the device of the call."""
        view = self._next_view()
        reader_of(array)(view, array, name, self.stream)
        if self.device[0] == CUDA_TYPE:
            self._outlive(array)
        return view

    def write(self, array: Any, name: str) -> View:
        """The same of an array that the library writes into."""
        if owner_of(array) is JAX:
            raise UnsupportedLayoutError(f"{name}: expected a writable array; JAX's are not")
        view = self.read(array, name)
        if view.read_only:
            raise UnsupportedLayoutError(f"{name}: expected a writable array; got a read-only one")
        return view

    def read_host(self, array: Any, name: str) -> View:
        """A view of float64 numbers that the library reads on the CPU during the call, whatever the
        device of the call: arrays of a device are copied, which waits for it."""
        given = array if _is_list(array) else owner_of(array).to_numpy(array)
        try:
            numbers = np.ascontiguousarray(given, np.float64)
        except (TypeError, ValueError):
            numbers = None
        if numbers is None or array is None:
            raise TypeError(f"{name}: expected numbers; got {type(array).__name__}")
        view = self._next_view()
        reader_of(numbers)(view, numbers, name, 0)
        return view

    def read_listed(self, array: Any, name: str, dtype: str) -> View:
        """A view of an array, or of a list of numbers, which is copied into this type."""
        if _is_list(array):
            array = np.asarray(array)
            if array.size == 0 or (array.dtype.kind in "iuf" and dtype in FLOATS):
                array = array.astype(dtype)
            array = self.framework.from_numpy(array, self.device)
        return self.read(array, name)

    def read_integers(self, array: Any, name: str) -> View:
        """A view of an int64 array or a list of integers."""
        return self.read_listed(array, name, "int64")

    def time_type(self, *times: Any) -> str:
        """Type for those of a call's times that are lists: that of the first array, else float64 if
        any number is a float, else int64. "" where none is a list."""
        if not any(map(_is_list, times)):
            return ""
        for array in times:
            if not _is_list(array):
                return self.read(array, "times").dtype
        kinds = {np.asarray(numbers).dtype.kind for numbers in times if len(numbers)}
        return "float64" if "f" in kinds else "int64"

    def output(
        self, out: Any, name: str, shape: Shape, dtype: str, scalar: bool = False
    ) -> tuple[Any, View]:
        """An array to write into, the caller's or a new one, and its view.

        Parameters
        ----------
        out
            The caller's array, or None.
        name
            Argument, for messages.
        shape
            Of the array.
        dtype
            Of a new array.
        scalar
            The view gets a last axis of one more.
        """
        if out is None:
            out = self._empty(shape, dtype)
            view = self.read(out, name)
        else:
            view = self.write(out, name)
            if view.shape != tuple(shape):
                raise InvalidArgumentError(
                    f"{name}: expected shape {tuple(shape)}; got {view.shape}"
                )
        if scalar:
            view.append_axis()
        return out, view

    def views(self, arrays: Sequence[Any]) -> list[View]:
        """The views of all arrays of a call; empty where one was not read as it is."""
        known: dict[int, View] = {}
        for view in self._views[: self._views_used]:
            # Twice the same array in different ways.
            if known.setdefault(id(view.array), view).shape != view.shape:
                return []
        found = [known[id(array)] for array in arrays if id(array) in known]
        return found if len(found) == len(arrays) and len({*map(id, arrays)}) == len(known) else []

    def _next_view(self) -> View:
        used = self._views_used
        if used == len(self._views):
            self._views.append(View())
        self._views_used = used + 1
        return self._views[used]

    def wait_for(self, array: Any) -> Any:
        """A small result as NumPy; waits for the device where there is one."""
        self.context.synchronize()
        return self.framework.to_numpy(array)

    def options(self, rules: Rules) -> Any:
        """A struct with these rules, in which tensors may be set."""
        if self._options_used == len(self._options):
            self._options.append(ffi.new("rc_resample_options*"))
        options = self._options[self._options_used]
        self._options_used += 1
        ffi.memmove(options, rules.struct, _OPTIONS_SIZE)
        return options

    def check(self, status: int) -> None:
        """Raises what a status of the library means."""
        if status:
            raise_status(self.lib, status)

    def _empty(self, shape: Shape, dtype: str) -> Any:
        if math.prod(shape) >= _MOST_ELEMENTS:
            raise InvalidArgumentError(
                f"out: expected a result of fewer than 2^60 elements; got shape {tuple(shape)}"
            )
        if not self._foreign_stream:
            return self.framework.empty(shape, dtype, self.device)
        with self.framework.on_stream(self.device, self.stream):
            return self.framework.empty(shape, dtype, self.device)

    def _outlive(self, array: Any) -> None:
        """Keeps memory from being handed out again before the work of this call is done."""
        owner = owner_of(array)
        foreign = self._foreign_stream
        if owner is not self.framework:
            foreign = owner.current_stream(self.device) != self.stream
        if not owner.stream_ordered or (
            foreign and not owner.used_on(array, self.device, self.stream)
        ):
            self._must_wait = True


class Place(NamedTuple):
    """Where a caller wants a call to run."""

    backend: str
    context: Context | None
    stream: Any


def anchor(**candidates: Any) -> tuple[str, Any]:
    """Name and value of the first argument that is an array, neither None nor a list; else an empty
    array."""
    for name, array in candidates.items():
        if array is not None and not _is_list(array):
            return name, array
    return "", np.empty(0)


def start(function: str, place: Place, name: str, array: Any) -> Call:
    """Takes scratch for a call that runs where an array lies.

    Parameters
    ----------
    function
        Name of the public function, for messages and the log.
    place
        As the caller said.
    name, array
        The argument whose framework and device the results follow.

    Raises
    ------
    DeviceMismatchError
        `backend` names a device on which the array does not lie.
    """
    backend, context, stream = place
    framework, device = place_of(array, name)
    if backend != "auto":
        if backend not in _BACKENDS:
            raise InvalidArgumentError(
                f"backend: expected 'auto', 'cpu' or 'cuda'; got {backend!r}"
            )
        if _BACKENDS[backend] != device[0]:
            raise DeviceMismatchError(
                f"{function}: backend: expected that of {name}, which lies on"
                f" {device_name(device)}; got {backend!r}"
            )
    if context is None:
        context = default_context(device)
    elif not isinstance(context, Context):
        raise TypeError(f"context: expected a robocache.Context; got {type(context).__name__}")
    scratch = _scratch()
    call = scratch.pop() if scratch else Call()
    call.context, call.framework, call.device = context, framework, device
    call.stream, call._foreign_stream = context.stream, False
    if stream is not None:
        call.stream = stream_handle(stream)
    if context.device_id[0] == CUDA_TYPE:
        current = framework.current_stream(context.device_id)
        if stream is None and context.follows_stream:
            call.stream = current
        call._foreign_stream = call.stream != current
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s: %s on %s: runs there", function, name, device_name(device))
    return call


def _is_list(array: Any) -> bool:
    return isinstance(array, (list, tuple, range))


def _scratch() -> list[Call]:
    try:
        free: list[Call] = _local.free
    except AttributeError:
        free = _local.free = []
    return free
