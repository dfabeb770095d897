# SPDX-License-Identifier: Apache-2.0
"""Open3D's uniform volume: the same running average, weight 1, free space carved."""

import numpy as np
import pytest
import scenes
import tsdf_reference as reference
from voxel_reference import Grid

import robocache as rc

SIDE, LENGTH = 48, 1.5
GRID = Grid((-0.75,) * 3, (LENGTH / SIDE,) * 3, (SIDE,) * 3)
HEIGHT, WIDTH, FOCAL = 120, 160, 150.0
CAMERA = scenes.pinhole(HEIGHT, WIDTH, FOCAL)
TRUNCATION = 0.1


@pytest.fixture
def o3d():
    return pytest.importorskip("open3d")


def frames(seed):
    """A sphere in a corner of two walls, from a few sides, with holes."""
    rng = np.random.default_rng(seed)
    poses = np.stack(
        [scenes.look_at(rng.uniform(0.8, 1.6, 3), rng.normal(size=3) * 0.1) for _ in range(6)]
    )
    depth = []
    for pose in poses:
        images = [scenes.sphere_depth(0.4, CAMERA, pose, HEIGHT, WIDTH)]
        for axis in range(2):
            wall = scenes.plane_depth(np.eye(3)[axis], -0.6, CAMERA, pose, HEIGHT, WIDTH)
            images.append(wall)
        nearest = np.min([np.where(image > 0, image, np.inf) for image in images], axis=0)
        holes = rng.random(nearest.shape) < 0.02
        depth.append(np.where(np.isinf(nearest) | holes, 0, nearest).astype(np.float32))
    return np.stack(depth), poses, rng.integers(0, 256, (6, HEIGHT, WIDTH, 3)).astype(np.uint8)


def open3d_volume(o3d, depth, poses, color):
    kinds = o3d.pipelines.integration
    volume = kinds.UniformTSDFVolume(
        LENGTH, SIDE, TRUNCATION, kinds.TSDFVolumeColorType.RGB8, np.array(GRID.origin)
    )
    camera = o3d.camera.PinholeCameraIntrinsic(
        WIDTH, HEIGHT, FOCAL, FOCAL, CAMERA[0, 2], CAMERA[1, 2]
    )
    for image, pose, rgb in zip(depth, poses, color, strict=True):
        frame = o3d.geometry.RGBDImage.create_from_color_and_depth(
            o3d.geometry.Image(rgb),
            o3d.geometry.Image(image),
            depth_scale=1.0,
            depth_trunc=100.0,
            convert_rgb_to_intensity=False,
        )
        volume.integrate(frame, camera, np.linalg.inv(pose))
    return volume


@pytest.mark.parametrize("seed", range(2))
def test_integrate_is_open3d(o3d, seed):
    depth, poses, color = frames(seed)
    volume = rc.TsdfVolume(
        GRID.origin, GRID.voxel_size, GRID.dims, truncation=TRUNCATION, color=True
    )
    volume.integrate(depth, CAMERA, poses, color=color)
    peer = open3d_volume(o3d, depth, poses, color)
    field = np.asarray(peer.extract_volume_tsdf()).reshape(*GRID.dims, 2)
    sure, free = np.ones(GRID.dims, bool), np.zeros(GRID.dims, bool)
    for image, pose in zip(depth, poses, strict=True):
        frame = reference.empty(GRID.dims)
        reference.integrate(frame, image, CAMERA, pose, GRID, TRUNCATION)
        sure &= ~frame.doubtful
        free |= (frame.weight > 0) & (frame.tsdf == 1)
    assert sure.mean() > 0.9
    np.testing.assert_array_equal(volume.weight[sure], field[sure, 1])
    seen = sure & (volume.weight > 0)
    np.testing.assert_allclose(volume.tsdf[seen], field[seen, 0], rtol=0, atol=1e-4)
    # Open3D colours free space too: alike is what no image sees as free.
    near = seen & ~free
    rgb = np.asarray(peer.extract_volume_color()).reshape(*GRID.dims, 3)
    np.testing.assert_allclose(volume.color[near], rgb[near], atol=0.01)


def test_surface_is_open3d(o3d):
    """Its points skip edges near the truncation and the rim of the volume; each has one of ours."""
    depth, poses, color = frames(3)
    volume = rc.TsdfVolume(GRID.origin, GRID.voxel_size, GRID.dims, truncation=TRUNCATION)
    volume.integrate(depth, CAMERA, poses)
    surface = volume.extract_points(normals=True)
    theirs = open3d_volume(o3d, depth, poses, color).extract_point_cloud()
    ours = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(surface.points.astype(np.float64)))
    away = np.asarray(theirs.compute_point_cloud_distance(ours))
    # A pixel that the last bit of float32 decides moves a crossing.
    assert (away < 1e-4).mean() > 0.98
