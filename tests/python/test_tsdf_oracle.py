# SPDX-License-Identifier: Apache-2.0
"""Signed distance fields against the words of tsdf.h in float64."""

import math

import numpy as np
import pytest
import scenes
import tsdf_reference as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from voxel_reference import Grid

import robocache as rc

seeds = st.integers(0, 2**32 - 1)
contexts = st.sampled_from([rc.Context("cpu", 1, simd=level) for level in ("baseline", "auto")])
weightings = st.sampled_from(reference.WEIGHTINGS)
HEIGHT, WIDTH = 24, 32


def volume_of(grid, truncation, **options):
    return rc.TsdfVolume(grid.origin, grid.voxel_size, grid.dims, truncation=truncation, **options)


def assert_volumes(volume, expected, tolerance, weight_tolerance):
    """Equal but for rounding, in the voxels that no last bit decides."""
    sure = ~expected.doubtful
    assert sure.mean() > 0.5
    assert (np.abs(volume.weight - expected.weight) <= weight_tolerance)[sure].all()
    seen = sure & (expected.weight > 0) & (volume.weight > 0)
    assert (np.abs(volume.tsdf - expected.tsdf) <= tolerance)[seen].all()


def camera(rng):
    """A place some way off that looks past the middle."""
    eye = rng.normal(size=3)
    eye *= rng.uniform(0.5, 2.5) / np.linalg.norm(eye)
    return scenes.look_at(eye, rng.normal(size=3) * 0.2)


def depth_of(rng, name):
    """Uneven, with holes, negative, far and no numbers."""
    depth = 1.5 + rng.normal(size=(HEIGHT, WIDTH)) * rng.choice([0.01, 0.5])
    if name == "uint16":
        return np.where(rng.random(depth.shape) < 0.1, 0, np.abs(depth) * 1000).astype(np.uint16)
    bad = rng.choice([0, -1, np.nan, np.inf, -np.inf, 1e5], depth.shape)
    return np.where(rng.random(depth.shape) < 0.1, bad, depth).astype(np.float32)


@settings(max_examples=60)
@given(
    seed=seeds,
    frames=st.integers(1, 4),
    name=st.sampled_from(["uint16", "float32"]),
    weighting=weightings,
    carving=st.booleans(),
    max_weight=st.sampled_from([0.0, 1.5]),
    max_depth=st.sampled_from([0.0, 1.6]),
    truncation=st.sampled_from([0.05, 0.2, 0.7]),
    context=contexts,
)
def test_integrate(
    seed, frames, name, weighting, carving, max_weight, max_depth, truncation, context
):
    rng = np.random.default_rng(seed)
    grid = Grid((-0.6, -0.5, -0.4), (0.1, 0.075, 0.05), (12, 13, 14))
    intrinsics = np.array([[30.0, 0, 15.2], [0, 28.0, 11.7], [0, 0, 1]])
    poses = np.stack([camera(rng) for _ in range(frames)])
    depth = np.stack([depth_of(rng, name) for _ in range(frames)])
    color = rng.integers(0, 256, (frames, HEIGHT, WIDTH, 3)).astype(rng.choice(["u1", "f4"]))
    volume = volume_of(
        grid,
        truncation,
        max_weight=max_weight or None,
        weighting=weighting,
        carve=carving,
        color=True,
        context=context,
    )
    volume.integrate(depth, intrinsics, poses, max_depth=max_depth or None, color=color)
    expected, undropped = reference.empty(grid.dims), reference.empty(grid.dims)
    for image, pose, rgb in zip(depth, poses, color, strict=True):
        for field, weights in (
            (expected, weighting),
            (undropped, weighting.removesuffix("dropoff")),
        ):
            reference.integrate(
                field,
                image,
                intrinsics,
                pose,
                grid,
                truncation,
                max_weight=max_weight if field is expected else 0,
                max_depth=max_depth,
                weighting=weights,
                carving=carving,
                color=rgb,
            )
    # Camera coordinates of a few units in float32, by the truncation; an average of `frames`.
    # A drop-off falls from 1 to 0 within `fall`: there the same error weighs as much more.
    fall = truncation - min(max(grid.voxel_size), truncation)
    steep = 4e-6 / fall if weighting.endswith("dropoff") and fall else 0
    assert_volumes(volume, expected, 4e-6 * 4 / truncation, undropped.weight * (2e-5 + steep))
    surface = ~expected.doubtful & (expected.weight > 0) & (expected.tsdf < 0.999)
    # Where a drop-off leaves next to nothing of the weights, what it adds to their errors is much
    # of them, by which colours of up to 255 are averaged; signed distances are alike there.
    steep_color = 255 * steep * undropped.weight[surface] / expected.weight[surface]
    error = np.abs(volume.color[surface] - expected.color[surface])
    assert (error <= 0.02 + steep_color[:, None]).all()


