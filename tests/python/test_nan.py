# SPDX-License-Identifier: Apache-2.0
"""NaN: arithmetic and changes of type give the positive quiet one without payload, copies keep
their bits."""

import itertools

import ml_dtypes
import numpy as np
import pytest

import robocache as rc

FLOATS = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
CANONICAL = {
    "float16": 0x7E00,
    "bfloat16": 0x7FC0,
    "float32": 0x7FC00000,
    "float64": 0x7FF8000000000000,
}
# Negative and signalling ones, with payloads.
ODD = {
    "float16": [0xFE01, 0x7C01, 0x7E55, 0xFFFF],
    "bfloat16": [0xFFC1, 0x7F81, 0x7FD5, 0xFFFF],
    "float32": [0xFFC00001, 0x7F800001, 0x7FC12345, 0xFFFFFFFF],
    "float64": [0xFFF8000000000001, 0x7FF0000000000001, 0x7FF8123456789ABC, 0xFFFFFFFFFFFFFFFF],
}
COPIES = ["linear", "previous", "next", "nearest", "pchip", "angle"]
MADE = ["linear", "pchip", "angle", "mean", "sum", "min", "max"]
AGGREGATES = {"mean", "sum", "min", "max", "last"}


def bits(array):
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def from_bits(numbers, name):
    return np.array(numbers, f"u{FLOATS[name].itemsize}").view(FLOATS[name])


@pytest.fixture(params=["baseline", "auto"])
def context(request):
    return rc.Context("cpu", 1, simd=request.param)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("mode", [*COPIES, "last", "slerp"])
@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("duplicates", ["last", "first", "mean"])
def test_copies_keep_their_bits(context, name, mode, strided, duplicates):
    row = from_bits(ODD[name], name)
    values = np.tile(row, (3, 1))
    values = np.asfortranarray(values) if strided else values
    window = (1, 0) if mode == "last" else None
    got = rc.resample(
        values,
        np.arange(3),
        np.array([2, 0, 1]),
        mode=mode,
        window=window,
        duplicates=duplicates,
        context=context,
        quality=True,
    )
    np.testing.assert_array_equal(bits(got.values), bits(np.tile(row, (3, 1))))
    assert not got.valid.any()
    assert np.all(got.reason == rc.Reason.NAN)


@pytest.mark.parametrize(("name", "out"), list(itertools.permutations(FLOATS, 2)))
@pytest.mark.parametrize("strided", [False, True])
def test_changes_of_type_are_canonical(context, name, out, strided):
    values = np.tile(from_bits(ODD[name], name), (2, 1))
    values = np.asfortranarray(values) if strided else values
    got = rc.resample(values, np.arange(2), np.arange(2), dtype=out, context=context)
    assert np.all(bits(got) == CANONICAL[out])


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("out", FLOATS)
@pytest.mark.parametrize("mode", MADE)
@pytest.mark.parametrize("skip_nan", [False, True])
def test_arithmetic_is_canonical(context, name, out, mode, skip_nan):
    """A NaN on either side, one with each payload; and the difference of two infinities."""
    nans = from_bits(ODD[name], name)
    ones = np.ones_like(nans)
    infinities = np.full_like(nans, np.inf)
    window = (10, 10) if mode in AGGREGATES else None
    pairs = [(nans, ones), (ones, nans), (nans, nans[::-1])]
    if mode in ("linear", "angle", "mean", "sum"):
        pairs.append((infinities, -infinities))
    for a, b in pairs:
        got = rc.resample(
            np.stack([a, b]),
            np.array([0, 4]),
            np.array([1, 3]),
            mode=mode,
            window=window,
            dtype=out,
            skip_nan=skip_nan,
            fill_value=5.0,
            context=context,
        )
        if skip_nan:
            assert np.all(np.isin(got.astype(float), (1.0, 5.0)))
        else:
            assert np.all(bits(got) == CANONICAL[out])


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("mode", ["mean", "sum", "min", "max"])
@pytest.mark.parametrize("width", [1, 2, 5, 13])
def test_where_all_count_skipping_changes_no_bit(context, name, mode, width):
    """Zeros of both signs too, alone and after one another."""
    values = np.resize([-0.0, -0.0, 0.0, -0.0, 1.5, -2.0, -0.0], (40, width)).astype(FLOATS[name])
    asked = [
        rc.resample(
            values,
            np.arange(40),
            np.arange(40),
            mode=mode,
            window=window,
            skip_nan=skip_nan,
            context=context,
        )
        for window in ((1, 0), (3, 1))
        for skip_nan in (False, True)
    ]
    assert np.signbit(asked[0].astype(float)).any()
    for plain, skipping in (asked[:2], asked[2:]):
        assert np.array_equal(bits(plain), bits(skipping))


@pytest.mark.parametrize("name", FLOATS)
def test_quaternions_are_canonical(context, name):
    values = np.ones((2, 4), FLOATS[name])
    values[1, 2] = from_bits(ODD[name], name)[0]
    got = rc.resample(values, np.array([0, 4]), np.array([1, 3]), mode="slerp", context=context)
    assert np.all(bits(got) == CANONICAL[name])


@pytest.mark.parametrize("name", FLOATS)
def test_mean_of_duplicates_is_canonical(context, name):
    values = from_bits(ODD[name], name)[:, None]
    got = rc.resample(values, np.zeros(4), np.zeros(1), duplicates="mean", context=context)
    assert np.all(bits(got) == CANONICAL[name])


@pytest.mark.parametrize("name", FLOATS)
def test_gradients_are_canonical(context, name):
    g = np.tile(from_bits(ODD[name], name), (2, 1))
    got = rc.resample_backward(
        g, np.ones((2, 4), FLOATS[name]), np.array([0, 4]), np.array([1, 3]), context=context
    )
    assert np.all(bits(got) == CANONICAL[name])


@pytest.mark.parametrize("mode", ["linear", "pchip", "angle", "previous", "next", "nearest"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_neighbours_do_not_touch_equal_times(mode, bad):
    """A target on a sample between bad ones, and on a sample that is one of two at its time."""
    values, times = np.array([bad, 1.5, bad, bad, 2.5, bad]), np.array([0, 1, 2, 3, 3, 4])
    got = rc.resample(values, times, np.array([1, 3]), mode=mode, quality=True)
    assert got.values.tolist() == [1.5, 2.5]
    assert got.valid.all()


def test_one_bad_channel_marks_the_target_and_no_other():
    values = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    got = rc.resample(values, np.arange(3.0), np.array([0.5, 1.5]), quality=True)
    assert got.valid.tolist() == [False, True]
    np.testing.assert_array_equal(got.values, [[1, np.nan, 3], [1, 2, 3]])


@pytest.mark.parametrize("mode", ["linear", "pchip", "previous"])
def test_long_runs_are_crossed_once(context, mode):
    """Each target in turn would take minutes."""
    samples, targets = 200_000, np.arange(50_000) * 40 + 3
    values = np.full((samples, 4), np.nan, np.float32)
    values[[0, -1], 0] = 1, 3
    values[samples // 2, 1] = 2
    values[[5, samples // 2, -5], 2] = 1, 5, 3
    times = np.arange(samples) * 10
    got = rc.resample(values, times, targets, mode=mode, skip_nan=True, context=context)
    for channel, column in enumerate(values.T):
        kept = np.isfinite(column)
        expected = np.zeros(len(targets), np.float32)
        if kept.any():
            expected = rc.resample(column[kept], times[kept], targets, mode=mode, context=context)
        np.testing.assert_array_equal(got[:, channel], expected)
