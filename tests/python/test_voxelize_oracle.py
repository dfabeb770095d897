# SPDX-License-Identifier: Apache-2.0
"""Grids and voxels, against the words of voxelize.h in Python's integers, to the bit."""

import math
from fractions import Fraction

import exact
import numpy as np
import pytest
import voxel_reference as reference
from equality import assert_numbers
from hypothesis import given
from hypothesis import strategies as st
from voxel_cases import (
    FEATURE_REDUCTIONS,
    FEATURE_TYPES,
    POINT_TYPES,
    features_of,
    grids,
    points_near,
)
from voxel_reference import Grid

import robocache as rc

seeds = st.integers(0, 2**32 - 1)
names = st.sampled_from(POINT_TYPES)
feature_names = st.sampled_from(list(FEATURE_TYPES))
floats = st.sampled_from(["float16", "bfloat16", "float32", "float64"])
CUBE = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (2, 2, 2))


def arguments(grid):
    return grid.origin, grid.voxel_size, grid.dims


@given(grid=grids, seed=seeds, name=names, count=st.integers(0, 60))
def test_occupancy_count_and_stats(grid, seed, name, count):
    points = points_near(np.random.default_rng(seed), grid, count, name)
    for reduce in ("occupancy", "count"):
        expected, counts, stats = reference.dense(points, grid, reduce)
        got = rc.voxelize(points, *arguments(grid), reduce=reduce, counts=True, stats=True)
        assert got.grid.dtype == {"occupancy": np.uint8, "count": np.int32}[reduce]
        np.testing.assert_array_equal(got.grid, expected)
        np.testing.assert_array_equal(got.counts, counts)
        assert np.ravel(got.stats).tolist() == stats


@given(
    grid=grids,
    seed=seeds,
    name=names,
    feature_name=feature_names,
    reduce=st.sampled_from(FEATURE_REDUCTIONS),
    out=floats,
    bound=st.sampled_from([None, 1.0, 1e-3, 7.0, 1e30]),
    fill=st.sampled_from([0.0, -1.0, math.nan, 1 / 3]),
    channels=st.integers(1, 5),
)
def test_features(grid, seed, name, feature_name, reduce, out, bound, fill, channels):
    rng = np.random.default_rng(seed)
    points = points_near(rng, grid, rng.integers(0, 80), name)
    features = features_of(rng, len(points), channels, feature_name)
    if reduce in ("max", "min") or feature_name not in reference.BITS_OF_RANGE:
        bound = None
    got = rc.voxelize(
        points,
        *arguments(grid),
        reduce=reduce,
        features=features,
        feature_bound=bound,
        fill_value=fill,
        dtype=out,
        counts=True,
        stats=True,
    )
    expected, counts, stats = reference.dense(
        points, grid, reduce, features, bound or 0.0, fill, out
    )
    assert_numbers(got.grid, expected)
    np.testing.assert_array_equal(got.counts, counts)
    assert np.ravel(got.stats).tolist() == stats


@given(
    grid=grids,
    seed=seeds,
    name=names,
    feature_name=feature_names,
    reduce=st.sampled_from(FEATURE_REDUCTIONS),
    capacity=st.integers(1, 70),
    room=st.integers(1, 5),
    clouds=st.integers(1, 4),
)
def test_sparse(grid, seed, name, feature_name, reduce, capacity, room, clouds):
    """Packed clouds, some of them empty, into fewer rows than voxels or more."""
    rng = np.random.default_rng(seed)
    parts = [points_near(rng, grid, rng.integers(0, 40), name) for _ in range(clouds)]
    features = [features_of(rng, len(part), 3, feature_name) for part in parts]
    out = feature_name if feature_name in exact.FORMATS else "float32"
    got = rc.voxelize_sparse(
        np.concatenate(parts),
        grid.voxel_size,
        origin=grid.origin,
        dims=grid.dims,
        reduce=reduce,
        features=np.concatenate(features),
        offsets=np.cumsum([0, *map(len, parts)]),
        capacity=capacity,
        max_points=room,
        dtype=out,
    )
    expected = reference.sparse(parts, grid, capacity, reduce, features, room, out=out)
    assert int(got.total) == expected.total
    kept = len(expected.coords)
    assert got.coords[:kept].tolist() == [list(row) for row in expected.coords]
    assert got.counts[:kept].tolist() == expected.counts
    assert_numbers(got.features[:kept], expected.reduced)
    assert_numbers(got.points[:kept], expected.hard)
    assert got.points.dtype == features[0].dtype
    assert got.point_to_voxel.tolist() == expected.point_to_voxel
    assert np.reshape(got.stats, (-1, 3)).tolist() == expected.stats
    assert np.all(got.coords[kept:] == -1)
    assert not got.counts[kept:].any()


