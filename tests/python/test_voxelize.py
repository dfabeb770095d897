# SPDX-License-Identifier: Apache-2.0
"""`voxelize` and its older names as Python functions: defaults, kinds, outputs, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from equality import assert_same_bits
from frameworks import MAKERS, dtype_of, kind_of, to_numpy

import robocache as rc

RNG = np.random.default_rng(7)
POINTS = RNG.integers(-2, 10, (60, 3)) / 2
FEATURES = RNG.integers(0, 100, (60, 2)).astype(np.float64)
GRID = (0.0, 1.0, (4, 3, 9))
OF_FEATURES = ("sum", "mean", "max", "min")
REDUCTIONS = ("occupancy", "occupancy_bits", "count", *OF_FEATURES)


def counted() -> np.ndarray:
    """Points of each voxel, one at a time."""
    counts = np.zeros(GRID[2], np.int32)
    for cell in np.floor(POINTS).astype(int):
        if (cell >= 0).all() and (cell < GRID[2]).all():
            counts[tuple(cell)] += 1
    return counts


COUNTS = counted()


def test_defaults() -> None:
    occupied = rc.voxelize(POINTS, *GRID)
    assert occupied.dtype == np.uint8
    np.testing.assert_array_equal(occupied, COUNTS > 0)
    counts = rc.voxelize(POINTS, *GRID, reduce="count")
    assert counts.dtype == np.int32
    np.testing.assert_array_equal(counts, COUNTS)
    bits = rc.voxelize(POINTS, *GRID, reduce="occupancy_bits")
    assert bits.shape == (4, 3, 2)
    unpacked = np.unpackbits(bits, axis=2, count=9, bitorder="little")
    np.testing.assert_array_equal(unpacked, COUNTS > 0)


def test_points_are_the_features_where_there_are_none() -> None:
    centroids = rc.voxelize(POINTS, *GRID, reduce="mean")
    assert_same_bits([centroids], [rc.voxelize(POINTS, *GRID, reduce="mean", features=POINTS)])
    filled = COUNTS > 0
    np.testing.assert_array_equal(np.floor(centroids[filled]), np.argwhere(filled))
    np.testing.assert_array_equal(centroids[~filled], 0)


def test_features_without_an_axis_give_a_grid_without_one() -> None:
    for reduce in OF_FEATURES:
        table = rc.voxelize(POINTS, *GRID, reduce=reduce, features=FEATURES)
        column = rc.voxelize(POINTS, *GRID, reduce=reduce, features=FEATURES[:, 1])
        assert table.shape == (*GRID[2], 2)
        assert_same_bits([column], [table[..., 1]])
        rows = rc.voxelize(POINTS[None], *GRID, reduce=reduce, features=FEATURES[None, :, 1])
        assert_same_bits([rows], [column[None]])
        gradient = rc.voxelize_backward(
            np.ones(GRID[2]), POINTS, *GRID, FEATURES[:, 1], reduce=reduce
        )
        assert gradient.shape == (60,)


def test_what_is_returned_beside_the_grid() -> None:
    grid, counts, stats = rc.voxelize(POINTS, *GRID, counts=True, stats=True)
    assert_same_bits([grid, counts], [rc.voxelize(POINTS, *GRID), COUNTS])
    np.testing.assert_array_equal(stats, [[60 - COUNTS.sum(), 0, 0]])
    assert stats.dtype == np.int64
    got = rc.voxelize(POINTS, *GRID, stats=True)
    assert got.counts is None
    assert_same_bits([got.stats], [stats])
    got = rc.voxelize(POINTS, *GRID, counts=True)
    assert got.stats is None
    assert isinstance(rc.voxelize(POINTS, *GRID, counts=None), np.ndarray)


def test_clouds_that_are_packed_or_padded() -> None:
    offsets, lengths = [0, 20, 20, 45], [20, 0, 7]
    parts = [POINTS[:20], POINTS[20:20], POINTS[20:45]]
    packed = rc.voxelize(POINTS, *GRID, reduce="count", offsets=offsets, stats=True)
    for at, part in enumerate(parts):
        alone = rc.voxelize(part, *GRID, reduce="count", stats=True)
        assert_same_bits([packed.grid[at], packed.stats[at]], [alone.grid, alone.stats[0]])
    padded = rc.voxelize(POINTS.reshape(3, 20, 3), *GRID, reduce="count", lengths=lengths)
    assert_same_bits([padded[2]], [rc.voxelize(POINTS[40:47], *GRID, reduce="count")])
    as_array = rc.voxelize(POINTS, *GRID, reduce="count", offsets=np.array(offsets))
    assert_same_bits([as_array], [packed.grid])


def test_columns_of_one_table_are_read_where_they_lie() -> None:
    table = np.concatenate([POINTS, FEATURES], 1)
    before = table.copy()
    expected = rc.voxelize(POINTS, *GRID, reduce="mean", features=FEATURES)
    got = rc.voxelize(table[:, :3], *GRID, reduce="mean", features=table[:, 3:])
    assert_same_bits([got], [expected])
    every_second = rc.voxelize(table[::2, :3], *GRID, reduce="mean", features=table[::2, 3:])
    alone = rc.voxelize(POINTS[::2].copy(), *GRID, reduce="mean", features=FEATURES[::2].copy())
    assert_same_bits([every_second, table], [alone, before])


def test_out_is_written_in_any_order_of_memory() -> None:
    expected = rc.voxelize(POINTS, *GRID, reduce="mean", features=FEATURES)
    memory = np.full((2, 9, 3, 4), np.nan)
    out = memory.transpose(3, 2, 1, 0)
    assert rc.voxelize(POINTS, *GRID, reduce="mean", features=FEATURES, out=out) is out
    assert_same_bits([out], [expected])
    flags = np.empty(GRID[2], bool)
    rc.voxelize(POINTS, *GRID, out=flags)
    np.testing.assert_array_equal(flags, COUNTS > 0)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_accumulating_parts_is_the_whole(reduce: str) -> None:
    options: dict[str, Any] = {"reduce": reduce}
    features = FEATURES if reduce in OF_FEATURES else None
    if features is not None:
        options["feature_bound"] = 128.0
    whole = rc.voxelize(POINTS, *GRID, features=features, counts=True, **options)
    out, counts = np.zeros_like(whole.grid), np.zeros(GRID[2], np.int32)
    for part in (slice(0, 13), slice(13, 13), slice(13, 60)):
        got = rc.voxelize(
            POINTS[part],
            *GRID,
            features=None if features is None else features[part],
            out=out,
            counts=counts,
            accumulate=True,
            **options,
        )
        assert got.grid is out
        assert got.counts is counts
    np.testing.assert_array_equal(counts, whole.counts)
    np.testing.assert_allclose(out, whole.grid, rtol=1e-15)


def test_types_of_results() -> None:
    for name in ("float16", "float32", "float64"):
        features = FEATURES.astype(name)
        for reduce in OF_FEATURES:
            got = rc.voxelize(POINTS, *GRID, reduce=reduce, features=features)
            assert got.dtype == name
    for name in ("uint8", "int16"):
        features = FEATURES.astype(name)
        types = [
            rc.voxelize(POINTS, *GRID, reduce=reduce, features=features).dtype.name
            for reduce in OF_FEATURES
        ]
        assert types == ["float32", "float32", name, name]
        got = rc.voxelize(POINTS, *GRID, reduce="max", features=features, dtype="float64")
        assert got.dtype == np.float64


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("maker", MAKERS)
def test_arrays_of_every_kind(maker: str, dtype: str) -> None:
    points, features = MAKERS[maker](POINTS, dtype), MAKERS[maker](FEATURES, dtype)
    got = rc.voxelize(points, *GRID, reduce="mean", features=features, counts=True, stats=True)
    kind = "numpy" if maker == "dlpack" else maker
    assert [kind_of(part) for part in got] == [kind] * 3
    assert [dtype_of(part) for part in got] == [dtype, "int32", "int64"]
    arrays = POINTS.astype(dtype), FEATURES.astype(dtype)
    expected = rc.voxelize(
        arrays[0], *GRID, reduce="mean", features=arrays[1], counts=True, stats=True
    )
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(to_numpy(one), other)


@pytest.mark.parametrize("maker", ["numpy", "torch", "jax"])
def test_bfloat16_features(maker: str) -> None:
    features = MAKERS[maker](FEATURES, "bfloat16")
    points = MAKERS[maker](POINTS, "float32")
    got = rc.voxelize(points, *GRID, reduce="max", features=features, fill_value=-2)
    assert dtype_of(got) == "bfloat16"
    expected = rc.voxelize(POINTS, *GRID, reduce="max", features=FEATURES, fill_value=-2)
    np.testing.assert_array_equal(to_numpy(got), expected)


def test_kinds_may_be_mixed_and_the_result_follows_the_points() -> None:
    torch = pytest.importorskip("torch")
    expected = rc.voxelize(POINTS, *GRID, reduce="sum", features=FEATURES)
    points, features = torch.from_numpy(POINTS), torch.from_numpy(FEATURES)
    got = rc.voxelize(points, *GRID, reduce="sum", features=FEATURES)
    assert isinstance(got, torch.Tensor)
    other = rc.voxelize(POINTS, *GRID, reduce="sum", features=features)
    assert_same_bits([got.numpy(), other], [expected, expected])


def test_other_byte_orders_are_refused_by_name() -> None:
    with pytest.raises(rc.UnsupportedDtypeError, match=r"points: .*>f8"):
        rc.voxelize(POINTS.astype(">f8"), *GRID)


def test_a_context_is_used() -> None:
    with rc.Context("cpu", threads=2) as context:
        context.enable_metrics()
        got = rc.voxelize(POINTS, *GRID, reduce="count", context=context)
        rc.voxelize_backward(
            np.ones((*GRID[2], 2)), POINTS, *GRID, FEATURES, reduce="sum", context=context
        )
        assert_same_bits([got], [COUNTS])
        assert {name for name, one in context.metrics().items() if one.calls} == {
            "voxelize",
            "voxelize_backward",
        }


def test_many_points_of_few_voxels_by_many_threads() -> None:
    random = np.random.default_rng(5)
    points = random.uniform(0, 8, (300_000, 3)).astype(np.float32)
    points[:, 0] *= 0.75  # two of eight slices have no points
    cells = np.ravel_multi_index(points.astype(int).T, (8, 8, 8))
    counts = np.bincount(cells, minlength=512).reshape(8, 8, 8)
    some = (counts > 0).astype(np.uint8)
    expected = {
        "occupancy": some,
        "occupancy_bits": np.packbits(some, axis=2, bitorder="little"),
        "count": counts.astype(np.int32),
    }
    with rc.Context("cpu", threads=4) as context:
        for reduce, right in expected.items():
            for _ in range(3):
                got = rc.voxelize(points, 0.0, 1.0, (8, 8, 8), reduce=reduce, context=context)
                assert_same_bits([got], [right])


@pytest.mark.parametrize("threads", [2, 3, 4, 5])
@pytest.mark.parametrize("rows", [3, 19])
def test_threads_count_as_one_does(threads: int, rows: int) -> None:
    dims = rows, 70, 90
    random = np.random.default_rng(rows)
    points = random.uniform(-2, [rows + 2, 72, 92], (2, 100_000, 3))
    points[random.random(points.shape) < 0.001] = np.nan
    expected, left_out = np.zeros((2, *dims), np.int32), np.zeros((2, 2), np.int64)
    for cloud, one in enumerate(points):
        finite = np.isfinite(one).all(1)
        cells = np.floor(one[finite])
        inside = ((cells >= 0) & (cells < dims)).all(1)
        np.add.at(expected[cloud], tuple(cells[inside].astype(int).T), 1)
        left_out[cloud] = (~inside).sum(), (~finite).sum()
    with rc.Context("cpu", threads=threads) as context:
        got = rc.voxelize(points, 0.0, 1.0, dims, reduce="count", stats=True, context=context)
        assert_same_bits([got.grid], [expected])
        np.testing.assert_array_equal(got.stats[:, :2], left_out)
        again = rc.voxelize(
            points, 0.0, 1.0, dims, reduce="count", out=got.grid, accumulate=True, context=context
        )
        assert_same_bits([again], [2 * expected])
        both = rc.voxelize(points, 0.0, 1.0, dims, counts=True, context=context)
        assert_same_bits([both.grid, both.counts], [(expected > 0).astype(np.uint8), expected])


def test_older_names() -> None:
    got = rc.voxelize_occupancy(POINTS, (4, 3, 9), 1.0, (0.0, 0.0, 0.0))
    assert_same_bits([got], [rc.voxelize(POINTS, *GRID)])
    got = rc.voxelize_pointcloud(POINTS)
    assert_same_bits([got], [rc.voxelize(POINTS, 0.0, 1.0, 128)])
    options = {"grid_min": -1.0, "voxel_size": (1, 2, 1), "grid_size": (4, 3, 9)}
    for mode in REDUCTIONS:
        features = FEATURES if mode in OF_FEATURES else None
        got = rc.voxelize_pointcloud(POINTS, features, mode=mode, **options)
        expected = rc.voxelize(POINTS, -1.0, (1, 2, 1), (4, 3, 9), reduce=mode, features=features)
        assert_same_bits([got], [expected])
    with pytest.raises(rc.InvalidArgumentError, match=r"mode: expected one of .*'median'"):
        rc.voxelize_pointcloud(POINTS, mode="median")


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def zeros(*shape: int, dtype: str = "float64") -> np.ndarray:
    return np.zeros(shape or GRID[2], dtype)


BAD: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "list": (TypeError, "points: expected an array", lambda: rc.voxelize([[1, 2, 3]], *GRID)),
    "masked": (
        TypeError,
        "points: expected a plain array",
        lambda: rc.voxelize(np.ma.masked_array(POINTS), *GRID),
    ),
    "integers": (
        rc.UnsupportedDtypeError,
        "points: expected float16",
        lambda: rc.voxelize(POINTS.astype(int), *GRID),
    ),
    "columns": (ValueError, r"points: expected \[N,3\]", lambda: rc.voxelize(FEATURES, *GRID)),
    "origin": (
        ValueError,
        r"origin\[1\]: .*nan",
        lambda: rc.voxelize(POINTS, (0, np.nan, 0), 1, 4),
    ),
    "origin of two": (
        ValueError,
        "origin: expected a number or three",
        lambda: rc.voxelize(POINTS, (0, 0), 1, 4),
    ),
    "origin of text": (
        TypeError,
        "origin: expected a number",
        lambda: rc.voxelize(POINTS, "a", 1, 4),
    ),
    "no origin": (TypeError, "origin: expected a number", lambda: rc.voxelize(POINTS, None, 1, 4)),
    "flat voxels": (ValueError, r"voxel_size\[0\]: .*got 0", lambda: rc.voxelize(POINTS, 0, 0, 4)),
    "negative voxels": (
        ValueError,
        r"voxel_size\[2\]",
        lambda: rc.voxelize(POINTS, 0, (1, 1, -1), 4),
    ),
    "endless voxels": (ValueError, "voxel_size", lambda: rc.voxelize(POINTS, 0, np.inf, 4)),
    "voxels of no float32": (
        ValueError,
        "voxel_size.*float32",
        lambda: rc.voxelize(POINTS.astype("f4"), 0, 1e-60, 4),
    ),
    "no voxels": (
        ValueError,
        "dims: expected at least 1",
        lambda: rc.voxelize(POINTS, 0, 1, (4, 0, 1)),
    ),
    "dims of floats": (ValueError, "dims: expected an int", lambda: rc.voxelize(POINTS, 0, 1, 4.0)),
    "dims of no memory": (
        ValueError,
        r"out: expected a result of fewer than 2\^60",
        lambda: rc.voxelize(POINTS, 0, 1, 2**20),
    ),
    "dims beyond int64": (
        ValueError,
        "dims: expected an int",
        lambda: rc.voxelize(POINTS, 0, 1, (2**63, 1, 1)),
    ),
    "reduce": (
        ValueError,
        "reduce: expected one of 'occ.*'median'",
        lambda: rc.voxelize(POINTS, *GRID, reduce="median"),
    ),
    "features of occupancy": (
        ValueError,
        "features: expected None for reduce='occupancy'",
        lambda: rc.voxelize(POINTS, *GRID, features=FEATURES),
    ),
    "features of other points": (
        ValueError,
        r"features: expected \[60,F\]",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", features=FEATURES[:4]),
    ),
    "features of a type": (
        rc.UnsupportedDtypeError,
        "features: expected float16",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", features=FEATURES.astype("i4")),
    ),
    "a feature": (
        ValueError,
        "features: expected one row per point",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", features=np.float64(3)),
    ),
    "dtype of occupancy": (
        ValueError,
        "dtype: expected None for reduce='count'",
        lambda: rc.voxelize(POINTS, *GRID, reduce="count", dtype="int64"),
    ),
    "dtype of sums": (
        rc.UnsupportedDtypeError,
        "got int32",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", dtype="int32"),
    ),
    "fill of text": (
        TypeError,
        "fill_value: expected a number",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", fill_value="x"),
    ),
    "fill of bytes": (
        ValueError,
        "fill_value: expected .*uint8, got -1",
        lambda: rc.voxelize(
            POINTS, *GRID, reduce="max", features=FEATURES.astype("u1"), fill_value=-1
        ),
    ),
    "bound": (
        ValueError,
        "feature_bound: expected a number greater than 0",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", feature_bound=0),
    ),
    "endless bound": (
        ValueError,
        "feature_bound: expected a finite",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", feature_bound=np.inf),
    ),
    "accumulate into nothing": (
        ValueError,
        "out: expected an array to accumulate into",
        lambda: rc.voxelize(POINTS, *GRID, accumulate=True),
    ),
    "accumulate into new counts": (
        ValueError,
        "counts: expected an array to accumulate into",
        lambda: rc.voxelize(POINTS, *GRID, out=zeros(dtype="uint8"), counts=True, accumulate=True),
    ),
    "accumulate without counts": (
        ValueError,
        "counts: expected",
        lambda: rc.voxelize(POINTS, *GRID, reduce="sum", out=zeros(4, 3, 9, 3), accumulate=True),
    ),
    "out of a shape": (
        ValueError,
        r"out: expected shape \(4, 3, 9\)",
        lambda: rc.voxelize(POINTS, *GRID, out=zeros(4, 3, 8, dtype="uint8")),
    ),
    "out of a type": (
        rc.UnsupportedDtypeError,
        "expected uint8 or bool",
        lambda: rc.voxelize(POINTS, *GRID, out=zeros()),
    ),
    "out of stone": (
        rc.UnsupportedLayoutError,
        "out: expected a writable array",
        lambda: rc.voxelize(POINTS, *GRID, out=read_only(zeros(dtype="uint8"))),
    ),
    "counts of a type": (
        rc.UnsupportedDtypeError,
        "counts: expected int32",
        lambda: rc.voxelize(POINTS, *GRID, counts=zeros()),
    ),
    "counts in out": (
        ValueError,
        "expected memory of its own",
        lambda: (lambda one: rc.voxelize(POINTS, *GRID, reduce="count", out=one, counts=one))(
            zeros(dtype="int32")
        ),
    ),
    "offsets of floats": (
        rc.UnsupportedDtypeError,
        "offsets: expected int64",
        lambda: rc.voxelize(POINTS, *GRID, offsets=[0.0, 5.0]),
    ),
    "offsets beyond": (
        rc.InvalidDataError,
        "offsets: .*got 61 at index 1",
        lambda: rc.voxelize(POINTS, *GRID, offsets=[0, 61]),
    ),
    "offsets back": (
        rc.InvalidDataError,
        "offsets: .*got 0 at index 1",
        lambda: rc.voxelize(POINTS, *GRID, offsets=[5, 0]),
    ),
    "offsets of rows": (
        ValueError,
        r"points: expected \[N,3\] with offsets",
        lambda: rc.voxelize(POINTS[None], *GRID, offsets=[0, 60]),
    ),
    "lengths beyond": (
        rc.InvalidDataError,
        "lengths: .*got 61",
        lambda: rc.voxelize(POINTS[None], *GRID, lengths=[61]),
    ),
    "backend": (
        rc.DeviceMismatchError,
        "backend: .*points.*cpu",
        lambda: rc.voxelize(POINTS, *GRID, backend="cuda"),
    ),
    "context": (
        TypeError,
        "context: expected a robocache.Context",
        lambda: rc.voxelize(POINTS, *GRID, context=3),
    ),
    "gradient of counts": (
        ValueError,
        "reduce: expected one of 'max'",
        lambda: rc.voxelize_backward(zeros(), POINTS, *GRID, FEATURES, reduce="count"),
    ),
    "gradient of a shape": (
        ValueError,
        r"grad_output: expected \[4,3,9,2\]",
        lambda: rc.voxelize_backward(zeros(), POINTS, *GRID, FEATURES, reduce="sum"),
    ),
    "gradient of bytes": (
        rc.UnsupportedDtypeError,
        "got uint8",
        lambda: rc.voxelize_backward(
            zeros(4, 3, 9, 2), POINTS, *GRID, FEATURES.astype("u1"), reduce="sum"
        ),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    error, message, call = BAD[case]
    with pytest.raises(error, match=message):
        call()


def test_jax_arrays_are_no_outputs() -> None:
    jax = pytest.importorskip("jax")
    with pytest.raises(rc.UnsupportedLayoutError, match="out: expected a writable array; JAX's"):
        rc.voxelize(POINTS, *GRID, out=jax.numpy.zeros(GRID[2], "uint8"))
