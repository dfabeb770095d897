# SPDX-License-Identifier: Apache-2.0
"""Rules of a call in Python's words, and the C struct that they become."""

from __future__ import annotations

import datetime
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag
from fractions import Fraction
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from robocache._library import HEADER, enumerators, ffi
from robocache.errors import InvalidArgumentError

MODES = enumerators("rc_mode", "RC_MODE_")
OUTSIDES = enumerators("rc_outside", "RC_OUTSIDE_")
ORDERS = enumerators("rc_order", "RC_ORDER_")
DUPLICATES = enumerators("rc_duplicates", "RC_DUPLICATES_")

Mode = str | Sequence["Channels"]
"""One mode for all channels, or groups of channels with modes of their own (others are linear)."""

Duration = int | float | datetime.timedelta | np.timedelta64
"""A span of time: int ticks for int64 times, seconds for float times, or either as a timedelta,
which is converted exactly (one tick is a nanosecond)."""

Window = Duration | tuple[Duration, Duration] | None
"""What an aggregate reaches back and ahead from its target, or one span behind it."""

_COPYING_MODES = {"previous", "next", "nearest", "last"}
_NS_PER_S = 1_000_000_000
_UNIT_NS = {
    "W": Fraction(7 * 86_400 * _NS_PER_S),
    "D": Fraction(86_400 * _NS_PER_S),
    "h": Fraction(3_600 * _NS_PER_S),
    "m": Fraction(60 * _NS_PER_S),
    "s": Fraction(_NS_PER_S),
    "ms": Fraction(1_000_000),
    "us": Fraction(1_000),
    "ns": Fraction(1),
    "ps": Fraction(1, 1_000),
    "fs": Fraction(1, 1_000_000),
    "as": Fraction(1, 1_000_000_000),
}


class Reason(IntFlag):
    """Why a target is filled, held or NaN; several may hold at once."""

    NONE = 0
    BEFORE_FIRST = 1
    """The target is earlier than the first sample."""
    AFTER_LAST = 2
    """The target is later than the last sample."""
    GAP = 4
    """The samples around the target are farther apart than ``max_gap``; filled."""
    STALE = 8
    """The sample to hold is farther from the target than ``max_gap``; filled."""
    NAN = 16
    """A channel is NaN, or ``skip_nan`` found no finite sample."""
    EMPTY = 32
    """The sequence or the window has no sample, or the stream is absent; filled."""


class Channels(NamedTuple):
    """``count`` channels from ``begin`` on are interpolated by ``mode``.

    Examples
    --------
    A pose of position and quaternion: ``[Channels(0, 3, "linear"), Channels(3, 4, "slerp")]``.
    """

    begin: int
    count: int  # type: ignore[assignment]  # tuple has a method of that name
    mode: str


@dataclass(frozen=True)
class ClockMap:
    """Maps source times onto the target's clock: ``t + offset + drift * (t - reference)``.

    Parameters
    ----------
    offset
        Added to every source time: int ticks for int64 times, seconds for float times, or a
        timedelta.
    drift
        Seconds gained per second; finite, greater than -1.
    reference
        Source time at which the drift is zero: int ticks or seconds, as the times are.
    """

    offset: Duration = 0
    drift: float = 0.0
    reference: Duration | np.datetime64 = 0


class Rules(NamedTuple):
    """The C struct of rules, never written to after it was made, and what Python asks of it."""

    struct: Any
    channels: Any
    copies: bool
    """Every mode that is named gives samples as they are, so that integers stay integers."""
    named: int | None
    """Channels whose mode is named, the others are linear; None is all."""

    def copy_all(self, width: int) -> bool:
        """Whether all of `width` channels are samples as they are."""
        return self.copies and self.named in (None, width)


def choice(name: str, value: Any, among: dict[str, int]) -> int:
    """Number of a named choice.

    Raises
    ------
    InvalidArgumentError
        It is not among them; the message lists them.
    """
    number = among.get(value) if isinstance(value, str) else None
    if number is None:
        expected = ", ".join(map(repr, among))
        raise InvalidArgumentError(f"{name}: expected one of {expected}; got {value!r}")
    return number


def _nanoseconds(name: str, value: Any) -> Fraction:
    """An exact count of nanoseconds of a timedelta or a NumPy time."""
    if isinstance(value, datetime.timedelta):
        whole = (value.days * 86_400 + value.seconds) * _NS_PER_S + value.microseconds * 1_000
        return Fraction(whole)
    unit, count = np.datetime_data(value.dtype)
    if np.isnat(value) or unit not in _UNIT_NS:
        raise InvalidArgumentError(f"{name}: expected weeks to attoseconds; got {value!r}")
    return int(value.astype(np.int64)) * count * _UNIT_NS[unit]