@given(grid=grids, seed=seeds, name=names)
def test_index_in_exact_fractions(grid, seed, name):
    """NumPy's own arithmetic, which all other tests trust: two roundings and a floor."""
    points = points_near(np.random.default_rng(seed), grid, 30, name)
    compute = "float64" if name == "float64" else "float32"
    floors = reference.cells(points, grid)
    for p, found in zip(points.astype(np.float64), floors.astype(np.float64), strict=True):
        for axis in range(3):
            if not math.isfinite(p[axis]):
                continue
            origin = exact.rounded(grid.origin[axis], compute)
            size = exact.rounded(grid.voxel_size[axis], compute)
            difference = exact.subtract(p[axis], origin, compute)
            if math.isfinite(difference):
                quotient = exact.round_to(Fraction(difference) / Fraction(size), compute)
                expected = math.floor(quotient) if math.isfinite(quotient) else quotient
                assert found[axis] == expected


@given(
    seed=seeds,
    feature_name=st.sampled_from(list(reference.BITS_OF_RANGE)),
    channels=st.integers(1, 3),
)
def test_mean_is_within_the_bound_of_the_header(seed, feature_name, channels):
    """2^-38 R for 32 bits, 2^-62 R for 64, before float64 rounds the quotient and the sum."""
    rng = np.random.default_rng(seed)
    features = features_of(rng, 50, channels, feature_name, wild=False)
    points = rng.uniform(0, 2, (50, 3))
    got = rc.voxelize(points, *arguments(CUBE), reduce="mean", features=features, dtype="float64")
    cloud = reference.locate(points, CUBE)
    bits = reference.BITS_OF_RANGE[feature_name]
    for c, column in enumerate(features.astype(np.float64).T.tolist()):
        largest = max(map(abs, column))
        for cell, members in cloud.points_of.items():
            true = sum(Fraction(column[i]) for i in members) / len(members)
            found = Fraction(float(got[(*cell, c)]))
            roundings = abs(true) * Fraction(2) ** -51 + Fraction(2) ** -1073
            assert abs(found - true) <= Fraction(largest) * Fraction(2) ** -bits + roundings


@given(
    seed=seeds,
    feature_name=st.sampled_from(["uint8", "int16", "float16"]),
    out=floats,
)
def test_narrow_features_are_summed_exactly(seed, feature_name, out):
    rng = np.random.default_rng(seed)
    features = features_of(rng, 60, 2, feature_name, wild=False)
    points = rng.uniform(0, 2, (60, 3)).astype(np.float32)
    got = rc.voxelize(points, *arguments(CUBE), reduce="sum", features=features, dtype=out)
    for cell, members in reference.locate(points, CUBE).points_of.items():
        for c in range(2):
            true = sum(Fraction(float(features[i, c])) for i in members)
            assert float(got[(*cell, c)]) == exact.round_to(true, out)


@given(
    grid=grids,
    seed=seeds,
    name=names,
    feature_name=st.sampled_from(["float16", "float32", "float64"]),
    reduce=st.sampled_from(FEATURE_REDUCTIONS),
)
def test_backward(grid, seed, name, feature_name, reduce):
    """Few different features, so that the greatest one is there twice; NaN of both signs too."""
    rng = np.random.default_rng(seed)
    points = points_near(rng, grid, 50, name)
    kinds = [-2.0, -1.0, 1.0, 0.0, -0.0, *([math.nan, -math.nan] if seed % 2 else [])]
    features = rng.choice(kinds, (50, 3)).astype(feature_name)
    grad = rng.normal(size=(*grid.dims, 3)).astype(feature_name)
    got = rc.voxelize_backward(grad, points, *arguments(grid), reduce=reduce, features=features)
    expected = reference.backward(grad, points, grid, reduce, features, feature_name)
    assert got.dtype == features.dtype
    assert_numbers(got, expected)


@given(grid=grids, seed=seeds, name=names, clouds=st.integers(1, 4))
def test_bounds(grid, seed, name, clouds):
    rng = np.random.default_rng(seed)
    parts = [points_near(rng, grid, rng.integers(0, 9), name) for _ in range(clouds)]
    offsets = np.cumsum([0, *map(len, parts)])
    got = rc.bounds(np.concatenate(parts), offsets=offsets)
    assert got.dtype == name
    assert got.shape == (clouds, 2, 3)
    np.testing.assert_array_equal(got, [reference.bounds(part) for part in parts])


