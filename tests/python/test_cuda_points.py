# SPDX-License-Identifier: Apache-2.0
"""Points, voxels and distance fields on a GPU: equal to the CPU to the bit, through Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scenes
from equality import assert_same_bits
from voxel_cases import FEATURE_REDUCTIONS, POINT_TYPES, REDUCTIONS, features_of, points_near
from voxel_reference import Grid

import robocache as rc


def _gpu() -> str:
    try:
        rc.Context("cuda").close()
    except rc.BackendUnavailableError as error:
        return str(error)
    return ""


pytestmark = [
    pytest.mark.skipif(_gpu() != "", reason=_gpu()),
    pytest.mark.usefixtures("first_device"),
]

GRID = Grid((-0.64, 0.1, -3.0), (0.005, 0.16, 1 / 3), (40, 30, 20))


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def _cloud(name: str, feature_name: str, count: int = 50_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return points_near(rng, GRID, count, name), features_of(rng, count, 3, feature_name)


def _host(results: Any) -> list[Any]:
    """Arrays of a result on the host; None and plain numbers as they are."""
    return [each.cpu().numpy() if hasattr(each, "cpu") else each for each in results]


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("name", POINT_TYPES)
@pytest.mark.parametrize("feature_name", ["float16", "float32", "float64", "uint8", "int16"])
def test_gpu_and_cpu_reduce_alike(torch: Any, reduce: str, name: str, feature_name: str) -> None:
    points, features = _cloud(name, feature_name)
    arguments = (GRID.origin, GRID.voxel_size, GRID.dims)
    results = []
    for to_device in (np.asarray, lambda array: torch.from_numpy(array).cuda()):
        options = {"features": to_device(features)} if reduce in FEATURE_REDUCTIONS else {}
        results.append(
            rc.voxelize(
                to_device(points), *arguments, reduce=reduce, counts=True, stats=True, **options
            )
        )
    assert_same_bits(_host(results[1]), results[0])


@pytest.mark.parametrize("reduce", FEATURE_REDUCTIONS)
@pytest.mark.parametrize("capacity", [None, 100])
def test_gpu_and_cpu_drop_different_points(torch: Any, reduce: str, capacity: int | None) -> None:
    """The lowest voxels and the first points of each, on both."""
    points, features = _cloud("float32", "float32")
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
        for to_device in (np.asarray, lambda array: torch.from_numpy(array).cuda())
    ]
    assert_same_bits(_host(results[1]), results[0])


def test_gpu_and_cpu_bound_alike(torch: Any) -> None:
    points, _ = _cloud("float32", "float32")
    offsets = np.array([0, 7, 7, 30_000])
    got = rc.bounds(torch.from_numpy(points).cuda(), offsets=torch.from_numpy(offsets).cuda())
    assert_same_bits(_host([got]), [rc.bounds(points, offsets=offsets)])


@pytest.mark.parametrize("weighting", ["constant", "inverse_square", "dropoff"])
def test_gpu_and_cpu_integrate_alike(torch: Any, weighting: str) -> None:
    """Depth images, points along rays, and the surface."""
    camera = scenes.pinhole(60, 80, 70.0)
    poses = np.stack([scenes.look_at(eye) for eye in scenes.eyes(1.5)[::5]])
    depth = np.stack([scenes.sphere_depth(0.5, camera, pose, 60, 80) for pose in poses])
    color = np.random.default_rng(1).integers(0, 256, (*depth.shape, 3)).astype(np.uint8)
    points, _ = scenes.on_sphere(2000, 0.5)
    volumes, surfaces = [], []
    for like, to_device in (
        (None, np.asarray),
        (torch.empty(0, device="cuda"), lambda array: torch.from_numpy(array).cuda()),
    ):
        volume = rc.TsdfVolume(
            -0.7, 0.02, (70, 70, 70), truncation=0.06, color=True, weighting=weighting, like=like
        )
        volume.integrate(to_device(depth), camera, poses, color=to_device(color))
        volume.integrate_points(to_device(points), sensor_origins=[2.0, 1.0, 0.5])
        volumes.append(_host([volume.tsdf, volume.weight, volume.color]))
        surfaces.append(_host(volume.extract_points(normals=True)))
    assert_same_bits(volumes[1], volumes[0])
    assert len(surfaces[0][0]) > 1000
    assert_same_bits(surfaces[1], surfaces[0])


def test_gpu_and_cpu_see_the_same_points(torch: Any) -> None:
    camera, pose = scenes.pinhole(60, 80, 70.0), scenes.look_at((1.0, 2.0, 0.5))
    depth = scenes.sphere_depth(0.5, camera, pose, 60, 80)
    got = rc.depth_to_points(torch.from_numpy(depth).cuda(), camera, pose)
    assert_same_bits(_host([got]), [rc.depth_to_points(depth, camera, pose)])