def duration(name: str, value: Any, ticks: bool) -> tuple[int, float]:
    """Ticks and seconds of a span of time, of which one is zero.

    Parameters
    ----------
    name
        Argument, for messages.
    value
        None is zero.
    ticks
        The times are int64 ticks; else float seconds.
    """
    if value is None:
        return 0, 0.0
    if isinstance(value, (datetime.timedelta, np.timedelta64, np.datetime64)):
        exact = _nanoseconds(name, value)
        if not ticks:
            return 0, float(exact / _NS_PER_S)
        if exact.denominator != 1:
            raise InvalidArgumentError(f"{name}: expected whole nanoseconds; got {value!r}")
        value = exact.numerator
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a number or a timedelta; got {value!r}")
    if not ticks:
        return 0, float(value)
    if not isinstance(value, Integral):
        raise TypeError(
            f"{name}: expected int ticks or a timedelta, because the times are int64; got {value!r}"
        )
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise InvalidArgumentError(f"{name}: expected ticks that fit int64; got {number}")
    return number, 0.0


def _window_spans(window: Any) -> tuple[Any, Any]:
    """What a window reaches back and ahead: a pair, or a single span behind the target."""
    if window is None or not isinstance(window, (tuple, list)):
        return window, None
    if len(window) != 2:
        raise InvalidArgumentError(
            f"window: expected (before, after) or one span behind the target; got {window!r}"
        )
    return window[0], window[1]


def _mode_key(mode: Any) -> str | tuple[Channels, ...]:
    """A mode as something to look up: a name, or groups of channels."""
    if isinstance(mode, str):
        return mode
    if isinstance(mode, Channels):
        return (mode,)
    if not isinstance(mode, Iterable):
        raise TypeError(f"mode: expected a name or a list of Channels; got {mode!r}")
    groups = tuple(mode)
    for group in groups:
        if not isinstance(group, (Channels, tuple)) or len(group) != 3:
            raise TypeError(
                f"mode: expected Channels(begin, count, mode) in the list; got {group!r}"
            )
    return tuple(Channels(*group) for group in groups)


def _channel_array(groups: Sequence[Channels]) -> Any:
    array = ffi.new("rc_channels[]", len(groups))
    for index, group in enumerate(groups):
        array[index].begin = group.begin
        array[index].count = group.count
        array[index].mode = choice(f"mode[{index}].mode", group.mode, MODES)
    return array


@functools.lru_cache(maxsize=1024, typed=True)
def rules(
    mode: str | tuple[Channels, ...],
    outside: str,
    fill: tuple[float, float],
    max_gap: Duration | None,
    order: str,
    duplicates: str,
    skip_nan: bool,
    before: Duration | None,
    after: Duration | None,
    clock_offset: Duration | None,
    clock_drift: float,
    clock_reference: Any,
    validate: bool,
    ticks: bool,
) -> Rules:
    """The C struct of the rules of a stream, whose times are ticks or not; its tensors stay NULL.

    Equal rules give the same struct, which callers copy before they add their tensors. `fill`: the
    fill value and its sign, for 0.0 and -0.0 are equal.
    """
    struct = ffi.new("rc_resample_options*")
    struct.struct_size = ffi.sizeof("rc_resample_options")
    struct.flags = (HEADER.RC_RESAMPLE_SKIP_NAN if skip_nan else 0) | (
        0 if validate else HEADER.RC_RESAMPLE_SKIP_VALIDATION
    )
    channels, named = None, None
    if isinstance(mode, str):
        struct.mode = choice("mode", mode, MODES)
        names = {mode}
    else:
        struct.channels = channels = _channel_array(mode)
        struct.num_channels = len(mode)
        names = {group.mode for group in mode}
        named = sum(group.count for group in mode)
    struct.outside = choice("outside", outside, OUTSIDES)
    struct.order = choice("order", order, ORDERS)
    struct.duplicates = choice("duplicates", duplicates, DUPLICATES)
    struct.fill_value, _ = fill
    if max_gap is not None:
        struct.max_gap = gap = duration("max_gap", max_gap, ticks)
        if gap == (0, 0.0):
            raise InvalidArgumentError(
                f"max_gap: expected a positive span, or None for any; got {max_gap!r}"
            )
    struct.window.before = duration("window[0]", before, ticks)
    struct.window.after = duration("window[1]", after, ticks)
    struct.clock.offset = duration("clock.offset", clock_offset, ticks)
    struct.clock.drift = clock_drift
    struct.clock.reference = duration("clock.reference", clock_reference, ticks)
    copies = names <= _COPYING_MODES and duplicates != "mean"
    return Rules(struct, channels, copies, named)


def rule_maker(
    mode: Mode,
    outside: str,
    fill_value: float,
    max_gap: Duration | None,
    order: str,
    duplicates: str,
    skip_nan: bool,
    window: Window,
    clock: ClockMap | None,
    validate: bool,
) -> Callable[[bool], Rules]:
    """Rules of a public function's arguments, as soon as it is known whether times are ticks."""
    before, after = _window_spans(window)
    offset, drift, reference = (
        (None, 0.0, None) if clock is None else (clock.offset, clock.drift, clock.reference)
    )
    return functools.partial(
        rules,
        _mode_key(mode),
        outside,
        (fill_value, math.copysign(1.0, fill_value)),
        max_gap,
        order,
        duplicates,
        skip_nan,
        before,
        after,
        offset,
        drift,
        reference,
        validate,
    )
