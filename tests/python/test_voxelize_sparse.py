# SPDX-License-Identifier: Apache-2.0
"""`voxelize_sparse` and `bounds` as Python functions: defaults, kinds, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from equality import assert_same_bits
from frameworks import MAKERS, dtype_of, kind_of, to_numpy

import robocache as rc

RNG = np.random.default_rng(7)
POINTS = RNG.integers(-6, 20, (80, 3)) / 4
FEATURES = RNG.integers(0, 100, (80, 2)).astype(np.float64)
OF_FEATURES = ("sum", "mean", "max", "min")


def test_the_box_of_the_points_is_the_default() -> None:
    voxels = rc.voxelize_sparse(POINTS, 1.0)
    assert voxels.origin == tuple(POINTS.min(0))
    cells = np.floor(POINTS - POINTS.min(0)).astype(int)
    assert voxels.dims == tuple(cells.max(0) + 1)
    found, rows, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(voxels.coords[:, 1:], found)
    np.testing.assert_array_equal(voxels.coords[:, 0], 0)
    np.testing.assert_array_equal(voxels.point_to_voxel, rows.ravel())
    np.testing.assert_array_equal(voxels.counts, counts)
    assert voxels.total == len(found)
    np.testing.assert_array_equal(voxels.stats, [[0, 0, 0]])
    assert voxels.points is None
    centroids = np.stack([POINTS[rows.ravel() == row].mean(0) for row in range(len(found))])
    np.testing.assert_array_equal(voxels.features, centroids)


def test_the_greatest_point_is_inside_for_every_rounding() -> None:
    """The greatest coordinate over the edge, floored, may be one more than in exact numbers."""
    for dtype in (np.float16, np.float32, np.float64):
        for edge in (0.1, 0.3, 1 / 3, 1e-3):
            line = np.linspace(-1, 2, 31).astype(dtype)
            points = np.stack([line, line, line], 1)
            voxels = rc.voxelize_sparse(points, edge, reduce=None)
            assert voxels.counts.sum() == 31
            np.testing.assert_array_equal(voxels.stats, [[0, 0, 0]])
            assert voxels.coords.max() == voxels.dims[0] - 1


def test_origin_alone_and_dims_alone() -> None:
    voxels = rc.voxelize_sparse(POINTS, 1.0, origin=0.0)
    inside = (POINTS >= 0).all(1)
    assert voxels.dims == tuple(np.floor(POINTS.max(0)).astype(int) + 1)
    assert voxels.counts.sum() == inside.sum()
    np.testing.assert_array_equal(voxels.stats, [[(~inside).sum(), 0, 0]])
    voxels = rc.voxelize_sparse(POINTS, 1.0, dims=(2, 3, 4))
    assert (voxels.origin, voxels.dims) == (tuple(POINTS.min(0)), (2, 3, 4))
    assert (voxels.coords[:, 1:] < (2, 3, 4)).all()
    voxels = rc.voxelize_sparse(POINTS, 1.0, origin=99.0)
    assert (voxels.total, voxels.dims, voxels.coords.shape) == (0, (1, 1, 1), (0, 4))


@pytest.mark.parametrize("reduce", OF_FEATURES)
def test_rows_are_the_voxels_of_the_grid(reduce: str) -> None:
    dense = rc.voxelize(POINTS, 0.0, 1.0, 5, reduce=reduce, features=FEATURES, counts=True)
    voxels = rc.voxelize_sparse(POINTS, 1.0, origin=0.0, dims=5, reduce=reduce, features=FEATURES)
    at = tuple(voxels.coords[:, 1:].T)
    assert voxels.total == (dense.counts > 0).sum()
    assert_same_bits([voxels.features, voxels.counts], [dense.grid[at], dense.counts[at]])
    column = rc.voxelize_sparse(
        POINTS, 1.0, origin=0.0, dims=5, reduce=reduce, features=FEATURES[:, 1], max_points=2
    )
    assert_same_bits([column.features], [voxels.features[:, 1]])
    assert column.points.shape == (len(voxels.coords), 2)


def test_capacity_keeps_the_first_voxels_and_tells() -> None:
    whole = rc.voxelize_sparse(POINTS, 1.0)
    few = rc.voxelize_sparse(POINTS, 1.0, capacity=5)
    assert few.total == whole.total
    assert_same_bits(few[:3], [part[:5] for part in whole[:3]])
    np.testing.assert_array_equal(few.stats, [[0, 0, whole.counts[5:].sum()]])
    kept = whole.point_to_voxel < 5
    np.testing.assert_array_equal(few.point_to_voxel, np.where(kept, whole.point_to_voxel, -1))
    many = rc.voxelize_sparse(POINTS, 1.0, capacity=99, fill_value=-3)
    rest = slice(int(whole.total), None)
    assert many.coords.shape == (99, 4)
    assert (many.coords[rest] == -1).all()
    assert (many.features[rest] == -3).all()
    assert (many.counts[rest] == 0).all()


def test_the_first_points_of_each_voxel() -> None:
    voxels = rc.voxelize_sparse(
        POINTS, 2.0, reduce=None, features=FEATURES, max_points=3, fill_value=-1
    )
    assert voxels.features is None
    for row, hard in enumerate(voxels.points):
        expected = np.full((3, 2), -1.0)
        first = FEATURES[voxels.point_to_voxel == row][:3]
        expected[: len(first)] = first
        np.testing.assert_array_equal(hard, expected)
    alone = rc.voxelize_sparse(POINTS, 2.0, reduce=None)
    assert (alone.features, alone.points) == (None, None)
    assert_same_bits([alone.coords], [voxels.coords])
    assert rc.voxelize_sparse(POINTS, 2.0, max_points=0).points.shape[1:] == (0, 3)


def test_clouds_share_one_box() -> None:
    offsets = np.array([0, 30, 30, 70])
    voxels = rc.voxelize_sparse(POINTS, 1.0, offsets=offsets)
    used = POINTS[:70]
    assert voxels.origin == tuple(used.min(0))
    assert (voxels.point_to_voxel[70:] == -1).all()
    assert sorted(set(voxels.coords[:, 0])) == [0, 2]
    padded = rc.voxelize_sparse(POINTS.reshape(2, 40, 3), 1.0, lengths=[40, 3])
    assert padded.point_to_voxel.shape == (2, 40)
    assert (padded.point_to_voxel[1, 3:] == -1).all()
    np.testing.assert_array_equal(padded.counts.sum(), 43)


def test_points_that_are_no_numbers_do_not_move_the_box() -> None:
    points = np.concatenate([POINTS, [[np.nan, 0, 0], [0, np.inf, 0], [0, 0, -np.inf]]])
    voxels = rc.voxelize_sparse(points, 1.0)
    plain = rc.voxelize_sparse(POINTS, 1.0)
    assert (voxels.origin, voxels.dims) == (plain.origin, plain.dims)
    assert_same_bits(voxels[:3], plain[:3])
    np.testing.assert_array_equal(voxels.stats, [[0, 3, 0]])


@pytest.mark.parametrize("points", [POINTS[:0], np.full((4, 3), np.nan)], ids=["empty", "nan"])
def test_no_points(points: np.ndarray) -> None:
    voxels = rc.voxelize_sparse(points, 1.0, max_points=2)
    assert voxels.coords.shape == (0, 4)
    assert voxels.features.shape == (0, 3)
    assert voxels.points.shape == (0, 2, 3)
    assert voxels.total == 0
    assert (voxels.point_to_voxel == -1).all()


def test_results_own_their_memory() -> None:
    """Rows that were allocated for voxels that might have been are not kept."""
    for part in rc.voxelize_sparse(np.zeros((1000, 3)), 1.0, max_points=2)[:3]:
        assert part.base is None
        assert len(part) == 1


def test_coordinates_beyond_int32() -> None:
    points = np.array([[0.0, 0, 0], [3e9, 0, 0]])
    voxels = rc.voxelize_sparse(points, 1.0, reduce=None)
    assert voxels.coords.dtype == np.int64
    assert voxels.coords.tolist() == [[0, 0, 0, 0], [0, 3_000_000_000, 0, 0]]
    assert rc.voxelize_sparse(points, 2.0, reduce=None).coords.dtype == np.int32


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("maker", MAKERS)
def test_arrays_of_every_kind(maker: str, dtype: str) -> None:
    points, features = MAKERS[maker](POINTS, dtype), MAKERS[maker](FEATURES, dtype)
    got = rc.voxelize_sparse(points, 1.0, features=features, max_points=2)
    expected = rc.voxelize_sparse(
        POINTS.astype(dtype), 1.0, features=FEATURES.astype(dtype), max_points=2
    )
    kind = "numpy" if maker == "dlpack" else maker
    assert [kind_of(part) for part in got[:7]] == [kind] * 7
    types = ["int32", dtype, "int32", "int32", "int64", dtype, "int64"]
    assert [dtype_of(part) for part in got[:7]] == types
    for one, other in zip(got[:7], expected[:7], strict=True):
        np.testing.assert_array_equal(to_numpy(one), other)
    assert got[7:] == expected[7:]
    box = rc.bounds(points)
    assert (kind_of(box), dtype_of(box)) == (kind, dtype)
    np.testing.assert_array_equal(to_numpy(box), [POINTS.min(0), POINTS.max(0)])


def test_bounds_of_clouds() -> None:
    box = rc.bounds(POINTS)
    assert_same_bits([box], [np.stack([POINTS.min(0), POINTS.max(0)])])
    packed = rc.bounds(POINTS, offsets=[0, 30, 30, 80])
    assert packed.shape == (3, 2, 3)
    assert np.isnan(packed[1]).all()
    assert_same_bits(packed[[0, 2]], [rc.bounds(POINTS[:30]), rc.bounds(POINTS[30:])])
    padded = rc.bounds(POINTS.reshape(2, 40, 3), lengths=np.array([40, 3]))
    assert_same_bits(padded, [rc.bounds(POINTS[:40]), rc.bounds(POINTS[40:43])])
    table = np.concatenate([FEATURES, POINTS], 1)
    assert_same_bits([rc.bounds(table[:, 2:])], [box])


BAD: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "flat voxels": (
        ValueError,
        "voxel_size: expected finite",
        lambda: rc.voxelize_sparse(POINTS, 0),
    ),
    "no voxels": (TypeError, "voxel_size: .*None", lambda: rc.voxelize_sparse(POINTS, None)),
    "voxels too small": (
        ValueError,
        r"voxel_size: expected a grid of fewer than 2\^63",
        lambda: rc.voxelize_sparse(POINTS, 1e-300),
    ),
    "voxels that float32 has not": (
        ValueError,
        r"voxel_size: expected a grid of fewer than 2\^63",
        lambda: rc.voxelize_sparse(POINTS.astype("f4"), 1e-60),
    ),
    "origin": (
        ValueError,
        "origin: expected finite",
        lambda: rc.voxelize_sparse(POINTS, 1, origin=np.nan),
    ),
    "dims": (
        ValueError,
        "dims: expected at least 1",
        lambda: rc.voxelize_sparse(POINTS, 1, dims=(0, 1, 1)),
    ),
    "no rows": (ValueError, "capacity: .*got 0", lambda: rc.voxelize_sparse(POINTS, 1, capacity=0)),
    "half a row": (ValueError, "capacity", lambda: rc.voxelize_sparse(POINTS, 1, capacity=1.5)),
    "max_points": (
        ValueError,
        "max_points: .*at least 0; got -1",
        lambda: rc.voxelize_sparse(POINTS, 1, max_points=-1),
    ),
    "reduce": (
        ValueError,
        "reduce: expected one of 'max'.*'count'",
        lambda: rc.voxelize_sparse(POINTS, 1, reduce="count"),
    ),
    "features for nothing": (
        ValueError,
        "features: expected None without reduce and max_points",
        lambda: rc.voxelize_sparse(POINTS, 1, reduce=None, features=FEATURES),
    ),
    "features of other points": (
        ValueError,
        r"features: expected \[80,F\]",
        lambda: rc.voxelize_sparse(POINTS, 1, features=FEATURES[1:]),
    ),
    "offsets": (
        rc.InvalidDataError,
        "offsets: .*got 81",
        lambda: rc.voxelize_sparse(POINTS, 1, offsets=[0, 81]),
    ),
    "offsets of a given grid": (
        rc.InvalidDataError,
        "rc_voxelize_sparse: offsets: .*got 81",
        lambda: rc.voxelize_sparse(POINTS, 1, origin=0, dims=4, offsets=[0, 81]),
    ),
    "bounds of two columns": (ValueError, r"points: expected \[N,3\]", lambda: rc.bounds(FEATURES)),
    "bounds of a list": (TypeError, "points: expected an array", lambda: rc.bounds([[1.0, 2, 3]])),
    "bounds back": (
        rc.InvalidDataError,
        "offsets: .*got 1 at index 1",
        lambda: rc.bounds(POINTS, offsets=[3, 1]),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    error, message, call = BAD[case]
    with pytest.raises(error, match=message):
        call()
