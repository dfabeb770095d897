# SPDX-License-Identifier: Apache-2.0
"""Defects that other libraries shipped with distance fields, one test each, named after it."""

import numpy as np
import pytest
import scenes
from voxel_reference import Grid

import robocache as rc

FRONT = Grid((-0.5, -0.5, 0.5), (0.1, 0.1, 0.1), (10, 10, 20))
CAMERA = scenes.pinhole(30, 30, 20.0)


def volume_of(grid, truncation=0.3, **options):
    return rc.TsdfVolume(grid.origin, grid.voxel_size, grid.dims, truncation=truncation, **options)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0.0, -1.0, 5.001])
def test_depth_that_is_no_measurement_becomes_free_space(bad):
    volume = volume_of(FRONT)
    depth = np.full((30, 30), bad, np.float32)
    volume.integrate(depth, CAMERA, np.eye(4), max_depth=5.0)
    assert not volume.weight.any()
    depth[:, :15] = 2.0
    volume.integrate(depth, CAMERA, np.eye(4), max_depth=5.0)
    assert volume.weight[:5].any()
    assert not volume.weight[5:].any()


def test_zero_millimetres_become_a_surface_at_the_lens():
    volume = volume_of(FRONT)
    volume.integrate(np.zeros((30, 30), np.uint16), CAMERA, np.eye(4))
    assert not volume.weight.any()


def test_float32_index_arithmetic_beyond_2_to_the_24_voxels():
    """257 planes of 256 x 256 before a wall at 10.2: all see it as the first ones do."""
    dims = (257, 256, 256)
    grid = Grid((-1.285, -1.28, 8.0), (0.01, 0.01, 0.01), dims)
    volume = volume_of(grid, 0.1)
    volume.integrate(
        np.full((200, 200), 10.2, np.float32), scenes.pinhole(200, 200, 600), np.eye(4)
    )
    assert (volume.weight[..., :220] == 1).all()
    z = 8.0 + (np.arange(256) + 0.5) * 0.01
    assert (volume.tsdf[..., z < 10.09] == 1).all()
    crossing = volume.tsdf[..., 219:221]
    assert (crossing[..., 0] > 0).all()
    assert (crossing[..., 1] < 0).all()
    surface = volume.extract_points()
    assert len(surface.points) == 257 * 256
    np.testing.assert_allclose(surface.points[:, 2], 10.2, atol=1e-5)
    x = np.repeat(-1.285 + (np.arange(257) + 0.5) * 0.01, 256)
    np.testing.assert_allclose(surface.points[:, 0], x, atol=1e-6)


def test_voxels_behind_the_camera_see_the_image_upside_down():
    """u and v of a point behind the camera are those of its mirror image."""
    volume = volume_of(FRONT)
    behind = scenes.look_at((0.0, 0.0, 3.0), (0.0, 0.0, 5.0))
    volume.integrate(np.full((30, 30), 2.0, np.float32), CAMERA, behind)
    assert not volume.weight.any()


def test_points_without_a_direction_are_counted():
    points = np.array([[0.0, 0.0, 1.0]] * 4 + [[np.nan, 0.0, 1.0]])
    normals = np.array([[0, 0, 1], [0, 0, 0], [np.nan, 0, 1], [np.inf, 0, 0], [0, 0, 1]], float)
    volume = volume_of(FRONT)
    stats = volume.integrate_points(points, normals=normals, stats=True)
    assert np.ravel(stats).tolist() == [0, 4, 0]
    assert set(np.unique(volume.weight)) == {0.0, 1.0}


def test_a_point_at_the_sensor_divides_by_zero():
    points = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.2]])
    volume = volume_of(FRONT)
    stats = volume.integrate_points(points, sensor_origins=points[0], stats=True)
    assert np.ravel(stats).tolist() == [0, 1, 0]
    assert np.isfinite(volume.tsdf[volume.weight > 0]).all()


def test_extracting_more_points_than_there_is_room_for():
    tsdf = (np.linalg.norm(np.indices((9, 9, 9)) - 4, axis=0) - 2.3).astype(np.float32) / 8
    weight = np.ones_like(tsdf)
    whole = rc.tsdf_extract_points(tsdf, weight, 0.0, 1.0)
    few = rc.tsdf_extract_points(tsdf, weight, 0.0, 1.0, capacity=5)
    assert int(few.total) == len(whole.points) > 5
    np.testing.assert_array_equal(few.points, whole.points[:5])


class TestNothing:
    """Sizes of 0 and 1."""

    def test_no_frames(self):
        volume = volume_of(FRONT)
        volume.integrate(np.zeros((0, 30, 30), np.float32), CAMERA, np.zeros((0, 4, 4)))
        assert not volume.weight.any()

    @pytest.mark.parametrize("shape", [(0, 30), (30, 0)])
    def test_no_pixels(self, shape):
        volume = volume_of(FRONT)
        volume.integrate(np.zeros(shape, np.float32), CAMERA, np.eye(4))
        assert not volume.weight.any()

    def test_no_points(self):
        volume = volume_of(FRONT)
        stats = volume.integrate_points(np.zeros((0, 3)), normals=np.zeros((0, 3)), stats=True)
        assert np.ravel(stats).tolist() == [0, 0, 0]
        assert not volume.weight.any()

    def test_no_surface(self):
        surface = volume_of(FRONT).extract_points(normals=True)
        assert surface.points.shape == surface.normals.shape == (0, 3)
        assert int(surface.total) == 0

    def test_one_voxel(self):
        """It has no neighbour, so no surface, but a distance."""
        volume = rc.TsdfVolume(0.0, 1.0, 1, truncation=2.0)
        volume.integrate_points(np.array([[0.5, 0.5, 0.25]]), normals=np.array([[0.0, 0.0, 1.0]]))
        assert (volume.tsdf.item(), volume.weight.item()) == (0.125, 1.0)
        assert len(volume.extract_points().points) == 0
