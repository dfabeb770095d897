# SPDX-License-Identifier: Apache-2.0
"""Spheres and planes, whose distance is known, within bounds that follow from the geometry."""

import numpy as np
import pytest
import scenes
import tsdf_reference as reference
from voxel_reference import Grid

import robocache as rc

RADIUS = 0.5
SIDE = 40
EDGE = 1.4 / SIDE
SPHERE = Grid((-0.7,) * 3, (EDGE,) * 3, (SIDE,) * 3)
CAMERA = scenes.pinhole(120, 160, 150.0)


def volume_of(grid, truncation, **options):
    return rc.TsdfVolume(grid.origin, grid.voxel_size, grid.dims, truncation=truncation, **options)


def distance_to_sphere(points):
    return np.linalg.norm(points, axis=-1) - RADIUS


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["float32", "uint16"])
def test_a_plane_that_the_camera_faces(seed, name):
    """Along a ray the distance is the true one times the ray's slant; the voxel's own ray and that
    of the pixel it falls on slant differently by at most half a pixel's diagonal."""
    rng = np.random.default_rng(seed)
    pose = scenes.look_at(rng.normal(size=3) * 0.1 - (0, 0, 1.5))
    grid = Grid((-0.5, -0.5, -0.6), (0.05, 0.04, 0.03), (20, 25, 40))
    truncation, far = 0.2, 1.4
    depth = np.full((120, 160), far, np.float32)
    if name == "uint16":
        depth = (depth * 1000).astype(np.uint16)
    volume = volume_of(grid, truncation)
    volume.integrate(depth, CAMERA, pose)
    camera = (reference.centres(grid) - pose[:3, 3]) @ pose[:3, :3]
    true = far - camera[..., 2]
    slant = np.linalg.norm(camera, axis=-1) / camera[..., 2]
    seen = volume.weight > 0
    assert 0.3 < seen.mean() < 1
    assert true[seen].min() >= -truncation
    limited = np.clip(true * slant, -truncation, truncation)
    bound = np.abs(true) * np.sqrt(0.5) / 150 + 1e-5
    error = np.abs(volume.tsdf * truncation - limited)
    assert (error <= bound)[seen].all()


