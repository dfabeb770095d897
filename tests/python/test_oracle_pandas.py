# SPDX-License-Identifier: Apache-2.0
"""Copies with a tolerance against pandas.merge_asof, windows against DataFrame.rolling."""

import math

import numpy as np
import pandas as pd
import pytest

import robocache as rc


@pytest.fixture
def rng():
    return np.random.default_rng(11)


DIRECTIONS = {"previous": "backward", "next": "forward", "nearest": "nearest"}


def merged(times, values, targets, mode, tolerance, duplicates):
    """What pandas joins; NaN where nothing lies within the tolerance, or on that side."""
    source = pd.DataFrame({"t": times, "v": values}).drop_duplicates("t", keep=duplicates)
    wanted = pd.DataFrame({"t": targets}).reset_index().sort_values("t")
    joined = pd.merge_asof(wanted, source, on="t", direction=DIRECTIONS[mode], tolerance=tolerance)
    return joined.set_index("index").sort_index()["v"].to_numpy(copy=True)


@pytest.mark.parametrize("mode", DIRECTIONS)
@pytest.mark.parametrize("tolerance", [None, 1, 3, 50])
@pytest.mark.parametrize("duplicates", ["last", "first"])
@pytest.mark.parametrize("epoch", [0, 1_700_000_000_000_000_000])
def test_copies_are_merge_asof(rng, mode, tolerance, duplicates, epoch):
    """Ticks so dense that equal times, ties and gaps exactly as wide as the tolerance abound."""
    times = np.sort(rng.integers(0, 400, 150)) + epoch
    values = rng.normal(size=150)
    targets = rng.integers(times[0], times[-1] + 1, 500)
    got = rc.resample(
        values,
        times,
        targets,
        mode=mode,
        max_gap=tolerance,
        duplicates=duplicates,
        fill_value=np.nan,
        quality=True,
    )
    expected = merged(times, values, targets, mode, tolerance, duplicates)
    np.testing.assert_array_equal(got.values, expected)
    np.testing.assert_array_equal(got.valid, ~np.isnan(expected))


@pytest.mark.parametrize("mode", DIRECTIONS)
def test_ends_with_fill_are_merge_asof(rng, mode):
    """Outside the range pandas finds a sample on one side only; `fill` asks for neither."""
    times, values = np.arange(10, 20), rng.normal(size=10)
    targets = np.array([5, 9, 10, 19, 20, 30])
    got = rc.resample(values, times, targets, mode=mode, outside="fill", fill_value=np.nan)
    expected = merged(times, values, targets, mode, None, "last")
    expected[[0, 1, 4, 5]] = np.nan
    np.testing.assert_array_equal(got, expected)


def test_datetime_index(rng):
    index = pd.date_range("2026-01-01", periods=100, freq="7ms")
    values = rng.normal(size=100)
    targets = pd.date_range("2026-01-01 00:00:00.003", periods=60, freq="11ms")
    got = rc.resample(
        values,
        index.to_numpy("datetime64[ns]"),
        targets.to_numpy("datetime64[ns]"),
        mode="previous",
        max_gap=np.timedelta64(5, "ms"),
        fill_value=np.nan,
    )
    expected = merged(index, values, targets, "previous", pd.Timedelta("5ms"), "last")
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("mode", ["mean", "sum", "min", "max", "last"])
@pytest.mark.parametrize("window", ["10ms", "33ms", "1s"])
@pytest.mark.parametrize("nan", [False, True])
def test_windows_are_rolling(rng, mode, window, nan):
    """A window behind each sample, open at its start and closed at its end."""
    times = np.cumsum(rng.integers(1, 8, 300)) * 1_000_000
    values = rng.normal(size=300)
    if nan:
        values[rng.integers(0, 300, 60)] = np.nan
    rolling = pd.Series(values, pd.to_datetime(times)).rolling(window, closed="right")
    expected = rolling.apply(lambda x: x[-1], raw=True) if mode == "last" else None
    if mode == "last" and nan:
        expected = rolling.apply(lambda x: x[~np.isnan(x)][-1], raw=True)
    elif mode != "last":
        expected = getattr(rolling, mode)()
    got = rc.resample(
        values,
        times,
        times,
        mode=mode,
        window=pd.Timedelta(window).to_timedelta64(),
        skip_nan=nan,
        fill_value=np.nan,
    )
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


def test_centred_windows_are_two_rolling_halves(rng):
    times = np.cumsum(rng.integers(1, 5, 200))
    values = rng.normal(size=200)
    targets = rng.integers(times[0], times[-1], 100)
    got = rc.resample(values, times, targets, mode="max", window=(6, 3), fill_value=np.nan)
    expected = [pd.Series(values)[(times > t - 6) & (times <= t + 3)].max() for t in targets]
    np.testing.assert_array_equal(got, expected)


def mean(values: pd.Series) -> float:
    """Rounded twice at most; the error of pandas' own, where values cancel, is its version's."""
    return math.fsum(values) / len(values)


@pytest.mark.parametrize(
    ("duplicates", "how"), [("last", "last"), ("first", "first"), ("mean", mean)]
)
def test_duplicates_are_groupby(rng, duplicates, how):
    times = np.sort(rng.integers(0, 40, 120))
    values = rng.normal(size=120)
    grouped = pd.Series(values).groupby(times).agg(how)
    got = rc.resample(values, times, grouped.index.to_numpy(), duplicates=duplicates)
    np.testing.assert_allclose(got, grouped, rtol=1e-14)
    targets = rng.uniform(0, 39, 200)
    curve = rc.resample(values, times.astype(float), targets, duplicates=duplicates)
    expected = np.interp(targets, grouped.index, grouped)
    np.testing.assert_allclose(curve, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("order", ["sort", "drop"])
def test_dirty_order_is_a_stable_sort_or_a_running_maximum(rng, order):
    times = np.cumsum(rng.integers(-3, 8, 300))
    values = rng.normal(size=300)
    frame = pd.DataFrame({"t": times, "v": values})
    if order == "sort":
        frame = frame.sort_values("t", kind="stable")
    else:
        frame = frame[frame.t >= frame.t.cummax()]
    targets = rng.integers(times.min(), times.max(), 300)
    got = rc.resample(values, times, targets, order=order)
    expected = rc.resample(frame.v.to_numpy(), frame.t.to_numpy(), targets)
    np.testing.assert_array_equal(got, expected)
    hold = rc.resample(
        values, times, targets, order=order, mode="previous", outside="fill", fill_value=np.nan
    )
    oracle = merged(frame.t.to_numpy(), frame.v.to_numpy(), targets, "previous", None, "last")
    oracle[targets > frame.t.max()] = np.nan
    np.testing.assert_array_equal(hold, oracle)
