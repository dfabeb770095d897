# SPDX-License-Identifier: Apache-2.0
"""What holds for any cloud: to the bit, whatever its order, cuts, memory, and who does the work."""

from itertools import product

import numpy as np
import pytest
from equality import assert_same_bits
from hypothesis import given
from hypothesis import strategies as st
from voxel_cases import (
    FEATURE_REDUCTIONS,
    FEATURE_TYPES,
    POINT_TYPES,
    REDUCTIONS,
    features_of,
    points_near,
)
from voxel_reference import Grid

import robocache as rc

CONTEXTS = {
    "one thread": rc.Context("cpu", 1),
    "two threads": rc.Context("cpu", 2),
    "seven threads": rc.Context("cpu", 7),
    "baseline": rc.Context("cpu", 1, simd="baseline"),
    "three threads, baseline": rc.Context("cpu", 3, simd="baseline"),
}
GRID = Grid((-0.64, 0.1, -3.0), (0.005, 0.16, 1 / 3), (40, 30, 20))
seeds = st.integers(0, 2**32 - 1)


def cloud(seed, name="float32", feature_name="float32", count=20_000, channels=3, grid=GRID):
    rng = np.random.default_rng(seed)
    return points_near(rng, grid, count, name), features_of(rng, count, channels, feature_name)


def dense(points, features, reduce, grid=GRID, counts=True, **options):
    options |= {"features": features} if reduce in FEATURE_REDUCTIONS else {}
    return rc.voxelize(
        points,
        grid.origin,
        grid.voxel_size,
        grid.dims,
        reduce=reduce,
        counts=counts,
        stats=True,
        **options,
    )


def sparse(points, features, reduce="mean", grid=GRID, **options):
    return rc.voxelize_sparse(
        points,
        grid.voxel_size,
        origin=grid.origin,
        dims=grid.dims,
        reduce=reduce,
        features=features,
        **options,
    )


@pytest.mark.parametrize(
    ("reduce", "feature_name"),
    [("occupancy", "uint8"), ("count", "uint8"), *product(FEATURE_REDUCTIONS, FEATURE_TYPES)],
)
@pytest.mark.parametrize("name", POINT_TYPES)
def test_order_threads_and_simd_change_no_bit(reduce, name, feature_name):
    points, features = cloud(1, name, feature_name)
    expected = dense(points, features, reduce, context=CONTEXTS["one thread"])
    for seed, context in enumerate(CONTEXTS.values()):
        order = np.random.default_rng(seed).permutation(len(points))
        got = dense(points[order], features[order], reduce, context=context)
        assert_same_bits(got, expected)


@pytest.mark.parametrize("reduce", FEATURE_REDUCTIONS)
@pytest.mark.parametrize("capacity", [100, 50_000])
@pytest.mark.parametrize("feature_name", ["float16", "float32", "float64", "uint8"])
def test_order_threads_and_simd_change_no_bit_of_voxels(reduce, capacity, feature_name):
    """But for which points a hard voxel holds: the first ones, whatever does the work."""
    points, features = cloud(2, "float32", feature_name)
    options = {"capacity": capacity, "max_points": 3}
    expected = sparse(points, features, reduce, context=CONTEXTS["one thread"], **options)
    for seed, context in enumerate(CONTEXTS.values()):
        got = sparse(points, features, reduce, context=context, **options)
        assert_same_bits(got, expected)
        order = np.random.default_rng(seed).permutation(len(points))
        got = sparse(points[order], features[order], reduce, context=context, capacity=capacity)
        for field in ("coords", "features", "counts", "total", "stats"):
            assert_same_bits([getattr(got, field)], [getattr(expected, field)])
        np.testing.assert_array_equal(got.point_to_voxel, expected.point_to_voxel[order])


@pytest.mark.parametrize("reduce", FEATURE_REDUCTIONS)
def test_threads_and_simd_change_no_bit_of_the_gradient(reduce):
    points, features = cloud(3)
    grad = np.random.default_rng(3).normal(size=(*GRID.dims, 3)).astype(np.float32)
    found = [
        rc.voxelize_backward(
            grad,
            points,
            GRID.origin,
            GRID.voxel_size,
            GRID.dims,
            reduce=reduce,
            features=features,
            context=context,
        )
        for context in CONTEXTS.values()
    ]
    assert_same_bits(found, [found[0]] * len(found))


