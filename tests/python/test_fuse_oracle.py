# SPDX-License-Identifier: Apache-2.0
"""rc_fuse equals rc_resample of each stream, concatenated, to the bit."""

import dataclasses

import ml_dtypes
import numpy as np
import pytest

import robocache as rc

DTYPES = ["float16", "float32", "float64", "uint8", "int8", "int16", "int32", "bfloat16"]
WINDOWED = {"mean", "sum", "min", "max", "last"}
MODES = ["linear", "previous", "next", "nearest", "pchip", "angle", "slerp", *sorted(WINDOWED)]


def dtype_of(name):
    return ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)


def random_stream(rng, rows, ticks, index):
    """A sensor with rules of its own; every sixth is absent."""
    if index % 6 == 5:
        return rc.Stream(None, width=int(rng.integers(1, 4)), fill_value=float(index))
    mode = MODES[rng.integers(len(MODES))]
    samples = int(rng.integers(0, 20))
    width = 4 if mode == "slerp" else int(rng.integers(1, 5))
    times = rng.integers(0, 100, (rows, samples))
    order = ["check", "sort", "drop"][rng.integers(3)]
    times = np.sort(times) if order == "check" else times
    values = rng.integers(1, 100, (rows, samples, width)).astype(dtype_of(DTYPES[rng.integers(8)]))
    if values.dtype.kind == "f" and mode != "slerp" and values.size:
        values[rng.random(values.shape) < 0.1] = np.nan
    unit = 1 if ticks else 0.01
    return rc.Stream(
        values,
        times * unit,
        mode=mode,
        outside=["hold", "fill", "extrapolate"][rng.integers(3)],
        fill_value=-1.0,
        max_gap=[None, 20 * unit][rng.integers(2)],
        offset=int(rng.integers(-5, 5)) * unit,
        order=order,
        duplicates=["last", "first", "mean"][rng.integers(3)],
        skip_nan=bool(rng.integers(2)),
        window=(15 * unit, 5 * unit) if mode in WINDOWED else None,
    )


def alone(stream, targets, dtype, context):
    """Values and validity of one stream by itself."""
    if stream.values is None:
        shape = (*targets.shape, stream.width)
        return np.full(shape, stream.fill_value, dtype), np.zeros(targets.shape, bool)
    rules = {
        field.name: getattr(stream, field.name)
        for field in dataclasses.fields(stream)
        if field.name not in ("values", "times", "offset", "width")
    }
    if stream.offset:
        rules["clock"] = rc.ClockMap(stream.offset)
    got = rc.resample(
        stream.values, stream.times, targets, dtype=dtype, quality=True, context=context, **rules
    )
    return got.values, got.valid


def bits(array):
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


@pytest.mark.parametrize("count", [1, 3, 16, 64])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threads", [1, 2])
def test_concatenation(count, dtype, seed, threads):
    rng = np.random.default_rng([count, seed])
    ticks = bool(seed % 2)
    targets = rng.integers(-10, 110, (3, 40)) * (1 if ticks else 0.01)
    streams = [random_stream(rng, 3, ticks, index) for index in range(count)]
    context = rc.Context("cpu", threads)
    out, valid = rc.fuse(streams, targets, dtype=dtype, context=context)
    parts, expected_valid = zip(
        *[alone(one, targets, dtype_of(dtype), context) for one in streams], strict=True
    )
    np.testing.assert_array_equal(bits(out), bits(np.concatenate(parts, axis=2)))
    np.testing.assert_array_equal(valid, np.stack(expected_valid, 2))
    apart, valid = rc.fuse(streams, targets, dtype=dtype, context=context, separate=True)
    for one, part in zip(apart, parts, strict=True):
        np.testing.assert_array_equal(bits(one), bits(part))
    np.testing.assert_array_equal(valid, np.stack(expected_valid, 2))


def test_layouts_of_each_stream():
    """One stream packed, one shared, one by ids, one padded; targets packed."""
    rng = np.random.default_rng(5)
    targets, target_offsets = rng.integers(0, 30, 12), np.array([0, 5, 5, 12])
    packed = rng.normal(size=(11, 2)), np.concatenate([np.arange(4), np.arange(3), np.arange(4)])
    layout = {"offsets": np.array([0, 4, 7, 11])}
    stored = rng.normal(size=(2, 8, 3)), np.sort(rng.integers(0, 30, (2, 8)))
    ids = {"sequence_ids": np.array([1, 0, 1])}
    padded = rng.normal(size=(3, 6, 1)), np.sort(rng.integers(0, 30, (3, 6)))
    lengths = {"lengths": np.array([6, 0, 2])}
    shared = rng.normal(size=(3, 6, 2)), np.arange(6) * 5
    sensors = [(packed, layout), (stored, ids), (padded, lengths), (shared, {})]
    out, valid = rc.fuse(
        [rc.Stream(v, t, **how) for (v, t), how in sensors], targets, target_offsets=target_offsets
    )
    parts = [
        rc.resample(v, t, targets, target_offsets=target_offsets, quality=True, **how)
        for (v, t), how in sensors
    ]
    np.testing.assert_array_equal(out, np.concatenate([part.values for part in parts], axis=1))
    np.testing.assert_array_equal(valid, np.stack([part.valid for part in parts], 1))


def test_out_of_a_wider_table():
    """Channels of a table that has others beside them, which stay."""
    times = np.arange(5)
    streams = [rc.Stream(np.ones((5, 2)), times), rc.Stream(np.full((5, 1), 2.0), times)]
    table = np.zeros((5, 6))
    out, _ = rc.fuse(streams, times, out=table[:, 1:4])
    assert out.base is table
    np.testing.assert_array_equal(table, np.tile([0, 1, 1, 2, 0, 0], (5, 1)))


@pytest.mark.parametrize("limit", [700, 2_000, None])
def test_workspace_limit(limit):
    rng = np.random.default_rng(9)
    targets = rng.integers(0, 100, (20, 30))
    streams = [
        rc.Stream(rng.normal(size=(20, 12, 2)), rng.integers(0, 100, (20, 12)), order="sort")
        for _ in range(5)
    ]
    expected, _ = rc.fuse(streams, targets, context=rc.Context("cpu", 1))
    got, _ = rc.fuse(streams, targets, context=rc.Context("cpu", 2, limit))
    np.testing.assert_array_equal(got, expected)
