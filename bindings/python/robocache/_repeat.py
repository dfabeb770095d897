# SPDX-License-Identifier: Apache-2.0
"""Calls of `resample` and `fuse` like an earlier one of the thread: its structs, other addresses.

The signature of a call is everything that decides what it does but the memory of its arrays. The
second call with a signature leaves its structs here, and those that follow write addresses.
Nothing else is remembered, no array least of all.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from robocache._arrays import Shape, Template, View, place_of
from robocache._library import ffi, load, raise_status
from robocache._options import Rules
from robocache.context import CPU, Context, default_context, logger

if TYPE_CHECKING:
    from robocache._fuse import Stream

_MOST = 256
"""Signatures that a thread remembers; then it begins anew."""


def signature(
    values: Any, source: Any, target: Any, out: Any, rules: tuple[Any, ...], fill_value: Any
) -> Hashable:
    """What a call does, of NumPy arrays only or of PyTorch tensors only, `out` or None among them;
    None where it is not to be remembered.

    A layout is True where the shape tells it, else strides: contiguous arrays may differ in strides
    that are never taken. Numbers that are equal may stand for each other in rules. As fill values
    0.0 and -0.0 may not.
    """
    kind = type(values)
    if type(source) is not kind or type(target) is not kind:
        return None
    if out is not None and type(out) is not kind:
        return None
    try:
        sign = math.copysign(1.0, fill_value)
        if kind is np.ndarray:
            return (
                values.dtype,
                values.shape,
                values.flags.c_contiguous or values.strides,
                source.dtype,
                source.shape,
                source.flags.c_contiguous or source.strides,
                target.dtype,
                target.shape,
                target.flags.c_contiguous or target.strides,
                out if out is None else _of_numpy(out),
                rules,
                fill_value,
                sign,
            )
        torch = sys.modules.get("torch")
        if torch is not None and kind is torch.Tensor:
            return (
                _of_torch(values),
                _of_torch(source),
                _of_torch(target),
                out if out is None else _of_torch(out),
                rules,
                fill_value,
                sign,
            )
    except (TypeError, ValueError, RuntimeError):  # The last is that of a tensor without strides.
        pass
    return None


def signature_of_streams(
    streams: Sequence[Stream], target: Any, out: Any, dtype: Any, backend: Any
) -> Hashable:
    """The same of a call of `fuse`."""
    kind = type(target)
    try:
        of: Callable[[Any], tuple[Any, ...]]
        if kind is np.ndarray:
            of = _of_numpy_input
        elif (torch := sys.modules.get("torch")) is not None and kind is torch.Tensor:
            of = _of_torch
        else:
            return None
        if out is not None and type(out) is not kind:
            return None
        parts: list[Any] = [of(target), dtype, backend]
        if out is not None:
            parts.append(_of_numpy(out) if kind is np.ndarray else of(out))
        for one in streams:
            if (
                one.offsets is not None
                or one.lengths is not None
                or one.sequence_ids is not None
                or one.window is not None
                or one.clock is not None
            ):
                return None
            if one.values is None:
                parts.append(one.width)
            elif type(one.values) is not kind or type(one.times) is not kind:
                return None
            else:
                parts.append(of(one.values))
                parts.append(of(one.times))
            mode, fill_value, max_gap, offset = one.mode, one.fill_value, one.max_gap, one.offset
            parts += (
                tuple(mode) if type(mode) is list else mode,
                one.outside,
                fill_value,
                math.copysign(1.0, fill_value),
                max_gap,
                type(max_gap),
                offset,
                type(offset),
                one.order,
                one.duplicates,
                one.skip_nan,
                one.validate,
            )
        return tuple(parts)
    except (TypeError, ValueError, RuntimeError):
        return None


def _of_numpy_input(array: Any) -> tuple[Any, ...]:
    return array.dtype, array.shape, array.flags.c_contiguous or array.strides


def _of_numpy(array: Any) -> tuple[Any, ...]:
    flags = array.flags
    return array.dtype, array.shape, flags.c_contiguous or array.strides, flags.writeable


def _of_torch(tensor: Any) -> tuple[Any, ...]:
    if tensor.requires_grad:
        raise ValueError("not to be remembered")
    return (
        tensor.dtype,
        tensor.shape,
        tensor.is_contiguous() or tensor.stride(),
        tensor.device,
        tensor.layout,
        tensor.is_neg(),
    )


class Repeat:
    """What a call was, ready for other memory. It serves one call at a time."""

    __slots__ = ("_busy", "_device", "_framework", "_lib")

    def __init__(self, views: Sequence[View]) -> None:
        self._lib = load()
        self._framework, self._device = place_of(views[0].array, "values")
        self._busy = False

    def serves(self, context: Context | None) -> bool:
        """Whether the structs are free and tell all about a call on this context."""
        if self._busy:
            return False
        if context is None:
            return True
        on_cpu = self._device is CPU
        return (
            type(context) is Context
            and context.device_id == self._device
            and (on_cpu or context.follows_stream)
        )

    def run(self, context: Context | None, arrays: tuple[Any, ...]) -> Any:
        """Makes the call, one at a time, on the current stream."""
        if context is None:
            context = default_context(self._device)
        lock = context.lock
        lock.acquire()
        self._busy = True
        try:
            if self._device is not CPU:
                context.use_stream(self._framework.current_stream(self._device))
            return self._call(context.handle, arrays)
        finally:
            self._busy = False
            lock.release()

    def _call(self, handle: Any, arrays: Any) -> Any:
        raise NotImplementedError


class ResampleRepeat(Repeat):
    """A call of `resample`. `views` are those of values, times, target times and result."""

    __slots__ = ("_dtype", "_options", "_resample", "_rules", "_shape", "_templates")

    def __init__(self, views: Sequence[View], rules: Rules, shape: Shape, dtype: str) -> None:
        super().__init__(views)
        self._resample = self._lib.rc_resample
        self._templates = [Template(view) for view in views]
        self._rules, self._options = rules, rules.struct
        self._shape, self._dtype = shape, dtype

    def _call(self, handle: Any, arrays: Any) -> Any:
        values, source, target, out = arrays
        if out is None:
            out = self._framework.empty(self._shape, self._dtype, self._device)
        values_as, source_as, target_as, out_as = self._templates
        values_as.memory.data = values_as.memory_of(values)
        source_as.memory.data = source_as.memory_of(source)
        target_as.memory.data = target_as.memory_of(target)
        out_as.memory.data = out_as.memory_of(out)
        status = self._resample(
            handle,
            values_as.pointer,
            source_as.pointer,
            target_as.pointer,
            self._options,
            out_as.pointer,
        )
        if status:
            raise_status(self._lib, status)
        return out


class FuseRepeat(Repeat):
    """A call of `fuse`. `views` are those of the values and times of each stream that is present,
    of target times, result and validity."""

    __slots__ = (
        "_dtype",
        "_fuse",
        "_options",
        "_pointers",
        "_present",
        "_rules",
        "_shapes",
        "_structs",
        "_templates",
    )

    def __init__(
        self, views: Sequence[View], streams: Sequence[Stream], rules: Sequence[Rules], dtype: str
    ) -> None:
        super().__init__(views)
        self._fuse = self._lib.rc_fuse
        self._rules, self._dtype = rules, dtype
        templates = [Template(view) for view in views]
        self._structs = ffi.new("rc_stream[]", len(streams))
        self._pointers = ffi.new(
            "rc_stream*[]", [ffi.addressof(self._structs, at) for at in range(len(streams))]
        )
        self._present = []
        of_streams = iter(templates[:-3])
        for at, (one, rule) in enumerate(zip(streams, rules, strict=True)):
            struct = self._structs[at]
            struct.struct_size = ffi.sizeof("rc_stream")
            struct.options = rule.struct
            if one.values is None:
                struct.width = one.width
                continue
            values, times = next(of_streams), next(of_streams)
            struct.values, struct.source_times = values.pointer, times.pointer
            self._present.append((at, values, times))
        self._templates = templates[-3:]
        self._options = ffi.new("rc_fuse_options*")
        self._options.struct_size = ffi.sizeof("rc_fuse_options")
        self._options.valid = templates[-1].pointer
        self._shapes = views[-2].shape, views[-1].shape

    def _call(self, handle: Any, arrays: Any) -> Any:
        streams, target, out = arrays
        shape, shape_of_valid = self._shapes
        if out is None:
            out = self._framework.empty(shape, self._dtype, self._device)
        valid = self._framework.empty(shape_of_valid, "bool", self._device)
        for at, values_as, times_as in self._present:
            one = streams[at]
            values_as.memory.data = values_as.memory_of(one.values)
            times_as.memory.data = times_as.memory_of(one.times)
        target_as, out_as, valid_as = self._templates
        target_as.memory.data = target_as.memory_of(target)
        out_as.memory.data = out_as.memory_of(out)
        valid_as.memory.data = valid_as.memory_of(valid)
        status = self._fuse(
            handle,
            self._pointers,
            len(streams),
            target_as.pointer,
            self._options,
            out_as.pointer,
        )
        if status:
            raise_status(self._lib, status)
        return out, valid


class Repeats:
    """The calls that a thread remembers."""

    __slots__ = ("_known", "_last")

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._last: tuple[Hashable, Any] = None, None

    def find(self, key: Hashable, context: Context | None) -> Any:
        """The call of a signature, if it was made twice and may be made on this context."""
        last_key, repeat = self._last
        try:
            if key != last_key:  # Quicker than to look up.
                repeat = self._known.get(key)
                if repeat is not None:
                    self._last = key, repeat
        except (TypeError, ValueError):  # A rule that is no name and no number is refused later.
            return None
        if repeat is None or not repeat.serves(context) or logger.isEnabledFor(logging.DEBUG):
            return None
        return repeat

    def keep(
        self, key: Hashable, views: Sequence[View], make: Callable[..., Repeat], *of: Any
    ) -> None:
        """Remembers a call that was made in full: the second time, for many are made but once.
        `views` of its arrays, where they were read as they are."""
        try:
            seen = key in self._known
        except TypeError:
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = make(views, *of) if seen and views else None


class _OfThread(threading.local):
    """What a thread has for itself. Its attribute takes several times as long as one of another
    object, so that a call reads it once."""

    def __init__(self) -> None:
        self.repeats = Repeats()


of_thread = _OfThread()
