# SPDX-License-Identifier: Apache-2.0
"""Defects that other libraries shipped on the GPU alone, one test each, named after the defect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from equality import assert_same_bits
from voxel_cases import FEATURE_REDUCTIONS, REDUCTIONS, features_of, points_near
from voxel_reference import Grid

import robocache as rc

if not rc.devices()[1]["available"]:
    pytest.skip(f"no CUDA device: {rc.devices()[1]['reason']}", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("first_device")

GRID = Grid((-0.64, 0.1, -3.0), (0.005, 0.16, 1 / 3), (40, 30, 20))


def _cuda(array: np.ndarray) -> Any:
    return pytest.importorskip("torch").from_numpy(array).cuda()


def _host(results: Any) -> list[Any]:
    """Arrays of a result on the host, the rest as it is."""
    return [each.cpu().numpy() if hasattr(each, "cpu") else each for each in results]


@pytest.mark.parametrize("reduce", FEATURE_REDUCTIONS)
@pytest.mark.parametrize("capacity", [None, 100])
def test_gpu_and_cpu_drop_different_points(reduce: str, capacity: int | None) -> None:
    """The lowest voxels and the first points of each, on both."""
    rng = np.random.default_rng(1)
    points = points_near(rng, GRID, 50_000, "float32")
    features = features_of(rng, 50_000, 3, "float32")
    results = [
        rc.voxelize_sparse(
            to_device(points),
            GRID.voxel_size,
            origin=GRID.origin,
            dims=GRID.dims,
            reduce=reduce,
            features=to_device(features),
            capacity=capacity,
            max_points=3,
        )
        for to_device in (np.asarray, _cuda)
    ]
    assert_same_bits(_host(results[1]), results[0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_that_are_no_numbers_land_in_voxel_0_on_the_gpu_only(dtype: Any, bad: float) -> None:
    points = np.full((4, 3), 0.5, dtype)
    points[np.arange(3), np.arange(3)] = bad
    got = rc.voxelize(_cuda(points), 0.0, 1.0, (2, 2, 2), reduce="count", stats=True)
    assert got.grid.ravel().tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert got.stats.ravel().tolist() == [0, 3, 0]


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("count", [0, 100])
def test_all_points_outside_launch_zero_blocks(reduce: str, count: int) -> None:
    """No points, or none inside, is a grid of empty voxels, and the context stays usable."""
    points = _cuda(np.full((count, 3), 5.0, np.float32))
    options = {"features": points, "fill_value": 7.0} if reduce in FEATURE_REDUCTIONS else {}
    got = rc.voxelize(points, 0.0, 1.0, (2, 3, 4), reduce=reduce, stats=True, **options)
    assert (got.grid == options.get("fill_value", 0)).all()
    assert got.stats.ravel().tolist() == [count, 0, 0]
    voxels = rc.voxelize_sparse(points, 1.0, origin=0.0, dims=(2, 3, 4), reduce=None)
    assert int(voxels.total) == 0
    assert (voxels.point_to_voxel == -1).all()
