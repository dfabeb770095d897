# SPDX-License-Identifier: Apache-2.0
"""Exact clocks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robocache._library import ffi, load, raise_status
from robocache._options import Duration, duration
from robocache.errors import InvalidArgumentError

Rate = int | float | str | Decimal | Fraction
"""Hertz: 30, "30000/1001", "12.5", Fraction(25, 2), Decimal("12.5"), 12.5."""


def rate_fraction(rate: Rate) -> Fraction:
    """A rate in hertz as the exact number that it says.

    A float is the decimal that Python prints: 29.97 is 2997/100. The NTSC rate is "30000/1001".

    Raises
    ------
    InvalidArgumentError
        Not a positive number.
    TypeError
        Not a number at all.
    """
    if isinstance(rate, bool) or not isinstance(
        rate, (int, float, str, Decimal, Fraction, np.number)
    ):
        raise TypeError(f"rate: expected a number or text such as '30000/1001'; got {rate!r}")
    try:
        exact = Fraction(rate) if isinstance(rate, Fraction) else Fraction(str(rate))
    except (ValueError, ZeroDivisionError) as error:
        raise InvalidArgumentError(
            f"rate: expected a number such as 30, '12.5' or '30000/1001'; got {rate!r}"
        ) from error
    if exact <= 0:
        raise InvalidArgumentError(f"rate: expected more than 0 Hz; got {rate!r}")
    return exact


def target_clock(
    start: Duration | np.datetime64,
    stop: Duration | np.datetime64,
    rate: Rate,
    *,
    ticks_per_second: int = 1_000_000_000,
) -> npt.NDArray[np.int64]:
    """Makes an exact clock without drift.

    Tick k is ``start + floor(k * ticks_per_second / rate)``, in integers, for all ticks before
    `stop`.

    Parameters
    ----------
    start, stop : int, datetime64 or timedelta
        First tick, and end of the clock, excluded; nanoseconds unless `ticks_per_second` differs.
    rate : int, Fraction, str, Decimal or float
        Hertz. A float is the decimal that Python prints (29.97 is 2997/100); write "30000/1001"
        for the NTSC rate.
    ticks_per_second : int
        Unit of the ticks.

    Returns
    -------
    numpy.ndarray
        int64 ticks.

    Raises
    ------
    InvalidArgumentError, TypeError
        `stop` before `start`, a rate that is no positive number, a number beyond int64.

    Examples
    --------
    >>> import robocache as rc
    >>> rc.target_clock(0, 200_000_000, "30000/1001")
    array([        0,  33366666,  66733333, 100100000, 133466666, 166833333])
    """
    lib = load()
    exact = rate_fraction(rate)
    numbers = (
        duration("start", start, ticks=True)[0],
        duration("stop", stop, ticks=True)[0],
        ticks_per_second,
        exact.numerator,
        exact.denominator,
    )
    count = ffi.new("int64_t*")
    try:
        status = lib.rc_target_clock(*numbers, 0, ffi.NULL, count)
    except OverflowError as error:
        raise InvalidArgumentError(
            f"rate: expected numerator and denominator that fit int64; got {rate!r}"
        ) from error
    if status:
        raise_status(lib, status)
    ticks = np.empty(count[0], np.int64)
    memory = ffi.from_buffer("int64_t[]", ticks) if len(ticks) else ffi.NULL
    status = lib.rc_target_clock(*numbers, len(ticks), memory, count)
    if status:
        raise_status(lib, status)
    return ticks
