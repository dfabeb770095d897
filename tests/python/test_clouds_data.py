# SPDX-License-Identifier: Apache-2.0
"""Real clouds, not part of the project, found in the folder that ROBOCACHE_DATA names: their grids
against the words of voxelize.h, their fields against tsdf.h."""

from __future__ import annotations

import os
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tsdf_reference
import voxel_reference as reference
from equality import assert_numbers
from voxel_reference import Grid

import robocache as rc
from robocache.clouds import Cloud, read_cloud

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ROBOCACHE_DATA", ROOT / ".." / "shared" / "data"))
CAPTURES = ("ouster_os0.pcap", "ouster_os1.pcap")
NAMES = ("room_scan1.pcd", "learn0.pcd", "csite1_utm.pcd", "car_cloud400.csv", *CAPTURES)


@cache
def cloud(name: str) -> Cloud:
    if not (DATA / name).is_file():
        pytest.skip(f"{name} is not in {DATA}: set ROBOCACHE_DATA")
    if name.endswith(".pcd"):
        pytest.importorskip("pypcd4")
    return read_cloud(DATA / name)


def grid_about(points: np.ndarray, voxels: int) -> Grid:
    """About the middle nine tenths of a cloud: some points lie outside, no number is round."""
    low, high = np.nanquantile(points.astype(np.float64), [0.05, 0.95], axis=0)
    edges = (high - low) / voxels
    return Grid(tuple(low), tuple(edges), (voxels, voxels, voxels // 2))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cells_are_numpy(name: str, dtype: str) -> None:
    """Each point of each cloud, in fine voxels."""
    points = cloud(name).points.astype(dtype)
    grid = grid_about(points, 700)
    voxels = rc.voxelize_sparse(
        points,
        grid.voxel_size,
        origin=grid.origin,
        dims=grid.dims,
        reduce=None,
        capacity=len(points),
    )
    floors = reference.cells(points, grid)
    with np.errstate(invalid="ignore"):
        inside = ((floors >= 0) & (floors < np.array(grid.dims, np.float64))).all(axis=1)
    rows = np.asarray(voxels.point_to_voxel)
    np.testing.assert_array_equal(rows >= 0, inside)
    np.testing.assert_array_equal(voxels.coords[rows[inside], 1:], floors[inside].astype(int))
    finite = np.isfinite(points).all(axis=1)
    assert np.ravel(voxels.stats).tolist() == [
        np.count_nonzero(finite & ~inside),
        np.count_nonzero(~finite),
        0,
    ]
    assert 0.3 < inside.mean() < 1


@pytest.mark.parametrize("name", NAMES)
def test_every_reduction_is_exact(name: str) -> None:
    """Every tenth point; its own coordinates as features."""
    points = cloud(name).points[::10]
    grid = grid_about(points, 20)
    for reduce in ("occupancy", "count"):
        expected, counts, stats = reference.dense(points, grid, reduce)
        got = rc.voxelize(
            points,
            grid.origin,
            grid.voxel_size,
            grid.dims,
            reduce=reduce,
            counts=True,
            stats=True,
        )
        np.testing.assert_array_equal(got.grid, expected)
        np.testing.assert_array_equal(got.counts, counts)
        assert np.ravel(got.stats).tolist() == stats
    for reduce in ("sum", "mean", "max", "min"):
        expected, _, _ = reference.dense(points, grid, reduce, points, out="float32")
        got = rc.voxelize(
            points,
            grid.origin,
            grid.voxel_size,
            grid.dims,
            reduce=reduce,
            features=points,
            dtype="float32",
        )
        assert_numbers(got, expected)


@pytest.mark.parametrize("name", NAMES)
def test_bounds(name: str) -> None:
    points = cloud(name).points
    np.testing.assert_array_equal(rc.bounds(points), reference.bounds(points))


def test_room_scan1_has_each_point_twice() -> None:
    points = cloud("room_scan1.pcd").points
    assert points.shape == (112586, 3)
    features = np.arange(len(points), dtype=np.float64)[:, None]
    voxels = rc.voxelize_sparse(points, 0.05, features=features, reduce="min")
    other = rc.voxelize_sparse(
        np.unique(points, axis=0), 0.05, features=np.zeros((56159, 1)), reduce="min"
    )
    np.testing.assert_array_equal(voxels.coords, other.coords)
    assert voxels.counts.sum() == 112586
    assert other.counts.sum() == 56159


def test_learn0_counts_what_the_camera_did_not_see() -> None:
    points = cloud("learn0.pcd").points
    got = rc.voxelize(points, (-1, -1, 0), 0.01, (200, 200, 200), reduce="count", stats=True)
    assert np.ravel(got.stats).tolist() == [0, 124908, 0]
    assert got.grid.sum() == 182292


def test_csite1_utm_in_float32_and_float64() -> None:
    """Northings step by 0.5 m, and an origin is rounded to such a step: the grid of float32 points
    stands 0.2 m off. In float64 it stands where it was asked for; both are NumPy's."""
    points = cloud("csite1_utm.pcd").points
    assert points.dtype == np.float32
    origin, edge, dims = (512049.0, 5403059.3, 247.0), 0.4, (2800, 2700, 450)
    assert np.float32(origin[1]) == 5403059.5
    rows = []
    for dtype in (np.float32, np.float64):
        voxels = rc.voxelize_sparse(
            points.astype(dtype),
            edge,
            origin=origin,
            dims=dims,
            reduce=None,
            capacity=len(points),
        )
        found = np.asarray(voxels.point_to_voxel)
        floors = reference.cells(points.astype(dtype), Grid(origin, (edge,) * 3, dims))
        np.testing.assert_array_equal(voxels.coords[found, 1:], floors)
        rows.append(voxels.coords[found, 2])
    assert (rows[0] != rows[1]).mean() > 0.4
    for northings in rows:
        assert len(np.unique(northings)) <= 2082


def test_csite1_utm_means_in_the_bound_of_the_header() -> None:
    """float32 features of 5.4e6: a mean is within 2^-38 of that, 0.02 mm, of the exact one."""
    points = cloud("csite1_utm.pcd").points[::50]
    voxels = rc.voxelize_sparse(points.astype(np.float64), 50.0, features=points, dtype="float64")
    rows = np.asarray(voxels.point_to_voxel)
    largest = np.abs(points).max(axis=0).astype(np.float64)
    for row in range(0, int(voxels.total), 10):
        members = points[rows == row]
        for c in range(3):
            true = sum(map(Fraction, members[:, c].tolist())) / len(members)
            error = abs(Fraction(float(voxels.features[row, c])) - true)
            assert error <= Fraction(float(largest[c])) * Fraction(1, 2**38) + Fraction(1, 2**30)


class TestCar:
    """A lidar's view of cars on a street, with normals."""

    @pytest.fixture
    def car(self) -> tuple[np.ndarray, np.ndarray]:
        read = cloud("car_cloud400.csv")
        return read.points, read.normals

    def test_field_of_a_part(self, car: tuple[np.ndarray, np.ndarray]) -> None:
        points, normals = car
        grid = Grid((-6.0, 0.0, -2.0), (0.4, 0.3, 0.25), (12, 14, 10))
        near = ((points > grid.origin) & (points < np.array(grid.origin) + 4)).all(axis=1)
        points, normals = points[near][:400], normals[near][:400]
        assert len(points) > 100
        volume = rc.TsdfVolume(grid.origin, grid.voxel_size, grid.dims, truncation=0.6)
        volume.integrate_points(points, normals=normals)
        expected = tsdf_reference.empty(grid.dims)
        tsdf_reference.from_points(expected, points, grid, 0.6, normals=normals)
        sure = ~expected.doubtful
        np.testing.assert_allclose(volume.weight[sure], expected.weight[sure], rtol=1e-6)
        seen = sure & (expected.weight > 0)
        assert seen.sum() > 100
        np.testing.assert_allclose(volume.tsdf[seen], expected.tsdf[seen], atol=2e-5)

    def test_surface(self, car: tuple[np.ndarray, np.ndarray]) -> None:
        """A crossing lies between two voxels that lines of points pass: no farther from a point
        than the truncation, half a diagonal of a voxel and half an edge; most much nearer."""
        points, normals = car
        edge, low = 0.2, np.array([-15.0, -15.0, -3.0])
        near = ((points > low) & (points < -low)).all(axis=1)
        volume = rc.TsdfVolume(low, edge, (150, 150, 30), truncation=1.5 * edge)
        volume.integrate_points(points[near], normals=normals[near])
        surface = volume.extract_points(normals=True)
        assert len(surface.points) > 5000
        spatial = pytest.importorskip("scipy.spatial")
        away, _ = spatial.KDTree(points[near]).query(surface.points)
        assert away.max() < (1.5 + np.sqrt(3) / 2 + 0.5) * edge
        assert np.median(away) < 0.6 * edge
        length = np.linalg.norm(surface.normals, axis=1)
        np.testing.assert_allclose(length[length > 0], 1, atol=1e-6)


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_keep_every_return(name: str) -> None:
    points = cloud(name).points
    assert len(points) == {"ouster_os0.pcap": 97299, "ouster_os1.pcap": 322536}[name]
    got = rc.voxelize(points, -256.0, 1.0, (512, 512, 512), reduce="count", stats=True)
    assert got.grid.sum() == len(points)


def test_deskewed_scans_lie_on_each_other() -> None:
    """Three scans of a sensor that drives, with one pose each: the surfaces of one scan lie nearer
    to those of the next when each point is taken to the world by the pose of its own moment."""
    spatial = pytest.importorskip("scipy.spatial")
    capture = cloud("ouster_os1.pcap")
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[:, :3] = np.loadtxt(DATA / "ouster_os1_poses.txt").reshape(3, 3, 4)
    scan = capture.features["scan"]
    away = np.linalg.norm(capture.points, axis=1)
    near = (away > 3) & (away < 30)
    middle = [int(np.median(np.unique(capture.stamps[scan == index]))) for index in range(3)]
    points = capture.points.astype(np.float64)
    deskewed = rc.deskew(points, capture.stamps, middle, poses, outside="extrapolate")
    skewed = (poses[scan, :3, :3] @ points[:, :, None])[..., 0] + poses[scan, :3, 3]

    def between(world: np.ndarray, first: int) -> float:
        """Median distance from points of a scan to the planes through the one before."""
        before, after = (world[near & (scan == index)] for index in (first, first + 1))
        after = after[::7]
        around = before[spatial.KDTree(before).query(after, k=12)[1]]
        centres = around.mean(axis=1)
        spread = around - centres[:, None]
        extents, axes = np.linalg.eigh(spread.transpose(0, 2, 1) @ spread / 12)
        flat = (extents[:, 0] < 1e-3) & (extents[:, 1] > 10 * extents[:, 0])
        flat &= np.linalg.norm(spread, axis=2).max(axis=1) < 1
        assert flat.sum() > 5000
        return float(np.median(np.abs(((after - centres) * axes[:, :, 0]).sum(axis=1))[flat]))

    for first in (0, 1):
        assert between(deskewed, first) < 0.97 * between(skewed, first)
    # To the sensor of one moment and by its pose to the world is the same.
    there = rc.deskew(
        points,
        capture.stamps,
        middle,
        poses,
        outside="extrapolate",
        reference_time=middle[1],
    )
    world = there @ poses[1, :3, :3].T + poses[1, :3, 3]
    np.testing.assert_allclose(world, deskewed, atol=1e-4)
