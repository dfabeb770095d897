# SPDX-License-Identifier: Apache-2.0
"""Durations and rates as people write them, turned into exact numbers."""

from __future__ import annotations

import re
from fractions import Fraction

import robocache as rc

NANOSECONDS_PER_SECOND = 1_000_000_000

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": NANOSECONDS_PER_SECOND,
    "": NANOSECONDS_PER_SECOND,
    "min": 60 * NANOSECONDS_PER_SECOND,
    "h": 3600 * NANOSECONDS_PER_SECOND,
}
_DURATION = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-z]*)\s*")


def nanoseconds(duration: float | Fraction | str, argument: str = "duration") -> int:
    """Whole nanoseconds of `"100ms"`, `"1.5s"`, `"2min"` or a number of seconds, rounded."""
    match = _DURATION.fullmatch(str(duration)) if not isinstance(duration, Fraction) else None
    if isinstance(duration, Fraction):
        return round(duration * NANOSECONDS_PER_SECOND)
    if match is None or match[2] not in _NANOSECONDS:
        raise rc.InvalidArgumentError(
            f"{argument}: expected seconds or a number with ns, us, ms, s, min or h, "
            f"got {duration!r}"
        )
    return round(Fraction(match[1]) * _NANOSECONDS[match[2]])


def rate_in_hertz(rate: float | Fraction | str, argument: str = "rate") -> Fraction:
    """The exact rate that `20`, `12.5`, `"29.97"` or `"30000/1001"` says; above zero."""
    try:
        hertz = rate if isinstance(rate, Fraction) else Fraction(str(rate))
    except (ValueError, ZeroDivisionError):
        hertz = Fraction(0)
    if hertz <= 0:
        raise rc.InvalidArgumentError(
            f"{argument}: expected a rate in hertz above 0, such as 20, 12.5 or 30000/1001, "
            f"got {str(rate)!r}"
        )
    return hertz


def show_duration(ns: float) -> str:
    """A duration in the unit that fits: `"64.8 ms"`."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if abs(ns) >= size:
            return f"{ns / size:.4g} {unit}"
    return f"{ns:.4g} ns"