@given(
    seed=seeds,
    reduce=st.sampled_from(REDUCTIONS),
    feature_name=st.sampled_from(list(FEATURE_TYPES)),
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=5),
)
def test_clouds_together_are_clouds_alone(seed, reduce, feature_name, lengths):
    """Packed, padded to [B,N,3] with lengths, and one call each."""
    grid = Grid((0.0, 0.0, 0.0), (0.5, 1.0, 2.0), (4, 3, 2))
    rng = np.random.default_rng(seed)
    points, features = cloud(seed, "float32", feature_name, sum(lengths), grid=grid)
    offsets = np.cumsum([0, *lengths])
    packed = dense(points, features, reduce, grid, offsets=offsets)
    padded = np.full((len(lengths), max(lengths) + 2, 3), 0.1, np.float32)
    padded_features = rng.integers(1, 100, (*padded.shape[:2], 3)).astype(features.dtype)
    for b, n in enumerate(lengths):
        padded[b, :n] = points[offsets[b] : offsets[b + 1]]
        padded_features[b, :n] = features[offsets[b] : offsets[b + 1]]
    assert_same_bits(
        dense(padded, padded_features, reduce, grid, lengths=np.array(lengths)), packed
    )
    for b in range(len(lengths)):
        part = slice(offsets[b], offsets[b + 1])
        alone = dense(points[part], features[part], reduce, grid)
        assert_same_bits([alone.grid, alone.counts], [packed.grid[b], packed.counts[b]])
        assert np.ravel(alone.stats).tolist() == packed.stats[b].tolist()


@given(
    seed=seeds,
    reduce=st.sampled_from(FEATURE_REDUCTIONS),
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=5),
)
def test_voxels_of_clouds_together_are_those_of_clouds_alone(seed, reduce, lengths):
    grid = Grid((0.0, 0.0, 0.0), (0.5, 1.0, 2.0), (4, 3, 2))
    points, features = cloud(seed, count=sum(lengths), grid=grid)
    offsets = np.cumsum([0, *lengths])
    options = {"capacity": 200, "max_points": 2}
    packed = sparse(points, features, reduce, grid, offsets=offsets, **options)
    row = 0
    for b in range(len(lengths)):
        part = slice(offsets[b], offsets[b + 1])
        alone = sparse(points[part], features[part], reduce, grid, **options)
        rows = slice(row, row + int(alone.total))
        voxels = slice(0, int(alone.total))
        assert np.all(packed.coords[rows, 0] == b)
        np.testing.assert_array_equal(packed.coords[rows, 1:], alone.coords[voxels, 1:])
        for field in ("features", "counts", "points"):
            assert_same_bits([getattr(packed, field)[rows]], [getattr(alone, field)[voxels]])
        own = alone.point_to_voxel
        np.testing.assert_array_equal(packed.point_to_voxel[part], np.where(own < 0, -1, own + row))
        row = rows.stop
    assert row == int(packed.total)


