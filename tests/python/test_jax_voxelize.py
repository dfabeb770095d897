# SPDX-License-Identifier: Apache-2.0
"""`voxelize` of `robocache.jax` inside traced code on the CPU."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from equality import assert_same_bits

import robocache as rc

jax = pytest.importorskip("jax")

import robocache.jax as rcj  # noqa: E402

RNG = np.random.default_rng(7)
POINTS = (RNG.normal(size=(3, 80, 3)) * 2).astype(np.float32)
POINTS[:, 5] = np.nan
FEATURES = RNG.normal(size=(3, 80, 4)).astype(np.float32)
GRID = ((-2.0, -2.0, -1.0), (0.5, 0.4, 1.0), (8, 9, 3))
OF_FEATURES = ("sum", "mean", "max", "min")


@pytest.fixture(autouse=True)
def on_the_cpu() -> Iterator[None]:
    with jax.default_device(jax.devices("cpu")[0]):
        yield


LAYOUTS: dict[str, tuple[np.ndarray, np.ndarray, dict[str, Any]]] = {
    "single": (POINTS[0], FEATURES[0], {}),
    "scalar": (POINTS[0], FEATURES[0, :, 1], {}),
    "rows": (POINTS, FEATURES, {"lengths": np.array([80, 0, 33])}),
    "packed": (POINTS[1], FEATURES[1], {"offsets": np.array([0, 20, 20, 70])}),
}


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("reduce", ["occupancy", "occupancy_bits", "count", *OF_FEATURES])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_jit_gives_equal_bits(layout: str, reduce: str, x64: bool) -> None:
    points, features, arrays = LAYOUTS[layout]
    options: dict[str, Any] = {"reduce": reduce, "counts": True, "stats": True}
    if reduce in OF_FEATURES:
        arrays = arrays | {"features": features}
        options |= {"fill_value": -1.5, "feature_bound": 9.0}
    expected = rc.voxelize(points, *GRID, **options, **arrays)
    with jax.enable_x64(x64):
        call = jax.jit(lambda points, arrays: rcj.voxelize(points, *GRID, **options, **arrays))
        got = call(points, arrays)
    assert isinstance(got, rc.Voxelized)
    assert all(isinstance(part, jax.Array) for part in got)
    assert got.stats.dtype == ("int64" if x64 else "int32")
    stats = np.asarray(got.stats).astype("int64")
    assert_same_bits([got.grid, got.counts, stats], expected)


def test_what_is_not_asked_for_is_none() -> None:
    points = POINTS[0]
    assert isinstance(rcj.voxelize(points, *GRID), jax.Array)
    got = rcj.voxelize(points, *GRID, stats=True)
    assert got.counts is None
    np.testing.assert_array_equal(got.stats, rc.voxelize(points, *GRID, stats=True).stats)
    got = rcj.voxelize(points, *GRID, counts=True, reduce="mean", dtype="float16")
    assert got.stats is None
    assert got.grid.dtype == np.float16


@pytest.mark.parametrize("reduce", OF_FEATURES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_grad_is_that_of_voxelize_backward(layout: str, reduce: str) -> None:
    points, features, arrays = LAYOUTS[layout]
    options = {"reduce": reduce, **arrays}
    shape = rc.voxelize(points, *GRID, features=features, **options).shape
    seed = RNG.normal(size=shape).astype(np.float32)

    @jax.jit
    @jax.grad
    def gradient(features: Any) -> Any:
        got = rcj.voxelize(points, *GRID, features=features, counts=True, **options)
        return (got.grid * seed).sum()

    expected = rc.voxelize_backward(seed, points, *GRID, features, **options)
    assert np.abs(expected).sum() > 0
    assert_same_bits([gradient(features)], [expected])


def test_points_that_are_the_features_have_their_gradient() -> None:
    points = POINTS[0]
    got = jax.grad(lambda given: rcj.voxelize(given, *GRID, reduce="sum").sum())(points)
    ones = np.ones((*GRID[2], 3), np.float32)
    inside = rc.voxelize_backward(ones, points, *GRID, points, reduce="sum")
    assert_same_bits([got], [inside])
    zero = jax.grad(
        lambda given: rcj.voxelize(given, *GRID, reduce="sum", features=FEATURES[0]).sum()
    )(points)
    np.testing.assert_array_equal(zero, 0)


def test_vmap_is_a_loop() -> None:
    call = functools.partial(rcj.voxelize, reduce="mean")
    mapped = jax.jit(jax.vmap(lambda points, features: call(points, *GRID, features=features)))(
        POINTS, FEATURES
    )
    expected = [
        rc.voxelize(points, *GRID, reduce="mean", features=features)
        for points, features in zip(POINTS, FEATURES, strict=True)
    ]
    assert_same_bits(mapped, expected)


def test_faults_are_told() -> None:
    for message, options in {
        "reduce: expected one of": {"reduce": "median"},
        "dims: expected at least 1": {"dims": 0},
        "voxel_size": {"voxel_size": -1.0},
    }.items():
        arguments = {"origin": 0.0, "voxel_size": 1.0, "dims": 4} | options
        with pytest.raises(Exception, match=message):
            jax.jit(lambda points, arguments=arguments: rcj.voxelize(points, **arguments))(
                POINTS[0]
            ).block_until_ready()