class TestAccumulate:
    """A cloud in one call and in parts."""

    GRID = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (3, 3, 3))

    @staticmethod
    def parts(seed, feature_name, channels=2):
        rng = np.random.default_rng(seed)
        points = rng.uniform(-0.5, 3.5, (90, 3)).astype(np.float32)
        features = features_of(rng, 90, channels, feature_name, wild=False)
        cuts = np.sort(rng.integers(0, 91, 2))
        return points, features, np.split(points, cuts), np.split(features, cuts)

    def streamed(self, parts, features, reduce, **options):
        grid = counts = None
        for k, points in enumerate(parts):
            made = rc.voxelize(
                points,
                *arguments(self.GRID),
                reduce=reduce,
                features=None if features is None else features[k],
                out=grid,
                accumulate=grid is not None,
                counts=True if counts is None else counts,
                **options,
            )
            grid, counts = made.grid, made.counts
        return grid, counts

    @given(seed=seeds, reduce=st.sampled_from(["occupancy", "count"]))
    def test_of_points(self, seed, reduce):
        points, _, parts, _ = self.parts(seed, "float32")
        grid, counts = self.streamed(parts, None, reduce)
        whole = rc.voxelize(points, *arguments(self.GRID), reduce=reduce, counts=True)
        np.testing.assert_array_equal(grid, whole.grid)
        np.testing.assert_array_equal(counts, whole.counts)

    @given(seed=seeds, reduce=st.sampled_from(["max", "min"]), name=feature_names)
    def test_of_extremes(self, seed, reduce, name):
        points, features, parts, feature_parts = self.parts(seed, name)
        grid, counts = self.streamed(parts, feature_parts, reduce, fill_value=3)
        whole = rc.voxelize(
            points,
            *arguments(self.GRID),
            reduce=reduce,
            features=features,
            fill_value=3,
            counts=True,
        )
        assert_numbers(grid, whole.grid)
        np.testing.assert_array_equal(counts, whole.counts)

    @given(seed=seeds, reduce=st.sampled_from(["sum", "mean"]))
    def test_of_sums(self, seed, reduce):
        """Into float64 each call rounds to 53 bits; small integers lose nothing."""
        rng = np.random.default_rng(seed)
        points, _, parts, _ = self.parts(seed, "float32")
        features = rng.integers(-128, 127, (90, 2)).astype(np.float32)
        cuts = np.cumsum([len(part) for part in parts])[:-1]
        grid, counts = self.streamed(
            parts, np.split(features, cuts), reduce, dtype="float64", feature_bound=128.0
        )
        whole = rc.voxelize(
            points,
            *arguments(self.GRID),
            reduce=reduce,
            features=features,
            dtype="float64",
            feature_bound=128.0,
            counts=True,
        )
        np.testing.assert_array_equal(counts, whole.counts)
        if reduce == "sum":
            np.testing.assert_array_equal(grid, whole.grid)
        else:
            np.testing.assert_allclose(grid, whole.grid, rtol=1e-14, atol=1e-13)

    def test_mean_weighs_the_old_mean_by_the_old_count(self):
        grid = np.full((1, 1, 1, 1), 2.0, np.float32)
        counts = np.full((1, 1, 1), 3, np.int32)
        rc.voxelize(
            np.full((2, 3), 0.5),
            0,
            1,
            (1, 1, 1),
            reduce="mean",
            features=np.array([[4.0], [5.0]], np.float32),
            out=grid,
            accumulate=True,
            counts=counts,
        )
        assert grid.item() == np.float32((2 * 3 + 9) / 5)
        assert counts.item() == 5

    @pytest.mark.parametrize("reduce", FEATURE_REDUCTIONS)
    def test_what_a_voxel_without_a_count_holds_is_not_read(self, reduce):
        """NaN in all voxels: gone where a point comes, left alone elsewhere."""
        grid = np.full((2, 1, 1, 1), np.nan, np.float32)
        counts = np.zeros((2, 1, 1), np.int32)
        rc.voxelize(
            np.full((1, 3), 0.5),
            0,
            1,
            (2, 1, 1),
            reduce=reduce,
            features=np.full((1, 1), -7.0, np.float32),
            out=grid,
            accumulate=True,
            counts=counts,
        )
        assert grid[0].item() == -7.0
        assert math.isnan(grid[1].item())
        assert counts.ravel().tolist() == [1, 0]
