# SPDX-License-Identifier: Apache-2.0
"""target_clock against exact fractions, and the rates and times that it takes."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import robocache as rc

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("rate", "exact"),
    [
        (30, Fraction(30)),
        (np.int64(30), Fraction(30)),
        ("30", Fraction(30)),
        ("30000/1001", Fraction(30000, 1001)),
        ("12.5", Fraction(25, 2)),
        (12.5, Fraction(25, 2)),
        (29.97, Fraction(2997, 100)),
        (np.float64(29.97), Fraction(2997, 100)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
)
def test_ticks_are_exact(rate: Any, exact: Fraction) -> None:
    start = 1_700_000_000 * SECOND + 7
    stop = start + 20 * SECOND
    ticks = rc.target_clock(start, stop, rate)
    assert ticks.dtype == np.int64
    period = SECOND / exact
    expected = [start + int(k * period) for k in range(int(20 * exact) + 2)]
    assert ticks.tolist() == [tick for tick in expected if tick < stop]


def test_no_drift_after_a_day_of_ntsc() -> None:
    ticks = rc.target_clock(0, 86_400 * SECOND, "30000/1001")
    last = len(ticks) - 1
    assert ticks[-1] == last * 1001 * SECOND // 30000


def test_other_units_of_ticks() -> None:
    np.testing.assert_array_equal(rc.target_clock(0, 10, 3, ticks_per_second=10), [0, 3, 6])


def test_the_end_is_excluded_and_may_be_the_start() -> None:
    assert rc.target_clock(5, 5, 30).tolist() == []
    assert rc.target_clock(0, SECOND, 1).tolist() == [0]
    assert rc.target_clock(0, SECOND + 1, 1).tolist() == [0, SECOND]


def test_times_with_units() -> None:
    start, stop = np.datetime64("2024-01-01T00:00:00", "s"), np.datetime64("2024-01-01T00:00:01")
    ticks = rc.target_clock(start, stop, 4)
    expected = start.astype("M8[ns]") + np.arange(4) * np.timedelta64(250, "ms")
    np.testing.assert_array_equal(ticks.view("M8[ns]"), expected)
    spans = rc.target_clock(0, datetime.timedelta(seconds=1), 4)
    np.testing.assert_array_equal(spans, np.arange(4) * SECOND // 4)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 10, 0), ValueError, "rate: expected more than 0 Hz; got 0"),
        ((0, 10, -1.5), ValueError, "rate: expected more than 0 Hz; got -1.5"),
        ((0, 10, "fast"), ValueError, "rate: expected a number such as .*; got 'fast'"),
        ((0, 10, "1/0"), ValueError, "rate: expected a number such as .*; got '1/0'"),
        ((0, 10, float("nan")), ValueError, "rate: expected a number such as .*; got nan"),
        ((0, 10, None), TypeError, "rate: expected a number or text .*; got None"),
        ((0, 10, True), TypeError, "rate: expected a number or text .*; got True"),
        ((0, 10, Fraction(2**70, 3)), ValueError, "rate: .* that fit int64"),
        ((0.5, 10, 1), TypeError, "start: expected int ticks"),
        ((0, 2**63, 1), ValueError, "stop: expected ticks that fit int64"),
        ((10, 0, 1), rc.InvalidArgumentError, "stop: "),
    ],
)
def test_bad_clocks(arguments: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rc.target_clock(*arguments)


def test_a_unit_without_ticks() -> None:
    with pytest.raises(rc.InvalidArgumentError, match=r"ticks_per_second"):
        rc.target_clock(0, 10, 1, ticks_per_second=0)