@given(seed=seeds, cuts=st.lists(st.integers(0, 2000), max_size=4).map(sorted))
def test_a_bounded_sum_does_not_depend_on_how_a_cloud_is_cut(seed, cuts):
    """As long as float64 holds the partial sums, which 24-bit features in few voxels grant."""
    rng = np.random.default_rng(seed)
    grid = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (2, 2, 2))
    points = rng.uniform(0, 2, (2000, 3)).astype(np.float32)
    features = np.ldexp(rng.integers(-(2**23), 2**23, (2000, 2)), -23).astype(np.float32)
    whole = dense(points, features, "sum", grid, feature_bound=1.0, dtype="float64")
    out, counts = np.zeros_like(whole.grid), np.zeros_like(whole.counts)
    for part, rows in zip(np.split(points, cuts), np.split(features, cuts), strict=True):
        dense(part, rows, "sum", grid, feature_bound=1.0, out=out, counts=counts, accumulate=True)
    assert_same_bits([out, counts], whole[:2])


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_views_and_memory_orders_change_no_bit(reduce, order):
    """Points and features of one array, unpacked by slices; a grid in another order of memory."""
    points, features = cloud(4, channels=2)
    table = np.concatenate([points, features], axis=1)
    expected = dense(points, features, reduce)
    shape = expected.grid.shape
    memory = np.zeros([shape[axis] for axis in (*order, 3)[: len(shape)]], expected.grid.dtype)
    out = memory.transpose([*np.argsort(order), 3][: len(shape)])
    counts = np.zeros(GRID.dims[::-1], np.int32).transpose()
    got = dense(table[:, :3], table[:, 3:], reduce, out=out, counts=counts)
    assert got.grid is out
    assert_same_bits(got, expected)
    every_second = np.repeat(table, 2, axis=0)[::2]
    assert_same_bits(dense(every_second[:, :3], every_second[:, 3:], reduce), expected)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_float16_points_are_their_float32_values(reduce):
    points, features = cloud(5, "float16")
    assert_same_bits(
        dense(points, features, reduce), dense(points.astype(np.float32), features, reduce)
    )


@given(seed=seeds, reduce=st.sampled_from(FEATURE_REDUCTIONS))
def test_voxels_are_the_occupied_ones_of_the_grid(seed, reduce):
    """Sparse and dense tell one story, and the map sends each point to the voxel it is in."""
    grid = Grid((0.0, -1.0, 0.1), (0.16, 1 / 3, 1.0), (4, 4, 4))
    points, features = cloud(seed, count=50, grid=grid)
    of_grid = dense(points, features, reduce, grid)
    voxels = sparse(points, features, reduce, grid, capacity=100)
    kept = int(voxels.total)
    where = tuple(voxels.coords[:kept, 1:].T)
    np.testing.assert_array_equal(np.argwhere(of_grid.counts), voxels.coords[:kept, 1:])
    np.testing.assert_array_equal(of_grid.counts[where], voxels.counts[:kept])
    assert_same_bits([voxels.features[:kept]], [of_grid.grid[where]])
    left_out = np.asarray(voxels.point_to_voxel) < 0
    assert left_out.sum() == np.sum(of_grid.stats)
    np.testing.assert_array_equal(
        np.bincount(voxels.point_to_voxel[~left_out], minlength=kept), voxels.counts[:kept]
    )


@given(seed=seeds, feature_name=st.sampled_from(["float32", "float64", "bfloat16"]))
def test_scaling_features_by_a_power_of_two_scales_the_result(seed, feature_name):
    """The units follow the range of the features: nothing is lost at any magnitude."""
    rng = np.random.default_rng(seed)
    grid = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (2, 2, 2))
    points = rng.uniform(0, 2, (40, 3))
    features = rng.uniform(-1, 1, (40, 2)).astype(FEATURE_TYPES[feature_name])
    power = int(rng.integers(-90, 90))
    for reduce in ("sum", "mean"):
        one = dense(points, features, reduce, grid, dtype="float64").grid
        scaled = np.ldexp(features.astype(np.float64), power).astype(features.dtype)
        other = dense(points, scaled, reduce, grid, dtype="float64").grid
        np.testing.assert_array_equal(other, np.ldexp(one, power))


@given(seed=seeds, cells=st.tuples(*[st.integers(-8, 8)] * 3))
def test_moving_cloud_and_grid_by_whole_voxels_changes_nothing(seed, cells):
    """On a lattice of powers of two, where every sum is exact."""
    rng = np.random.default_rng(seed)
    points = rng.integers(-40, 80, (60, 3)) / 8
    features = rng.normal(size=(60, 2))
    shift = np.array(cells) * 0.5
    grids = [Grid(tuple(o), (0.5, 0.5, 0.5), (6, 7, 8)) for o in (np.zeros(3), shift)]
    one, other = (dense(points + grid.origin, features, "mean", grid) for grid in grids)
    assert_same_bits(other, one)
