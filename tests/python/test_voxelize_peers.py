# SPDX-License-Identifier: Apache-2.0
"""Open3D and the Point Cloud Library, where their rule is ours."""

import shutil
import subprocess

import numpy as np
import pytest

import robocache as rc


def dims_of(points, origin, voxel_size):
    return tuple(int(n) + 1 for n in np.floor((points - origin) / voxel_size).max(axis=0))


def clouds():
    """A blob, a wall with many points in a voxel, points on a lattice of millimetres."""
    rng = np.random.default_rng(5)
    wall = rng.uniform(0, 4, (5000, 3))
    wall[:, 2] = 0.3
    return {
        "blob": rng.normal(size=(4000, 3)) * 3,
        "wall": wall,
        "lattice": rng.integers(-3000, 3000, (5000, 3)) * 0.001,
    }


CLOUDS = clouds()


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("voxel_size", [0.05, 0.1, 0.3, 1.0])
def test_open3d_voxel_down_sample(name, voxel_size):
    """Its grid begins half a voxel below the least corner; float64 throughout."""
    o3d = pytest.importorskip("open3d")
    points = CLOUDS[name]
    origin = points.min(axis=0) - voxel_size * 0.5
    voxels = rc.voxelize_sparse(
        points,
        voxel_size,
        origin=origin,
        dims=dims_of(points, origin, voxel_size),
        features=points,
        capacity=len(points),
    )
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))
    assert int(voxels.total) == len(cloud.voxel_down_sample(voxel_size).points)
    means, _, groups = cloud.voxel_down_sample_and_trace(
        voxel_size, origin, points.max(axis=0) + voxel_size
    )
    rows = np.asarray(voxels.point_to_voxel)
    of_group = [rows[group[0]] for group in groups]
    for row, group in zip(of_group, groups, strict=True):
        assert sorted(group) == np.flatnonzero(rows == row).tolist()
    np.testing.assert_allclose(voxels.features[of_group], np.asarray(means.points), atol=1e-13)


def pcd(points):
    """A binary PCD file of float32 points."""
    head = (
        "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n"
        f"WIDTH {len(points)}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(points)}\n"
        "DATA binary\n"
    )
    return head.encode() + points.astype("<f4").tobytes()


def points_of(file):
    """Points of such a file; what follows them fills a page."""
    head, _, body = file.partition(b"DATA binary\n")
    count = int(head.partition(b"POINTS ")[2])
    return np.frombuffer(body, "<f4", 3 * count).reshape(-1, 3)


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("leaf", [(0.5, 0.5, 0.5), (0.125, 0.25, 2.0)])
@pytest.mark.skipif(shutil.which("pcl_voxel_grid") is None, reason="Debian: pcl-tools")
def test_pcl_voxel_grid(tmp_path, name, leaf):
    """It multiplies by the reciprocal, in float32: leaves of powers of two make that exact."""
    points = CLOUDS[name].astype(np.float32)
    source, made, plain = (tmp_path / f"{n}.pcd" for n in ("source", "made", "plain"))
    source.write_bytes(pcd(points))
    sizes = ",".join(map(str, leaf))
    for command in (
        ["pcl_voxel_grid", source, made, "-leaf", sizes],
        ["pcl_convert_pcd_ascii_binary", made, plain, "1"],
    ):
        subprocess.run(command, check=True, capture_output=True)
    expected = points_of(plain.read_bytes())
    wide = points.astype(np.float64)
    origin = np.floor(wide.min(axis=0) / leaf) * leaf
    voxels = rc.voxelize_sparse(
        wide,
        leaf,
        origin=origin,
        dims=dims_of(wide, origin, leaf),
        features=points,
        capacity=len(points),
    )
    kept = int(voxels.total)
    assert kept == len(expected)
    # Its rows are in the order of z, y, x.
    order = np.lexsort(voxels.coords[:kept, 1:].T)
    scale = np.abs(points).max()
    np.testing.assert_allclose(voxels.features[order], expected, rtol=0, atol=2e-6 * scale)
