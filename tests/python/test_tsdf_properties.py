# SPDX-License-Identifier: Apache-2.0
"""What holds for any field: to the bit, whoever does the work and however it is cut."""

import numpy as np
import pytest
import scenes
from equality import bits
from hypothesis import given, settings
from hypothesis import strategies as st
from voxel_reference import Grid

import robocache as rc

CONTEXTS = {
    "one thread": rc.Context("cpu", 1),
    "two threads": rc.Context("cpu", 2),
    "five threads": rc.Context("cpu", 5),
    "baseline": rc.Context("cpu", 1, simd="baseline"),
    "three threads, baseline": rc.Context("cpu", 3, simd="baseline"),
}
GRID = Grid((-0.7, -0.6, -0.5), (0.021, 0.018, 0.023), (61, 70, 45))
CAMERA = scenes.pinhole(60, 80, 70.0)
WEIGHTINGS = ("constant", "inverse_square", "dropoff", "inverse_square_dropoff")


def volume_of(context=None, **options):
    return rc.TsdfVolume(
        GRID.origin, GRID.voxel_size, GRID.dims, truncation=0.08, context=context, **options
    )


def assert_same(one, other):
    np.testing.assert_array_equal(bits(one.weight), bits(other.weight))
    seen = one.weight > 0
    np.testing.assert_array_equal(bits(one.tsdf[seen]), bits(other.tsdf[seen]))
    if one.color is not None:
        np.testing.assert_array_equal(bits(one.color[seen]), bits(other.color[seen]))


def frames(seed, count=6):
    rng = np.random.default_rng(seed)
    eyes = rng.normal(size=(count, 3)) * 0.3 + (0.5, 0.3, 1.5)
    poses = np.stack([scenes.look_at(eye, rng.normal(size=3) * 0.1) for eye in eyes])
    depth = np.stack([scenes.sphere_depth(0.5, CAMERA, pose, 60, 80) for pose in poses])
    depth += rng.normal(size=depth.shape).astype(np.float32) * 0.01
    depth[rng.random(depth.shape) < 0.05] = np.nan
    color = rng.integers(0, 256, (*depth.shape, 3)).astype(np.uint8)
    return depth, poses, color


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("carve", [True, False])
@pytest.mark.parametrize("name", ["float32", "uint16"])
def test_threads_and_simd_change_no_bit(weighting, carve, name):
    depth, poses, color = frames(1)
    if name == "uint16":
        depth = np.nan_to_num(depth * 1000).clip(0).astype(np.uint16)
    made = []
    for context in CONTEXTS.values():
        volume = volume_of(context, weighting=weighting, carve=carve, color=True, max_weight=3.5)
        volume.integrate(depth, CAMERA, poses, color=color, max_depth=1.4)
        made.append(volume)
    for other in made[1:]:
        assert_same(other, made[0])
    surfaces = [
        rc.tsdf_extract_points(
            made[0].tsdf,
            made[0].weight,
            GRID.origin,
            GRID.voxel_size,
            normals=True,
            color=made[0].color,
            context=context,
        )
        for context in CONTEXTS.values()
    ]
    assert len(surfaces[0].points) > 100
    for other in surfaces[1:]:
        for field in ("points", "normals", "colors"):
            np.testing.assert_array_equal(
                bits(getattr(other, field)), bits(getattr(surfaces[0], field))
            )


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(0, 6), max_size=3).map(sorted),
    weighting=st.sampled_from(WEIGHTINGS),
    max_weight=st.sampled_from([None, 2.5]),
)
def test_frames_split_over_calls_are_frames_of_one_call(seed, cuts, weighting, max_weight):
    depth, poses, color = frames(seed)
    options = {"weighting": weighting, "max_weight": max_weight, "color": True}
    whole = volume_of(**options)
    whole.integrate(depth, CAMERA, poses, color=color)
    parts = volume_of(**options)
    for part in np.split(np.arange(len(depth)), cuts):
        parts.integrate(depth[part], CAMERA, poses[part], color=color[part])
    assert_same(parts, whole)


@pytest.mark.parametrize("rays", ["normals", "sensors"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_order_threads_and_cuts_change_no_bit_of_points(rays, dtype):
    """All points of a call are one observation: permuted, packed as clouds, or padded."""
    points, normals = scenes.on_sphere(3000, 0.45)
    points, normals = points.astype(dtype), normals.astype(dtype)
    sensor = np.array([2.0, 1.5, 1.0])

    def observe(order, context, **clouds):
        volume = volume_of(context, weighting="dropoff")
        options = {"normals": normals[order]} if rays == "normals" else {"sensor_origins": sensor}
        volume.integrate_points(points[order], **options, **clouds)
        return volume

    expected = observe(np.arange(3000), CONTEXTS["one thread"])
    assert np.count_nonzero(expected.weight) > 1000
    for seed, context in enumerate(CONTEXTS.values()):
        order = np.random.default_rng(seed).permutation(3000)
        assert_same(observe(order, context), expected)
        assert_same(observe(order, context, offsets=np.array([0, 100, 100, 3000])), expected)


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0)])
def test_memory_order_of_the_volume_changes_no_bit(order):
    depth, poses, _ = frames(2, 2)
    expected = volume_of()
    expected.integrate(depth, CAMERA, poses)
    tsdf, weight = (
        np.zeros([GRID.dims[axis] for axis in order], np.float32).transpose(np.argsort(order))
        for _ in range(2)
    )
    rc.tsdf_integrate(
        depth,
        CAMERA,
        poses,
        tsdf,
        weight,
        GRID.origin,
        GRID.voxel_size,
        truncation=0.08,
    )
    np.testing.assert_array_equal(bits(weight), bits(expected.weight))
    np.testing.assert_array_equal(bits(tsdf), bits(expected.tsdf))


def test_what_an_unseen_voxel_holds_is_not_read():
    depth, poses, _ = frames(3, 2)
    one, other = volume_of(), volume_of()
    other.tsdf[...] = np.nan
    for volume in (one, other):
        volume.integrate(depth, CAMERA, poses)
    assert_same(one, other)
    assert not np.isnan(other.tsdf[other.weight > 0]).any()
    assert len(one.extract_points().points) == len(other.extract_points().points) > 0