@pytest.mark.parametrize("carve", [True, False])
def test_a_sphere_that_26_cameras_see(carve):
    """The surface lies within half a voxel of the sphere, on average within a tenth, although each
    camera measures along its rays; normals are within 20 degrees, and the sphere is closed."""
    volume = volume_of(SPHERE, 3 * EDGE, carve=carve)
    poses = np.stack([scenes.look_at(eye) for eye in scenes.eyes(1.5)])
    depth = np.stack([scenes.sphere_depth(RADIUS, CAMERA, pose, 120, 160) for pose in poses])
    volume.integrate(depth, CAMERA, poses)
    surface = volume.extract_points(normals=True)
    away = distance_to_sphere(surface.points.astype(np.float64))
    assert np.abs(away).max() < 0.5 * EDGE
    assert abs(away.mean()) < 0.1 * EDGE
    outward = surface.points / np.linalg.norm(surface.points, axis=1, keepdims=True)
    assert (surface.normals * outward).sum(axis=1).min() > np.cos(np.deg2rad(20))
    # Each edge of the grid that the true sphere crosses once is crossed once, but for rounding.
    true = distance_to_sphere(reference.centres(SPHERE))
    crossings = sum(np.count_nonzero(np.diff(true >= 0, axis=axis)) for axis in range(3))
    assert len(surface.points) == pytest.approx(crossings, rel=0.1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_surface_of_the_true_distance(dtype):
    """Between two centres the distance to a sphere bends by at most 1 / (R - h): what linear
    interpolation takes for 0 is at most h^2 / 8 times that away from it."""
    true = distance_to_sphere(reference.centres(SPHERE))
    truncation = 5 * EDGE
    tsdf = np.clip(true / truncation, -1, 1).astype(np.float32)
    surface = rc.tsdf_extract_points(
        tsdf, np.ones_like(tsdf), SPHERE.origin, SPHERE.voxel_size, normals=True, dtype=dtype
    )
    points = surface.points.astype(np.float64)
    assert surface.points.dtype == dtype
    assert np.abs(distance_to_sphere(points)).max() < EDGE**2 / 8 / (RADIUS - EDGE) + 1e-6
    outward = points / np.linalg.norm(points, axis=1, keepdims=True)
    assert (surface.normals * outward).sum(axis=1).min() > np.cos(2 * (EDGE / RADIUS) ** 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sphere_of_points_with_normals(dtype):
    """A point sees its tangent plane. A voxel that its normal passes has its centre within half a
    diagonal of it, where plane and sphere are 3 h^2 / 8 / distance apart, and slightly more where
    a voxel is left by the end of the line."""
    points, normals = scenes.on_sphere(8000, RADIUS)
    truncation = 3 * EDGE
    volume = volume_of(SPHERE, truncation)
    volume.integrate_points(points.astype(dtype), normals=normals.astype(dtype))
    true = distance_to_sphere(reference.centres(SPHERE))
    seen = volume.weight > 0
    assert np.abs(true[seen]).max() < truncation + np.sqrt(3) * EDGE
    assert seen[np.abs(true) < EDGE].mean() > 0.99
    within = seen & (np.abs(true) < truncation - EDGE)
    radius = np.linalg.norm(reference.centres(SPHERE), axis=-1)
    # The angle is the arc's, so its sine is a little less: 1 % covers it at these radii.
    bound = 1.01 * 3 / 8 * EDGE**2 / radius + 1e-6
    error = np.abs(volume.tsdf * truncation - true)
    assert (error <= bound)[within].all()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_plane_of_points_with_normals(axis, side):
    """Exact but for the 2^-25 of an observation and one rounding, on either side."""
    grid = Grid((-1.0, -1.0, -1.0), (0.25, 0.125, 0.0625), (8, 16, 32))
    points = reference.centres(grid).reshape(-1, 3)
    points[:, axis] = 0.1
    normals = np.zeros_like(points)
    normals[:, axis] = side * 3.0
    volume = volume_of(grid, 0.5)
    volume.integrate_points(points, normals=normals)
    true = side * (reference.centres(grid)[..., axis] - 0.1)
    seen = volume.weight > 0
    assert seen[np.abs(true) < 0.5 - 1e-9].all()
    np.testing.assert_allclose(
        volume.tsdf[seen], np.clip(true / 0.5, -1, 1)[seen], rtol=0, atol=2.0**-23
    )


def test_rays_to_the_sensor_carve_what_they_pass():
    """Free between the truncation and the sensor, nothing behind it, nothing where no ray went."""
    grid = Grid((0.0, 0.0, 0.0), (0.1, 1.0, 1.0), (40, 2, 1))
    volume = volume_of(grid, 0.3)
    sensor = np.array([0.05, 0.5, 0.5])
    volume.integrate_points(np.array([[3.05, 0.5, 0.5]]), sensor_origins=sensor)
    x = np.arange(40) * 0.1 + 0.05
    row = volume.tsdf[:, 0, 0]
    seen = volume.weight[:, 0, 0] > 0
    assert not volume.weight[:, 1].any()
    assert seen[1:33].all()
    assert not seen[35:].any()
    np.testing.assert_allclose(row[seen], np.clip((3.05 - x) / 0.3, -1, 1)[seen], atol=1e-5)
    kept = volume_of(grid, 0.3, carve=False)
    kept.integrate_points(np.array([[3.05, 0.5, 0.5]]), sensor_origins=sensor)
    seen = kept.weight[:, 0, 0] > 0
    assert not seen[:27].any()
    assert seen[28:33].all()
