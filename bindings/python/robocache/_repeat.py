# SPDX-License-Identifier: Apache-2.0
"""Calls of `resample` like an earlier one of the thread: its structs, with other addresses in them.

The signature of a call is everything that decides what it does but the memory of its arrays. The
second call with a signature leaves its structs here, and those that follow write four addresses.
Nothing else is remembered, no array least of all.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from robocache._arrays import Shape, Template, View, place_of
from robocache._library import load, raise_status
from robocache._options import Rules
from robocache.context import CPU, Context, default_context, logger

_MOST = 256
"""Signatures that a thread remembers; then it begins anew."""


def signature(
    values: Any, source: Any, target: Any, out: Any, rules: tuple[Any, ...], fill_value: Any
) -> Hashable:
    """What a call does, of NumPy arrays only or of PyTorch tensors only, `out` or None among them;
    None where it is not to be remembered.

    Numbers that are equal may stand for each other in rules. As fill values 0.0 and -0.0 may not.
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
                *(values.dtype, values.shape, values.strides),
                *(source.dtype, source.shape, source.strides),
                *(target.dtype, target.shape, target.strides),
                out if out is None else _of_numpy(out),
                rules,
                fill_value,
                sign,
            )
        if "torch" in sys.modules and kind is sys.modules["torch"].Tensor:
            return (
                _of_torch(values),
                _of_torch(source),
                _of_torch(target),
                out if out is None else _of_torch(out),
                rules,
                fill_value,
                sign,
            )
    except (TypeError, ValueError):
        pass
    return None


def _of_numpy(array: Any) -> tuple[Any, ...]:
    return array.dtype, array.shape, array.strides, array.flags.writeable


def _of_torch(tensor: Any) -> tuple[Any, ...]:
    if tensor.requires_grad or tensor.is_sparse:
        raise ValueError("not to be remembered")
    return tensor.dtype, tensor.shape, tensor.stride(), tensor.device, tensor.is_neg()


class Repeat:
    """What a call was, ready for other memory. It serves one call at a time."""

    __slots__ = (
        "_busy",
        "_device",
        "_dtype",
        "_framework",
        "_lib",
        "_options",
        "_resample",
        "_rules",
        "_shape",
        "_tensors",
    )

    def __init__(self, views: Sequence[View], rules: Rules, shape: Shape, dtype: str) -> None:
        self._lib = load()
        self._resample = self._lib.rc_resample
        self._framework, self._device = place_of(views[0].array, "values")
        self._tensors = [Template(view).of for view in views]
        self._rules, self._options = rules, rules.struct
        self._shape, self._dtype = shape, dtype
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

    def __call__(
        self, context: Context | None, values: Any, source: Any, target: Any, out: Any
    ) -> Any:
        if context is None:
            context = default_context(self._device)
        lock = context.lock
        lock.acquire()
        self._busy = True
        try:
            if self._device is not CPU:
                context.use_stream(self._framework.current_stream(self._device))
            if out is None:
                out = self._framework.empty(self._shape, self._dtype, self._device)
            tensor_of_values, tensor_of_source, tensor_of_target, tensor_of_out = self._tensors
            status = self._resample(
                context.handle,
                tensor_of_values(values),
                tensor_of_source(source),
                tensor_of_target(target),
                self._options,
                tensor_of_out(out),
            )
            if status:
                raise_status(self._lib, status)
        finally:
            self._busy = False
            lock.release()
        return out


class Repeats(threading.local):
    """The calls that a thread remembers."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Repeat | None] = {}
        self._last_key: Hashable = None
        self._last: Repeat | None = None

    def find(self, key: Hashable, context: Context | None) -> Repeat | None:
        """The call of a signature, if it was made twice and may be made on this context."""
        try:
            if self._last is None or key != self._last_key:  # Quicker than to look up.
                repeat = self._known.get(key)
                if repeat is None:
                    return None
                self._last, self._last_key = repeat, key
        except (TypeError, ValueError):  # A rule that is no name and no number is refused later.
            return None
        if not self._last.serves(context) or logger.isEnabledFor(logging.DEBUG):
            return None
        return self._last

    def keep(
        self, key: Hashable, views: Sequence[View], rules: Rules, shape: Shape, dtype: str
    ) -> None:
        """Remembers a call that was made in full: the second time, for many are made but once.
        `views` of values, times, target times and result, where they were read as they are."""
        try:
            seen = key in self._known
        except TypeError:
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = Repeat(views, rules, shape, dtype) if seen and views else None


repeats = Repeats()