@settings(max_examples=60)
@given(
    seed=seeds,
    ray=st.sampled_from(["normals", "sensor"]),
    name=st.sampled_from(["float32", "float64"]),
    carving=st.booleans(),
    dropoff=st.booleans(),
    square=st.booleans(),
    truncation=st.sampled_from([0.15, 0.4]),
)
def test_from_points(seed, ray, name, carving, dropoff, square, truncation):
    rng = np.random.default_rng(seed)
    grid = Grid((-0.6, -0.5, -0.4), (0.15, 0.1, 0.2), (8, 10, 4))
    points = rng.uniform(-0.7, 0.7, (25, 3)).astype(name)
    points[rng.random(25) < 0.1, 1] = rng.choice([np.nan, np.inf])
    options = {"carving": carving}
    if ray == "normals":
        normals = (rng.normal(size=(25, 3)) * rng.uniform(0.1, 9, (25, 1))).astype(name)
        normals[rng.random(25) < 0.1] = rng.choice([0.0, np.nan])
        options |= {"normals": normals}
        square = False
    else:
        options |= {"sensor": np.array([1.5, 2.0, -1.7])}
    weighting = reference.WEIGHTINGS[square + 2 * dropoff]
    volume = volume_of(grid, truncation, weighting=weighting, carve=carving)
    stats = volume.integrate_points(
        points, normals=options.get("normals"), sensor_origins=options.get("sensor"), stats=True
    )
    expected = reference.empty(grid.dims)
    counts = reference.from_points(
        expected, points, grid, truncation, weighting=weighting, **options
    )
    assert np.ravel(stats).tolist() == counts
    # Sums of up to 25 observations, each rounded to 2^-25.
    units = 25 * 2.0**-25 / np.maximum(expected.weight, 1e-9)
    assert_volumes(volume, expected, 2e-5 / truncation + units, 2e-5 * expected.weight + 1e-6)


@settings(max_examples=60)
@given(
    seed=seeds,
    smooth=st.booleans(),
    min_weight=st.sampled_from([0.0, 2.0]),
    holes=st.sampled_from([0.0, 0.2]),
    out=st.sampled_from(["float32", "float64"]),
)
def test_extract_points(seed, smooth, min_weight, holes, out):
    rng = np.random.default_rng(seed)
    grid = Grid((0.3, -2.0, 10.0), (0.5, 0.25, 1.0), (6, 5, 7))
    tsdf = rng.normal(size=grid.dims) * 0.3
    if smooth:
        tsdf = np.linalg.norm(reference.centres(grid) - (1.7, -1.4, 13.2), axis=-1) * 0.5 - 0.6
    tsdf = np.clip(tsdf, -1, 1).astype(np.float32)
    tsdf[rng.random(grid.dims) < 0.1] = rng.choice([0.0, -0.0])
    weight = rng.integers(1, 4, grid.dims) * (rng.random(grid.dims) >= holes)
    color = rng.uniform(0, 255, (*grid.dims, 3)).astype(np.float32)
    tsdf[weight == 0] = np.nan
    surface = rc.tsdf_extract_points(
        tsdf,
        weight.astype(np.float32),
        grid.origin,
        grid.voxel_size,
        min_weight=min_weight or None,
        normals=True,
        color=color,
        dtype=out,
    )
    points, normals, colors = reference.extract(tsdf, weight, grid, min_weight, color)
    assert len(surface.points) == len(points)
    np.testing.assert_allclose(surface.points, points, rtol=0, atol=4e-6)
    np.testing.assert_allclose(surface.normals, normals, atol=2e-5)
    np.testing.assert_allclose(surface.colors, colors, rtol=1e-5, atol=1e-4)


@given(
    seed=seeds,
    name=st.sampled_from(["uint16", "float32"]),
    out=st.sampled_from(["float32", "float64"]),
    depth_scale=st.sampled_from([0.0, 0.001, 1 / 3]),
    max_depth=st.sampled_from([0.0, 1.6]),
    posed=st.booleans(),
)
def test_depth_to_points(seed, name, out, depth_scale, max_depth, posed):
    rng = np.random.default_rng(seed)
    depth = np.stack([depth_of(rng, name) for _ in range(2)])
    intrinsics = np.array([[30.0, 0, 15.2], [0, 28.0, 11.7], [0, 0, 1]])
    poses = np.stack([camera(rng), camera(rng)]) if posed else None
    got = rc.depth_to_points(
        depth,
        intrinsics,
        poses,
        depth_scale=depth_scale or None,
        max_depth=max_depth or None,
        dtype=out,
    )
    assert got.shape == (2, HEIGHT, WIDTH, 3)
    for k in range(2):
        pose = poses[k] if posed else None
        expected = reference.depth_to_points(depth[k], intrinsics, depth_scale, max_depth, pose)
        if posed:
            size = np.nanmax(np.abs(expected), initial=3.0)
            np.testing.assert_allclose(got[k], expected, rtol=0, atol=size * np.finfo(out).eps * 4)
        else:
            np.testing.assert_array_equal(got[k], expected.astype(out))


def test_depth_that_is_exactly_the_maximum_counts():
    depth = np.array([[1.5, np.nextafter(np.float32(1.5), np.float32(2))]], np.float32)
    got = rc.depth_to_points(depth, np.eye(3), max_depth=1.5)
    assert not math.isnan(got[0, 0, 2])
    assert math.isnan(got[0, 1, 2])


@pytest.mark.parametrize("weighting", reference.WEIGHTINGS)
@pytest.mark.parametrize("simd", ["baseline", "auto"])
def test_an_observation_without_weight_leaves_no_mark(weighting, simd):
    """A voxel exactly `truncation` behind the surface, where a drop-off is 0."""
    grid = Grid((-0.5, -0.5, 0.0), (1.0, 1.0, 0.25), (1, 1, 16))
    context = rc.Context("cpu", 1, simd=simd)
    volume = volume_of(grid, 1.0, weighting=weighting, context=context)
    depth = np.full((3, 3), 1.125, np.float32)
    volume.integrate(depth, scenes.pinhole(3, 3, 10.0), np.eye(4))
    assert not np.isnan(volume.tsdf[volume.weight > 0]).any()
    assert np.isfinite(volume.weight).all()
    again = volume.weight.copy()
    volume.integrate(depth, scenes.pinhole(3, 3, 10.0), np.eye(4))
    np.testing.assert_array_equal(volume.weight, 2 * again)
