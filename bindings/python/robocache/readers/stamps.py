# SPDX-License-Identifier: Apache-2.0
"""Times that come as plain numbers or text: which column it is, its unit, exact nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import NDArray

NS_PER_UNIT = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}

_UNIT_SPELLINGS = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "ms": "ms", "msec": "ms", "millis": "ms", "milliseconds": "ms",
    "us": "us", "usec": "us", "micros": "us", "microseconds": "us", "µs": "us", "μs": "us",
    "ns": "ns", "nsec": "ns", "nanos": "ns", "nanoseconds": "ns",
}  # fmt: skip
_STEMS = ("timestamp", "time", "stamp", "t")
_BRACKETED = re.compile(r"^(?P<stem>.*?)\s*[(\[](?P<unit>[^)\]]*)[)\]]$")
_SUFFIXED = re.compile(r"^(?P<stem>.+?)[ _.](?P<unit>[^ _.]+)$")

# Smallest value of a time since 1970 in each unit, if it is later than 1973.
_SINCE_1970 = (("ns", 1e17), ("us", 1e14), ("ms", 1e11))

_RATE_KEYS = ("rate", "fps", "rate_hz", "frequency", "frequency_hz", "sample_rate",
              "sampling_rate", "control_freq")  # fmt: skip


def split_unit(name: str) -> tuple[str, str | None]:
    """`Gyroscope X (deg/s)` -> `Gyroscope X`, `deg/s`; without brackets the unit is None."""
    match = _BRACKETED.match(name)
    if match is None or not match["stem"] or match["unit"].isdigit():
        return name, None  # `q[3]` is an item of an array.
    return match["stem"], match["unit"] or None


def time_name(name: str) -> tuple[bool, str | None]:
    """Whether a column name means the time, and the unit that it states."""
    stem, unit = split_unit(name.strip().lower())
    if unit is None and (match := _SUFFIXED.match(stem)) and match["unit"] in _UNIT_SPELLINGS:
        stem, unit = match["stem"], match["unit"]
    return stem in _STEMS, time_unit_of(unit)


def time_unit_of(text: str | None) -> str | None:
    """`s`, `ms`, `us` or `ns` of any of their spellings, else None."""
    return _UNIT_SPELLINGS.get(text.strip().lower()) if text else None


def find_time(names: Iterable[str]) -> str | None:
    """The column that holds the time: the first of `timestamp`, `time`, `stamp`, `t`."""
    stems: dict[str, str] = {}
    for name in names:
        is_time, _ = time_name(name)
        if is_time:
            stem = split_unit(name.strip().lower())[0]
            stems.setdefault(re.split(r"[ _.]", stem)[0], name)
    return next((stems[stem] for stem in _STEMS if stem in stems), None)


def numbers_to_ns(values: NDArray[Any], unit: str | None) -> NDArray[np.int64]:
    """Integers exactly, floats rounded to the nearest nanosecond.

    Without a unit, times since 1970 show theirs by their size, and other floats are seconds.
    Raises ValueError where that leaves the unit open, and for stamps that are not finite.
    """
    if values.dtype.kind in "iu":
        scale = NS_PER_UNIT[unit or _unit_by_size(values, None)]
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        if max(-low, high) * scale >= 2**63:
            raise ValueError(f"times up to {high} do not fit int64 nanoseconds")
        return values.astype(np.int64) * np.int64(scale)
    seconds = values.astype(np.float64)
    if not np.isfinite(seconds).all():
        row = int(np.flatnonzero(~np.isfinite(seconds))[0])
        raise ValueError(f"time in row {row} is {seconds[row]}")
    scale = NS_PER_UNIT[unit or _unit_by_size(seconds, "s")]
    if seconds.size and np.abs(seconds).max() * scale >= 2.0**63:
        raise ValueError(f"times up to {seconds.max()} do not fit int64 nanoseconds")
    # Whole units are exact in int64; only the fraction goes through a float product.
    whole = np.floor(seconds)
    fraction = np.rint((seconds - whole) * scale).astype(np.int64)
    return whole.astype(np.int64) * np.int64(scale) + fraction


def text_to_ns(values: Sequence[str | None], unit: str | None) -> NDArray[np.int64]:
    """Decimal text to nanoseconds without a float in between; digits below 1 ns are rounded."""
    numbers = []
    for row, text in enumerate(values):
        try:
            numbers.append(Decimal((text or "").strip()))
        except InvalidOperation:
            raise ValueError(f"time in row {row} is {text!r}, not a number") from None
        if not numbers[-1].is_finite():
            raise ValueError(f"time in row {row} is {text!r}")
    if unit is None:
        whole = all(number == number.to_integral_value() for number in numbers)
        unit = _unit_by_size(np.array(numbers, np.float64), None if whole else "s")
    scale = NS_PER_UNIT[unit]
    stamps = [int((number * scale).to_integral_value()) for number in numbers]
    if stamps and max(-min(stamps), max(stamps)) >= 2**63:
        raise ValueError("times do not fit int64 nanoseconds")
    return np.array(stamps, np.int64)


def rate_to_ns(count: int, rate: float) -> NDArray[np.int64]:
    """Stamps 0, 1/rate, 2/rate ... of samples that carry none."""
    return np.rint(np.arange(count) * (1e9 / rate)).astype(np.int64)


def declared_rate(metadata: Mapping[str, Any]) -> float | None:
    """The rate in Hz that metadata state under one of the usual names, if positive."""
    lowered = {key.lower(): value for key, value in metadata.items()}
    for key in _RATE_KEYS:
        try:
            rate = float(lowered[key])
        except (KeyError, TypeError, ValueError):
            continue
        if 0.0 < rate < float("inf"):
            return rate
    return None


def _unit_by_size(values: NDArray[Any], otherwise: str | None) -> str:
    largest = float(np.abs(values).max()) if values.size else 0.0
    for unit, threshold in _SINCE_1970:
        if largest >= threshold:
            return unit
    if largest >= 1e8 or values.size < 2:
        return "s"
    if otherwise is None:
        raise ValueError("the unit of whole-number times is open: say time_unit= s, ms, us or ns")
    return otherwise
